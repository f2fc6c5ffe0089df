# SPDX-License-Identifier: BSD-3-Clause
"""Configs that change while packets flow: none is lost, and none sees half of each."""

import json

import pytest
import yaml

from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.offline import config, write_config

APPLIES = 1000
PORTS = test_ports(source="rx=endless,flows=1000", a="hold=32", a2="", b="hold=7", b2="")


def variant(to, many=0):
    """Everything goes to port `to` and, mirrored by rules of three kinds, to its twin: whoever sees a rule of
    one config and the end of another makes their counts differ."""
    fillers = [{"name": f"filler{number}", "match": {"protocol": "tcp", "dst-port": number + 1}, "actions": ["drop"]}
               for number in range(many)]
    rules = fillers + [{"name": "mirror", "match": {"protocol": "udp"}, "actions": [{"mirror": to + "2"}]},
                       {"name": "count", "filter": "udp", "actions": []},
                       {"name": "send", "match": {"ether-type": "ipv4"}, "actions": [{"forward": to}]}]
    return config(PORTS, rules, idle="sleep")


def check_twins(daemon):
    """Returns a status in which each worker answered: what one that had no core has in its hands is held."""
    status = daemon.until(lambda status: status["ledger"]["held"] == 0)
    ports = status["ports"]
    check_status(status)
    assert ports["a"]["tx_packets"] == ports["a2"]["tx_packets"]
    assert ports["b"]["tx_packets"] == ports["b2"]["tx_packets"]
    assert sum(ports[name]["tx_packets"] for name in "ab") == ports["source"]["rx_packets"]
    assert sum(status["drops"].values()) == 0
    return status


def test_a_thousand_applies(tmp_path):
    with Daemon(variant("a"), tmp_path, PLUGINS) as daemon:
        before = 0
        for number in range(APPLIES):
            daemon.apply(variant("ab"[number % 2 == 0], many=number % 7))
            if number % 100 == 99:
                status = check_twins(daemon)
                assert status["applied"] == number + 1
                assert status["ports"]["source"]["rx_packets"] > before, "packets flow"
                before = status["ports"]["source"]["rx_packets"]
        status = daemon.call("status")
        assert all(status["ports"][name]["tx_packets"] > 0 for name in "ab")
        assert all(status["rules"][name]["packets"] == status["ports"]["source"]["rx_packets"]
                   for name in ("mirror", "count", "send")), "rules of the same name count on"
        daemon.stop()


