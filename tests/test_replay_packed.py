# SPDX-License-Identifier: BSD-3-Clause
"""Replays of compressed captures, offline: what is in them leaves as if it had never been compressed, and what is cut,
damaged or far larger than it looks is told of."""

import gzip
import lzma
import re
import subprocess
import time

import pytest

from lib import capture, schedule
from lib.daemon import Daemon
from lib.offline import SLUICED, Run, config, out, write_config
from test_replay import packets_of, replay, same
from test_replay_files import live, look, play


def by(*command):
    return lambda data: subprocess.run(command, input=data, capture_output=True, check=True).stdout


PACK = {"gzip": gzip.compress, "xz": lzma.compress, "zstd": by("zstd", "-q", "-c"), "lz4": by("lz4", "-q", "-c")}


def packed(tmp_path, kind, data, name="packed.bin"):
    """The name says nothing: the first bytes do."""
    path = tmp_path / name
    path.write_bytes(PACK[kind](data))
    return str(path)


def large(tmp_path):
    packets = [capture.Packet(1_700_000_000 * 10 ** 9 + number * 1000 + number % 7,
                              bytes([number & 255, number >> 8 & 255]) * (200 + number % 500), 0) for number in range(20000)]
    packets = [packet._replace(wire=len(packet.data)) for packet in packets]
    return packets, capture.write(tmp_path / "large.pcap", packets).read_bytes()


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("name", ["dns.pcap", "nanosecond-big-endian.pcap", "made/ethernet.pcapng"])
def test_as_if_it_were_not(tmp_path, kind, name):
    run = replay(tmp_path, packed(tmp_path, kind, capture.fixture(name).read_bytes()))
    same(run, list(schedule.monotonic(packets_of(name))))
    assert run.report["replays"]["one"]["state"] == "done"


@pytest.mark.parametrize("kind", PACK)
def test_larger_than_its_memory(tmp_path, kind):
    """Loops, and a part of it, in fixed memory."""
    packets, data = large(tmp_path)
    path = packed(tmp_path, kind, data)
    run = replay(tmp_path, path, memory="8MiB", loops=2)
    same(run, schedule.looped(packets, 2))
    run = replay(tmp_path, path, memory="8MiB", **{"from": "#15001", "until": "#15101"})
    same(run, packets[15000:15100])


def test_merged_with_others(tmp_path):
    """Compressed, compressed otherwise and not at all."""
    packets, _ = large(tmp_path)
    parts = [capture.write(tmp_path / f"part{part}.pcap", packets[part::3]) for part in range(3)]
    files = [packed(tmp_path, "zstd", parts[0].read_bytes(), "a"), str(parts[1]),
             packed(tmp_path, "gzip", parts[2].read_bytes(), "c")]
    same(replay(tmp_path, files, memory="32MiB"), packets)


