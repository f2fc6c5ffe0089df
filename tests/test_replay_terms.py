# SPDX-License-Identifier: BSD-3-Clause
"""How one run of a replay differs from its config: its pace, loops, limit, duration, and the time at which it starts."""

import contextlib
import datetime
import time

import pytest

from lib import capture
from lib.daemon import Daemon, Refused
from lib.offline import config

COUNT = len(capture.read(capture.fixture("dns.pcap")))
ANY_CLOCK = "1h"  # the machine that tests run on may have one that nobody sets


@pytest.fixture(name="daemon", scope="module")
def running(tmp_path_factory):
    """One for all tests. The second replay's file does not fit its memory: it streams."""
    directory = tmp_path_factory.mktemp("terms")
    capture.write(directory / "big.pcap", [bytes([n & 255, n >> 8]) * 600 for n in range(10000)])
    common = {"file": str(capture.fixture("dns.pcap")), "to": "wan", "start": "manual", "memory": "8MiB"}
    replays = {"one": {**common, "pace": "top"}, "big": {**common, "file": str(directory / "big.pcap"), "pace": "top"}}
    what = config({"wan": {"vdev": "net_null0,no-rx=1"}}, default="drop", replays=replays)
    with Daemon({**what, "idle": "sleep"}, directory) as daemon:
        yield daemon
        daemon.stop()


@pytest.fixture(autouse=True)
def stand_still(daemon):
    yield
    for name in ("one", "big"):
        with contextlib.suppress(Refused):
            daemon.call("replay.stop", name=name)


def look(daemon, name="one"):
    return daemon.call("replay.list")["replays"][name]


def ended(daemon, name="one"):
    daemon.until(lambda status: status["replays"][name]["ended"], 30)
    return look(daemon, name)


def start(daemon, name="one", **terms):
    return daemon.call("replay.start", name=name, **terms)


def refused(daemon, **terms):
    with pytest.raises(Refused) as error:
        start(daemon, **terms)
    return error.value.error


def test_terms_hold_for_one_run(daemon):
    start(daemon, pace="20kpps", loops=3)
    replay = ended(daemon)
    assert (replay["sent"], replay["loops"], replay["loops_asked"], replay["pace"]) == (3 * COUNT, 3, 3, "20kpps")
    start(daemon)
    replay = ended(daemon)
    assert (replay["sent"], replay["loops"], replay["loops_asked"], replay["pace"]) == (COUNT, 1, 1, "top")


def test_a_pace_given_by_order_stays(daemon):
    """`replay pace` is for later starts too; that of a start is not."""
    daemon.call("replay.pace", name="one", pace="30kpps")
    start(daemon, pace="20kpps")
    assert ended(daemon)["pace"] == "20kpps"
    start(daemon)
    assert ended(daemon)["pace"] == "30kpps"
    daemon.call("replay.pace", name="one", pace="top")


@pytest.mark.parametrize("name, count", [("one", COUNT), ("big", 10000)])
def test_loops_and_limit(daemon, name, count):
    """Whether a capture stays in memory or streams, they count alike."""
    assert not look(daemon, "big")["resident"] and look(daemon, "one")["resident"]
    for terms, sent, loops in (
            ({"loops": 2}, 2 * count, 2),
            ({"limit": 7}, 7, 0),
            ({"loops": 0, "limit": 2 * count + 3}, 2 * count + 3, 2),
            ({"loops": 2, "limit": 5 * count}, 2 * count, 2),
            ({}, count, 1)):
        start(daemon, name, **terms)
        replay = ended(daemon, name)
        assert (replay["sent"], replay["loops"], replay["state"]) == (sent, loops, "done"), terms
        assert replay["limit"] == terms.get("limit") and replay["progress"] == 1
        assert replay["underruns"] == 0 or name == "big"


def test_duration(daemon):
    """Of a replay that has no other end."""
    start(daemon, pace="1kpps", loops=0, duration="1s")
    replay = look(daemon)
    assert replay["state"] == "running" and 0 <= replay["remaining_ns"] <= 1e9
    assert 0 <= replay["progress"] < 1 and replay["duration_ns"] == 10 ** 9
    replay = ended(daemon)
    assert replay["state"] == "done"
    # A worker that is kept from its core at the end, for longer than it may owe packets, sends fewer.
    assert 900 <= replay["sent"] <= 1000
    start(daemon, pace="top", loops=0, duration="100ms")
    assert ended(daemon)["state"] == "done"


def test_refusals(daemon):
    for field, value, words in (
            ("pace", "fast", "expected original"),
            ("limit", 0, "leave `limit` out"),
            ("loops", 10 ** 12 + 1, "at most"),
            ("duration", "long", "expected a duration"),
            ("at", "2026-11-29T15:00:00", "has no zone"),
            ("clock_error", "5", "expected a duration")):
        error = refused(daemon, **{field: value})
        assert error["data"]["field"] == field and words in error["message"], error
    error = refused(daemon, at="@1000000000", clock_error=ANY_CLOCK)
    assert "2001-09-09T01:46:40.000000000Z is over" in error["message"]
    assert "too soon" in refused(daemon, at="+100ms", clock_error=ANY_CLOCK)["message"]
    error = refused(daemon, at="+10s", clock_error="1ns")
    assert "clock" in error["message"] and "--clock-error" in error["message"]
    assert look(daemon)["state"] != "waiting"


def in_ns(text):
    moment, fraction = text.removesuffix("Z").split(".")
    whole = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.timezone.utc)
    return int(whole.timestamp()) * 10 ** 9 + int(fraction)


