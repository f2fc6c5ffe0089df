# SPDX-License-Identifier: BSD-3-Clause
"""Captures on a disk that is full, or stands still, and at the daemon's end: what is in the files, what each packet after a
gap tells, and the ledger say the same, to the packet; and nobody else loses any."""

import re
import shutil
import subprocess

import pytest

from lib import blocks, capture
from lib.capture import Packet
from lib.daemon import Daemon, check_status
from lib.keeping import read_by_others
from lib.offline import SLUICED, config, write_config

pytestmark = pytest.mark.live  # mounts
PACKETS = 1000
LOST = 4
MIB = 1 << 20
TOOLS = all(shutil.which(tool) for tool in ("tcpdump", "tshark", "capinfos"))


def mounted(path, *words):
    path.mkdir()
    if subprocess.run(["mount", *words, path], check=False, capture_output=True).returncode:
        pytest.skip("it can't be mounted here")
    return path


@pytest.fixture(name="small")
def fixture_small(tmp_path):
    """A disk of 24 MiB."""
    yield mounted(tmp_path / "small", "-t", "tmpfs", "-o", f"size={24 * MIB}", "sluice-test")
    subprocess.run(["umount", tmp_path / "small"], check=True)


@pytest.fixture(name="still")
def fixture_still(tmp_path):
    """A disk that stands still when fsfreeze says so: each write waits in the kernel."""
    if not shutil.which("fsfreeze") or not shutil.which("mkfs.ext4"):
        pytest.skip("fsfreeze or mkfs.ext4 is not there")
    with open(tmp_path / "image", "wb") as image:
        image.truncate(256 * MIB)
    subprocess.run(["mkfs.ext4", "-q", tmp_path / "image"], check=True)
    path = mounted(tmp_path / "still", "-o", "loop", tmp_path / "image")
    yield path
    subprocess.run(["fsfreeze", "-u", path], check=False, capture_output=True)
    subprocess.run(["umount", path], check=True)


def numbered(tmp_path, captures, pace):
    """A replay whose packets say which they are, of 1,000 bytes each, to all of the captures."""
    frames = [b"\x02" * 12 + b"\x88\xb5" + i.to_bytes(4, "big") + bytes(982) for i in range(PACKETS)]
    capture.write(tmp_path / "in.pcap", [Packet(i * 1000, frame, len(frame)) for i, frame in enumerate(frames)])
    what = config({"west": {"null": {}}}, default="drop", captures=captures, idle="sleep",
                  rules=[{"name": "all", "actions": [{"mirror": name} for name in captures]}],
                  replays={"one": {"file": str(tmp_path / "in.pcap"), "to": {"as": "west"}, "pace": pace, "loops": "forever"}})
    what["memory"]["packets"] = 32767
    return what


class Told:
    """What files say, one after the other: how many packets they have, and how many are told to be missing between them."""

    def __init__(self):
        self.stored, self.lost, self.next = 0, 0, 0

    def take(self, path):
        found = blocks.packets(path)
        if TOOLS:
            dump, shark, _ = read_by_others(path, True)
            assert dump == shark == len(found), path
        for block in found:
            number, lost = int.from_bytes(block.data[14:18], "big"), blocks.number(block, LOST)
            assert (self.next + lost) % PACKETS == number, (path, self.next, lost, number)
            self.next = (number + 1) % PACKETS
            self.lost += lost
        self.stored += len(found)

    def take_all(self, directory, name):
        for path in sorted(directory.glob(f"{name}-*.pcapng")):
            self.take(path)
        return self


def drops(status, name):
    return status["captures"][name]["drops"]


def end_of(daemon, name):
    """Ends the replay and waits until nothing is held; then the books are closed. Returns them."""
    daemon.order("stop")
    daemon.until_still()
    status = daemon.until(lambda status: status["ledger"]["held"] == 0, 30)
    check_status(status)
    counts = status["captures"][name]
    # All that was replayed was stored or has a reason.
    assert status["replays"]["one"]["sent"] == counts["packets"] + sum(counts["drops"].values())
    return status


