# SPDX-License-Identifier: BSD-3-Clause
"""What Prometheus is told: that it is well formed, complete, of one moment, and what the document says."""

import json
import os
import stat
import subprocess
import time

import pytest

from lib import capture, fake
from lib.daemon import Client, Daemon, PLUGINS, test_ports
from lib.offline import ROOT, SLUICE, config
from lib.prometheus import Text


@pytest.fixture(name="daemon")
def running():
    with fake.Daemon() as daemon:
        yield daemon


def metrics(daemon, *words):
    done = daemon.sluice("metrics", *words)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return Text(done.stdout)


def listed():
    return subprocess.run([SLUICE, "metrics", "--list"], capture_output=True, text=True, check=True).stdout


def test_the_document_has_the_table():
    """Where it differs: sluice metrics --list, in place of what follows the title."""
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page.split("\n## Every metric\n\n")[1] == listed()


def test_promtool_has_nothing_to_say(daemon):
    text = daemon.sluice("metrics").stdout
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("broken", [
    "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    '# HELP a x\n# TYPE a gauge\na{b="\\d"} 1\n', '# HELP a x\n# TYPE a gauge\na{b="c"d"} 1\n',
    "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\na 2\n", "# HELP a x\n# TYPE a counter\na 1\n",
])
def test_the_reader_of_these_tests_is_strict(broken):
    with pytest.raises(AssertionError):
        Text(broken)


def test_numbers_are_those_of_the_socket(daemon):
    told = metrics(daemon)
    status, ports, workers = (json.loads(daemon.sluice(name, "--json").stdout) for name in ("status", "ports", "workers"))
    assert told.get("sluice_up") == 1
    assert told.get("sluice_ledger_in_packets_total") == float(status["ledger"]["in"])
    assert told.labelled("sluice_rule_packets_total", "rule") == {
        name: rule["packets"] for name, rule in status["rules"].items()}
    assert told.labelled("sluice_dropped_packets_total", "reason") == status["drops"]
    assert told.labelled("sluice_copied_bytes_total", "reason") == {
        reason: copies["bytes"] for reason, copies in status["copies"].items()}
    for name, port in ports["ports"].items():
        assert told.get("sluice_port_missed_packets_total", port=name) == port["missed"]
        assert told.get("sluice_port_state", port=name, state=port["state"]) == 1
        assert told.get("sluice_port_speed_bytes", port=name) == port["speed"] * 125000
    for worker in workers["workers"]:
        core = worker["core"]
        assert told.get("sluice_worker_busy_seconds_total", core=core) == pytest.approx(
            worker["busy_cycles"] / workers["tsc_hz"])
        assert told.get("sluice_worker_burst_packets_count", core=core) == sum(worker["fill"])


def test_every_metric_that_is_listed_is_told(tmp_path):
    """But of what is not there here: an IOMMU, and what its log says; and what counts energy, see test_energy.py."""
    ports = test_ports(source="rx=endless,tells=1", sink="hold=64")
    ports["lan"] = {"vdev": "net_null0,size=64"}
    rules = [{"name": "thin", "match": {"protocol": "tcp"}, "actions": [{"sample": 10}, {"forward": "sink"}]},
             {"name": "once", "from": ["lan"], "actions": [{"dedup": {"window": "10ms"}}, {"forward": "sink"}]},
             {"name": "slow", "actions": [{"police": "some"}, {"police": "half"}, {"slice": 60}, {"forward": "sink"}]}]
    replay = {"file": str(ROOT / "pcap-fixtures" / "dns.pcap"), "to": "sink", "pace": "1kpps", "loops": 3,
              "edits": [{"slice": 64}]}
    what = config(ports, rules, replays={"morning": replay}, returns={"through": {"replay": "morning"}}, idle="sleep",
                  policers={"half": {"rate": "1Mbps"}, "some": {"rate": "10pps"}}, captures={"all": {"directory": str(tmp_path)}})
    what["memory"]["packets"] = 65535
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["morning"]["sent"] > 50 and
                     status["ports"]["source"]["survives"]["now_ns"])
        done = daemon.sluice("metrics")
        assert done.returncode == 0 and not done.stderr
        told = Text(done.stdout)
        daemon.stop()
    names = {line.split("`")[1] for line in listed().splitlines() if line.startswith("| `")}
    energy = {name for name in names if name.startswith("sluice_energy_")}
    assert names - energy - {"sluice_port_iommu_faults_total"} <= told.types.keys() <= names
    # What dedups and policers count, and histograms of times, are looked at while they change.
    assert told.get("sluice_dedup_lag_seconds_count", dedup="once") > 0
    assert told.get("sluice_dedup_duplicate_packets_total", dedup="once", origin="same_port") > 0
    assert told.get("sluice_rule_stopped_packets_total", rule="slow", gate="policed") > 0
    assert told.get("sluice_policer_rate_bytes", policer="half") == 125000
    assert told.get("sluice_policer_rate_packets", policer="some") == 10
    assert told.get("sluice_replay_error_seconds_count", replay="morning") > 0
    assert told.get("sluice_replay_state", replay="morning", state="running") == 1


