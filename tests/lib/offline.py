# SPDX-License-Identifier: BSD-3-Clause
"""One run of `sluiced offline`, and what must hold after every one."""

import json
import os
import pathlib
import subprocess

import yaml

from lib import capture

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", ROOT / "build")).resolve()
SLUICED = BUILD / "app" / "sluiced" / "sluiced"
SLUICE = BUILD / "app" / "sluice" / "sluice"
TEST_DEVICE = pathlib.Path(os.environ.get("SLUICE_TEST_DEVICE", BUILD / "tests" / "device" / "net_test.so"))

# 1,023 is the least; small pools start faster, and show leaks sooner.
SMALL = {"packets": 8191, "hugepages": False}


def config(ports, rules=(), default="drop", groups=None, **more):
    """A config as a dict: ports by name, either a dict as in YAML, or "NAME" of a fixture to read."""
    result = {"version": 1, "memory": dict(SMALL), **more}
    result["ports"] = {name: {"pcap": {"in": str(capture.fixture(port))}} if isinstance(port, str) else port
                       for name, port in ports.items()}
    if groups:
        result["groups"] = {name: {"ports": members} for name, members in groups.items()}
    if rules:
        result["rules"] = list(rules)
    result["default"] = default
    return result


def out(name):
    """A port that writes NAME.pcap."""
    return {"pcap": {"out": f"{name}.pcap"}}


class Run:
    """What one command gave: code, out, err; after offline also report, and sent by port name."""

    def __init__(self, command, directory, environment=None):
        done = subprocess.run([str(word) for word in command], cwd=directory, capture_output=True, timeout=300,
                              env={**os.environ, **(environment or {})}, check=False)
        self.code, self.out, self.err = done.returncode, done.stdout.decode(), done.stderr.decode()


class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """What stands twice is written twice: there are no aliases."""

    def ignore_aliases(self, data):
        return True


def write_config(path, what):
    text = what if isinstance(what, str) else yaml.dump(what, Dumper=Dumper, sort_keys=False, width=1000)
    path.write_text(text, encoding="utf-8")
    return path


def path_of(what, directory):
    """Where a port's file is: relative names are relative to the config."""
    return pathlib.Path(directory) / what


def offline(what, directory, *options, code=0):
    """Runs a config (dict or text) to its end, checks the books, and returns the Run."""
    path = write_config(pathlib.Path(directory) / "config.yaml", what)
    run = Run([SLUICED, "offline", path, "--json", *options], directory)
    assert run.code == code, f"exit {run.code}, expected {code}\n{run.out}\n{run.err}"
    assert "Sanitizer" not in run.err, run.err
    if not run.out:
        return run
    run.report = json.loads(run.out)
    if isinstance(what, dict):
        run.sent = {}
        for name, port in what["ports"].items():
            if "out" in port.get("pcap", {}):
                file = path_of(port["pcap"]["out"], directory)
                if file.is_file() and not file.is_symlink():
                    run.sent[name] = capture.read(file)
                    assert capture.is_nano(file)
        check_books(run, what, directory)
    return run


def check_books(run, what, directory):
    """Conservation: what came in is what went out, was dropped under a name, or is held; and the report says
    of every port what its captures say."""
    report = run.report
    ledger = report["ledger"]
    assert report["leaked"] == 0, report
    assert ledger["balanced"] is True and ledger["held"] == 0, ledger
    assert ledger["in"] == ledger["out"] + ledger["dropped"], ledger
    assert ledger["dropped"] == sum(report["drops"].values()), report
    taken = sum(back["taken"] for back in report.get("returns", {}).values())
    stored = sum(one["packets"] for one in report.get("captures", {}).values())
    assert ledger["out"] == sum(port["tx_packets"] for port in report["ports"].values()) + taken + stored, report

    received = received_bytes = 0
    assert set(report["ports"]) == set(what["ports"])
    for name, port in what["ports"].items():
        counted = report["ports"][name]
        file = port.get("pcap", {}).get("in")
        packets = capture.read(path_of(file, directory)) if file else []
        assert counted["rx_packets"] == len(packets), name
        assert counted["rx_bytes"] == sum(len(packet.data) for packet in packets), name
        assert counted["truncated"] == sum(len(packet.data) < packet.wire for packet in packets), name
        received += len(packets)
        received_bytes += counted["rx_bytes"]
        if name in run.sent:
            assert counted["tx_packets"] == len(run.sent[name]), name
            assert counted["tx_bytes"] == sum(len(packet.data) for packet in run.sent[name]), name

    # What replays put in is counted apart from what ports received; only what comes in `as` a port is classified.
    replayed = 0
    for name, replay in what.get("replays", {}).items():
        counted = report["replays"][name]
        replayed += counted["sent"]
        if "as" in replay["to"] and isinstance(replay["to"], dict):
            received += counted["sent"]
            replayed -= counted["sent"]
            received_bytes += counted["bytes"]

    rules = what.get("rules", [])
    assert list(report["rules"]) == [rule["name"] for rule in rules] + ["default"]
    deciding = [rule["name"] for rule in rules if decides(rule)] + ["default"]
    assert sum(report["rules"][name]["packets"] for name in deciding) == received
    assert sum(report["rules"][name]["bytes"] for name in deciding) == received_bytes
    mirrored = sum(report["rules"][rule["name"]]["packets"] * mirrors(rule) for rule in rules)
    if any(gated(rule.get("actions", []), what) for rule in rules):
        assert received + replayed <= ledger["in"] <= received + replayed + mirrored
    else:
        assert ledger["in"] == received + replayed + mirrored


GATES = {"police", "above", "sample", "dedup"}


def gated(actions, what):
    """Whether a list has gates, so that not all its mirrors are made."""
    return any(action != "drop" and (set(action) & GATES or gated(action.get("with", []), what) or
                                     gated(what.get("edits", {}).get(action.get("edit"), []), what))
               for action in actions)


def decides(rule):
    """Whether a rule's actions end in drop or forward."""
    actions = rule.get("actions")
    return bool(actions) and (actions[-1] == "drop" or "forward" in actions[-1])


def mirrors(rule):
    return sum(isinstance(action, dict) and "mirror" in action for action in rule.get("actions", []))
