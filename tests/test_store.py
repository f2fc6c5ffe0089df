# SPDX-License-Identifier: BSD-3-Clause
"""What a store keeps, by its files: as the draft has them, as three other readers see them, and as they come and go."""

import os
import pathlib
import random
import shutil
import subprocess

import pytest

from lib import blocks
from lib.keeping import BLOCK, read_by_others, SECOND, START, Store
from lib.kept import TOOLS, agree, captures, numbers_in

FLAGS, LOST, ID = 2, 4, 5


@pytest.fixture(name="disk")
def disk_fixture(tmp_path):
    """A directory that takes O_DIRECT, where there is one."""
    base = pathlib.Path("/var/tmp")
    path = base / f"sluice-{os.getpid()}-{tmp_path.name}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize("direct", [0, 1])
def test_packets_come_back(disk, direct):
    lengths = [60, 61, 62, 63, 1514, 9000, 65535]
    with Store(disk, ("east", "west"), direct=direct) as store:
        for i, length in enumerate(lengths):
            store.put(100, length, i % 2, START + i, 7, id=1000 * i + 1)
        numbers = store.end()
        assert [slot["stored"][0] for slot in numbers["slots"]] == [400, 300]
        listed, = store.files()
    path, = captures(disk)
    assert path.name == "e-000001-20261129T150000Z.pcapng" == listed["name"]
    assert agree(path) == 700 == listed["packets"]
    found = blocks.read(path)
    assert path.stat().st_size % 4096 == 0 and path.stat().st_size == listed["bytes"]
    assert [block.options[2] for block in found if block.type == blocks.INTERFACE] == [b"east", b"west"]
    assert found[0].options == {1: b"a test", 4: b"keep_packets"}
    packets = [block for block in found if block.type == blocks.PACKET]
    for at, block in enumerate(packets):
        kind, i = divmod(at, 100)
        assert block.data == at.to_bytes(4, "big") + bytes(lengths[kind] - 4)
        assert (block.interface, block.time, block.wire) == (kind % 2, START + kind + 7 * i, lengths[kind])
        assert blocks.number(block, FLAGS) == 1 and blocks.number(block, ID) == 1000 * kind + 1 + i
    ends = [block for block in found if block.type == blocks.STATISTICS]
    assert [[blocks.number(end, code) for code in (4, 5, 8)] for end in ends] == [[400, 0, 400], [300, 0, 300]]
    assert listed["first"] == START and listed["last"] == max(block.time for block in packets)


def test_snap_cuts_what_is_kept_and_not_what_is_said(tmp_path):
    with Store(tmp_path, snap=96, offline=1) as store:
        store.put(3, 1000)
        store.put(3, 64)
        store.end()
    packets = blocks.packets(captures(tmp_path)[0])
    assert [(len(block.data), block.wire) for block in packets] == [(96, 1000)] * 3 + [(64, 64)] * 3


def test_nothing_given_is_no_file(tmp_path):
    with Store(tmp_path) as store:
        store.live()
        assert store.tell("rotate") == "nothing to close"
        store.end()
    assert not os.listdir(tmp_path)


def test_offline_is_the_same_each_time(tmp_path):
    for run in ("one", "other"):
        (tmp_path / run).mkdir()
        with Store(tmp_path / run, offline=1, rotate_size=3 * BLOCK) as store:
            for i in range(20):
                store.put(900, 100 + 61 * i, time=START + i * SECOND)
            store.end()
    one, other = (sorted((tmp_path / run).iterdir()) for run in ("one", "other"))
    assert [path.name for path in one] == [path.name for path in other] and len(one) >= 6
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, other))


def test_offline_and_live_write_the_same_packets(disk):
    for run in (0, 1):
        (disk / str(run)).mkdir()
        with Store(disk / str(run), offline=run, direct=1) as store:
            store.put(5000, 700)
            store.end()
    one, other = (blocks.packets(captures(disk / str(run))[0]) for run in (0, 1))
    assert [(a.time, a.data) for a in one] == [(b.time, b.data) for b in other] and len(one) == 5000


