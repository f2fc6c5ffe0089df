#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=capture: how fast sluice captures. The highest rate without loss, into memory and onto a disk, which
is held against that disk's sequential write with O_DIRECT in the same run; against dumpcap, tcpdump and netsniff-ng at the far
end of a veth; and what a worker pays for it beside the thread that writes.
"""

import concurrent.futures
import contextlib
import mmap
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import capture_peers  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import replay  # noqa: E402
import traffic  # noqa: E402

SIZES = (64, 512, 1500)
PACKETS = 100000
PIECE = 8 << 20  # as sluice writes at one time
# What waits where the capture's thread shares its core with all others, as on a machine of two.
QUEUE = 65536
TRIALS = 24  # of a search, at most
CASES = {
    "cost": "what a worker pays beside the writer",
    "tmpfs": "into memory",
    "disk": "onto a disk, beside its sequential write",
    "veth": "at the far end of a veth, beside other programs",
}


def highest(trial, rate, close):
    """The highest rate at which trial(rate) loses nothing; it returns what was achieved, and what was lost. By steps that halve
    the distance, until they are so much of the rate; what is found holds a second time. Or what the source can give."""
    low, high = 0.0, None
    for _ in range(TRIALS):
        achieved, lost = trial(rate)
        if not lost and achieved < rate * 0.97:
            return achieved, True
        low, high = (low, rate) if lost else (rate, high)
        if high is None:
            rate = low * 1.5
        elif low == 0:
            rate = high / 2
        elif high / low > 1 + close:
            rate = (low * high) ** 0.5
        else:
            achieved, lost = trial(low)
            if not lost:
                return achieved, False
            low, high, rate = 0.0, low, low * (1 - close)
    raise peers.Failed(f"no rate holds in {TRIALS} trials: the machine has too much else to do")


@contextlib.contextmanager
def memory(scratch, size):
    """A file system in memory."""
    path = f"{scratch}/memory"
    os.makedirs(path, exist_ok=True)
    replay.run("mount", "-t", "tmpfs", "-o", f"size={size}", "bench", path)
    try:
        yield path
    finally:
        replay.run("umount", path)


class Capture:
    """A sluiced whose one worker replays into a capture, at the pace that is asked for."""

    def __init__(self, arguments, scratch, directory, size):
        self.seconds, self.directory = arguments.seconds, directory
        path = f"{scratch}/{size}.pcap"
        traffic.write_capture(path, PACKETS, size)
        text = (f"workers: [{arguments.core}]\nmemory: {{ packets: {2 * QUEUE - 1}, hugepages: true }}\n"
                + 'ports: { in: { vdev: "net_null0,no-rx=1" } }\n'
                + f"captures: {{ bench: {{ directory: {directory}, memory: 512MiB, queue: {QUEUE}, rotate: {{ size: 1GiB }}, "
                + "keep: { files: 2 } } }\n"
                + f"replays: {{ bench: {{ to: {{ as: in }}, file: {path}, pace: 1kpps, loops: forever, memory: 512MiB }} }}\n"
                + "default: { forward: bench }\n")
        self.run_dir = tempfile.TemporaryDirectory()
        self.daemon = peers.Sluice(arguments.sluiced, text, self.run_dir.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.totals()
        self.daemon.stop()
        self.run_dir.cleanup()
        for path in pathlib.Path(self.directory).glob("bench-*"):
            path.unlink()

    def pace(self, pace):
        peers.ask(self.daemon.socket, "replay.pace", name="bench", pace=pace)

    def look(self):
        """When, and packets that are stored, lost and held; and which part of its memory that takes."""
        now = time.monotonic()
        numbers = peers.ask(self.daemon.socket, "captures")["captures"]["bench"]
        return now, numbers["packets"], sum(numbers["drops"].values()), numbers["held"], numbers["used"]

    def settle(self):
        self.pace("1kpps")
        while self.look()[3] > 2000:
            time.sleep(0.05)

    def at(self, pace):
        """Packets a second that it was given, and how many of them were lost, or would be soon: what is held and fills most of
        the memory."""
        self.settle()
        self.pace(pace)
        before = self.look()
        time.sleep(self.seconds)
        after = self.look()
        given = sum(after[1:4]) - sum(before[1:4])
        lost = after[2] - before[2] + (after[3] if after[4] > 0.75 else 0)
        return given / (after[0] - before[0]), lost

    def overhead(self):
        """Bytes in files for one of a packet."""
        self.settle()
        peers.ask(self.daemon.socket, "capture.rotate", name="bench")
        while not (files := peers.ask(self.daemon.socket, "capture.list", name="bench")["files"]):
            time.sleep(0.05)
        largest = max(files, key=lambda one: one["packets"])
        return os.path.getsize(f"{self.directory}/{largest['name']}") / largest["packets"]


def captures(arguments, scratch, directory, size):
    """The highest rate without loss: packets and bytes in files a second, and whether the source gave no more."""
    with Capture(arguments, scratch, directory, size) as capture:
        steps = []

        def trial(rate):
            machine.progress(f"{size} bytes", f"{rate / 1e6:.2f} Mpps")
            steps.append((rate, *capture.at(f"{int(rate)}pps")))
            return steps[-1][1:]

        began = capture.look()
        capture.pace("top")
        time.sleep(1)
        ended = capture.look()
        rate, limited = highest(trial, (ended[1] - began[1]) / (ended[0] - began[0]), arguments.close)
        return {"pps": rate, "bytes": rate * capture.overhead(), "limited": limited, "steps": steps}


def into_memory(arguments, scratch):
    for size in arguments.sizes:
        with memory(scratch, "6g") as directory:
            found = captures(arguments, scratch, directory, size)
        yield {"name": f"tmpfs-{size}", **found,
               "text": f"{size:5} bytes into memory: {found['pps'] / 1e6:.2f} Mpps, {found['bytes'] / 1e6:,.0f} MB/s of files"}


def sequential_write(directory, seconds, deep):
    """Bytes a second of the disk under O_DIRECT, in pieces of which so many are under way."""
    path = f"{directory}/sequential"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_DIRECT, 0o600)
    buffer = mmap.mmap(-1, PIECE)
    buffer.write(os.urandom(PIECE))

    def writer(first):
        at, began = first, time.monotonic()
        while time.monotonic() - began < seconds:
            os.pwrite(descriptor, buffer, at * PIECE)
            at += deep
        return (at - first) // deep

    try:
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(deep) as pool:
            pieces = sum(pool.map(writer, range(deep)))
        return pieces * PIECE / (time.monotonic() - began)
    finally:
        os.close(descriptor)
        os.unlink(path)


def onto_disk(arguments, scratch):
    for size in arguments.sizes:
        machine.progress(f"{size} bytes", "the disk by itself")
        disk = [sequential_write(scratch, arguments.seconds, deep) for deep in (1, 4)]
        found = captures(arguments, scratch, scratch, size)
        machine.progress(f"{size} bytes", "the disk by itself")
        disk += [sequential_write(scratch, arguments.seconds, deep) for deep in (1, 4)]
        best = statistics.mean((max(disk[:2]), max(disk[2:])))
        text = f"{size:5} bytes onto a disk: {found['pps'] / 1e6:.2f} Mpps, {found['bytes'] / 1e6:,.0f} MB/s of files"
        yield {"name": f"disk-{size}", **found, "value": found["bytes"] / best, "floor": 0.8, "disk": disk,
               "text": f"{text}; of the disk's {best / 1e6:,.0f} MB/s"}


def cost(arguments, scratch):
    program = pathlib.Path(arguments.sluiced).parents[2] / "scripts" / "bench_capture"
    with memory(scratch, "2g") as directory:
        done = subprocess.run([program, str(arguments.core), directory, str(arguments.cost_rate)], capture_output=True, text=True,
                              check=False, timeout=200)
    if done.returncode:
        raise peers.Failed(done.stderr)
    _, median, best = done.stdout.split()
    yield {"name": "cost", "value": float(median), "ceiling": 15, "best": float(best),
           "text": f"cycles of a worker for a packet, at {arguments.cost_rate / 1e6:.1f} Mpps of 64 bytes; {best} in the best round:"}


def over_veth(arguments, scratch):
    for size in arguments.sizes:
        with memory(scratch, "6g") as directory, capture_peers.Source(arguments, scratch, size) as source:
            for name, program in capture_peers.PROGRAMS.items():
                if name != "sluice" and not shutil.which(name):
                    print(f"{name} is not there", flush=True)
                    continue

                def trial(rate, name=name, program=program):
                    machine.progress(f"{name}, {size} bytes", f"{rate / 1e6:.2f} Mpps")
                    return source.into(program, directory, rate, arguments.seconds)

                rate, limited = highest(trial, 200e3, 2 * arguments.close)
                yield {"name": f"veth-{size}-{name}", "pps": rate, "limited": limited,
                       "text": f"{size:5} bytes over a veth into {name}: {rate / 1e6:.2f} Mpps"
                               + (", all that the source gives" if limited else "")}


def main():
    parser = machine.options("capture", "How fast captures are.", ", ".join(CASES))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="lengths of packets (default 64 512 1500)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of a trial (default 3)")
    parser.add_argument("--close", type=float, default=0.02, help="a search's last step, of the rate (default 0.02)")
    parser.add_argument("--cost-rate", type=int, default=2000000, help="packets a second of `cost` (default 2,000,000)")
    parser.add_argument("--scratch", default="/var/tmp", help="where files go; the disk that is measured")
    arguments = parser.parse_args()
    results = []
    try:
        with machine.hugepages(), tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            for name, measure in (("cost", cost), ("tmpfs", into_memory), ("disk", onto_disk), ("veth", over_veth)):
                if arguments.cases and name not in arguments.cases:
                    continue
                machine.progress(f"{name}: {CASES[name]}")
                for result in measure(arguments, scratch):
                    machine.progress("")
                    results.append(result)
                    if "value" in result:
                        machine.conclude(result)
                    else:
                        print(result["text"], flush=True)
    except (peers.Failed, subprocess.CalledProcessError) as failure:
        sys.exit(f"bench: {failure}")
    print()
    machine.say()
    machine.write(arguments.json, results=results)


if __name__ == "__main__":
    main()
