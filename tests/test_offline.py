# SPDX-License-Identifier: BSD-3-Clause
"""The offline command as a tool of users' own tests: a virtual clock, the same bytes twice, --expect."""

import json
import os
import shutil
import subprocess

import pytest

from lib import capture
from lib.offline import Run, SLUICED, config, offline, out, write_config

TWO = {"micro": "made/interleaved-micro.pcap", "nano": "made/interleaved-nano.pcap"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in ("elapsed", "cycles")}
    return value


def test_inputs_are_merged_by_time(tmp_path):
    """To the nanosecond; of two packets at the same time, that of the port named first comes first."""
    run = offline(config({**TWO, "a": out("a")}, default={"forward": "a"}), tmp_path)
    came = [packet for name in TWO.values() for packet in capture.read(capture.fixture(name))]
    wanted = sorted(came, key=lambda packet: packet.time)
    assert [(p.time, p.data) for p in run.sent["a"]] == [(p.time, p.data) for p in wanted]
    assert len({packet.time for packet in came}) < len(came), "some times are the same"


def test_order_of_ports_decides_ties(tmp_path):
    swapped = dict(reversed(TWO.items()))
    run = offline(config({**swapped, "a": out("a")}, default={"forward": "a"}), tmp_path)
    came = [packet for name in swapped.values() for packet in capture.read(capture.fixture(name))]
    assert [p.data for p in run.sent["a"]] == [p.data for p in sorted(came, key=lambda packet: packet.time)]


def test_times_that_run_backwards(tmp_path):
    """A capture's own order is kept, whatever its clock did."""
    frames = capture.frames("dns.pcap")[:50]
    packets = [capture.Packet(1_700_000_000_000_000_000 + (number * 37 % 50) * 1000, frame, len(frame))
               for number, frame in enumerate(frames)]
    capture.write(tmp_path / "back.pcap", packets)
    run = offline(config({"in": {"pcap": {"in": "back.pcap"}}, "a": out("a")}, default={"forward": "a"}), tmp_path)
    assert [(p.time, p.data) for p in run.sent["a"]] == [(p.time, p.data) for p in packets]


def test_times_beyond_all(tmp_path):
    """Records of the year 584,556 come in like others; they were taken for the end of everything."""
    path = capture.fixture("one-interface.pcapng")
    run = offline(f"""version: 1
ports: {{ in: {{ pcap: {{ in: "{path}", other-links: convert }} }}, sink: {{ null: {{}} }} }}
default: {{ forward: sink }}
""", tmp_path)
    assert run.report["ports"]["in"] | {"rx_packets": 159, "converted": 100} == run.report["ports"]["in"]
    assert run.report["ledger"]["out"] == 159


def test_truncated_records_are_counted_and_never_padded(tmp_path):
    run = offline(config({"in": "made/snaplen.pcap", "a": out("a")}, default={"forward": "a"}), tmp_path)
    came = capture.read(capture.fixture("made/snaplen.pcap"))
    cut = sum(len(packet.data) < packet.wire for packet in came)
    assert run.report["ports"]["in"]["truncated"] == cut > 10
    assert run.sent["a"] == came, "with the lengths they had on the wire"


def test_smallest_pool(tmp_path):
    """1,023 buffers are enough: packets are freed as they are sent."""
    what = config({"in": "smb2.pcap", **{port: out(port) for port in "abcd"}},
                  [{"name": "all", "actions": [{"mirror": port} for port in "abc"] + [{"forward": "d"}]}])
    what["memory"]["packets"] = 1023
    run = offline(what, tmp_path)
    assert all(len(run.sent[port]) == 1178 for port in "abcd")


def busy_config():
    ports = {"in": "mixed.pcap", **TWO, **{port: out(port) for port in ("a", "b", "t0", "t1")}}
    rules = [{"name": "dns", "match": {"protocol": "udp"}, "actions": [{"mirror": "a"}, {"forward": "tools"}]},
             {"name": "syn", "filter": "tcp[tcpflags] & tcp-syn != 0", "actions": ["drop"]},
             {"name": "web", "match": {"protocol": "tcp"}, "actions": [{"mirror": "tools"}, {"forward": "b"}]}]
    return config(ports, rules, groups={"tools": ["t0", "t1"]})


def test_two_runs_are_the_same_to_the_byte(tmp_path):
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(offline(busy_config(), tmp_path / name))
    for port in ("a", "b", "t0", "t1"):
        one, two = ((tmp_path / name / f"{port}.pcap").read_bytes() for name in ("one", "two"))
        assert one == two, port
    assert without_times(runs[0].report) == without_times(runs[1].report)
    texts = [[line for line in run.out.splitlines() if "cycles" not in line and "busy" not in line
              and "per_packet" not in line] for run in runs]
    assert texts[0] == texts[1]


