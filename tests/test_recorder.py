# SPDX-License-Identifier: BSD-3-Clause
"""Captures that are written: what rules give them is in their files, packet by packet, and in the ledger."""

import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess

import pytest

from lib import blocks, capture
from lib.capture import Packet
from lib.daemon import Daemon
from lib.offline import ROOT, Run, SLUICED, config, offline, out, write_config

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
MEMORY = {"packets": 32767, "hugepages": False}
REASONS = ("capture-full", "capture-failed", "capture-passed")


def udp(port, size=100):
    """An Ethernet frame of UDP to a port."""
    length = size - 14
    return bytes.fromhex("020000000001020000000002080045") + bytes([0]) + length.to_bytes(2, "big") + bytes(5) + bytes([17]) + \
        bytes(2) + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + (1000).to_bytes(2, "big") + port.to_bytes(2, "big") + \
        (length - 20).to_bytes(2, "big") + bytes(size - 40)


def packets(ports, step=SECOND // 10):
    return [Packet(START + i * step, udp(port), 100) for i, port in enumerate(ports)]


def files(directory, name):
    return sorted(path for path in directory.iterdir() if re.fullmatch(rf"{name}-\d{{6}}-\d{{8}}T\d{{6}}Z\.pcapng", path.name))


def read(directory, name):
    """All packets of a capture's files, as tcpdump reads them: times in ns, lengths before they were cut, and bytes."""
    result = []
    for path in files(directory, name):
        done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e",
                               "frame.cap_len", "-e", "frame.interface_name"], capture_output=True, text=True, timeout=60,
                              check=True)
        for line in done.stdout.splitlines():
            when, length, kept, interface = line.split("\t")
            seconds, fraction = when.split(".")
            result.append((int(seconds) * SECOND + int(fraction), int(length), int(kept), interface))
    return result


def balanced(report):
    """The ledger, and the second account: what ports sent and captures stored is what left."""
    ledger = report["ledger"]
    assert ledger["balanced"], ledger
    stored = sum(one["packets"] for one in report["captures"].values())
    held = sum(one["held"] for one in report["captures"].values())
    sent = sum(port["tx_packets"] for port in report["ports"].values())
    assert ledger["out"] == sent + stored and ledger["held"] == held
    for reason in REASONS:
        assert report["drops"][reason] == sum(one["drops"][reason] for one in report["captures"].values())


@pytest.fixture(name="disk")
def fixture_disk(tmp_path):
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def source(tmp_path, what):
    capture.write(tmp_path / "in.pcap", what)
    return str(tmp_path / "in.pcap")


