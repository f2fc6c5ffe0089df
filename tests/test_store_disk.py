# SPDX-License-Identifier: BSD-3-Clause
"""What a store does on a disk that is full, goes, or is to be left free."""

import os
import subprocess

import pytest

from lib import blocks
from lib.keeping import BLOCK, START, SECOND, Store
from lib.kept import agree, captures

LOST = 4  # the option of a packet that says how many were lost before it


@pytest.fixture(name="small")
def small_fixture(tmp_path):
    """A disk of 8 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    path = tmp_path / "small"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path)], check=True)
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_keeps_so_much_free(small):
    (small / "filler").write_bytes(bytes(2 * BLOCK))
    with Store(small, rotate_packets=700, keep_free=3 * BLOCK) as store:
        for i in range(9):
            store.put(700, 1500, time=START + i * SECOND)
            store.live(1.1)
        numbers = store.end()
    assert numbers["removed"] >= 5 and numbers["slots"][0]["stored"][0] == 6300
    left = captures(small)
    assert 1 <= len(left) <= 4 and sum(path.stat().st_size for path in left) <= 4 * BLOCK + BLOCK


def test_a_full_disk_leaves_whole_files_and_exact_counts(small):
    (small / "filler").write_bytes(bytes(3 * BLOCK))
    log = small.parent / "log"
    with log.open("w") as stream, Store(small, ("east", "west"), log=stream) as store:
        stored = 0
        for i in range(12):
            store.put(700, 1500, i % 2, START + i * SECOND)
            store.live(0.01)
        numbers = store.until(lambda numbers: numbers["state"] == "failed")
        assert numbers["reason"] == "No space left on device" and numbers["file"] == ""
        stored = sum(slot["stored"][0] for slot in numbers["slots"])
        failed = sum(slot["failed"][0] for slot in numbers["slots"])
        assert 0 < stored < 8400 and stored + failed == 8400
        store.live(1.5)
        assert store.numbers()["state"] == "failed"
        store.until(lambda numbers: numbers["closed"] == 1)
        assert agree(captures(small)[0]) == stored
        (small / "filler").unlink()
        store.until(lambda numbers: numbers["state"] == "waiting")
        store.put(5, time=START + 100 * SECOND)
        numbers = store.end()
    assert numbers["slots"][0]["failed"][0] + numbers["slots"][1]["failed"][0] == failed
    first, second = captures(small)
    assert agree(first) == stored and agree(second) == 5
    # The first packet of the port says how many of it are missing since the last that is there.
    assert blocks.number(blocks.packets(second)[0], LOST) == numbers["slots"][0]["failed"][0]
    lines = log.read_text()
    assert lines.count("can't be written") == 1 and lines.count("takes files again; ") == 1


def test_what_was_told_by_packets_that_are_lost_is_told_again(small):
    (small / "filler").write_bytes(bytes(8 * BLOCK - 65536))
    with Store(small, memory=8 * BLOCK) as store:
        store.ask("stall")
        kept = store.put(7000, 1500)
        assert kept < 7000
        store.ask("answer")
        # The first block breaks it: all of them are lost, and what is put then, too.
        store.live()
        store.until(lambda numbers: numbers["state"] == "failed")
        (small / "filler").write_bytes(bytes(6 * BLOCK))
        store.until(lambda numbers: numbers["state"] == "waiting")
        store.put(1)
        store.ask("stall")
        more = store.put(7000, 1500)
        (small / "filler").write_bytes(bytes(8 * BLOCK - 65536))
        store.ask("answer")
        store.until(lambda numbers: numbers["used"] < 8)
        store.put(1, 1500)  # tells of those that found no room, and is lost itself
        store.until(lambda numbers: numbers["state"] == "failed")
        (small / "filler").unlink()
        store.until(lambda numbers: numbers["state"] == "waiting")
        store.put(1)
        store.end()
        lost = store.numbers()["slots"][0]
    told = [blocks.number(block, LOST) for path in captures(small) for block in blocks.packets(path)]
    assert more < 7000 and sum(told) == lost["full"][0] + lost["failed"][0]


@pytest.mark.parametrize("how", ["gone", "read-only"])
def test_a_disk_that_went_comes_back(small, how):
    with Store(small) as store:
        store.put(5)
        store.ask("rotate")
        store.until(lambda numbers: numbers["closed"] == 1)
        if how == "gone":
            subprocess.run(["umount", str(small)], check=True)
            os.rmdir(small)
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        store.put(6)
        store.until(lambda numbers: numbers["state"] == "failed")
        assert store.put(4) == 0
        numbers = store.numbers()
        assert numbers["slots"][0]["failed"][0] == 10
        if how == "gone":
            os.mkdir(small)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=True)
        else:
            subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
        store.until(lambda numbers: numbers["state"] == "waiting")
        store.put(7)
        numbers = store.end()
    assert numbers["slots"][0]["stored"][0] == 12 and numbers["slots"][0]["failed"][0] == 10
    last = captures(small)[-1]
    assert agree(last) == 7 and blocks.number(blocks.packets(last)[0], LOST) == 10
