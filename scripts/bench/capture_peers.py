# SPDX-License-Identifier: BSD-3-Clause
"""Programs that capture what arrives at the far end of a veth, and what sends it there. The source has one core, and who captures
another, and 64 MiB for what waits."""

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import peers
import replay
import traffic

FLOWS = 10000
SETTLE = 0.5  # until a program listens, and until what is under way has arrived


class Source:
    """A sluiced that replays into a veth, as many packets as are asked for."""

    def __init__(self, arguments, scratch, size):
        self.arguments, self.path = arguments, f"{scratch}/veth{size}.pcap"
        self.core = next(iter(os.sched_getaffinity(0) - {arguments.core}))
        traffic.write_capture(self.path, FLOWS, size)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(replay.veth())
            replay.run("ip", "netns", "exec", replay.NAMESPACE, "sysctl", "-qw", f"net.ipv6.conf.{replay.FAR}.disable_ipv6=1")
            run_dir = stack.enter_context(tempfile.TemporaryDirectory())
            text = replay.config(self.arguments.core, f"{{ af-xdp: {replay.NEAR} }}",
                                 f"file: {self.path}, loops: forever, start: manual", 32767)
            self.daemon = peers.Sluice(self.arguments.sluiced, text, run_dir)
            stack.callback(self.daemon.stop)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def send(self, rate, seconds):
        """Packets that left, and at how many a second."""
        peers.ask(self.daemon.socket, "replay.start", name="bench", pace=f"{int(rate)}pps", limit=int(rate * seconds))
        while not (now := peers.ask(self.daemon.socket, "replay.list")["replays"]["bench"])["ended"]:
            time.sleep(0.05)
        return now["sent"], now["verdict"]["achieved"]["pps"]

    def into(self, program, directory, rate, seconds):
        """What arrived a second, and how many packets the program's files lack."""
        before = replay.received()
        with program(self, directory) as found:
            _, achieved = self.send(rate, seconds)
            time.sleep(SETTLE)
        return achieved, replay.received() - before - found.packets

    def beside(self, *words):
        """A command at the veth's far end, on the other core."""
        return ["taskset", "-c", str(self.core), "ip", "netns", "exec", replay.NAMESPACE, *words]


class Found:
    """Packets that are in files."""

    def __init__(self, directory):
        self.directory, self.packets = directory, 0

    def count(self):
        for path in pathlib.Path(self.directory).glob("*.pcap*"):
            if path.suffix != ".index":
                self.packets += int(replay.run("capinfos", "-rTMc", path).split("\t")[-1])
            path.unlink()


def peer(*words, says):
    """A program that writes the file PATH, and says so when it listens."""
    @contextlib.contextmanager
    def program(source, directory):
        found = Found(directory)
        words_here = [word.replace("PATH", f"{directory}/peer.pcap").replace("FAR", replay.FAR) for word in words]
        with subprocess.Popen(source.beside(*words_here), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            if not any(says in line for line in process.stdout):
                raise peers.Failed(f"{words[0]} does not start")
            time.sleep(SETTLE)
            yield found
            process.send_signal(signal.SIGINT)
            process.stdout.read()
        found.count()
    return program


@contextlib.contextmanager
def sluice(source, directory):
    found = Found(directory)
    with tempfile.TemporaryDirectory() as run_dir:
        text = (f"workers: [{source.core}]\nmemory: {{ packets: 65535, hugepages: true }}\nports: {{ far: {{ af-xdp: {replay.FAR} }} }}\n"
                + f"captures: {{ bench: {{ directory: {directory} }} }}\ndefault: {{ forward: bench }}\n")
        daemon = peers.Sluice(source.arguments.sluiced, text, run_dir, before=source.beside())
        time.sleep(SETTLE)
        yield found
        daemon.stop()
    found.count()


PROGRAMS = {
    "sluice": sluice,
    "dumpcap": peer("dumpcap", "-i", "FAR", "-B", "64", "-q", "-w", "PATH", says="File: "),
    "tcpdump": peer("tcpdump", "-i", "FAR", "-B", "65536", "-w", "PATH", says="listening on"),
    "netsniff-ng": peer("stdbuf", "-oL", "netsniff-ng", "--in", "FAR", "--out", "PATH", "--silent", "--ring-size", "64MiB", says="Running!"),
}
