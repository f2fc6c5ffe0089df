# SPDX-License-Identifier: BSD-3-Clause
"""What is told of policers and dedups, and what becomes of them when a config is applied."""

import json

from lib.daemon import Daemon
from lib.offline import config, offline, out

TOOLS = {"rate": "2Gbps", "burst": "1MiB"}
FATES = ("kept", "changed", "begun", "ended")


def fates(answer, kind):
    return {fate: answer[fate][kind] for fate in FATES if answer[fate][kind]}


def base(**more):
    # Nothing twice in memory: YAML would refer to it.
    return config({"a": {"null": {}}, "b": {"null": {}}}, idle="sleep", **more)


def test_policers_are_in_the_report(tmp_path):
    """Also one that no list asks."""
    what = config({"in": "dns.pcap", "out": out("out")}, default={"forward": "out"},
                  policers={"tools": TOOLS, "few": {"rate": "50kpps"}})
    report = offline(what, tmp_path).report
    nothing = {"passed": 0, "passed_bytes": 0, "over": 0, "over_bytes": 0, "shares": [1.0]}
    assert report["policers"] == {"tools": {"rate": 2_000_000_000, "unit": "bits", "burst": 1 << 20, **nothing},
                                  "few": {"rate": 50_000, "unit": "packets", "burst": 500, **nothing}}
    assert "dedups" not in report


def test_no_gates_no_sections(tmp_path):
    report = offline(config({"in": "dns.pcap"}), tmp_path).report
    assert "policers" not in report and "dedups" not in report


def test_policers_come_and_go(tmp_path):
    with Daemon(base(policers={"tools": TOOLS, "few": {"rate": "50kpps"}}), tmp_path) as daemon:
        assert list(daemon.call("policers")["policers"]) == ["tools", "few"]
        assert daemon.call("dedups") == {"dedups": {}}
        assert daemon.call("policers", names=["few"])["policers"]["few"]["burst"] == 500
        assert list(daemon.call("status")["policers"]) == ["tools", "few"]
        table = daemon.sluice("policers", "tools").stdout
        assert "2.00 Gbit/s" in table and "few" not in table
        assert json.loads(daemon.sluice("policers", "--json").stdout)["policers"]["tools"]["unit"] == "bits"

        answer = daemon.apply(base(policers={"tools": {**TOOLS, "rate": "1Gbps"}, "more": {"rate": "5pps"}}))
        assert fates(answer, "policers") == {"changed": ["tools"], "begun": ["more"], "ended": ["few"]}
        assert daemon.call("policers")["policers"]["tools"]["rate"] == 1_000_000_000
        answer = daemon.apply(base(policers={"more": {"rate": "5pps"}}))
        assert fates(answer, "policers") == {"kept": ["more"], "ended": ["tools"]}
        daemon.apply(base())
        assert daemon.call("policers") == {"policers": {}} and "policers" not in daemon.call("status")
