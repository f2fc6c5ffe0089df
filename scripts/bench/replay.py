#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=replay: how fast sluice replays, against dpdk-testpmd's txonly and tcpreplay; how exact,
beside tcpreplay; and how near it comes to the disk. Peers run in pairs with it, on the same core.
"""

import contextlib
import json
import mmap
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402
import peers  # noqa: E402
import stalls  # noqa: E402
import traffic  # noqa: E402

PACKETS = 1000000
NULL = "net_null0,no-rx=1"
BLOCK = 8 << 20
NAMESPACE = "sluice-bench"
NEAR, FAR = "slbench0", "slbench1"


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **options).stdout


def config(cores, port, replay, packets=16383):
    return (f"workers: [{cores}]\nmemory: {{ packets: {packets}, hugepages: true }}\n"
            f"ports:\n  wan: {port}\ndefault: drop\nreplays:\n  bench: {{ to: wan, {replay} }}\n")


class Replay:
    """A sluiced that replays."""

    def __init__(self, sluiced, text):
        self.directory = tempfile.TemporaryDirectory()
        self.daemon = peers.Sluice(sluiced, text, self.directory.name)

    def look(self):
        return peers.ask(self.daemon.socket, "replay.list")["replays"]["bench"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.stop()
        self.directory.cleanup()

    def ended(self):
        while not self.look()["ended"]:
            time.sleep(0.1)
        return self.look()


def steady_rate(sluiced, text, seconds):
    """Packets a second of a replay that loops, once it has done its first loop."""
    with Replay(sluiced, text) as replay:
        while replay.look()["loops"] < 1:
            time.sleep(0.1)
        before, began = replay.look(), time.monotonic()
        time.sleep(seconds)
        after, ended = replay.look(), time.monotonic()
        if any(copied["bytes"] for copied in peers.ask(replay.daemon.socket, "status")["copies"].values()):
            raise peers.Failed("bytes were copied")
        return (after["sent"] - before["sent"]) / (ended - began)


def top_rate(sluiced, cores, path, seconds):
    """Packets a second at top pace out of the arena into net_null."""
    return steady_rate(sluiced, config(cores, f'{{ vdev: "{NULL}" }}',
                                       f"file: {path}, pace: top, loops: forever, memory: 2GiB"), seconds)


def txonly_rate(devices, core, seconds, size=64):
    with tempfile.TemporaryDirectory() as scratch:
        peer = peers.Testpmd(devices, core, scratch, ["--total-num-mbufs=65535", f"--txpkts={size}"], mode="txonly")
        try:
            return peer.rate(seconds)
        finally:
            peer.stop()


def top(arguments, scratch, size):
    path = f"{scratch}/top{size}.pcap"
    traffic.write_capture(path, PACKETS, size)
    pairs = [(top_rate(arguments.sluiced, arguments.core, path, arguments.seconds),
              txonly_rate([NULL], arguments.core, arguments.seconds)) for _ in range(arguments.pairs)]
    os.unlink(path)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return {"name": f"top-{size}", "text": f"top pace, {size}-byte packets, into net_null", "unit": "Mpps",
            "value": statistics.median(ours for ours, _ in pairs) / 1e6,
            "peer": statistics.median(theirs for _, theirs in pairs) / 1e6, "peer_name": "testpmd txonly, 64 bytes",
            "ratio": ratio, "floor": 0.7, "ratios": [round(ours / theirs, 3) for ours, theirs in pairs]}


def pipeline_rate(sluiced, cores, path, seconds):
    """Packets a second at top pace through a rule and a group of two ports."""
    text = (f"workers: [{cores}]\nmemory: {{ packets: 16383, hugepages: true }}\nports:\n"
            + "".join(f'  p{port}: {{ vdev: "net_null{port},no-rx=1" }}\n' for port in range(3))
            + "groups: { g: { ports: [p1, p2] } }\nrules: [ { name: none, match: { dst-port: 1 }, actions: [ drop ] } ]\n"
            f"default: {{ forward: g }}\nreplays: {{ bench: {{ to: {{ as: p0 }}, file: {path}, pace: top, loops: forever, "
            "memory: 2GiB } }\n")
    return steady_rate(sluiced, text, seconds)


def split(arguments, scratch):
    """One file by flow over two workers, against one."""
    path = f"{scratch}/split.pcap"
    traffic.write_capture(path, PACKETS)
    cores = f"{arguments.core - 1}, {arguments.core}"
    for name, text, measure in (("split", "straight to a port", top_rate), ("split-as", "through rules", pipeline_rate)):
        pairs = [(measure(arguments.sluiced, cores, path, arguments.seconds),
                  measure(arguments.sluiced, arguments.core, path, arguments.seconds)) for _ in range(arguments.pairs)]
        yield {"name": name, "text": f"one file over two workers by flow, {text}", "unit": "Mpps",
               "value": statistics.median(two for two, _ in pairs) / 1e6,
               "peer": statistics.median(one for _, one in pairs) / 1e6, "peer_name": "one worker",
               "ratio": statistics.median(two / one for two, one in pairs), "floor": 1.5,
               "ratios": [round(two / one, 3) for two, one in pairs]}
    os.unlink(path)


@contextlib.contextmanager
def veth():
    """A veth whose far end is in a namespace and only counts."""
    run("ip", "netns", "add", NAMESPACE)
    try:
        run("ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", NAMESPACE)
        run("ip", "-n", NAMESPACE, "link", "set", FAR, "up")
        run("sysctl", "-qw", f"net.ipv6.conf.{NEAR}.disable_ipv6=1")
        run("ip", "link", "set", NEAR, "up")
        yield
    finally:
        subprocess.run(["ip", "link", "del", NEAR], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False, capture_output=True)


def received():
    text = run("ip", "-n", NAMESPACE, "-s", "-j", "link", "show", FAR)
    return json.loads(text)[0]["stats64"]["rx"]["packets"]


def far_rate(seconds):
    time.sleep(1)
    before, began = received(), time.monotonic()
    time.sleep(seconds)
    after, ended = received(), time.monotonic()
    return (after - before) / (ended - began)


def veth_rates(arguments, path):
    """What arrives at the far end a second: from sluice, testpmd and tcpreplay."""
    text = config(arguments.core, f"{{ af-xdp: {NEAR} }}", f"file: {path}, pace: top, loops: forever", 32767)
    with Replay(arguments.sluiced, text):
        ours = far_rate(arguments.seconds)
    with tempfile.TemporaryDirectory() as scratch:
        peer = peers.Testpmd([f"net_af_xdp0,iface={NEAR}"], arguments.core, scratch, ["--total-num-mbufs=65535"],
                             mode="txonly")
        try:
            testpmd = far_rate(arguments.seconds)
        finally:
            peer.stop()
    with subprocess.Popen(["taskset", "-c", str(arguments.core), "tcpreplay", "-q", "-K", "-t", "-l", "100000000", "-i",
                           NEAR, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(2)
        tcpreplay = far_rate(arguments.seconds)
        process.terminate()
    return ours, testpmd, tcpreplay


def over_veth(arguments, scratch):
    path = f"{scratch}/veth.pcap"
    traffic.write_capture(path, 10000)
    with veth():
        runs = [veth_rates(arguments, path) for _ in range(arguments.pairs)]
    for name, column, floor in (("testpmd txonly", 1, 0.95), ("tcpreplay -K -t", 2, 1.4)):
        ratios = [rates[0] / rates[column] for rates in runs]
        yield {"name": f"veth-{name.split()[0]}", "text": f"AF_XDP over veth, arrived, against {name}", "unit": "Mpps",
               "value": statistics.median(rates[0] for rates in runs) / 1e6,
               "peer": statistics.median(rates[column] for rates in runs) / 1e6, "peer_name": name,
               "ratio": statistics.median(ratios), "floor": floor, "ratios": [round(ratio, 3) for ratio in ratios]}


def arrivals(directory, action):
    """Times in ns at which packets arrive at the far end while action() runs."""
    path = f"{directory}/arrived.pcap"
    with subprocess.Popen(["ip", "netns", "exec", NAMESPACE, "tcpdump", "-i", FAR, "-w", path, "-s", "64", "-B", "65536",
                           "--time-stamp-precision=nano", "udp"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as dump:
        dump.stderr.readline()
        time.sleep(0.5)
        action()
        time.sleep(1)
        dump.terminate()
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, times = 24, []
        while at + 16 <= len(data):
            seconds, nano, kept = (int.from_bytes(data[at + 4 * i:at + 4 * i + 4], "little") for i in range(3))
            times.append(seconds * 1000000000 + nano)
            at += 16 + kept
    return times


def spacing_error(times, gap_ns):
    """99th percentile of how far the time between two packets was from what it should have been."""
    errors = sorted(abs(after - before - gap_ns) for before, after in zip(times, times[1:]))
    return errors[len(errors) * 99 // 100] if errors else None


def exactness(arguments, scratch, rate):
    """Error at hand-over by sluice's own verdict, and spacing at the far end of a veth for it and tcpreplay."""
    count, gap_ns = int(rate * arguments.exact_seconds), 1000000000 // rate
    path = f"{scratch}/exact.pcap"
    traffic.write_capture(path, count, gap_us=gap_ns // 1000)
    machine_own, verdicts = [], []
    # More runs than elsewhere: in one whose packets happen to be due just behind the timer's interrupts, all of these count.
    for _ in range(max(arguments.pairs, 5)):
        machine_own.append(stalls.measure(arguments.core, arguments.exact_seconds))
        with Replay(arguments.sluiced, config(arguments.core, f'{{ vdev: "{NULL}" }}', f"file: {path}")) as replay:
            verdicts.append(replay.ended()["verdict"])
    with veth():
        def ours():
            text = config(arguments.core, f"{{ af-xdp: {NEAR} }}", f"file: {path}", 32767)
            with Replay(arguments.sluiced, text) as replay:
                replay.ended()

        def theirs():
            run("taskset", "-c", arguments.core, "tcpreplay", "-q", "-K", "-i", NEAR, path)

        spacing = [spacing_error(arrivals(scratch, action), gap_ns) for action in (ours, theirs)]
    errors = [verdict["error_ns"] for verdict in verdicts]
    return {"name": f"exact-{rate}", "text": f"{rate:,} packets a second: p99 error at hand-over", "unit": "ns",
            "value": statistics.median(error["p99"] for error in errors), "ceiling": 1000, "errors": errors,
            "max": max(error["max"] for error in errors), "stalls": machine_own,
            "stall_p99": statistics.median(stall["p99"] for stall in machine_own),
            "stall_max": max(stall["max"] for stall in machine_own),
            "duration_error": max(abs(verdict["achieved"]["elapsed"] / verdict["asked"]["elapsed"] - 1)
                                  for verdict in verdicts),
            "far_p99": spacing[0], "peer": spacing[1], "peer_name": "tcpreplay"}


def sequential_read(path):
    """Bytes a second of the disk under O_DIRECT."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
    buffer, total, began = mmap.mmap(-1, BLOCK), 0, time.monotonic()
    try:
        while (count := os.readv(descriptor, [buffer])) > 0:
            total += count
    finally:
        os.close(descriptor)
    return total / (time.monotonic() - began)


def streaming(arguments, scratch):
    path = f"{scratch}/big.pcap"
    with open(path, "wb") as out:
        traffic.write_capture(f"{scratch}/part.pcap", 100000, 1400)
        part = pathlib.Path(f"{scratch}/part.pcap").read_bytes()
        out.write(part[:24])
        for _ in range(arguments.stream_gib * (1 << 30) // len(part)):
            out.write(part[24:])
    os.sync()
    size, ratios, rates = os.path.getsize(path), [], []
    for _ in range(arguments.pairs):
        text = config(arguments.core, f'{{ vdev: "{NULL}" }}', f"file: {path}, pace: top, memory: 256MiB, start: manual")
        with Replay(arguments.sluiced, text) as replay:
            # The reader fills the arena before the start: what it reads afterwards is what is timed.
            time.sleep(2)
            began = time.monotonic()
            subprocess.run([arguments.sluiced.replace("sluiced", "sluice"), "--socket", replay.directory.name, "replay",
                            "start", "bench"], check=True, capture_output=True)
            looked = replay.ended()
            rates.append((size - (256 << 20)) / (time.monotonic() - began))
        disk = sequential_read(path)
        ratios.append(rates[-1] / disk)
    return {"name": "stream", "text": f"a capture of {size >> 30} GiB through 256 MiB, top pace", "unit": "MB/s",
            "value": statistics.median(rates) / 1e6, "peer": statistics.median(rates) / statistics.median(ratios) / 1e6,
            "peer_name": "sequential O_DIRECT", "ratio": statistics.median(ratios), "floor": 0.8,
            "direct": looked["direct"], "ratios": [round(ratio, 3) for ratio in ratios]}


def row(result):
    text = f"{result['text']:60}{result['value']:10.1f} {result['unit']:5}"
    if "ratio" in result:
        below = "" if result["ratio"] >= result["floor"] else "  below"
        return f"{text}{result['peer']:10.1f}{result['ratio']:7.2f}{result['floor']:8.2f}  {result['peer_name']}{below}"
    above = "" if result["value"] <= result["ceiling"] else "  above"
    return (f"{text}  at most {result['ceiling']} ns; max {result['max']:,} ns; duration {result['duration_error']:.4%} off{above}\n"
            f"  the core's own stalls: p99 {result['stall_p99']:,} ns, max {result['stall_max']:,} ns; "
            f"far end p99 {result['far_p99']:,} ns, tcpreplay's {result['peer']:,} ns")


CASES = {
    "top": "at top pace, beside testpmd's txonly",
    "split": "one worker and two",
    "veth": "over a veth pair, beside tcpreplay",
    "exact": "the error of each packet's time",
    "stream": "from a disk, a capture larger than memory",
}


def cases(arguments, scratch):
    yield "top", lambda: [top(arguments, scratch, 64), top(arguments, scratch, 1500)]
    if os.cpu_count() > 1:
        yield "split", lambda: split(arguments, scratch)
    yield "veth", lambda: over_veth(arguments, scratch)
    yield "exact", lambda: [exactness(arguments, scratch, rate) for rate in (1000, 10000, 100000)]
    yield "stream", lambda: [streaming(arguments, scratch)]


def main():
    parser = machine.options("replay", "Speed and exactness of replays, beside other programs.",
                             "top, split, veth, exact, stream")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs a case (default 3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured a run (default 2)")
    parser.add_argument("--exact-seconds", type=float, default=5.0, help="length of a timed replay (default 5)")
    parser.add_argument("--stream-gib", type=int, default=4, help="size of the streamed capture (default 4)")
    parser.add_argument("--scratch", default="/var/tmp", help="where captures are made; a disk, for `stream`")
    arguments = parser.parse_args()
    results = []
    try:
        with machine.hugepages(), tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            for name, measure in cases(arguments, scratch):
                if not arguments.cases or name in arguments.cases:
                    machine.progress(f"{name}: {CASES[name]}")
                    for result in measure():
                        machine.progress("")
                        results.append(result)
                        print(row(result), flush=True)
    except (peers.Failed, subprocess.CalledProcessError) as failure:
        sys.exit(f"bench: {failure}")
    print()
    machine.say()
    machine.write(arguments.json, results=results)


if __name__ == "__main__":
    main()