@pytest.mark.parametrize("kind", PACK)
def test_cut(tmp_path, kind):
    """All whole packets before the cut leave, and the run says where it is."""
    packets, data = large(tmp_path)
    whole = PACK[kind](data)
    (tmp_path / "cut").write_bytes(whole[:len(whole) * 2 // 3])
    run = replay(tmp_path, str(tmp_path / "cut"))
    one = run.report["replays"]["one"]
    assert one["state"] == "done" and one["cut"] is True
    sent = len(run.sent["wan"])
    assert sent > 1000
    assert re.search(f"cut: record {sent + 1} at byte [0-9]+: its {kind} data is cut short; what came before is taken", run.err)
    same(run, packets[:sent])


@pytest.mark.parametrize("kind", PACK)
def test_damaged(tmp_path, kind):
    packets, data = large(tmp_path)
    whole = bytearray(PACK[kind](data))
    whole[len(whole) - 3] ^= 0x40  # a checksum or what is like one: all packets are there, and nobody may trust them
    (tmp_path / "bad").write_bytes(whole)
    run = replay(tmp_path, str(tmp_path / "bad"), code=1)
    one = run.report["replays"]["one"]
    assert one["state"] == "failed" and f"its {kind} data is " in one["reason"]
    same(run, packets[:len(run.sent["wan"])])


def test_check(tmp_path):
    """What can be unpacked is looked at, and what can't is told of, before anything starts."""
    dns = capture.fixture("dns.pcap").read_bytes()
    files = {"good": packed(tmp_path, "xz", dns, "good"),
             "twice": packed(tmp_path, "gzip", gzip.compress(dns), "twice"),
             "text": packed(tmp_path, "zstd", b"This is a text.\n", "text"),
             "cooked": packed(tmp_path, "lz4", capture.fixture("linktype-cooked.pcap").read_bytes(), "cooked"),
             "short": str(tmp_path / "short")}
    (tmp_path / "short").write_bytes(PACK["gzip"](dns)[:12])
    what = config({"wan": out("wan")})
    what["replays"] = {name: {"file": file, "to": "wan"} for name, file in files.items()}
    run = subprocess.run([SLUICED, "check", str(write_config(tmp_path / "check.yaml", what))], capture_output=True, text=True,
                         timeout=60, check=False)
    err = run.stderr + run.stdout
    assert run.returncode != 0
    assert "replay good" not in err
    assert "twice: is compressed with gzip; unpack it first, with gunzip" in err
    assert "text: is no capture file" in err
    assert "cooked: has link type LINUX_SLL (113), not Ethernet" in err
    assert "short: its gzip data is cut short" in err


SECTION = b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0" + b"\xff" * 8 + b"\x1c\0\0\0"
INTERFACE = b"\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0"
PACKET = b"\6\0\0\0" + (92).to_bytes(4, "little") + bytes(12) + (60).to_bytes(4, "little") * 2 + bytes(60) + \
    (92).to_bytes(4, "little")


def block(size):
    """One that is passed over."""
    return (0xbad).to_bytes(4, "little") + size.to_bytes(4, "little") + bytes(size - 12) + size.to_bytes(4, "little")


def test_large_blocks(tmp_path):
    """Up to what others take for a block, too, it is passed over; a larger one can't be meant."""
    path = packed(tmp_path, "zstd", SECTION + INTERFACE + PACKET + block(129 << 20) + PACKET)
    run = replay(tmp_path, path, memory="8MiB")
    assert [packet.data for packet in run.sent["wan"]] == [bytes(60)] * 2
    path = packed(tmp_path, "zstd", SECTION + INTERFACE + PACKET + block((129 << 20) + 4) + PACKET)
    run = replay(tmp_path, path, memory="8MiB", code=1)
    assert [packet.data for packet in run.sent["wan"]] == [bytes(60)]
    assert "record 2 at byte 140: the block, of type 2989, says it is 135266308 bytes long; 135266304 are the most" in run.err


@pytest.mark.parametrize("way", ["port", "replay"])
def test_bomb(tmp_path, way):
    """What unpacks to more than any capture does ends, and the rest of it is not waited for."""
    path = tmp_path / "bomb"
    path.write_bytes(PACK["zstd"](SECTION + INTERFACE + PACKET) + PACK["zstd"](block(16 << 20)) * 100000)
    if way == "port":
        what = config({"in": {"pcap": {"in": str(path)}}, "wan": out("wan")}, default={"forward": "wan"})
    else:
        what = config({"wan": out("wan")})
        what["replays"] = {"one": {"file": str(path), "to": "wan", "memory": "8MiB"}}
    run = Run([SLUICED, "offline", write_config(tmp_path / "config.yaml", what), "--json"], tmp_path)
    assert run.code == 1
    assert [packet.data for packet in capture.read(tmp_path / "wan.pcap")] == [bytes(60)]
    assert "its zstd data unpacks to more than 500 times its size, as no capture does; unpack it first" in run.err


def test_live_in_the_sandbox(tmp_path):
    """It is played, sought in, and read anew when another takes its place."""
    path = tmp_path / "capture"
    packets, data = large(tmp_path)
    path.write_bytes(PACK["zstd"](data))
    what = live({"wan": {"vdev": "net_null0"}}, path, memory="8MiB")
    with Daemon(what, tmp_path) as daemon:
        assert (one := play(daemon))["sent"] == len(packets) and one["state"] == "done"
        daemon.call("replay.start", name="one")
        daemon.call("replay.pace", name="one", pace="100pps")
        daemon.call("replay.seek", name="one", to="#19951")
        deadline = time.monotonic() + 30
        while not (one := look(daemon))["ended"]:
            assert time.monotonic() < deadline, one
            time.sleep(0.05)
        assert one["state"] == "done"
        path.with_suffix(".new").write_bytes(PACK["gzip"](capture.fixture("dns.pcap").read_bytes()))
        path.with_suffix(".new").rename(path)
        assert play(daemon)["sent"] == len(packets_of("dns.pcap"))
