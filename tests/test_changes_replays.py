# SPDX-License-Identifier: BSD-3-Clause
"""Replays that come, change and go while packets flow, and those that go on while ports do."""


import pytest

from lib.changes import base, check, fates, LINE, mirror, NOTHING, PORTS, replay
from lib.daemon import Daemon, PLUGINS, Refused

pytestmark = pytest.mark.usefixtures("dns_beside")


def test_a_replay_comes_goes_on_and_goes(tmp_path):
    forever = replay("a", pace="2000pps", loops="forever")
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        answer = daemon.apply(base(replays={"one": forever}))
        assert fates(answer, "replays") == {"begun": ["one"]}
        sent = daemon.until(lambda status: status["replays"]["one"]["sent"] > 200)["replays"]["one"]["sent"]
        # What is the same goes on where it is.
        answer = daemon.apply(base({"c": NOTHING}, [mirror("c")], replays={"two": replay("c", pace="top"), "one": forever}))
        assert fates(answer, "replays") == {"kept": ["one"], "begun": ["two"]}
        status = daemon.until(lambda status: status["replays"]["two"]["state"] == "done")
        assert status["replays"]["two"]["sent"] == len(LINE)
        assert status["replays"]["one"]["sent"] >= sent and status["replays"]["one"]["state"] == "running"
        # What changes begins anew; what is done stays so.
        answer = daemon.apply(base({"c": NOTHING}, [mirror("c")],
                                   replays={"two": replay("c", pace="top"), "one": {**forever, "pace": "10pps"}}))
        assert fates(answer, "replays") == {"kept": ["two"], "changed": ["one"]}
        status = daemon.call("status")
        assert status["replays"]["one"]["sent"] < 200 and status["replays"]["two"]["sent"] == len(LINE)
        # One that is steered by hand is not begun by itself.
        daemon.apply(base(replays={"hand": replay("a", pace="top", start="manual")}))
        status = check(daemon)
        assert list(status["replays"]) == ["hand"] and status["replays"]["hand"]["state"] == "stopped"
        assert daemon.order("start", "hand") in ("running", "opening", "done")
        daemon.until(lambda status: status["replays"]["hand"]["sent"] == len(LINE))
        daemon.stop()


def test_a_port_that_a_replay_feeds_changes(tmp_path):
    """The replay goes on: what it sends meanwhile is dropped under a name."""
    forever = {"one": replay("c", pace="2000pps", loops="forever")}
    with Daemon(base({"c": NOTHING}, replays=forever), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 200)
        answer = daemon.apply(base({"c": {**NOTHING, "tx-ring": 512}}, replays=forever))
        assert fates(answer, "ports")["changed"] == ["c"] and fates(answer, "replays") == {"kept": ["one"]}
        sent = daemon.call("status")["replays"]["one"]["sent"]
        assert sent > 200
        daemon.until(lambda status: status["replays"]["one"]["sent"] > sent + 200)
        check(daemon, losses=("port-down",))
        daemon.stop()


def test_a_replay_that_comes_behind_a_port_that_went_waits_for_no_link(tmp_path):
    with Daemon(base({"c": NOTHING}), tmp_path, PLUGINS) as daemon:
        daemon.apply(base())
        daemon.apply(base(replays={"one": replay({"as": "source"}, pace="top")}))
        # Without a link that is missing it begins at once, else in nine seconds.
        daemon.until(lambda status: status["replays"]["one"]["state"] == "done", seconds=6)
        daemon.stop()


def test_a_replay_that_is_kept_goes_on_whatever_new_ports_hold(tmp_path):
    """They may keep more of its packets than all ports did when it began; or are refused."""
    forever = {"one": replay({"as": "source"}, pace="2000pps", loops="forever")}
    quiet = {**PORTS, "source": {"vdev": "net_test0"}}

    def what(**more):
        ports = {name: {"vdev": f"net_test{9 + number},hold=4000", "tx-ring": 4096} for number, name in enumerate(more["names"])}
        return base({**quiet, **ports}, [mirror(name) for name in ports], replays=forever)

    with Daemon(what(names=[]), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)
        daemon.apply(what(names=["c", "d"]))
        sent = daemon.call("status")["replays"]["one"]["sent"]
        daemon.until(lambda status: status["replays"]["one"]["sent"] > sent + 8000, seconds=20)
        with pytest.raises(Refused, match="replay one: .*tx-ring"):
            daemon.apply(what(names=list("cdefghi")))
        status = daemon.call("status")
        assert list(status["ports"]) == ["source", "a", "c", "d"] and status["replays"]["one"]["state"] == "running"
        daemon.stop()


def test_rollback_of_ports_and_replays(tmp_path):
    forever = replay("a", pace="2000pps", loops="forever")
    first, second = base(replays={"one": forever}), base({"c": NOTHING}, [mirror("c")],
                                                        replays={"one": forever, "two": replay("c", pace="top")})
    with Daemon(first, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)
        daemon.apply(second)
        sent = daemon.until(lambda status: status["replays"]["two"]["state"] == "done")["replays"]["one"]["sent"]
        done = daemon.sluice("config", "rollback")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[1:] == ["kept: ports source, a; replays one", "ended: ports c; replays two"]
        status = check(daemon)
        assert list(status["ports"]) == ["source", "a"] and list(status["replays"]) == ["one"]
        assert status["replays"]["one"]["sent"] >= sent and status["ended"]["ports"] == 1
        # Back and forth.
        answer = daemon.call("config.rollback")
        assert fates(answer, "ports") == {"kept": ["source", "a"], "begun": ["c"]}
        assert fates(answer, "replays") == {"kept": ["one"], "begun": ["two"]}
        daemon.until(lambda status: status["replays"]["two"]["sent"] == len(LINE))
        assert check(daemon)["config"]["way"] == "rollback"
        daemon.stop()
