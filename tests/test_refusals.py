# SPDX-License-Identifier: BSD-3-Clause
"""What is refused, and in which words: wrong usage, bad configs, captures that are none."""

import os
import re

import pytest

from lib import capture
from lib.offline import Run, SLUICED, config, offline, out, write_config

COMMANDS = ("offline", "check", "run")


def refused(what, directory, command="offline", code=2):
    run = Run([SLUICED, command, write_config(directory / "config.yaml", what)], directory)
    assert run.code == code, f"exit {run.code}\n{run.err}"
    assert run.err.strip() and not run.out.strip().startswith("{")
    return run.err


@pytest.mark.parametrize("words", [
    [], ["ofline", "x"], ["offline"], ["run"], ["check"], ["offline", "--nonsense", "x"], ["offline", "a", "b"],
    ["check", "a", "--expect", "b"], ["offline", "a", "--expect"], ["offline", "a", "--log-level", "loud"], [""],
])
def test_wrong_usage(words, tmp_path):
    run = Run([SLUICED, *words], tmp_path)
    assert run.code == 2 and run.err and not run.out


def test_the_nearest_command_is_named(tmp_path):
    assert "offline" in Run([SLUICED, "ofline", "x"], tmp_path).err


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_version_and_help(word, tmp_path):
    run = Run([SLUICED, word], tmp_path)
    assert run.code == 0 and "sluiced" in run.out and not run.err


def test_help_names_every_command(tmp_path):
    text = Run([SLUICED, "--help"], tmp_path).out
    assert all(command in text for command in ("run", "offline", "check", "bench"))


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_config(command, tmp_path):
    run = Run([SLUICED, command, "nowhere.yaml"], tmp_path)
    assert run.code == 2 and "nowhere.yaml" in run.err


BAD = """\
version: 1
prots: {}
ports:
  in: { pcap: { in: in.pcap } }
  a: { pcap: { out: a.pcap }, queus: 2 }
rules:
  - name: web
    match: { protcol: tcp, dst-port: 70000 }
    actions: [ { forward: nowhere } ]
  - name: web
    match: { src: 10.0.0.300 }
    actions: [ drop, { forward: a } ]
  - name: bad
    filter: "tcp prot 80"
    actions: [ { mirrow: a } ]
default: { forward: b }
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_error_is_shown_with_its_place(command, tmp_path):
    error = refused(BAD, tmp_path, command)
    places = {int(line) for line in re.findall(r"config\.yaml:(\d+):\d+: ", error)}
    assert places >= {2, 5, 8, 9, 10, 11, 12, 14, 15, 16}, error
    for near in ("ports", "queues", "protocol", "mirror"):
        assert near in error, near
    assert not (tmp_path / "a.pcap").exists(), "nothing starts on a bad config"


@pytest.mark.parametrize("text, words", [
    ("", "version"), ("version: 2\n", "version"), ("[1, 2]\n", "mapping"), ("version: 1\n\tports: {}\n", "tab"),
    ("version: 1\nversion: 1\nports: { a: { vdev: net_null } }\n", "version"),
    ("version: 1\nports: { a: { vdev: net_null, pci: '0000:03:00.0' } }\n", "a port is one of"),
    ("version: 1\nports: { a: { vdev: net_null } }\nrules: [ { name: x, actions: [ drop ], match: { vlan: 4096 } } ]\n",
     "4095"),
    ("version: 1\nports: { a: { vdev: net_null } }\nrules: [ { name: x, actions: [ drop ], match: { src-port: 9-1 } } ]\n",
     "1-9"),
    ("version: 1\nports: { a: { vdev: net_null } }\ngroups: { g: { ports: [ b ] } }\n", "b"),
    ("\x00\x01\x02", ""), ("version: 1\nports: &x { a: *x }\n", ""), ("%" * 1000, ""),
])
def test_bad_configs(text, words, tmp_path):
    error = refused(text, tmp_path)
    assert words in error, error
    assert re.search(r"config\.yaml(:\d+:\d+)?: ", error), error


REFUSED = {"linktype-cooked.pcap": "LINUX_SLL|cooked", "linktype-raw-ip.pcap": "RAW|[Rr]aw", "ipv6-http.pcap": "RAW|[Rr]aw",
           "sctp.pcap": "IPV4|[Rr]aw", "big-endian.pcap": "NETLINK|[Nn]etlink",
           "made/no-capture.pcap": "no capture|not a capture|unknown",
           "many-interfaces.pcapng": "", "one-interface.pcapng": ""}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", REFUSED)
def test_captures_that_are_refused(name, command, tmp_path):
    what = config({"in": name, "a": out("a")}, default={"forward": "a"}, **{"run-dir": str(tmp_path)})
    error = refused(what, tmp_path, command, code=1)
    assert os.path.basename(name) in error and re.search(REFUSED[name], error), error
    assert not (tmp_path / "a.pcap").exists()


def test_each_bad_capture_is_named(tmp_path):
    what = config({"x": "made/no-capture.pcap", "y": "sctp.pcap", "z": "dns.pcap", "a": out("a")})
    error = refused(what, tmp_path, code=1)
    assert "no-capture.pcap" in error and "sctp.pcap" in error and "dns.pcap" not in error


@pytest.mark.parametrize("port, words", [
    ({"pcap": {"in": "missing.pcap"}}, "missing.pcap"), ({"pcap": {"in": "none"}}, "directory"),
    ({"pcap": {"in": "in.pcap", "out": "nowhere/a.pcap"}}, "nowhere"), ({"pcap": {"in": "in.pcap", "out": "."}}, "directory"),
    ({"af-xdp": "no-such-if"}, "no-such-if"), ({"pci": "0000:7f:1f.7"}, "0000:7f:1f.7"),
])
def test_files_and_devices_that_are_not_there(port, words, tmp_path):
    capture.write(tmp_path / "in.pcap", capture.frames("dns.pcap"))
    (tmp_path / "none").mkdir()
    error = refused(config({"x": port}, **{"run-dir": str(tmp_path)}), tmp_path, "check", code=1)
    assert words in error, error


def test_a_vdev_that_no_driver_knows(tmp_path):
    what = config({"x": {"vdev": "net_nul"}}, **{"run-dir": str(tmp_path)})
    error = refused(what, tmp_path, "run", code=1)
    assert "net_nul" in error


def test_offline_opens_no_devices(tmp_path):
    """A live config can be tried offline: what goes to its devices is counted, and they need not be there."""
    what = config({"in": "dns.pcap", "x": {"af-xdp": "no-such-if"}}, default={"forward": "x"})
    run = offline(what, tmp_path)
    assert run.report["ports"]["x"]["tx_packets"] == 464 and "x" in run.err


def test_check_is_quiet_about_a_good_config(tmp_path):
    what = config({"in": "dns.pcap", "a": out("a")}, default={"forward": "a"})
    run = Run([SLUICED, "check", write_config(tmp_path / "config.yaml", what)], tmp_path)
    assert run.code == 0 and run.out and not run.err
    assert not (tmp_path / "a.pcap").exists(), "check writes nothing"


def test_targets_of_one_packet_have_a_bound(tmp_path):
    """References to a packet are counted in 16 bits: what could pass them is refused, by the rules' names."""
    ports = {"in": "dns.pcap", "a": out("a")}

    def rules(count, mirrors, last):
        return [{"name": f"r{number}", "actions": [{"mirror": "a"} for _ in range(mirrors)]} for number in range(count)
                ] + [{"name": "last", "actions": last}]

    error = refused(config(ports, rules(1, 65, ["drop"])), tmp_path, code=2)
    assert "actions: 65 targets; one rule can give a packet to at most 64" in error
    refused(config(ports, rules(1, 1, [*[{"mirror": "a"} for _ in range(64)], {"forward": "a"}])), tmp_path, code=2)
    what = config(ports, rules(938, 64, ["drop"]), **{"run-dir": str(tmp_path / "run")})
    for command in COMMANDS:
        error = refused(what, tmp_path, command, code=1)
        assert re.search(r"rules r0 to r937: 938 rules .* to 60032 targets; at most 60000", error), error


