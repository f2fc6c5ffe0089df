# SPDX-License-Identifier: BSD-3-Clause
"""Replays offline, where the clock is virtual: each packet's time is to be the scheduled one, to the nanosecond,
for every key and value of the config. The schedule is worked out again in lib/schedule.py."""

import struct
import subprocess

import pytest

from lib import capture, schedule
from lib.offline import Run, SLUICED, config, offline, out, write_config

CAPTURES = ["dns.pcap", "nanosecond-big-endian.pcap", "nanosecond.pcap", "made/ethernet.pcapng", "vlan.pcap",
            "made/interleaved-nano.pcap"]


def packets_of(name):
    """As read by tcpdump's library: any format, nanoseconds."""
    from scapy.utils import PcapReader  # it reads every format; tests of times use lib.capture where that can
    path = capture.fixture(name)
    try:
        return capture.read(path)
    except (ValueError, KeyError):
        with PcapReader(str(path)) as reader:
            return [capture.Packet(int(packet.time * 10 ** 9), bytes(packet.original), packet.wirelen)
                    for packet in reader]


def replay(tmp_path, file, *options, code=0, ports=None, rules=(), default="drop", **keys):
    files = [str(capture.fixture(name)) if not str(name).startswith("/") else str(name)
             for name in (file if isinstance(file, list) else [file])]
    what = config(ports or {"wan": out("wan")}, rules, default)
    what["replays"] = {"one": {"file": files if isinstance(file, list) else files[0], "to": "wan",
                               "memory": "16MiB", **keys}}
    # The books of ports count what was received: replays have tests of their own.
    run = offline_replay(what, tmp_path, *options, code=code)
    return run


def offline_replay(what, tmp_path, *options, code=0):
    run = offline(what, tmp_path, *options, code=code)
    if run.out:
        ledger = run.report["ledger"]
        sent = sum(counts["sent"] for counts in run.report["replays"].values())
        assert ledger["in"] >= sent
        assert all(counts["bytes"] == 0 for counts in run.report["copies"].values())
    return run


def same(run, wanted, port="wan"):
    got = run.sent[port]
    assert len(got) == len(wanted)
    for number, (left, right) in enumerate(zip(got, wanted)):
        assert left.data == right.data, f"packet {number}"
        assert left.time == right.time, f"packet {number}: {left.time - right.time} ns off"


@pytest.mark.parametrize("name", CAPTURES)
def test_original(tmp_path, name):
    """What went in comes out: the same bytes at the same nanosecond."""
    run = replay(tmp_path, name)
    wanted = list(schedule.monotonic(packets_of(name)))
    same(run, wanted)
    assert run.report["replays"]["one"]["sent"] == len(wanted)
    assert run.report["replays"]["one"]["bytes"] == sum(len(packet.data) for packet in wanted)
    assert run.report["replays"]["one"]["loops"] == 1
    assert run.report["replays"]["one"]["state"] == "done"


@pytest.mark.parametrize("pace", ["2x", "0.25x", "3x", "1.5Mpps", "200kpps", "7pps", "10Gbps", "0.3Gbps", "10Gbps-wire",
                                  "999.999Mbps", "top"])
def test_paces(tmp_path, pace):
    run = replay(tmp_path, "dns.pcap", pace=pace)
    same(run, schedule.due(list(schedule.monotonic(packets_of("dns.pcap"))), pace))


@pytest.mark.parametrize("pace, gap", [("original", None), ("2x", None), ("1.5Mpps", None), ("1Gbps", None),
                                       ("original", "5ms"), ("original", "0s"), ("2x", "5ms")])
def test_loops(tmp_path, pace, gap):
    """A gap is of the capture's time: at 2x it takes half as long."""
    keys = {"gap": gap} if gap else {}
    run = replay(tmp_path, "vlan.pcap", loops=7, pace=pace, **keys)
    line = schedule.looped(schedule.monotonic(packets_of("vlan.pcap")), 7, {"5ms": 5000000, "0s": 0}.get(gap))
    same(run, schedule.due(line, pace))
    assert run.report["replays"]["one"]["loops"] == 7


def test_files_are_merged_by_time(tmp_path):
    names = ["made/interleaved-micro.pcap", "made/interleaved-nano.pcap"]
    run = replay(tmp_path, names)
    line = sorted((packet for name in names for packet in packets_of(name)), key=lambda packet: packet.time)
    same(run, line)


@pytest.mark.parametrize("keys, part", [
    ({"from": "#3"}, slice(2, None)), ({"until": "#3"}, slice(None, 2)), ({"from": "#2", "until": "#5"}, slice(1, 4))])
