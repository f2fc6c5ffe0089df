# SPDX-License-Identifier: BSD-3-Clause
"""A daemon that is killed while it writes a capture: whatever it was at, three other readers read each of its files up to the
last whole block, and nothing is missing between that is not told."""

import os
import pathlib
import random
import shutil
import time

import pytest

from lib import blocks, capture
from lib.capture import Packet
from lib.daemon import Daemon
from lib.keeping import read_by_others
from lib.offline import config

KILLS = int(os.environ.get("SLUICE_KILLS", "4"))
TOOLS = all(shutil.which(tool) for tool in ("tcpdump", "tshark", "capinfos"))
PACKETS = 4000
LOST = 4


def numbered(path):
    """A capture whose packets say which they are."""
    frames = [b"\x02" * 12 + b"\x88\xb5" + i.to_bytes(4, "big") + bytes(1000 + 100 * (i % 5)) for i in range(PACKETS)]
    capture.write(path, [Packet(i * 1000, frame, len(frame)) for i, frame in enumerate(frames)])
    return path


@pytest.fixture(name="disk")
def disk_fixture(tmp_path):
    """A directory that takes O_DIRECT, where there is one."""
    path = pathlib.Path("/var/tmp") / f"sluice-{os.getpid()}-{tmp_path.name}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


def check(path, whole):
    """The numbers of the packets in a file, as readers agree that they are; how many losses it tells of."""
    found = blocks.packets(path, cut=True)
    dump, shark, infos = read_by_others(path, whole)
    assert dump == shark == len(found) and infos in (None, len(found)), path
    return ([int.from_bytes(block.data[14:18], "big") for block in found],
            sum(blocks.number(block, LOST) for block in found))


@pytest.mark.skipif(not TOOLS, reason="tcpdump, tshark or capinfos is not there")
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_daemon_that_is_killed_leaves_files_that_can_be_read(tmp_path, disk, kill):
    chance = random.Random(kill)
    what = config({"west": {"null": {}}}, default={"forward": "evidence"},
                  captures={"evidence": {"directory": str(disk), "rotate": {"size": "8MiB"}}})
    what["memory"]["packets"] = 16383
    what["replays"] = {"one": {"file": str(numbered(tmp_path / "in.pcap")), "to": {"as": "west"}, "pace": "20kpps",
                               "loops": "forever"}}
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["evidence"]["packets"] > 0, 30)
        time.sleep(chance.random())
        daemon.kill()
    files = sorted(disk.glob("evidence-*.pcapng")) + sorted(disk.glob("evidence-*.pcapng.part"))
    assert files
    numbers, told = [], 0
    for path in sorted(files, key=lambda path: path.name[:15]):
        more, lost = check(path, path.suffix != ".part")
        numbers += more
        told += lost
    assert len(numbers) > 100
    # A replay's loops follow each other, so the next number is always one more, but for what was dropped.
    gaps = sum((b - a - 1) % PACKETS for a, b in zip(numbers, numbers[1:]))
    assert gaps == told