def test_full(tmp_path, small):
    (tmp_path / "large").mkdir()
    what = numbered(tmp_path, {"small": {"directory": str(small), "rotate": {"size": "4MiB"}},
                               "large": {"directory": str(tmp_path / "large")}}, "10kpps")
    told = Told()
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: drops(status, "small")["capture-failed"] > 100, 60)
        status = daemon.call("status")
        check_status(status)
        assert status["captures"]["small"]["state"] == "failed"
        assert status["captures"]["small"]["reason"] == "No space left on device"
        # Others go on.
        stored = status["captures"]["large"]["packets"]
        status = daemon.until(lambda status: status["captures"]["large"]["packets"] > stored + 10000, 60)
        assert status["captures"]["large"]["state"] == "recording"
        assert not list(small.glob("*.part")) and status["captures"]["small"]["file"] == ""
        for path in sorted(small.glob("small-*.pcapng")):
            told.take(path)
            path.unlink()
        before = status["captures"]["small"]["packets"]
        assert told.stored == before
        # There is room again.
        daemon.until(lambda status: status["captures"]["small"]["packets"] > before + 1000, 60)
        status = end_of(daemon, "small")
        daemon.stop()
    told.take_all(small, "small")
    last = status["captures"]["small"]
    # Of those lost behind the last packet that was stored no file tells.
    assert told.stored == last["packets"] and 100 < told.lost <= sum(last["drops"].values())
    everything = Told().take_all(tmp_path / "large", "large")
    assert everything.stored == status["captures"]["large"]["packets"] and drops(status, "large")["capture-failed"] == 0
    assert everything.lost <= drops(status, "large")["capture-full"]


def test_still(tmp_path, still):
    """A disk that takes nothing for a while: memory fills, what there is no room for is counted, and no packet waits."""
    (tmp_path / "quick").mkdir()
    what = numbered(tmp_path, {"slow": {"directory": str(still), "memory": "8MiB"},
                               "quick": {"directory": str(tmp_path / "quick")}}, "10kpps")
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["slow"]["packets"] > 0, 60)
        subprocess.run(["fsfreeze", "-f", still], check=True)
        status = daemon.until(lambda status: drops(status, "slow")["capture-full"] > 1000, 60)
        check_status(status)
        assert status["captures"]["slow"]["held"] > 1000 and status["captures"]["slow"]["full"]["memory"] > 0
        stored = status["captures"]["quick"]["packets"]
        status = daemon.until(lambda status: status["captures"]["quick"]["packets"] > stored + 10000, 60)
        subprocess.run(["fsfreeze", "-u", still], check=True)
        stored = status["captures"]["slow"]["packets"]
        daemon.until(lambda status: status["captures"]["slow"]["packets"] > stored + 20000, 60)
        status = end_of(daemon, "slow")
        assert drops(status, "quick")["capture-failed"] == drops(status, "slow")["capture-failed"] == 0
        daemon.stop()
    told = Told().take_all(still, "slow")
    assert told.stored == status["captures"]["slow"]["packets"] and told.lost == drops(status, "slow")["capture-full"]


def full(daemon):
    status = daemon.call("status")["captures"]["cap"]
    assert sum(status["full"].values()) == status["drops"]["capture-full"]
    return status["full"]


def test_a_queue_holds_what_its_thread_is_late_for(tmp_path):
    """As many packets as it is long may come at any speed, whoever has the thread's core; where more do it is the queue that is
    said to have been full. All workers' queues must have packets."""
    def captures(queue):
        return {"cap": {"directory": str(tmp_path), "queue": queue, "memory": "128MiB"}}

    what = numbered(tmp_path, captures(1024), "top")
    what["memory"]["packets"] = 65535
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda _: full(daemon)["queue"] > 0, 60)
        assert re.search(r"^cap: [0-9,]+ packets? found its queue full, and [0-9,]+ its memory$", daemon.sluice("captures").stdout, re.M)
        daemon.stop()
    what["captures"] = captures(40000)
    what["replays"]["one"] |= {"loops": 40}
    with Daemon(what, tmp_path) as daemon:
        status = daemon.until(lambda status: status["captures"]["cap"]["packets"] == 40 * PACKETS, 60)
        assert full(daemon) == {"queue": 0, "memory": 0} and status["ledger"]["balanced"]
        daemon.stop()
    what["memory"]["packets"] = 40000
    done = subprocess.run([SLUICED, "check", write_config(tmp_path / "few.yaml", what)], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode and "memory.packets: 40000 are too few" in done.stdout + done.stderr


def test_an_end_while_packets_wait(tmp_path):
    """What rings and memory hold is written before the daemon ends: all of its last loop's packets, in order."""
    (tmp_path / "disk").mkdir()
    what = numbered(tmp_path, {"cap": {"directory": str(tmp_path / "disk")}}, "50kpps")
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["captures"]["cap"]["held"] > 0, 60)
        report = daemon.stop()
    assert not list((tmp_path / "disk").glob("*.part"))
    told = Told().take_all(tmp_path / "disk", "cap")
    assert told.stored > 0
    # A packet that the replay sent is in the ledger twice: it was dropped in the end, and mirrored to the capture.
    came, left, dropped = (int(number.replace(",", "")) for number in
                           re.search(r"^ledger +([\d,]+) in = ([\d,]+) out \+ ([\d,]+) dropped \+ 0 held: balanced$", report, re.M).groups())
    assert left == told.stored and came == 2 * (told.stored + told.lost) and dropped == came - left