def test_rotates_by_packets(tmp_path):
    with Store(tmp_path, rotate_packets=7) as store:
        store.put(20)
        store.end()
    assert [agree(path) for path in captures(tmp_path)] == [7, 7, 6]
    assert numbers_in(captures(tmp_path)) == list(range(20))


def test_blocks_of_two_files_that_follow_each_other_in_memory_are_written_apart(disk):
    in_block = 679  # as many of 1,500 bytes fill one
    with Store(disk, rotate_packets=2 * in_block, direct=1) as store:
        store.put(1, 1500)
        store.ask("rotate")
        store.until(lambda numbers: numbers["closed"] == 1)
        store.ask("stall")
        store.put(5 * in_block, 1500)
        store.ask("answer")
        store.end()
    assert [agree(path) for path in captures(disk)] == [1, 2 * in_block, 2 * in_block, in_block]
    assert captures(disk)[1].stat().st_size == 2 * BLOCK + 2 * 4096  # both blocks were full


def test_rotates_by_size(disk):
    limit = 5 * BLOCK // 2
    with Store(disk, rotate_size=limit, direct=1, memory=32 * BLOCK) as store:
        store.put(6000, 1500)
        store.end()
    sizes = [path.stat().st_size for path in captures(disk)]
    assert len(sizes) >= 4 and all(limit - 20000 < size <= limit for size in sizes[:-1]) and sizes[-1] <= limit
    assert numbers_in(captures(disk)) == list(range(6000))


def test_rotates_by_the_wall_clock(tmp_path):
    with Store(tmp_path, rotate_every=10 * SECOND) as store:
        store.put(30, time=START + 7 * SECOND, step=SECOND)  # 15:00:07 to 15:00:36
        store.ask(f"tick {START + 39 * SECOND} 1")
        assert store.numbers()["state"] == "recording"
        # Without a packet, too: and one that was late does not end the next file at once.
        store.ask(f"tick {START + 40 * SECOND} 2")
        store.until(lambda numbers: numbers["closed"] == 4 and numbers["state"] == "waiting")
        store.put(1, time=START + 39 * SECOND)
        store.put(9, time=START + 41 * SECOND)
        store.end()
    assert [agree(path) for path in captures(tmp_path)] == [3, 10, 10, 7, 10]
    assert [path.name[9:] for path in captures(tmp_path)[1:3]] == ["20261129T150010Z.pcapng", "20261129T150020Z.pcapng"]


def test_rotates_by_order(tmp_path):
    with Store(tmp_path) as store:
        store.put(5)
        assert store.tell("rotate") == "ok"
        numbers = store.until(lambda numbers: numbers["closed"] == 1)
        assert numbers["state"] == "waiting" and numbers["file"] == ""
        store.put(6)
        store.end()
    assert [agree(path) for path in captures(tmp_path)] == [5, 6]


def test_a_slow_block_is_written_within_a_second_or_so(tmp_path):
    with Store(tmp_path) as store:
        store.put(5)
        store.live(0.01)
        store.put(5)
        store.until(lambda numbers: numbers["slots"][0]["stored"][0] == 10)
        path, = tmp_path.glob("*.part")
        assert path == pathlib.Path(store.numbers()["file"]) and agree(path) == 10
        store.end()