def test_sums_hold_when_rules_go(tmp_path):
    """Whatever becomes of rules, those that decide and those that no longer are there add up to what came in."""
    ports = test_ports(source="rx=300", a="", b="")
    passing, deciding = {"name": "one", "actions": []}, {"name": "one", "actions": ["drop"]}
    rules = [passing, {"name": "two", "actions": []}, {"name": "three", "actions": [{"forward": "a"}]}]
    with Daemon(config(ports, rules, idle="sleep"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["a"]["tx_packets"] == 300)
        for later, retired, passed in (([deciding], 300, 600), ([passing], 300, 600), ([], 300, 600)):
            daemon.apply(config(ports, later, idle="sleep"))
            answer = daemon.call("rules")
            decided = sum(rule["packets"] for rule in answer["rules"].values() if rule["decides"])
            assert (answer["retired"]["packets"], answer["retired_passed"]["packets"]) == (retired, passed)
            assert decided + answer["retired"]["packets"] == 300
            assert daemon.call("status")["retired"]["packets"] == retired
        daemon.stop()


def test_what_edits_and_gates_counted_stays_in_the_sums(tmp_path):
    """Of rules that go, that lose them, that keep them, and that get others."""
    ports = test_ports(source="rx=3000", a="", b="")
    police, strip, sample = {"police": "1pps"}, {"strip": "vlan"}, {"sample": 10}
    rules = [{"name": "goes", "actions": [{"sample": 1000}, {"mirror": "b"}]},
             {"name": "loses", "actions": [{"dedup": {"window": "1ns"}}, strip, {"mirror": "b"}]},
             {"name": "keeps", "actions": [strip, police, {"forward": "a"}]}]
    members = ("unedited", "policed", "duplicate", "sampled_out")

    def look(daemon):
        answer = daemon.call("rules")
        told = [*answer["rules"].values(), answer["retired"], answer["retired_passed"]]
        return answer, {member: sum(rule.get(member, 0) for rule in told) for member in members}

    with Daemon(config(ports, rules, idle="sleep"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["rules"]["keeps"]["packets"] == 3000)
        answer, sums = look(daemon)
        assert answer["retired"] == answer["retired_passed"] == {"packets": 0, "bytes": 0}
        assert sums["policed"] == daemon.call("status")["drops"]["policed"] > 2000
        assert sums["sampled_out"] == 2997 and sums["unedited"] > 3000
        kept = answer["rules"]["keeps"]
        lost = answer["rules"]["loses"]
        for later in ([{"name": "loses", "actions": [sample, {"mirror": "b"}]}, rules[2]],
                      [{"name": "keeps", "actions": [strip, police, {"forward": "b"}]}],
                      [{"name": "keeps", "actions": [{"forward": "b"}]}], []):
            daemon.apply(json.loads(json.dumps(config(ports, later, idle="sleep"))))
            answer, now = look(daemon)
            assert now == sums, later
            if len(later) == 2:
                assert answer["rules"]["loses"] == {**answer["rules"]["loses"], "packets": 3000, "sampled_out": 0}
                assert "unedited" not in answer["rules"]["loses"] and "duplicate" not in answer["rules"]["loses"]
                assert answer["retired_passed"]["unedited"] == lost["unedited"]
                assert answer["retired_passed"]["sampled_out"] == 2997 and "policed" not in answer["retired"]
            if later and later[0]["name"] == "keeps":
                rule = answer["rules"]["keeps"]
                assert [rule.get(member) for member in members[:2]] == \
                    ([kept[member] for member in members[:2]] if len(later[0]["actions"]) > 1 else [None, None])
        # All of it without a rule that has edits or gates, and the last one gone.
        assert answer["retired"] == {**answer["retired"], "packets": 3000, "policed": sums["policed"]}
        assert daemon.call("status")["retired"]["policed"] == sums["policed"]
        daemon.stop()


def test_a_rule_of_another_name_counts_on(tmp_path):
    """A rule that is the same but for its name, where it was: what it took is its own, and nothing retires."""
    ports = test_ports(source="rx=300", a="", b="")
    with Daemon(config(ports, [{"name": "count", "actions": []}, {"name": "send", "actions": [{"forward": "a"}]}],
                       idle="sleep"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["a"]["tx_packets"] == 300)
        daemon.apply(config(ports, [{"name": "seen", "actions": []}, {"name": "sent", "actions": [{"forward": "a"}]}],
                            idle="sleep"))
        answer = daemon.call("rules")
        assert {name: rule["packets"] for name, rule in answer["rules"].items()} == {"seen": 300, "sent": 300, "default": 0}
        assert answer["retired"]["packets"] == answer["retired_passed"]["packets"] == 0
        # Other words are another rule.
        daemon.apply(config(ports, [{"name": "seen", "actions": []}, {"name": "other", "actions": [{"forward": "b"}]}],
                            idle="sleep"))
        answer = daemon.call("rules")
        assert answer["rules"]["other"]["packets"] == 0 and answer["retired"]["packets"] == 300
        daemon.stop()


def test_apply_that_is_refused_changes_nothing(tmp_path):
    with Daemon(variant("a"), tmp_path, PLUGINS) as daemon:
        shown = daemon.call("config.show")["text"]
        for change in ({"workers": [0, 1]}, {"ports": {**PORTS, "c": {"vdev": "net_nosuch"}}}, {"default": {"forward": "x"}},
                       {"rules": [{"name": "x", "filter": "no such word", "actions": []}]}):
            with pytest.raises(Refused):
                daemon.apply({**variant("b"), **change})
        assert daemon.call("config.show")["text"] == shown
        status = check_twins(daemon)
        assert status["applied"] == 0 and status["ports"]["b"]["tx_packets"] == 0
        daemon.stop()


def test_show_is_what_apply_takes(tmp_path):
    with Daemon(variant("a", many=20), tmp_path, PLUGINS) as daemon:
        text = daemon.call("config.show")["text"]
        assert daemon.call("config.diff", text=text)["equal"] is True
        daemon.call("config.apply", text=text)
        assert daemon.call("config.show")["text"] == text
        daemon.stop()


def test_apply_of_ten_thousand_rules(tmp_path):
    """A big config compiles while the others are answered and packets flow."""
    rules = [{"name": f"r{number}", "match": {"src": f"10.{number // 250}.{number % 250}.0/24"}, "actions": ["drop"]}
             for number in range(10_000)]
    what = config(PORTS, [*rules, *variant("b")["rules"]], idle="sleep")
    with Daemon(variant("a"), tmp_path, PLUGINS) as daemon:
        path = tmp_path / "big.yaml"
        path.write_text(yaml.dump({**what, "run-dir": daemon.run_dir},
                                  Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False))
        done = daemon.sluice("config", "apply", str(path))
        assert done.returncode == 0, done.stderr
        check_status(daemon.call("status"))
        daemon.stop()


def test_long_lists_are_shown_compared_and_applied(tmp_path):
    """Rules with lists of 8,192 ranges, which hold between them what came in, are written and read like others."""
    prefixes = [f"10.{number >> 8}.{number & 255}.0/24" for number in range(2, 20_000, 2)]
    fields = [{"src": prefixes, "vlan": list(range(0, 4095, 4))},
              {"src-port": [f"{low}-{low + 3}" for low in range(0, 65536, 8)]},
              {"src-port": [f"{low}-{low + 3}" for low in range(4, 65536, 8)]}]
    rules = [{"name": f"r{number}", "match": match, "actions": [{"mirror": "b2"}, {"forward": "b"}]}
             for number, match in enumerate(fields)]
    what = config(PORTS, rules, idle="sleep")
    with Daemon(variant("a"), tmp_path, PLUGINS) as daemon:
        files = [write_config(tmp_path / name, {**what, "rules": some, "run-dir": str(daemon.run_dir)})
                 for name, some in (("all.yaml", rules), ("two.yaml", rules[1:]))]
        for file in files:
            assert daemon.call("config.apply", file=str(file))["applied"] is True
            shown = daemon.call("config.show")["text"]
            assert daemon.call("config.diff", file=str(write_config(tmp_path / "shown.yaml", shown)))["equal"] is True
        diff = daemon.call("config.diff", file=str(files[0]))["diff"]
        assert [line[0] for line in diff.splitlines() if "10.0.2.0/24" in line] == ["+"]
        daemon.until(lambda status: status["rules"]["r1"]["packets"] and status["rules"]["r2"]["packets"])
        status = check_twins(daemon)
        assert status["rules"]["default"]["packets"] == 0
        daemon.stop()
