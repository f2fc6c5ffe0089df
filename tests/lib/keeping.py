# SPDX-License-Identifier: BSD-3-Clause
"""A store (lib/store) in a process of its own, told what to keep line by line (tests/unit/keep_packets.c), and its files
as three other readers see them."""

import json
import subprocess
import time

from lib.offline import BUILD

KEEP_PACKETS = BUILD / "tests" / "unit" / "keep_packets"
START = 1795964400 * 10 ** 9  # 2026-11-29T15:00:00Z
SECOND = 10 ** 9
BLOCK = 1 << 20


class Store:
    def __init__(self, directory, ports=("east",), name="e", log=None, **terms):
        self.directory = directory
        self.log = log or subprocess.DEVNULL
        self.clock = None  # the time that it is told, in place of today's
        self.ticks = 0
        self.process = subprocess.Popen([str(KEEP_PACKETS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.ask("ports " + " ".join(ports))
        words = " ".join(f"{key}={value}" for key, value in terms.items())
        self.made = self.tell(f"make name={name} directory={directory} {words}")

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def ask(self, line):
        answer = self.tell(line)
        assert answer.startswith("ok"), (line, answer)
        return answer

    def put(self, count, length=100, slot=0, time=START, step=1000, id=0):
        """How many were copied."""
        return int(self.ask(f"put {count} {length} {slot} {time} {step} {id}").split()[1])

    def live(self, seconds=0.05):
        if self.clock is None:
            self.ask(f"live {seconds}")
            return
        self.ticks += SECOND
        self.ask(f"tick {self.clock} {self.ticks}")
        time.sleep(seconds)

    def numbers(self):
        return json.loads(self.tell("numbers"))

    def files(self):
        return json.loads(self.tell("files"))

    def until(self, what, seconds=60):
        """Lets it work until what(numbers) holds."""
        for _ in range(seconds * 20):
            numbers = self.numbers()
            if what(numbers):
                return numbers
            self.live()
        raise AssertionError(numbers)

    def end(self):
        self.ask("end")
        numbers = self.numbers()
        for slot in numbers["slots"]:
            for unit in (0, 1):
                assert slot["taken"][unit] == sum(slot[key][unit] for key in ("stored", "full", "failed", "passed")), slot
        return numbers

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()
        else:
            self.process.kill()
            self.process.wait()


def _lines(command, whole):
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert not whole or run.returncode == 0, (command, run.stderr)
    return run.stdout.splitlines()


def read_by_others(path, whole=True):
    """How many packets tcpdump, tshark and capinfos find; of a file that is whole none may complain."""
    dump = len(_lines(["tcpdump", "-n", "-q", "-t", "-r", str(path)], whole))
    shark = len(_lines(["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "frame.number"], whole))
    # Of a file that is cut capinfos says how many it read before it complains.
    infos = [line for line in _lines(["capinfos", "-c", "-M", "-K", str(path)], whole) if "Number of packets" in line]
    return dump, shark, int(infos[0].split()[-1]) if infos else None