@pytest.mark.parametrize("terms, kept", [({"keep_files": 3}, 3), ({"keep_size": 5 * BLOCK}, 5)])
def test_keeps_so_much(tmp_path, terms, kept):
    (tmp_path / "e-000001-20261129T150000Z.pcap").write_text("somebody else's")
    (tmp_path / "other-000001-20261129T150000Z.pcapng").write_text("somebody else's")
    with Store(tmp_path, rotate_size=BLOCK + BLOCK // 8, **terms) as store:
        for i in range(12):
            store.put(700, 1500, time=START + i * SECOND)
            store.live(0.02)
        store.put(10)
        numbers = store.end()
        listed = store.files()
    left = sorted(tmp_path.glob("e-*.pcapng"))
    assert [path.name for path in left] == [file["name"] for file in listed] and len(left) == kept
    assert numbers["removed"] == numbers["files"] - kept and numbers["files"] >= 12
    assert sorted(path.name for path in tmp_path.glob("*.index")) == [path.name + ".index" for path in left]
    assert len(list(tmp_path.iterdir())) == 2 * kept + 2
    assert numbers_in(left)[-1] == 12 * 700 + 9


def test_goes_on_behind_what_is_there(tmp_path):
    with Store(tmp_path, keep_files=2) as store:
        store.put(5)
        store.ask("rotate")
        store.put(6, time=START + 5 * SECOND)
        store.end()
        before = store.files()
    (tmp_path / "e-000009-20261129T150000Z.pcapng.part").write_bytes(b"cut")
    with (tmp_path / "log").open("w") as log, Store(tmp_path, keep_files=2, log=log) as store:
        assert store.files()[:2] == before
        store.put(7)
        store.end()
    assert [path.name[2:8] for path in captures(tmp_path)] == ["000002", "000010"]
    assert (tmp_path / "e-000009-20261129T150000Z.pcapng.part").read_bytes() == b"cut"
    assert "1 file in" in (tmp_path / "log").read_text() and "was not finished" in (tmp_path / "log").read_text()


def test_what_is_lost_is_told_by_the_next_packet(disk):
    with Store(disk, ("east", "west"), direct=1, memory=8 * BLOCK) as store:
        store.put(1, slot=1)
        store.ask("stall")
        kept = store.put(10000, 1500)
        assert 8 * 675 < kept < 8 * 700 < 10000
        assert store.put(3, 1500, slot=1) == 0
        numbers = store.numbers()
        assert numbers["used"] == numbers["blocks"] == 8
        assert [slot["full"] for slot in numbers["slots"]] == [[10000 - kept, 1500 * (10000 - kept)], [3, 4500]]
        store.ask("answer")
        store.until(lambda numbers: numbers["used"] < 4)
        store.put(2, 1500)
        store.put(2, 1500, slot=1)
        store.end()
        assert store.files()[0]["lacks"] == 1
    path, = captures(disk)
    assert agree(path) == kept + 5
    packets = blocks.packets(path)
    told = {at: blocks.number(block, LOST) for at, block in enumerate(packets) if LOST in block.options}
    assert told == {kept + 1: 10000 - kept, kept + 3: 3}
    ends = [block for block in blocks.read(path) if block.type == blocks.STATISTICS]
    assert [[blocks.number(end, code) for code in (4, 5, 8)] for end in ends] == [
        [10002, 10000 - kept, kept + 2], [6, 3, 3]]


def test_before_and_after_a_trigger(tmp_path):
    with Store(tmp_path, triggered=1, before=10 * SECOND, after=5 * SECOND) as store:
        store.put(60, time=START, step=SECOND)  # 0 to 59 s
        numbers = store.numbers()
        assert numbers["state"] == "waiting" and not os.listdir(tmp_path)
        assert 40 <= numbers["slots"][0]["passed"][0] <= 49
        store.ask(f"trigger {START + 60 * SECOND}")
        store.put(20, time=START + 61 * SECOND, step=SECOND)  # numbers 60 to 79
        store.clock = START + 81 * SECOND
        store.until(lambda numbers: numbers["closed"] == 1)
        assert store.numbers()["state"] == "waiting"
        # Nothing came before this one but what the memory has.
        store.ask(f"trigger {START + 81 * SECOND}")
        numbers = store.end()
    one, other = captures(tmp_path)
    first = numbers_in([one])
    # At least ten seconds before, a block's share of them more at most; five behind.
    assert 47 <= first[0] <= 50 and first == list(range(first[0], 65))
    second = numbers_in([other])
    assert 67 <= second[0] <= 71 and second == list(range(second[0], 80))
    assert agree(one) and agree(other)
    assert numbers["slots"][0]["passed"][0] == 80 - agree(one) - agree(other)


def test_memory_bounds_what_came_before(tmp_path):
    with Store(tmp_path, triggered=1, before=1000 * SECOND, after=0, memory=8 * BLOCK) as store:
        store.put(20000, 1500)
        numbers = store.numbers()
        kept = 20000 - numbers["slots"][0]["passed"][0]
        assert numbers["slots"][0]["full"] == [0, 0] and 7 * 675 < kept < 8 * 700
        store.ask(f"trigger {START}")
        store.end()
    assert numbers_in(captures(tmp_path)) == list(range(20000 - kept, 20000))


def test_what_no_trigger_asked_for_passes(tmp_path):
    with Store(tmp_path, triggered=1, before=0, after=SECOND) as store:
        store.put(10)
        store.ask(f"trigger {START + SECOND}")
        store.put(10, time=START + 3 * SECOND // 2)
        store.put(10, time=START + 3 * SECOND)
        numbers = store.end()
    assert numbers["slots"][0]["passed"][0] == 20 and numbers_in(captures(tmp_path)) == list(range(10, 20))


def test_a_file_that_may_not_grow_ends_with_its_last_whole_block(disk):
    limit = 5 * BLOCK // 2
    with Store(disk, direct=1) as store:
        store.ask(f"limit {limit}")
        store.put(2500, 1500)
        numbers = store.until(lambda numbers: numbers["slots"][0]["failed"][0] > 0)
        stored = numbers["slots"][0]["stored"][0]
        store.until(lambda numbers: numbers["closed"] == 1 and numbers["state"] == "waiting")
        store.put(5)
        store.end()
    first, second = captures(disk)
    assert agree(first) == stored and agree(second) == 5 and first.stat().st_size <= limit
    assert 675 * 2 < stored < 700 * 2


def test_ports_that_come_begin_a_file(tmp_path):
    with Store(tmp_path, ("east", "west")) as store:
        store.put(5)
        store.ask("ports east west north")
        store.ask("change")
        store.put(5, slot=2)
        store.ask("ports south west north")
        store.ask("change")
        store.put(5)
        store.ask("ports west")  # what goes, and what stays, is in the file
        store.ask("ports south west")
        store.ask("change")
        store.put(5, slot=1)
        store.end()
    names = []
    for path in captures(tmp_path):
        interfaces = [block.options[2].decode() for block in blocks.read(path) if block.type == blocks.INTERFACE]
        names.append([interfaces[block.interface] for block in blocks.packets(path)])
    assert names == [["east"] * 5, ["north"] * 5, ["south"] * 5 + ["west"] * 5]


def test_a_directory_that_is_not_there_is_no_store(tmp_path):
    with Store(tmp_path / "none") as store:
        assert store.made == "No such file or directory"


@pytest.mark.skipif(not TOOLS, reason="tcpdump, tshark or capinfos is not there")
@pytest.mark.parametrize("direct", [0, 1])
def test_whatever_it_was_at_when_it_was_killed_its_files_can_be_read(disk, direct):
    chance = random.Random(direct)
    for run in range(4):
        directory = disk / str(run)
        directory.mkdir()
        store = Store(directory, direct=direct, rotate_size=40 * BLOCK)
        store.process.stdin.write("flood 100000000 9000\n")
        store.process.stdin.flush()
        try:
            store.process.wait(0.05 + chance.random() / 8)
        except subprocess.TimeoutExpired:
            pass
        store.process.kill()
        store.process.wait()
        whole, cut = sorted(directory.glob("*.pcapng")), sorted(directory.glob("*.part"))
        found = numbers_in(whole)
        for path in cut:
            packets = blocks.packets(path, cut=True)
            dump, shark, infos = read_by_others(path, whole=False)
            assert dump == shark == len(packets) and infos in (None, len(packets))
            found += [int.from_bytes(block.data[:4], "big") for block in packets]
        # Nothing is missing between; drops are told.
        told = sum(blocks.number(block, LOST) for path in whole + cut for block in blocks.packets(path, cut=True))
        assert found == sorted(found) and (not found or found[-1] - found[0] + 1 == len(found) + told)
        shutil.rmtree(directory)