def test_counts_of_one_are_in_the_singular(tmp_path):
    rules = [{"name": "one", "actions": ["drop"]}]
    what = config({"a": {"vdev": "net_null0"}}, rules, **{"run-dir": str(tmp_path / "run")})
    run = Run([SLUICED, "check", write_config(tmp_path / "config.yaml", what)], tmp_path)
    assert run.code == 0 and ": a valid config: 1 port, 0 groups, 1 rule; 8191 mbufs" in run.out, run.out
    assert run.out.endswith("; 512.0 MiB are kept for what comes, and an opener for its files\n"), run.out
    what = config({"a": "dns.pcap", "b": out("b")}, groups={"g": ["b"]}, **{"run-dir": str(tmp_path / "run")})
    run = Run([SLUICED, "check", write_config(tmp_path / "config.yaml", what)], tmp_path)
    assert run.code == 0 and ": 2 ports, 1 group, 0 rules;" in run.out, run.out


@pytest.mark.parametrize("replays, warned", [({}, True), ({"r": {"to": "seen"}}, True), ({"r": {"to": {"as": "seen"}}}, False)])
def test_a_port_that_a_replay_enters_receives(replays, warned, tmp_path):
    """A rule from a port that is only written waits for ever, unless a replay comes in there."""
    rules = [{"name": "x", "from": ["seen"], "actions": [{"forward": "seen"}]}]
    what = config({"in": "dns.pcap", "seen": out("seen")}, rules)
    if replays:
        what["replays"] = {name: {"file": str(capture.fixture("dns.pcap")), "pace": "top", **replay}
                           for name, replay in replays.items()}
    run = offline(what, tmp_path)
    assert ("nothing comes in from port seen" in run.err) == warned
    assert run.report["rules"]["x"]["packets"] > 0 or warned