def test_starts_at_its_time(daemon):
    at = time.time_ns() + 2 * 10 ** 9
    answer = start(daemon, at=f"@{at // 10 ** 9}.{at % 10 ** 9:09}", clock_error=ANY_CLOCK, pace="10kpps")
    assert answer["state"] == "waiting" and in_ns(answer["starts_at"]) == at
    replay = look(daemon)
    assert replay["state"] == "waiting" and replay["starts_at"] == answer["starts_at"]
    assert 0 < replay["starts_in_ns"] <= 2 * 10 ** 9 and replay["sent"] == 0
    assert "starts at " + answer["starts_at"] in daemon.sluice("replay", "list").stdout
    daemon.until(lambda status: status["replays"]["one"]["sent"] > 0)
    assert time.time_ns() >= at
    replay = ended(daemon)
    begun = replay["verdict"]["start"]
    assert begun["at"] == answer["starts_at"] and replay["starts_at"] is None
    # By its own clock it is as exact as any packet; a loaded machine may keep the worker from its core.
    assert begun["error_ns"] < 10 ** 9 and begun["bound_ns"] > begun["error_ns"]
    start(daemon)
    assert ended(daemon)["verdict"]["start"] == {"at": None, "error_ns": None, "bound_ns": None}


def test_two_start_together(daemon):
    """Replays that were told the same time have it within what they say."""
    at = time.time_ns() + 2 * 10 ** 9
    for name in ("one", "big"):
        start(daemon, name, at=f"@{at / 10 ** 9:.6f}", clock_error=ANY_CLOCK)
    starts = [ended(daemon, name)["verdict"]["start"] for name in ("one", "big")]
    assert starts[0]["at"] == starts[1]["at"] and all(start["error_ns"] is not None for start in starts)


def test_stopped_while_it_waits(daemon):
    start(daemon, at="+1s", clock_error=ANY_CLOCK)
    assert "waits for its time" in refused(daemon)["message"]
    assert daemon.call("replay.stop", name="one")["state"] == "stopped"
    time.sleep(1.2)
    replay = look(daemon)
    assert replay["sent"] == 0 and replay["starts_at"] is None and replay["state"] == "stopped"


def test_paused_while_it_waits(daemon):
    """Resumed in time it keeps its time; afterwards it starts at once, and claims none."""
    start(daemon, at="+2s", clock_error=ANY_CLOCK)
    assert daemon.call("replay.pause", name="one")["state"] == "paused"
    assert look(daemon)["starts_at"]
    assert daemon.call("replay.resume", name="one")["state"] == "waiting"
    assert ended(daemon)["verdict"]["start"]["at"]
    start(daemon, at="+500ms", clock_error=ANY_CLOCK)
    daemon.call("replay.pause", name="one")
    time.sleep(1)
    assert (look(daemon)["state"], look(daemon)["sent"]) == ("paused", 0)
    daemon.call("replay.resume", name="one")
    replay = ended(daemon)
    assert replay["sent"] == COUNT and replay["verdict"]["start"]["at"] is None


def test_another_place_while_it_waits(daemon):
    start(daemon, at="+1s", clock_error=ANY_CLOCK)
    assert daemon.call("replay.seek", name="one", to=f"#{COUNT - 9}")["state"] == "waiting"
    replay = ended(daemon)
    assert replay["sent"] == 10 and replay["verdict"]["start"]["at"]


def test_the_client(daemon):
    done = daemon.sluice("replay", "start", "one", "--pace", "20kpps", "--loops", "2", "--limit", "500", "--follow")
    assert done.returncode == 0 and "500 packets" in done.stdout and "1 of 2 loops" in done.stdout
    done = daemon.sluice("replay", "start", "--all", "--at", "+1s", "--clock-error", ANY_CLOCK, "--duration", "1h")
    assert done.returncode == 0 and done.stdout.count("waiting") == 2
    # They are to start together, so a time that counts from now on is one for all.
    assert len({look(daemon, name)["starts_at"] for name in ("one", "big")}) == 1
    assert daemon.sluice("replay", "stop", "--all").returncode == 0
    done = daemon.sluice("replay", "start", "one", "--loops", "forever", "--at", "+1s", "--clock-error", ANY_CLOCK)
    assert "replay one: waiting, starts at 20" in done.stdout
    assert look(daemon)["loops_asked"] == 0
    daemon.call("replay.stop", name="one")
    done = daemon.sluice("replay", "start", "--all", "--at", "noon")
    assert done.returncode == 2 and done.stderr.count("expected a time") == 1
    done = daemon.sluice("replay", "start", "one", "--at", "@1", "--clock-error", ANY_CLOCK)
    assert done.returncode == 1 and "1970-01-01T00:00:01.000000000Z is over" in done.stderr
    for words, text in ((("--at", "noon"), "--at: expected a time"), (("--loops", "0"), "--loops takes a number from 1 on"),
                        (("--limit", "many"), "--limit takes a number"), (("--pace", "fast"), "expected original"),
                        (("--duration", "1"), "expected a duration")):
        done = daemon.sluice("replay", "start", "one", *words)
        assert done.returncode == 2 and text in done.stderr, words
    done = daemon.sluice("replay", "stop", "one", "--pace", "2x")
    assert done.returncode == 2 and "are for `sluice replay start`" in done.stderr


def test_the_zone_is_the_users(daemon):
    """An hour is of whoever types it, wherever the daemon thinks it is."""
    zone = time.gmtime(time.time() + 5 * 3600 + 60)
    done = daemon.sluice("replay", "start", "one", "--at", time.strftime("%H:%M:%S", zone), "--clock-error", ANY_CLOCK,
                         environment={"TZ": "XXX-5"})
    assert done.returncode == 0, done.stderr
    assert 0 < look(daemon)["starts_in_ns"] <= 60e9