def test_report_has_the_names_it_promises(tmp_path):
    report = offline(busy_config(), tmp_path).report
    assert report["version"] == 1
    assert set(report) >= {"version", "ports", "rules", "drops", "replays", "copies", "ledger", "leaked"}
    assert report["replays"] == {}
    assert set(report["ledger"]) == {"in", "out", "dropped", "held", "balanced"}
    for port in report["ports"].values():
        assert set(port) >= {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"}
        assert all(isinstance(value, int) for value in port.values())


def test_report_for_people(tmp_path):
    path = write_config(tmp_path / "config.yaml", busy_config())
    run = Run([SLUICED, "offline", path], tmp_path)
    assert run.code == 0, run.err
    for word in ("dns", "syn", "web", "default", "balanced", "tools", "0 bytes"):
        assert word in run.out, word


@pytest.fixture(name="expected")
def made_expected(tmp_path):
    """A directory with what a run of busy_config wrote."""
    (tmp_path / "first").mkdir()
    run = offline(busy_config(), tmp_path / "first")
    directory = tmp_path / "expected"
    directory.mkdir()
    for port in ("a", "b", "t0", "t1"):
        shutil.copy(tmp_path / "first" / f"{port}.pcap", directory)
    (directory / "report.json").write_text(json.dumps(run.report), encoding="ascii")
    return directory


def expect(tmp_path, directory, code):
    (tmp_path / "again").mkdir(exist_ok=True)
    return offline(busy_config(), tmp_path / "again", "--expect", directory, code=code)


def test_expect_holds(tmp_path, expected):
    run = expect(tmp_path, expected, 0)
    assert run.err == ""
    (expected / "report.json").unlink()
    expect(tmp_path, expected, 0)


def test_expect_does_not_mind_the_kind_of_capture(tmp_path, expected):
    """Packets are compared, not files: a microsecond capture can hold the same packets."""
    packets = capture.read(expected / "a.pcap")
    assert all(packet.time % 1000 == 0 for packet in packets)
    capture.write(expected / "a.pcap", packets, magic=capture.MICRO)
    expect(tmp_path, expected, 0)


@pytest.mark.parametrize("change, words", [
    (lambda packets: packets[:-1], "a.pcap"),
    (lambda packets: packets + packets[:1], "a.pcap"),
    (lambda packets: packets[:3] + [packets[3]._replace(data=packets[3].data[:-1] + b"\xa5")] + packets[4:], "byte"),
    (lambda packets: [packets[0]._replace(time=packets[0].time + 1)] + packets[1:], "a.pcap"),
    (lambda packets: [packets[0]._replace(data=packets[0].data + b"x")] + packets[1:], "a.pcap"),
    (lambda packets: [], "a.pcap"),
])
def test_expect_tells_packets_apart(change, words, tmp_path, expected):
    capture.write(expected / "a.pcap", change(capture.read(expected / "a.pcap")))
    run = expect(tmp_path, expected, 1)
    assert "a.pcap" in run.err and words in run.err


def test_expect_does_not_mind_a_new_reason(tmp_path, expected):
    """An expectation of an earlier version goes on holding, but not when packets were dropped for the reason."""
    report = json.loads((expected / "report.json").read_text())
    gone = {reason: report["drops"].pop(reason) for reason in ("removed", "default")}
    (expected / "report.json").write_text(json.dumps(report))
    assert gone["removed"] == 0
    expect(tmp_path, expected, 1 if gone["default"] else 0)


def test_expect_tells_reports_apart(tmp_path, expected):
    report = json.loads((expected / "report.json").read_text())
    report["rules"]["dns"]["packets"] += 1
    report["cycles"] = {"anything": 1}
    (expected / "report.json").write_text(json.dumps(report))
    run = expect(tmp_path, expected, 1)
    assert "rules.dns.packets" in run.err and "cycles" not in run.err


def test_expect_misses_and_finds_captures(tmp_path, expected):
    (expected / "b.pcap").unlink()
    assert "b.pcap" in expect(tmp_path, expected, 1).err
    shutil.copy(expected / "a.pcap", expected / "b.pcap")
    shutil.copy(expected / "a.pcap", expected / "other.pcap")
    assert "other.pcap" in expect(tmp_path, expected, 1).err


def test_expect_of_no_directory(tmp_path):
    run = expect(tmp_path, tmp_path / "nowhere", 1)
    assert "nowhere" in run.err


def test_full_disk(tmp_path):
    """What can't be written is an error, told with the file's name; never a short capture and exit 0."""
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "sluice-test", small], check=True)
        target = small / "a.pcap"
    else:
        target = "/dev/full"
    try:
        what = config({"in": "smb2.pcap", "a": {"pcap": {"out": str(target)}}}, default={"forward": "a"})
        run = Run([SLUICED, "offline", write_config(tmp_path / "config.yaml", what)], tmp_path)
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", small], check=True)
    assert run.code == 1
    assert str(target) in run.err and "No space left" in run.err


def test_report_to_a_full_disk(tmp_path):
    path = write_config(tmp_path / "config.yaml", busy_config())
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([SLUICED, "offline", path, "--json"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and done.stderr


def test_relative_names_are_relative_to_the_config(tmp_path):
    (tmp_path / "configs").mkdir()
    shutil.copy(capture.fixture("dns.pcap"), tmp_path / "configs")
    what = config({"in": {"pcap": {"in": "dns.pcap"}}, "a": {"pcap": {"out": "../a.pcap"}}}, default={"forward": "a"})
    path = write_config(tmp_path / "configs" / "config.yaml", what)
    run = Run([SLUICED, "offline", path], "/")
    assert run.code == 0, run.err
    assert len(capture.read(tmp_path / "a.pcap")) == 464


def test_leaves_nothing_behind(tmp_path):
    """No hugepage files, no sockets, no files but the captures."""
    before = set(os.listdir("/dev/hugepages")) if os.path.isdir("/dev/hugepages") else set()
    offline(busy_config(), tmp_path)
    assert set(os.listdir(tmp_path)) == {"config.yaml", "a.pcap", "b.pcap", "t0.pcap", "t1.pcap"}
    if os.path.isdir("/dev/hugepages"):
        assert set(os.listdir("/dev/hugepages")) <= before