def test_part_by_number(tmp_path, keys, part):
    run = replay(tmp_path, "dns.pcap", **keys)
    same(run, list(schedule.monotonic(packets_of("dns.pcap")))[part])


def test_part_by_time(tmp_path):
    line = list(schedule.monotonic(packets_of("dns.pcap")))
    middle = line[len(line) // 2].time - line[0].time
    run = replay(tmp_path, "dns.pcap", **{"from": f"{middle}ns"})
    same(run, [packet for packet in line if packet.time - line[0].time >= middle])
    run = replay(tmp_path, "dns.pcap", until=f"{middle}ns")
    same(run, [packet for packet in line if packet.time - line[0].time < middle])


def test_filter(tmp_path):
    """The same packets that tcpdump picks."""
    run = replay(tmp_path, "mixed.pcap", filter="tcp port 80", memory="64MiB")
    picked = tmp_path / "picked.pcap"
    subprocess.run(["tcpdump", "-r", capture.fixture("mixed.pcap"), "-w", picked, "--nano", "tcp port 80"], check=True,
                   capture_output=True)
    wanted = capture.read(picked)
    assert len(wanted) > 10
    # The first wanted packet leaves at its own time.
    same(run, list(schedule.monotonic(wanted)))
    assert run.report["replays"]["one"]["skipped"] == len(packets_of("mixed.pcap")) - len(wanted)


def test_truncated(tmp_path):
    line = list(schedule.monotonic(packets_of("made/snaplen.pcap")))
    cut = sum(len(packet.data) < packet.wire for packet in line)
    assert 0 < cut < len(line)
    run = replay(tmp_path, "made/snaplen.pcap")
    assert run.report["replays"]["one"]["truncated"] == cut
    whole = [packet for packet in line if len(packet.data) == packet.wire]
    same(run, whole)
    run = replay(tmp_path, "made/snaplen.pcap", truncated="send")
    same(run, line)
    run = replay(tmp_path, "made/snaplen.pcap", truncated="pad")
    same(run, [packet._replace(data=packet.data.ljust(packet.wire, b"\0")) for packet in line])
    assert run.report["replays"]["one"]["truncated"] == cut


def test_through_the_pipeline(tmp_path):
    """As if received on a port: rules see it, with `from` of that port."""
    ports = {"wan": out("wan"), "tap": out("tap"), "lan": {"pcap": {"in": str(capture.fixture("vlan.pcap"))}}}
    rules = [{"name": "dns", "from": ["tap"], "match": {"protocol": "udp", "src-port": 53},
              "actions": [{"mirror": "tap"}, {"forward": "wan"}]}]
    run = replay(tmp_path, "dns.pcap", to={"as": "tap"}, ports=ports, rules=rules)
    line = list(schedule.monotonic(packets_of("dns.pcap")))
    answers = [packet for packet in line if packet.data[34:36] == b"\0\x35"]
    assert 10 < len(answers) < len(line)
    same(run, answers)
    same(run, answers, "tap")
    assert run.report["rules"]["dns"]["packets"] == len(answers)
    ledger = run.report["ledger"]
    assert ledger["in"] == len(line) + len(answers) + len(packets_of("vlan.pcap"))


def test_replays_and_captures_are_merged_by_time(tmp_path):
    ports = {"lan": {"pcap": {"in": str(capture.fixture("made/interleaved-micro.pcap"))}}, "wan": out("wan")}
    run = replay(tmp_path, "made/interleaved-nano.pcap", ports=ports, default={"forward": "wan"})
    names = ["made/interleaved-micro.pcap", "made/interleaved-nano.pcap"]
    line = sorted((packet for name in names for packet in packets_of(name)), key=lambda packet: packet.time)
    same(run, line)


def test_twice_the_same(tmp_path):
    first = replay(tmp_path, "mixed.pcap", pace="3Mpps", loops=2, memory="64MiB")
    written = (tmp_path / "wan.pcap").read_bytes()
    second = replay(tmp_path, "mixed.pcap", pace="3Mpps", loops=2, memory="64MiB")
    assert (tmp_path / "wan.pcap").read_bytes() == written
    del first.report["cycles"], second.report["cycles"]
    assert first.report == second.report


def test_manual_does_not_start(tmp_path):
    """How far its files were read meanwhile is in no report: that is another on each run."""
    what = config({"in": "mixed.pcap", "wan": out("wan")},
                  replays={"one": {"file": str(capture.fixture("dns.pcap")), "to": "wan", "start": "manual", "filter": "udp port 99"}})
    run = offline(what, tmp_path)
    assert run.report["replays"]["one"] | {"sent": 0, "state": "stopped", "skipped": 0} == run.report["replays"]["one"]


def test_interface_that_is_not_ethernet(tmp_path):
    """Refused, or, where it stands far behind, what came before its first packet is sent, and then it says which."""
    run = replay(tmp_path, "one-interface.pcapng", code=1)
    assert "one-interface.pcapng: the packet's interface has link type LINUX_SLL (113), not Ethernet" in run.err
    section = capture.fixture("made/ethernet.pcapng").read_bytes()
    far = tmp_path / "far.pcapng"
    far.write_bytes(section * 100 + capture.fixture("one-interface.pcapng").read_bytes())
    assert len(section) * 100 > 100_000
    run = replay(tmp_path, str(far), code=1)
    assert f"far.pcapng: record 2060 at byte {len(section) * 100 + 10752}" in run.report["replays"]["one"]["reason"]
    assert "LINUX_SLL (113), not Ethernet" in run.report["replays"]["one"]["reason"]
    assert len(run.sent["wan"]) == 2059


@pytest.mark.parametrize("name, words", [
    ("linktype-raw-ip.pcap", "RAW"), ("linktype-cooked.pcap", "LINUX_SLL"), ("big-endian.pcap", "NETLINK"), ("made/empty.pcap", "no packets")])
def test_refused_by_name(tmp_path, name, words):
    run = replay(tmp_path, name, code=1)
    assert name.split("/")[-1] in run.err and words in run.err


def test_missing_file(tmp_path):
    run = replay(tmp_path, "/nowhere/at-all.pcap", code=1)
    assert "/nowhere/at-all.pcap" in run.err and "No such file" in run.err


def test_check_looks_at_the_files(tmp_path):
    """All findings of all replays, each at its place."""
    what = config({"wan": out("wan")})
    what["replays"] = {name: {"file": str(file), "to": "wan"}
                       for name, file in (("a", capture.fixture("linktype-raw-ip.pcap")), ("b", tmp_path / "none.pcap"),
                                          ("c", capture.fixture("dns.pcap")))}
    path = write_config(tmp_path / "check.yaml", what)
    run = Run([SLUICED, "check", path], tmp_path)
    assert run.code == 1
    assert "replay a: " in run.err and "link type RAW" in run.err and "replay b: " in run.err
    assert "replay c" not in run.err


def test_forever_has_no_end_offline(tmp_path):
    run = replay(tmp_path, "dns.pcap", loops="forever", code=2)
    assert "forever" in run.err


def test_cut_file_is_sent_up_to_the_cut(tmp_path):
    """All whole records leave, and it says where it ends."""
    data = capture.fixture("dns.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(data[:len(data) * 2 // 3])
    run = replay(tmp_path, str(tmp_path / "cut.pcap"))
    one = run.report["replays"]["one"]
    assert (one["state"], one["cut"]) == ("done", True)
    assert "cut.pcap: record" in run.err
    sent = len(run.sent["wan"])
    assert sent > 10
    same(run, list(schedule.monotonic(packets_of("dns.pcap")))[:sent])


@pytest.mark.parametrize("magic,header,record", [(capture.MICRO, 0, 4), (0xA1B2CD34, 0, 8), (0x1C0001AC, 4, 0)])
@pytest.mark.parametrize("order", "<>")
def test_kin_of_pcap(tmp_path, magic, header, record, order):
    """Nokia's, Kuznetzov's and IXIA's, with more than pcap has before each packet or in the file's header."""
    plain = capture.write(tmp_path / "plain.pcap", packets_of("dns.pcap"))
    unit = 1 if magic == 0x1C0001AC else 1000
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1) + bytes(header)
    for packet in capture.read(plain):
        seconds, rest = divmod(packet.time, 10 ** 9)
        data += struct.pack(order + "IIII", seconds, rest // unit, len(packet.data), packet.wire)
        data += bytes(record) + packet.data
    (tmp_path / "kin.pcap").write_bytes(data)
    run = replay(tmp_path, str(tmp_path / "kin.pcap"))
    same(run, list(schedule.monotonic(capture.read(plain))))


def test_bigger_than_its_memory(tmp_path):
    """Streams, in fixed memory, with the same result as at once, in every loop."""
    frames = [bytes([number & 255, number >> 8 & 255]) * (30 + number % 700) for number in range(40000)]
    start = 1_700_000_000_000_000_000
    packets = [capture.Packet(start + number * 1000 + number % 7, frame, len(frame))
               for number, frame in enumerate(frames)]
    path = capture.write(tmp_path / "big.pcap", packets)
    assert path.stat().st_size > 20 << 20
    run = replay(tmp_path, str(path), memory="8MiB", loops=2)
    same(run, schedule.looped(packets, 2))
