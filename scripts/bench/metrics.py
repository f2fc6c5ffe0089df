#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=metrics: what it takes to be scraped. How long Prometheus waits for the metrics of 32 ports and ten
thousand rules over HTTP, and what the worker that all this time forwards packets loses by it.
"""

import contextlib
import http.client
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

PORTS = 32  # as many as Debian's DPDK has
CASES = {
    "scrape": "what a scrape costs and how long it takes, of all rules and of as many as are told if nobody says otherwise",
    "worker": "packets a second of a core while its numbers are scraped, to without",
}


def config(core, rules):
    """One port makes packets, another takes them; the others are there."""
    ports = "".join(f"  p{number}: {{ null: {{}} }}\n" for number in range(PORTS - 1))
    return (f"workers: [{core}]\nmemory: {{ packets: 65535, hugepages: false }}\n"
            f'ports:\n  load: {{ vdev: "net_null0,size=64" }}\n{ports}'
            f"rules:\n{traffic.rules(rules, rules, 'p0')}\ndefault: {{ forward: p1 }}\n")


class Exporter:
    def __init__(self, program, run_dir, *words):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([program, "--socket", run_dir, "--listen", str(self.port), *words])

    def scrape(self):
        """Milliseconds, and the text."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        connection.close()
        return (time.monotonic() - began) * 1e3, text

    def wait(self):
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                text = self.scrape()[1]
                if b"\nsluice_up 1\n" in text:
                    return text
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise peers.Failed("sluice-exporter does not answer")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


@contextlib.contextmanager
def running(arguments, scratch, *words):
    """A daemon and its exporter, off the worker's core."""
    run_dir = tempfile.mkdtemp(dir=scratch)
    daemon = peers.Sluice(arguments.sluiced, config(arguments.core, arguments.rules), run_dir)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores - {arguments.core} or cores)
    exporter = Exporter(arguments.exporter, run_dir, *words)
    try:
        if exporter.wait().count(b"\nsluice_port_up{") != PORTS:
            raise peers.Failed("the scrape is not of this daemon")
        yield daemon, exporter
        daemon.totals()
    finally:
        os.sched_setaffinity(0, cores)
        exporter.stop()
        daemon.stop()


def processor_ms(daemon, exporter):
    """What both programs have had of any core, but for the worker that polls."""
    total = 0
    for pid in (daemon.process.pid, exporter.process.pid):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it may just have ended
                if not (task / "comm").read_text(encoding="utf-8").startswith("pmd-"):
                    total += int((task / "schedstat").read_text(encoding="ascii").split()[0]) / 1e6
    return total


def scrape(arguments, scratch):
    results = {}
    for name, words in (("all", ["--rules", str(arguments.rules)]), ("capped", [])):
        with running(arguments, scratch, *words) as (daemon, exporter):
            took, before = [], processor_ms(daemon, exporter)
            for number in range(arguments.scrapes):
                machine.progress("scrape", f"{name}, {number + 1} of {arguments.scrapes}")
                took.append(exporter.scrape()[0])
            cost = (processor_ms(daemon, exporter) - before) / arguments.scrapes
            text = exporter.scrape()[1]
        results[name] = {"processor": cost, "least": min(took), "median": statistics.median(took),
                         "p99": statistics.quantiles(took, n=100)[98], "bytes": len(text),
                         "series": sum(not line.startswith(b"#") for line in text.splitlines())}
    whole, capped = results["all"], results["capped"]
    what = f"a scrape of {PORTS} ports and {arguments.rules:,} rules, {whole['series']:,} series, "
    return [
        {"name": "scrape", "value": whole["processor"], "ceiling": 30.0, **results, "text": f"{what}costs, ms of processor time:"},
        {"name": "wait", "value": whole["median"], "ceiling": 50.0,
         "text": f"{what}takes {whole['least']:.1f} ms at least and {whole['p99']:.1f} of 99 in 100 ({capped['series']:,} series: "
                 f"{capped['least']:.1f} and {capped['p99']:.1f}), ms mostly:"}]


def worker(arguments, scratch):
    alone, beside, ratios = [], [], []
    with running(arguments, scratch, "--rules", str(arguments.rules)) as (daemon, exporter):
        over, scraped = threading.Event(), [0]

        def scrape_on():
            while not over.wait(1 / arguments.rate):
                exporter.scrape()
                scraped[0] += 1

        for pair in range(arguments.pairs):
            machine.progress("worker", f"pair {pair + 1} of {arguments.pairs}")
            alone.append(daemon.core_rate(arguments.seconds))
            over.clear()
            scraper = threading.Thread(target=scrape_on)
            scraper.start()
            beside.append(daemon.core_rate(arguments.seconds))
            over.set()
            scraper.join()
            ratios.append(beside[-1] / alone[-1])
    return {"name": "worker", "value": statistics.median(ratios), "floor": 0.99, "alone": alone, "beside": beside,
            "scrapes": scraped[0],
            "text": f"{statistics.median(beside) / 1e6:.2f} Mpps of a core that is scraped {arguments.rate:g} times a second, "
                    f"{statistics.median(alone) / 1e6:.2f} of one that is not: times"}


def main():
    parser = machine.options("metrics", "What it takes to be scraped.", "scrape, worker")
    parser.add_argument("--exporter", help="the exporter (default: that of the daemon's build)")
    parser.add_argument("--rules", type=int, default=10000, help="rules of the config (default 10000)")
    parser.add_argument("--scrapes", type=int, default=200, help="scrapes of a kind (default 200)")
    parser.add_argument("--pairs", type=int, default=7, help="pairs of runs (default 7)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a run (default 2)")
    parser.add_argument("--rate", type=float, default=1, help="scrapes a second beside the worker (default 1)")
    parser.add_argument("--scratch", default="/var/tmp", help="where configs are made")
    arguments = parser.parse_args()
    if not arguments.exporter:
        arguments.exporter = pathlib.Path(arguments.sluiced).parents[1] / "exporter" / "sluice-exporter"
    measures = {"scrape": scrape, "worker": worker}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        machine.run(arguments, CASES, lambda name: measures[name](arguments, scratch))


if __name__ == "__main__":
    main()
