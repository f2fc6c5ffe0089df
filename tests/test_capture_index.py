# SPDX-License-Identifier: BSD-3-Clause
"""Captures as a store writes them, with their indexes: replays begin in them at the packet at which they would begin
without, and what is taken out of them is there, whatever stands beside them."""

import json
import subprocess

import pytest

from lib import blocks
from lib.keeping import BLOCK, START, Store
from lib.offline import SLUICE, config, offline, out

BATCH = 2000
BATCHES = 24
LENGTH = 700
STEP = 1000


@pytest.fixture(name="kept", scope="module")
def written(tmp_path_factory):
    """Two ports in turn, whose clocks are a little apart: each batch begins before the one before it has ended."""
    directory = tmp_path_factory.mktemp("kept")
    with Store(directory, ("east", "west"), offline=1, rotate_size=12 * BLOCK) as store:
        for batch in range(BATCHES):
            store.put(BATCH, LENGTH, batch % 2, START + batch * (BATCH * STEP - 3 * STEP), STEP)
        store.end()
    paths = sorted(directory.glob("*.pcapng"))
    assert len(paths) == 3
    return paths


@pytest.fixture(name="packets", scope="module")
def found(kept):
    return [block for path in kept for block in blocks.packets(path)]


def alone(kept, directory):
    """The same without indexes."""
    directory.mkdir()
    for path in kept:
        (directory / path.name).symlink_to(path)
    return sorted(directory.iterdir())


def replay(directory, files, **keys):
    directory.mkdir(exist_ok=True)
    what = config({"wan": out("wan")})
    what["replays"] = {"one": {"file": [str(path) for path in files], "to": "wan", "memory": "24MiB", **keys}}
    run = offline(what, directory)
    return run.sent["wan"], run.report["replays"]["one"]


def line_of(packets):
    """Where they lie for a replay, whose times never step back."""
    line = [packets[0].time]
    for before, packet in zip(packets, packets[1:]):
        line.append(line[-1] + max(0, packet.time - before.time))
    return line


def test_a_replay_gives_what_was_kept(kept, packets, tmp_path):
    """The same bytes, at the same nanosecond of the schedule."""
    sent, report = replay(tmp_path, kept, order="sequential", gap="1ns")
    assert report["sent"] == len(packets) == BATCH * BATCHES
    assert [packet.data for packet in sent] == [packet.data for packet in packets]
    first = blocks.packets(kept[0])
    line = line_of(first)
    assert [packet.time - sent[0].time for packet in sent[:len(first)]] == [ns - line[0] for ns in line]


def place(packet, count):
    return {"from": f"#{packet}", "until": f"#{packet + count}"}


def span(first_us, count):
    return {"from": f"{first_us}us", "until": f"{first_us + count}us"}


@pytest.mark.parametrize("files, part", [
    *[(files, place(packet, 40)) for files, packet in ((1, 1), (1, 2), (1, 4001), (1, 15001), (3, 15001), (3, 17000), (3, 32001), (3, 47960))],
    *[(files, span(first, 60)) for files, first in ((1, 1), (1, 9000), (1, 13456), (3, 9001), (3, 23456), (3, 31900), (3, 47000))]],
    ids=lambda value: str(value).replace("'", ""))
def test_it_begins_where_it_would_without(kept, packets, tmp_path, files, part):
    sent, report = replay(tmp_path / "with", kept[:files], **part)
    others, other = replay(tmp_path / "without", alone(kept[:files], tmp_path / "alone"), **part)
    assert [(packet.time, packet.data) for packet in sent] == [(packet.time, packet.data) for packet in others]
    assert report["skipped"] == other["skipped"] and len(sent) >= 30
    if "#" in part["from"]:
        first = int(part["from"][1:]) - 1
        assert report["skipped"] == first
        if files == 1:
            assert [packet.data for packet in sent] == [packet.data for packet in packets[first:first + 40]]


def read(*words):
    return subprocess.run([SLUICE, "capture", "read", *map(str, words)], capture_output=True, timeout=60, check=True).stdout


def told(*words):
    return json.loads(read("--json", "--count", *words))


def test_what_is_taken_out_is_there(kept, packets, tmp_path):
    result = tmp_path / "out.pcapng"
    for first, last in ((0, 10), (20_000, 26_000), (47_000, 47_500)):
        since, until = START + first * STEP, START + last * STEP
        terms = ["--from", f"@{since // 10**9}.{since % 10**9:09}", "--until", f"@{until // 10**9}.{until % 10**9:09}"]
        wanted = [packet for packet in packets if since <= packet.time < until]
        read(*kept, *terms, "-w", result)
        got = blocks.packets(result)
        assert [(packet.time, packet.interface, packet.data, packet.options) for packet in got] == [
            (packet.time, packet.interface, packet.data, packet.options) for packet in wanted]
        assert told(*kept, *terms)["read_bytes"] < (last - first) * (LENGTH + 60) + 2 * BLOCK + 100_000
        assert told(*alone(kept, tmp_path / str(first)), *terms)["packets"] == len(wanted)


def test_while_it_is_written(tmp_path):
    """What the disk has, at any moment; each time more, and what was there stays."""
    before = 0
    with Store(tmp_path, ("east",), offline=0, direct=1) as store:
        for batch in range(8):
            store.put(3000, 500, time=START + batch * 3000 * STEP, step=STEP)
            stored = store.until(lambda numbers: numbers["slots"][0]["stored"][0] > before)["slots"][0]["stored"][0]
            path, = tmp_path.glob("*.pcapng.part")
            count = told(path)["packets"]
            assert before < stored <= count <= 3000 * (batch + 1) and told(tmp_path)["packets"] >= count
            before = stored
        store.end()
    assert told(tmp_path)["packets"] == 24000
    assert len(list(tmp_path.iterdir())) == 2
