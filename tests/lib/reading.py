# SPDX-License-Identifier: BSD-3-Clause
"""Runs that read captures by a port or by a replay, and what they must agree with."""

import json
import subprocess

from lib import capture, reader, schedule
from lib.offline import config, out, SLUICED, write_config

WAYS = ("port", "replay")
LINKS = ("refuse", "skip", "convert")
COUNTS = ("truncated", "empty", "too_long", "skipped", "converted", "cut")


def reading(way, files, default="wan", **keys):
    """A config in which all that is read leaves by a port."""
    files = [str(file) for file in files] if isinstance(files, list) else str(files)
    if way == "port":
        return config({"in": {"pcap": {"in": files, **keys}}, default: out(default)}, default={"forward": default})
    what = config({default: out(default)})
    what["replays"] = {"one": {"file": files, "to": default, "memory": "8MiB", "truncated": "send", **keys}}
    return what


class Read:
    """What one run made of its captures: code, err, counts (of the port or replay), packets."""

    def __init__(self, tmp_path, way, files, stdin=subprocess.DEVNULL, limit=None, **keys):
        path = write_config(tmp_path / f"{way}.yaml", reading(way, files, **keys))
        sent = tmp_path / "wan.pcap"
        sent.unlink(missing_ok=True)
        run = subprocess.run([SLUICED, "offline", path, "--json"], cwd=tmp_path, stdin=stdin, capture_output=True, text=True,
                             timeout=120, check=False, preexec_fn=limit)
        assert "Sanitizer" not in run.stderr, run.stderr
        self.code, self.err, self.way = run.returncode, run.stderr, way
        self.started = run.stdout.startswith("{")
        self.counts = None
        if self.started:
            report = json.loads(run.stdout)
            assert report["ledger"]["balanced"] is True and report["leaked"] == 0, report
            self.counts = report["ports"]["in"] if way == "port" else report["replays"]["one"]
        self.packets = capture.read(sent) if sent.exists() else []


def same_packets(read, wanted, why=""):
    """A port keeps times as they stand in a file, a replay's never step back, and what it sends has its own length."""
    wanted = list(schedule.monotonic(wanted)) if read.way == "replay" else wanted
    assert len(read.packets) == len(wanted), (why, read.err)
    for number, (got, want) in enumerate(zip(read.packets, wanted)):
        assert got.data == want.data, (why, number)
        assert got.time == want.time, (why, number, got.time - want.time)
        assert got.wire == (want.wire if read.way == "port" else len(want.data)), (why, number)


def agrees(tmp_path, path, links):
    """One file, both ways, against the second reader."""
    want = reader.read(path, links)
    for way in WAYS:
        why = f"{path} {way} {links}"
        read = Read(tmp_path, way, path, **{"other-links": links})
        if not read.started:
            assert read.code == 1 and (want.refused or not want.packets), (why, read.err)
            continue
        if want.refused:
            assert read.code == 1, why
            continue
        assert {key: read.counts[key] for key in COUNTS} == {key: getattr(want, key) for key in COUNTS}, (why, read.err)
        same_packets(read, want.packets, why)
        nothing = way == "replay" and not want.packets and not want.cut and not want.skipped
        assert read.code == (1 if want.broken or nothing else 0), (why, read.err)