def test_offline_twice_the_same(tmp_path, disk):
    """Mirrors, edits and gates before them; a slice keeps the length; and all bytes are the same in a second run."""
    what = config({"in": source(tmp_path, packets([53, 80, 53, 443, 53] * 40)), "out": out("out")}, memory=MEMORY,
                  captures={"all": {"directory": str(disk), "rotate": {"packets": 64}}, "dns": {"directory": str(disk)}},
                  rules=[{"name": "every", "actions": [{"mirror": "all", "with": [{"slice": 60}]}]},
                         {"name": "dns", "match": {"dst-port": 53}, "actions": [{"sample": 2}, {"forward": "dns"}]}],
                  default={"forward": "out"})
    report = offline(what, tmp_path).report
    balanced(report)
    first = {path.name: path.read_bytes() for path in disk.iterdir()}
    every = read(disk, "all")
    assert [when for when, *_ in every] == [START + i * SECOND // 10 for i in range(200)]
    assert {one[1:] for one in every} == {(100, 60, "in")}
    assert [len(read_one) for read_one in (files(disk, "all"), files(disk, "dns"))] == [4, 1]
    assert len(read(disk, "dns")) == 60 and report["captures"]["dns"]["packets"] == 60
    assert report["drops"]["sampled-out"] == 60 and report["copies"]["capture"] == {"packets": 260, "bytes": 200 * 60 + 60 * 100}
    assert report["ledger"]["in"] == 400 and report["leaked"] == 0
    for path in disk.iterdir():
        path.unlink()
    offline(what, tmp_path)
    assert {path.name: path.read_bytes() for path in disk.iterdir()} == first


def ids(directory, name):
    """Of all packets of a capture's files: port of UDP, time and epb_packetid."""
    result = []
    for path in files(directory, name):
        data = path.read_bytes()
        at = 0
        while at < len(data):
            kind, length = struct.unpack_from("<II", data, at)
            if kind == 6:
                high, low, kept = struct.unpack_from("<III", data, at + 12)
                options, found = at + 28 + (kept + 3) // 4 * 4, None
                while options < at + length - 4:
                    code, size = struct.unpack_from("<HH", data, options)
                    if code == 5:
                        found, = struct.unpack_from("<Q", data, options + 4)
                    options += 4 + (size + 3) // 4 * 4
                port, = struct.unpack_from(">H", data, at + 28 + 36)
                result.append((port, high << 32 | low, found))
            at += length
    return result


def sharing(tmp_path, disk):
    return config({"in": source(tmp_path, packets([53, 80, 443] * 70, 1000)), "out": out("out")}, memory=MEMORY | {"packets": 65535},
                  captures={name: {"directory": str(disk)} for name in ("all", "cut", "dns")},
                  rules=[{"name": "every", "actions": [{"mirror": "all"}, {"mirror": "cut", "with": [{"slice": 60}]}]},
                         {"name": "dns", "match": {"dst-port": 53}, "actions": [{"set": {"ttl": 3}}, {"mirror": "all"}, {"forward": "dns"}]}],
                  default={"forward": "out"})


def test_ids(tmp_path, disk):
    """Mirrors of one packet have the same id, whatever edits made of them, and no other packet has it."""
    offline(sharing(tmp_path, disk), tmp_path)
    everything, cut, dns = (ids(disk, name) for name in ("all", "cut", "dns"))
    assert len({found for _, _, found in cut}) == len(cut) == 210 and None not in {found for _, _, found in cut}
    assert sorted(everything) == sorted(cut + dns) and set(dns) == {one for one in cut if one[0] == 53}
    # What is given once needs none.
    for path in disk.iterdir():
        path.unlink()
    offline(sharing(tmp_path, disk) | {"rules": [{"name": "every", "actions": [{"mirror": "all"}]}]}, tmp_path)
    assert {found for _, _, found in ids(disk, "all")} == {None}


def test_the_example(tmp_path):
    """What docs/capture.md says of it: headers of everything in files of 1,000, and whole packets from before the flood on."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    (tmp_path / "build").mkdir()
    (tmp_path / "pcap-fixtures").symlink_to(ROOT / "pcap-fixtures")
    run = Run([SLUICED, "offline", "--json", tmp_path / "docs" / "examples" / "evidence.yaml"], tmp_path)
    assert run.code == 0, run.err
    balanced(json.loads(run.out))
    given = [packet for name in ("flows", "syn-flood") for packet in capture.read(capture.FIXTURES / "made" / f"{name}.pcap")]
    given.sort(key=lambda packet: packet.time)
    headers, attack = (read(tmp_path / "build", name) for name in ("headers", "attack"))
    assert [(when, length, kept) for when, length, kept, _ in headers] == \
        [(packet.time, packet.wire, min(packet.wire, 96)) for packet in given]
    assert [len(capture.read(path)) for path in files(tmp_path / "build", "headers")] == [1000, 1000, len(given) - 2000]
    # All since before the flood, and those that the rule took once more.
    assert {one[:3] for one in attack} == {(packet.time, packet.wire, packet.wire) for packet in given}
    assert len(given) < len(attack) < 2 * len(given)


def test_a_trigger_behind_a_gate(tmp_path, disk):
    """Only a packet that the rule gives is one: of port 9 the first, as a sample lets each second pass. What came in the second
    before it is written, and what comes in the two behind it, and no more."""
    ports = [80] * 30 + [9] + [80] * 40 + [9] + [80] * 40
    what = config({"in": source(tmp_path, packets(ports)), "out": out("out")}, memory=MEMORY,
                  captures={"cap": {"directory": str(disk), "before": "1s", "after": "2s", "trigger": ["nine"]}},
                  rules=[{"name": "nine", "match": {"dst-port": 9}, "actions": [{"sample": 2}, {"mirror": "cap"}]},
                         {"name": "all", "actions": [{"mirror": "cap"}]}],
                  default="drop")
    report = offline(what, tmp_path).report
    balanced(report)
    found = [when for when, *_ in read(disk, "cap")]
    # Memory is given up in parts, so up to a quarter more may be there.
    first = (found[0] - START) // (SECOND // 10)
    assert 17 <= first <= 20
    assert sorted(set(found)) == [START + i * SECOND // 10 for i in range(first, 51)] and len(found) == 51 - first + 1
    assert report["captures"]["cap"]["drops"]["capture-passed"] == len(ports) + 1 - len(found)
    # A gate that lets nothing pass makes it no trigger.
    what["rules"][0]["actions"][0] = {"above": "1Mpps"}
    for path in disk.iterdir():
        path.unlink()
    assert offline(what, tmp_path).report["captures"]["cap"]["packets"] == 0 and not list(disk.iterdir())


@pytest.mark.parametrize("captures, rules, says", [
    ({"cap": {}}, [], "directory is missing"),
    ({"cap": {"directory": "."}, "in": {"directory": "."}}, [], "is a port already"),
    ({"cap": {"directory": ".", "before": "30s"}}, [], "before and after need a trigger; name a rule, as in trigger: [flood]"),
    ({"cap": {"directory": ".", "trigger": ["flood"]}}, [], "there is no rule"),
    ({"cap": {"directory": ".", "trigger": ["flood"]}}, [{"name": "flood", "actions": ["drop"]}],
     "rule flood gives cap nothing (no mirror or forward to it), so it would never trigger"),
    ({"cap": {"directory": ".", "keep": {"files": 3}}}, [], "keep removes whole files"),
    ({"cap": {"directory": ".", "rotate": {"sizes": "1GiB"}}}, [], 'did you mean "size"'),
    ({"cap": {"directory": "not/there"}}, [], "No such file or directory"),
])
def test_errors(tmp_path, captures, rules, says):
    path = write_config(tmp_path / "bad.yaml", config({"in": {"null": {}}}, captures=captures, rules=rules, default="drop"))
    done = subprocess.run([SLUICED, "check", path], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode != 0 and says in done.stdout + done.stderr


def live(disk, **more):
    return config({"in": {"vdev": "net_null0,size=200"}, "out": {"null": {}}}, idle="sleep",
                  memory=MEMORY,
                  rules=[{"name": "some", "actions": [{"sample": 1000}, {"mirror": "cap"}]}], default="drop",
                  captures={"cap": {"directory": str(disk), **more}})


def test_live(tmp_path, disk):
    """Orders, applies and the end, while packets come: each file is whole, and every packet is accounted for."""
    what = live(disk)
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["cap"]["packets"] > 100, 60)
        table = daemon.sluice("captures").stdout
        assert "CAPTURE" in table and "recording" in table
        shown = daemon.sluice("status").stdout
        assert re.search(r"^CAPTURE +STATE.*\ncap +recording +[1-9]", shown, re.MULTILINE), shown
        assert daemon.sluice("capture", "rotate", "cap").stdout == "capture cap: rotates\n"
        daemon.until(lambda status: status["captures"]["cap"]["closed"] >= 1, 60)
        listed = json.loads(daemon.sluice("--json", "capture", "list", "cap").stdout)
        assert listed["files"][0]["whole"] and listed["files"][0]["packets"] > 100
        assert listed["files"][0]["name"] in daemon.sluice("capture", "list", "cap").stdout
        refused = daemon.sluice("capture", "trigger", "cap")
        assert refused.returncode != 0 and "has no trigger" in refused.stderr
        # What is the same goes on; other terms hold from now on, and the numbers with them.
        before = daemon.call("captures")["captures"]["cap"]["packets"]
        assert daemon.apply(what)["kept"]["captures"] == ["cap"]
        assert daemon.apply(live(disk, rotate={"packets": 50}))["changed"]["captures"] == ["cap"]
        waits = daemon.sluice("capture", "wait", "cap")
        assert waits.returncode == 0 and pathlib.Path(waits.stdout.rstrip("\n")) in files(disk, "cap")
        status = daemon.until(lambda status: status["captures"]["cap"]["closed"] >= 4, 60)
        assert status["captures"]["cap"]["packets"] >= before and status["ledger"]["balanced"]
        # One that is no more has left in order.
        gone = {key: value for key, value in what.items() if key != "captures"} | {"rules": []}
        assert daemon.apply(gone)["ended"]["captures"] == ["cap"]
        status = daemon.until(lambda status: status["ledger"]["held"] == 0, 60)
        assert "captures" not in status and status["ledger"]["balanced"] and status["ledger"]["out"] > before
        out_before = status["ledger"]["out"]
        assert daemon.apply(what)["begun"]["captures"] == ["cap"]
        daemon.until(lambda status: status["captures"]["cap"]["held"] > 10, 60)
        daemon.stop()
    assert not [path for path in disk.iterdir() if path.name.endswith(".part")]
    assert len(read(disk, "cap")) > out_before


def test_one_that_comes_again_at_once(tmp_path, disk):
    """While the one before still writes: neither takes a file of the other."""
    what = live(disk, rotate={"packets": 50})
    gone = {key: value for key, value in what.items() if key != "captures"} | {"rules": []}
    with Daemon(what, tmp_path) as daemon:
        for _ in range(20):
            daemon.until(lambda status: status["captures"]["cap"]["packets"] > 100, 60)
            daemon.apply(gone)
            daemon.apply(what)
        daemon.apply(gone)
        daemon.until(lambda _: daemon.fresh()["ledger"]["held"] == 0, 60)
        status = daemon.fresh()
        daemon.stop()
    assert status["drops"]["capture-failed"] == 0 and not list(disk.glob("*.part"))
    assert sum(len(blocks.packets(path)) for path in files(disk, "cap")) == status["ledger"]["out"] > 2000


def test_waits(tmp_path, disk):
    """Who waits hears of the next file, and keeps nobody from being answered; who leaves is forgotten; what ends is told."""
    what = live(disk)
    with Daemon(what, tmp_path) as daemon:
        def ask(**params):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(60)
            client.connect(f"{daemon.run_dir}/control.sock")
            client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "capture.wait", "params": {"name": "cap", **params}}).encode() + b"\n")
            return client

        def hear(client):
            with client, client.makefile() as lines:
                return json.loads(lines.readline())

        daemon.until(lambda status: status["captures"]["cap"]["packets"] > 0, 60)
        waiting = [ask() for _ in range(3)]
        # More than a daemon serves at a time have gone before it is over.
        for _ in range(40):
            ask().close()
            daemon.call("hello")
        assert daemon.call("captures")["captures"]["cap"]["closed"] == 0
        daemon.sluice("capture", "rotate", "cap")
        answers = [hear(client)["result"] for client in waiting]
        assert answers == [{"name": "cap", "closed": 1, "file": str(files(disk, "cap")[0])}] * 3
        assert hear(ask(after=0))["result"] == answers[0]
        for wrong in ({"after": -1}, {"name": "no"}):
            assert hear(ask(**wrong))["error"]["code"] == -32602
        # In an order that a client gives at once, one answer comes behind the other.
        both = ask(after=1)
        both.sendall(b'{"jsonrpc":"2.0","id":2,"method":"hello"}\n')
        daemon.sluice("capture", "rotate", "cap")
        with both.makefile() as lines:
            assert [json.loads(lines.readline())["id"] for _ in range(2)] == [1, 2]
        ended = ask()
        gone = {key: value for key, value in what.items() if key != "captures"} | {"rules": []}
        daemon.apply(gone)
        assert "there is no capture cap" in hear(ended)["error"]["message"]
        daemon.stop()


def test_live_a_slice_keeps_the_length(tmp_path, disk):
    """Of what is cut, quickly or by what it finds, for a capture or a live pcap, the record has the length before; a tag that is
    put in front counts. What is not cut has its own, though its memory was that of one that was."""
    few = {"sample": 500}
    what = live(disk) | {"memory": MEMORY | {"packets": 65535}}
    what["ports"]["file"] = {"pcap": {"out": str(tmp_path / "file.pcap")}}
    what["captures"] |= {name: {"directory": str(disk)} for name in ("cut", "found", "tagged", "last")}
    what["rules"] = [
        {"name": "mirrors", "actions": [few, {"mirror": "cap"}, {"mirror": "cut", "with": [{"slice": 60}]},
                                        {"mirror": "found", "with": [{"slice": {"after": "link", "bytes": 10}}]},
                                        {"mirror": "tagged", "with": [{"push": {"vlan": 7}}, {"slice": 80}]}]},
        {"name": "some", "actions": [few, {"mirror": "file", "with": [{"slice": 33}]}]},
        {"name": "last", "actions": [few, {"slice": 70}, {"forward": "last"}]}]
    lengths = {"cap": (200, 200), "cut": (200, 60), "found": (200, 24), "tagged": (204, 80), "last": (200, 70)}
    with Daemon(what, tmp_path) as daemon:
        status = daemon.until(lambda status: min(status["captures"][name]["packets"] for name in lengths) > 1000, 60)
        assert status["ledger"]["balanced"]
        # Behind nothing but a slice, a burst goes to a pcap at once.
        what["rules"] = [{"name": "all", "actions": [{"slice": 34}, {"forward": "file"}]}]
        daemon.apply(what)
        sent = daemon.call("status")["ports"]["file"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] > sent + 1000, 60)
        daemon.stop()
    for name, (length, kept) in lengths.items():
        assert {one[1:3] for one in read(disk, name)} == {(length, kept)}, name
    # And mirrors of one packet have its id and time.
    known = {found: when for _, when, found in ids(disk, "cap")}
    for name in ("cut", "found", "tagged", "last"):
        also = [(found, when) for _, when, found in ids(disk, name)]
        assert len(dict(also)) == len(also) and len(known.keys() & dict(also)) > 500
        # A sample begins alike in each rule, so all of them have the same packets.
        assert all(known.get(found, when) == when for found, when in also), name
    assert {(packet.wire, len(packet.data)) for packet in capture.read(tmp_path / "file.pcap")} == {(200, 33), (200, 34)}


def test_live_a_loop_says_nothing_of_before(tmp_path, disk):
    """What was cut and comes in again on another port, in the same memory, has the length there that it came in with."""
    what = live(disk) | {"memory": MEMORY | {"packets": 65535}}
    what["ports"]["ring"] = {"vdev": "net_ring0"}
    what["captures"] = {name: {"directory": str(disk)} for name in ("there", "back")}
    what["rules"] = [
        {"name": "back", "match": {"vlan": 7}, "actions": [{"forward": "back"}]},
        {"name": "there", "actions": [{"sample": 500}, {"push": {"vlan": 7}}, {"slice": 60}, {"mirror": "there"}, {"forward": "ring"}]}]
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["back"]["packets"] > 1000, 60)
        daemon.stop()
    for name, interface in (("there", "in"), ("back", "ring")):
        assert {one[1:] for one in read(disk, name)} == {(60, 60, interface)}, name


def test_a_directory_that_goes_and_comes_back(tmp_path, disk):
    """Its packets are dropped by name meanwhile, exactly; the port goes on."""
    what = live(disk, rotate={"packets": 100})
    what["rules"][0]["actions"] = [{"sample": 10000}, {"mirror": "cap"}]
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["cap"]["closed"] > 0, 60)
        away = disk.parent / "away"
        os.rename(disk, away)
        status = daemon.until(lambda status: status["captures"]["cap"]["state"] == "failed", 60)
        status = daemon.until(lambda status: status["drops"]["capture-failed"] > 0, 60)
        assert status["ledger"]["balanced"] and "reason" in status["captures"]["cap"]
        received = status["ports"]["in"]["rx_packets"]
        status = daemon.until(lambda status: status["ports"]["in"]["rx_packets"] > received, 60)
        os.rename(away, disk)
        stored = status["captures"]["cap"]["packets"]
        daemon.until(lambda status: status["captures"]["cap"]["packets"] > stored, 60)
        assert daemon.call("status")["ledger"]["balanced"]
        daemon.stop()