def test_all_of_it_is_of_one_moment(tmp_path):
    """Whatever is sent meanwhile: sums over ports and rules are those of the ledger, to the packet."""
    what = config(test_ports(source="rx=endless", a="", b=""), [
        {"name": "all", "actions": [{"mirror": "b"}, {"forward": "a"}]}])
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        seen, deadline = set(), time.monotonic() + 60
        while len(seen) < 10:
            assert time.monotonic() < deadline
            told = metrics(daemon)
            received = told.get("sluice_port_receive_packets_total", port="source")
            seen.add(received)
            assert told.get("sluice_ledger_balanced") == 1
            assert sum(told.labelled("sluice_rule_packets_total", "rule").values()) == received
            assert sum(told.labelled("sluice_port_transmit_packets_total", "port").values()) == told.get(
                "sluice_ledger_out_packets_total")
            assert sum(told.labelled("sluice_worker_packets_total", "core").values()) == received
            time.sleep(0.05)
        daemon.stop()


def test_many_rules_are_capped(tmp_path):
    rules = [{"name": f"r{number}", "match": {"dst-port": number + 1000}, "actions": ["drop"]} for number in range(2000)]
    what = config(test_ports(source="rx=endless", sink=""), rules, default={"forward": "sink"}, idle="sleep")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["rules"]["default"]["packets"] > 0)
        for words, shown in (((), 500), (("--rules", "3"), 3), (("--rules", "0"), 0), (("--rules", "2000"), 2000)):
            told = metrics(daemon, *words)
            names = told.labelled("sluice_rule_packets_total", "rule")
            assert list(names) == [f"r{number}" for number in range(shown)] + ["default"]
            assert names["default"] > 0
            assert told.get("sluice_exporter_rules_omitted") == 2000 - shown and told.get("sluice_rules") == 2001
        assert metrics(daemon, "--rules", "2001").get("sluice_exporter_rules_omitted") == 0
        daemon.stop()


def test_snapshot_is_all_that_others_tell(daemon):
    with Client(daemon.stats) as client:
        whole = client.call("snapshot")
        parts = {name: client.call(name) for name in ("status", "ports", "drops", "workers", "memory", "replay.list")}
        for name, part in parts.items():
            assert part.keys() - {"reasons"} <= whole.keys(), name
        for key in ("ports", "replays"):
            for part in parts.values():
                for name, thing in part.get(key, {}).items():
                    assert thing.keys() <= whole[key][name].keys(), name
        names = list(parts["status"]["rules"])
        assert list(client.call("snapshot", limit=1)["rules"]) == names[:1]
        assert list(client.call("snapshot", names=names[1:2])["rules"]) == names[1:2]


def test_what_a_replay_sent(tmp_path):
    """Its bytes are those of the packets, not those of the memory that its captures take."""
    frames = capture.frames("dns.pcap")
    what = config(test_ports(sink=""), [], replays={
        "morning": {"file": str(capture.fixture("dns.pcap")), "to": "sink", "pace": "top", "loops": 2}})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["morning"]["state"] == "done")
        told, memory = metrics(daemon), daemon.call("memory")["replays"]["morning"]["bytes"]
        assert told.get("sluice_replay_sent_packets_total", replay="morning") == 2 * len(frames)
        assert told.get("sluice_replay_sent_bytes_total", replay="morning") == 2 * sum(map(len, frames))
        assert told.get("sluice_replay_memory_bytes", replay="morning") == memory > 0
        assert daemon.call("snapshot")["replays"]["morning"]["bytes"] == 2 * sum(map(len, frames))
        daemon.stop()


def test_textfile(daemon, tmp_path):
    path = tmp_path / "sluice.prom"
    assert daemon.sluice("metrics", "--textfile", path).stdout == ""
    assert Text(path.read_text(encoding="utf-8")).get("sluice_up") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o644 and os.listdir(tmp_path) == ["sluice.prom"]
    path.chmod(0o600)
    with daemon.client("metrics", "--textfile", path, "--watch", "0.05") as process:
        seen = set()
        deadline = time.monotonic() + 20
        while len(seen) < 3:
            assert time.monotonic() < deadline and process.poll() is None
            assert Text(path.read_text(encoding="utf-8")).get("sluice_up") == 1
            seen.add(path.stat().st_ino)
        daemon.stop()
        assert process.wait(timeout=20) == 3
    # What is left says that nobody answers, and nothing else of the daemon.
    told = Text(path.read_text(encoding="utf-8"))
    assert told.get("sluice_up") == 0 and not any("ledger" in name for name in told.types)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    done = daemon.sluice("metrics", "--textfile", tmp_path / "none" / "x")
    assert done.returncode != 0 and str(tmp_path / "none" / "x") in done.stderr


@pytest.mark.parametrize("words, reason", [
    (["metrics", "--rules", "x"], "--rules takes"), (["metrics", "--rules", "-1"], "--rules takes"),
    (["status", "--rules", "1"], "sluice metrics"), (["status", "--list"], "sluice metrics"),
    (["rules", "--textfile", "x"], "sluice metrics"), (["metrics", "--textfil"], "needs a value"),
    (["metrics", "now"], "too many"),
])
def test_refusals(daemon, words, reason):
    done = daemon.sluice(*words)
    assert done.returncode == 2 and reason in done.stderr and not done.stdout


def test_no_daemon(tmp_path):
    done = subprocess.run([SLUICE, "--socket", tmp_path / "none", "metrics"], capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "is sluiced running?" in done.stderr and not done.stdout
