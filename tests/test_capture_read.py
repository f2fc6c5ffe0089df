# SPDX-License-Identifier: BSD-3-Clause
"""sluice capture read: what it gives is what tshark and editcap give of the same files, block by block as they stand
there; and it reads no more of them than it must."""

import json
import os
import random
import subprocess
import time

import pytest

from lib import sealed, shark
from lib.capture import fixture
from lib.offline import SLUICE

BASE = 1_700_000_000_000_000_000
STEP = 1_000_000
FILES, BLOCKS, PACKETS = 3, 20, 50
COUNT = FILES * BLOCKS * PACKETS


def frame(number):
    """UDP to one of 10 ports, or TCP."""
    protocol = 6 if number % 7 == 0 else 17
    header = bytes.fromhex("020000000001020000000002") + b"\x08\x00"
    ip = bytes([0x45, 0, 0, 186, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
    return header + ip + (1000).to_bytes(2, "big") + (5000 + number % 10).to_bytes(2, "big") + number.to_bytes(4, "big") * 41


def stamp(number):
    """Of several workers: every third is earlier than the one before it."""
    return BASE + number * STEP - (3 * STEP // 2 if number % 3 == 2 else 0)


@pytest.fixture(name="captures", scope="module")
def written(tmp_path_factory):
    """One after the other, as a capture that is rotated; the second has ports that the others have not."""
    directory = tmp_path_factory.mktemp("captures")
    number = 0
    for file in range(FILES):
        writer = sealed.Writer(directory / f"evidence-{file + 1:06}.pcapng", ("wan", "lan", "dmz")[file % 2:])
        for _ in range(BLOCKS):
            for _ in range(PACKETS):
                writer.add(stamp(number), frame(number), number % 2, 300)
                number += 1
            writer.seal()
        writer.write()
    return sorted(directory.glob("*.pcapng"))


def run(*words, check=True, **more):
    done = subprocess.run([SLUICE, "capture", "read", *map(str, words)], capture_output=True, timeout=60, check=False, **more)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def counts(*words):
    return json.loads(run("--json", "--count", *words).stdout)


def fields(path, *more):
    """Of each packet what tshark knows of it, in order: interface's name, time, lengths, flags and bytes."""
    names = ["frame.interface_name", "frame.time_epoch", "frame.cap_len", "frame.len", "frame.packet_flags", "udp.payload", "tcp.payload"]
    done = subprocess.run(["tshark", "-r", path, *more, "-T", "fields", *sum((["-e", name] for name in names), [])],
                          capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def merged(captures, tmp_path):
    whole = tmp_path / "whole.pcapng"
    subprocess.run(["mergecap", "-a", "-w", whole, *captures], check=True, timeout=60, capture_output=True)
    return whole


def at(ns):
    return f"@{ns // 10**9}.{ns % 10**9:09}"


@pytest.mark.skipif(not shark.SHARK, reason="tshark is not installed")
def test_it_gives_what_tshark_gives(captures, tmp_path):
    whole = merged(captures, tmp_path)
    everything = fields(whole)
    assert len(everything) == COUNT
    out = tmp_path / "out.pcapng"
    rng = random.Random(13)
    for _ in range(6):
        first, last = sorted(rng.sample(range(COUNT), 2))
        ports = ["--filter", f"udp port {5000 + first % 10}"] if first % 2 else []
        shown = ["-Y", f"udp.port == {5000 + first % 10}"] if first % 2 else []
        run(*captures, "--from", at(stamp(first)), "--until", at(stamp(last)), *ports, "-w", out)
        cut = tmp_path / "cut.pcapng"
        subprocess.run(["editcap", "-A", stamp_text(stamp(first)), "-B", stamp_text(stamp(last)), whole, cut], check=True, timeout=60,
                       env={**os.environ, "TZ": "UTC"}, capture_output=True)
        assert fields(out) == fields(cut, *shown)
    run(captures[0].parent, "-w", out)
    assert fields(out) == everything
    run(captures[0].parent / "evidence-*", "-n", 1777, "-w", out)
    assert fields(out) == everything[:1777]


def stamp_text(ns):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09}"


def test_blocks_are_as_they_were(captures):
    """All that is said of a packet, and each interface once."""
    out = run(captures[1], "--from", at(stamp(1500)), "-n", 3).stdout
    wanted = [sealed.packet(stamp(n), frame(n), n % 2, 300) for n in range(1500, 1504) if stamp(n) >= stamp(1500)]
    assert out == sealed.section() + sealed.interface("lan") + sealed.interface("dmz") + b"".join(wanted[:3])
    out = run(*captures).stdout
    assert out.count(sealed.section()) == 1
    assert all(out.count(sealed.interface(port)) == 1 for port in ("wan", "lan", "dmz"))
    assert counts(*captures)["packets"] == COUNT


def test_edges_of_blocks(captures):
    """To the nanosecond, where a block begins or ends with the time that is asked for."""
    stamps = [stamp(number) for number in range(COUNT)]
    for block in (0, 1, 2, 20, 21, 58):
        inside = stamps[block * PACKETS:(block + 1) * PACKETS]
        for first in (min(inside), max(inside), max(inside) + 1):
            for last in (first + 1, max(inside) + 1, min(stamps[(block + 1) * PACKETS:]), min(stamps[(block + 1) * PACKETS:]) + 1):
                if last > first:
                    wanted = sum(first <= ns < last for ns in stamps)
                    assert counts(*captures, "--from", at(first), "--until", at(last))["packets"] == wanted


def test_interfaces_that_are_alike(tmp_path):
    """Of one capture they are two, of two captures the same two."""
    for name in ("a", "b"):
        writer = sealed.Writer(tmp_path / f"{name}.pcapng", ("same", "same"))
        for number in range(4):
            writer.add(stamp(number), frame(number), number % 2)
        writer.seal()
        writer.write()
    out = run(tmp_path).stdout
    assert out == sealed.section() + 2 * sealed.interface("same") + 2 * b"".join(
        sealed.packet(stamp(number), frame(number), number % 2) for number in range(4))


def test_it_reads_no_more_than_it_must(captures):
    size = captures[0].stat().st_size
    block = size / BLOCKS
    for first in (0, 777, 1000, 1999, 2950):
        told = counts(*captures, "--from", at(stamp(first) - 2 * STEP), "--until", at(stamp(first) + 4 * STEP))
        assert 3 <= told["packets"] <= 8 and told["file_bytes"] > 2.9 * size
        assert told["read_bytes"] < 2 * block + 20000
    assert counts(*captures)["read_bytes"] == sum(path.stat().st_size for path in captures)
    # Of what lies before and behind, heads and ends alone.
    assert counts(*captures, "--until", at(BASE - 10**9))["read_bytes"] < 5000


def test_without_an_index_it_is_the_same(captures, tmp_path):
    terms = ["--from", at(stamp(555)), "--until", at(stamp(2222)), "--filter", "tcp"]
    wanted = run(*captures, *terms).stdout
    copies = [tmp_path / path.name for path in captures]
    for copy, path in zip(copies, captures):
        copy.write_bytes(path.read_bytes())
    assert run(*copies, *terms).stdout == wanted
    for damage in (b"", b"sluice", os.urandom(500), captures[1].with_name(captures[1].name + ".index").read_bytes()):
        (tmp_path / (copies[0].name + ".index")).write_bytes(damage)
        done = run(*copies, *terms)
        assert done.stdout == wanted and b"its index is not used" in done.stderr


def test_one_that_is_still_written(tmp_path):
    """Up to its last whole block, whatever is behind it; or the last whole packet where there is no index."""
    writer = sealed.Writer(tmp_path / "now-000001.pcapng.part")
    for number in range(100):
        writer.add(stamp(number), frame(number))
        if number % 40 == 39:
            writer.seal()
    whole = bytes(writer.file)
    for tail in (b"", whole[-100:-37], bytes(4096)):
        writer.file[:] = whole + tail
        path = writer.write(statistics=False)
        assert counts(path)["packets"] == 80
        assert counts(path, "--from", at(stamp(79)))["read_bytes"] < len(whole) / 2 + 4096
    writer.index.unlink()
    assert counts(path)["packets"] == 100
    # Whole since its name was found.
    (tmp_path / "now-000001.pcapng").write_bytes(path.read_bytes()[:-4096])
    path.unlink()
    assert counts(path)["packets"] == 100


def test_times_as_people_write_them(captures, tmp_path):
    now = time.time_ns()
    writer = sealed.Writer(tmp_path / "now.pcapng")
    for minute in range(30, -1, -1):
        writer.add(now - minute * 60 * 10**9 - 5 * 10**9, frame(minute))
    writer.seal()
    path = writer.write()
    assert counts(path, "--from", "-10min")["packets"] == 10
    assert counts(path, "--from", "-10min", "--until", "+5min")["packets"] == 5
    assert counts(path, "--until", "-20min")["packets"] == 11
    clock = time.localtime(now / 10**9 - 605)
    assert counts(path, "--from", time.strftime("%H:%M:%S", clock), "--until", "+62s")["packets"] == 2
    assert counts(path, "--from", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 10**9 - 605)))["packets"] == 11
    # An hour behind --from is the next one, also over midnight.
    assert counts(captures[0], "--from", at(BASE), "--until", time.strftime("%H:%M:%S", time.localtime(BASE / 10**9 + 1)))["packets"] > 900


def test_refusals(captures, tmp_path):
    pcap = fixture("dns.pcap")
    swapped = tmp_path / "swapped.pcapng"
    swapped.write_bytes(bytes.fromhex("0a0d0d0a0000001c1a2b3c4d00010000ffffffffffffffff0000001c"))
    cases = [
        (["/nowhere.pcapng", "--count"], 1, "/nowhere.pcapng: No such file"), ([pcap, "--count"], 1, "is no pcapng"),
        ([swapped, "--count"], 1, "byte order"), ([captures[0], "--filter", "nonsense nonsense"], 2, "--filter"),
        ([captures[0], "--from", "yesterday"], 2, "--from"), ([captures[0], "--from", "-soon"], 2, "--from"),
        ([captures[0], "--from", "@9", "--until", "@9"], 2, "not later than --from"), ([captures[0], "-n", "0"], 2, "-n takes"),
        ([captures[0], "--count", "-w", "-"], 2, "leave -w out"), ([captures[0], "-w", captures[0]], 2, "one of the captures"), ([captures[0], "-w", "/no/where"], 1, "-w /no/where"),
        ([captures[0], "--rate", "5"], 2, "--rate"), ([], 2, "needs NAME|FILE"),
    ]
    for words, code, reason in cases:
        done = run(*words, check=False)
        assert (done.returncode, done.stdout) == (code, b"") and reason in done.stderr.decode(), done
    assert counts(captures[0])["packets"] == BLOCKS * PACKETS
    assert subprocess.run([SLUICE, "status", "--from", "@1"], capture_output=True, timeout=10, check=False).returncode == 2


def test_a_file_that_is_cut(captures, tmp_path):
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(captures[0].read_bytes()[:20000])
    done = run(cut, captures[1], "-w", tmp_path / "out.pcapng", check=False)
    assert done.returncode == 1 and b"cut.pcapng: at byte" in done.stderr and b"ends in the middle of a block" in done.stderr
    assert counts(tmp_path / "out.pcapng")["packets"] > BLOCKS * PACKETS


def test_a_reader_that_leaves(captures):
    command = f"'{SLUICE}' capture read '{captures[0]}' '{captures[1]}' | head -c 1000 | wc -c"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.strip() == "1000" and not done.stderr
