# SPDX-License-Identifier: BSD-3-Clause
"""Ports and replays that come, change and go while packets flow: what is the same in both configs goes on, the others lose
nothing, and the books balance over all of it."""

import contextlib
import json
import os
import re
import shutil
import threading
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.offline import config

APPLIES = int(os.environ.get("SLUICE_APPLIES", "60"))
NOTHING = {"null": {}}
PORTS = test_ports(source="rx=endless,flows=1000", a="hold=32")
LINE = capture.read(capture.fixture("dns.pcap"))
FATES = ("kept", "changed", "begun", "ended")


def base(ports=None, rules=(), **more):
    """All that comes in on `source` leaves on `a`, whatever else there is."""
    send = {"name": "send", "from": ["source"], "actions": [{"forward": "a"}]}
    what = config({**PORTS, **(ports or {})}, [*rules, send], idle="sleep", **more)
    # Nothing twice in memory: YAML would refer to it.
    return json.loads(json.dumps(what))


def replay(to, **keys):
    return {"file": "dns.pcap", "to": to, "memory": "8MiB", **keys}


def mirror(to):
    return {"name": f"to-{to}", "from": ["source"], "actions": [{"mirror": to}]}


def fates(answer, kind):
    """Names by what became of them, without what nothing became of."""
    return {fate: answer[fate][kind] for fate in FATES if answer[fate][kind]}


def descriptors(daemon):
    """How many files it has open but for sockets: clients come and go."""
    directory = f"/proc/{daemon.process.pid}/fd"
    names = []
    for number in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            names.append(os.readlink(os.path.join(directory, number)))
    return sorted(re.sub(r"[0-9]+", "", name) for name in names if not name.startswith("socket:"))


def check(daemon, losses=()):
    """Nothing of the others was lost: drops are none but for these reasons. Returns the status."""
    status = daemon.until(lambda status: status["ledger"]["held"] == 0)
    check_status(status)
    assert {reason for reason, count in status["drops"].items() if count} <= set(losses), status["drops"]
    return status


def test_a_port_comes_and_goes(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        answer = daemon.apply(base({"c": NOTHING}, [mirror("c")]))
        assert fates(answer, "ports") == {"kept": ["source", "a"], "begun": ["c"]}
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > 1000)
        assert "ended" not in check(daemon)
        answer = daemon.apply(base())
        assert fates(answer, "ports") == {"kept": ["source", "a"], "ended": ["c"]}
        status = check(daemon)
        assert list(status["ports"]) == ["source", "a"]
        assert status["ended"]["ports"] == 1 and status["ended"]["tx_packets"] > 1000
        assert status["ended"]["tx_packets"] + status["ports"]["a"]["tx_packets"] == status["ledger"]["out"]
        assert daemon.call("drops")["ended"] == status["ended"]
        # Its place is taken by another, whose numbers are its own.
        answer = daemon.apply(base({"d": NOTHING}))
        assert fates(answer, "ports") == {"kept": ["source", "a"], "begun": ["d"]}
        status = check(daemon)
        assert status["ports"]["d"]["tx_packets"] == 0 and status["ended"]["tx_packets"] > 1000
        assert '"ended"' in daemon.sluice("--json", "drops").stdout
        assert "balanced" in daemon.stop()


def test_what_ended_is_in_the_tables(tmp_path):
    """Rules' shares are of all that they decided, of whatever port; a total is that of its column."""
    ended = {"name": "gone", "from": ["c"], "actions": ["drop"]}
    with Daemon(base({"c": {"vdev": "net_null,size=64"}}, [ended]), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["rules"]["gone"]["packets"] > 10000)
        daemon.apply(base(rules=[{**ended, "from": ["a"]}]))
        lines = [re.split(r"  +", line) for line in daemon.sluice("status").stdout.splitlines()]
        ports = {words[0]: int(words[1].replace(",", "")) for words in lines if words[0] in ("source", "a", "(ended)", "all")}
        assert ports["(ended)"] > 10000 and ports.pop("all") == sum(ports.values())
        shares = [float(word.strip().split()[0]) for words in lines for word in words if re.fullmatch(r"[0-9.]+ %", word.strip())]
        assert shares and max(shares) <= 100
        daemon.call("port.down", name="source")
        rows = [line.replace(",", "").split() for line in daemon.sluice("drops").stdout.splitlines()]
        rows = {row[0]: row[1:] for row in rows if row and row[-1] == "balanced" and row[0] != "ledger"}
        assert int(rows["(ended)"][0]) > 10000 and "all" in rows
        for column in range(5):
            assert int(rows["all"][column]) == sum(int(rows[name][column]) for name in ("source", "a", "(ended)"))
        daemon.stop()


def test_ports_change_places(tmp_path):
    """The order of ports in a config says nothing of which is which."""
    with Daemon(base({"c": NOTHING}, [mirror("c")]), tmp_path, PLUGINS) as daemon:
        what = base({"c": NOTHING}, [mirror("c")])
        what["ports"] = dict(reversed(what["ports"].items()))
        answer = daemon.apply(what)
        assert fates(answer, "ports") == {"kept": ["c", "a", "source"]}
        before = check(daemon)["ports"]
        what["ports"] = {"first": NOTHING, **what["ports"]}
        del what["ports"]["c"]
        what["rules"] = [mirror("first"), *what["rules"][1:]]
        assert fates(daemon.apply(what), "ports") == {"kept": ["a", "source"], "begun": ["first"], "ended": ["c"]}
        daemon.until(lambda status: status["ports"]["first"]["tx_packets"] > 1000)
        after = check(daemon)["ports"]
        assert list(after) == ["first", "a", "source"]
        assert after["a"]["tx_packets"] > before["a"]["tx_packets"]
        assert after["source"]["tx_packets"] == 0 and after["a"]["rx_packets"] == 0
        daemon.stop()


def test_a_port_changes(tmp_path):
    """It is closed and opened anew; its numbers go on, and the others lose nothing."""
    with Daemon(base({"c": NOTHING}, [mirror("c")]), tmp_path, PLUGINS) as daemon:
        before = daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > 1000)["ports"]
        answer = daemon.apply(base({"c": {"pcap": {"out": "c.pcap"}}}, [mirror("c")]))
        assert fates(answer, "ports") == {"kept": ["source", "a"], "changed": ["c"]}
        assert daemon.call("ports")["ports"]["c"]["kind"] == "pcap"
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > before["c"]["tx_packets"])
        daemon.apply(base({"c": NOTHING}))
        status = check(daemon, losses=("port-down",))
        assert status["ports"]["a"]["tx_packets"] == status["ports"]["source"]["rx_packets"]
        daemon.stop()
    assert len(capture.read(tmp_path / "c.pcap")) > 0


@pytest.fixture(autouse=True)
def capture_beside(tmp_path):
    """Where the config lies the sandbox lets the daemon read."""
    shutil.copy(capture.fixture("dns.pcap"), tmp_path)


def test_a_device_goes_to_another_port(tmp_path):
    """What one port has is closed before another is given it."""
    def what(name):
        return base({name: {"vdev": "net_test7,rx=300"}}, [{"name": "count", "from": [name], "actions": ["drop"]}])

    with Daemon(what("one"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["one"]["rx_packets"] == 300)
        answer = daemon.apply(what("other"))
        assert fates(answer, "ports") == {"kept": ["source", "a"], "begun": ["other"], "ended": ["one"]}
        status = daemon.until(lambda status: status["ports"]["other"]["rx_packets"] == 300)
        assert status["ended"]["rx_packets"] == 300
        check(daemon, losses=("rule", "removed"))
        daemon.stop()


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


def test_a_port_that_is_kept_goes_on_reading(tmp_path):
    """What it says later it says under its name, though the config that it was opened with is gone."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    whole = open(capture.fixture("dns.pcap"), "rb").read()
    what = base({"reading": {"pcap": {"in": str(fifo)}}}, [{"name": "count", "from": ["reading"], "actions": ["drop"]}])
    with Daemon(what, tmp_path, PLUGINS) as daemon, open(fifo, "wb", buffering=0) as pipe:
        pipe.write(whole)
        daemon.until(lambda status: status["ports"]["reading"]["rx_packets"] == len(LINE))
        for number in range(20):
            more = {f"rule{rule}": "x" * 50 for rule in range(number)}
            rules = [{"name": name, "actions": []} for name in more]
            answer = daemon.apply({**what, "rules": [*rules, *what["rules"]]})
            assert fates(answer, "ports") == {"kept": ["source", "a", "reading"]}
        pipe.write(b"\xff" * 64)
        daemon.until(lambda _: "reading" in daemon.text())
        assert re.search(r"port reading: .*fifo", daemon.text()), daemon.text()
        assert check(daemon, losses=("rule",))["ports"]["reading"]["rx_packets"] == len(LINE)
        daemon.stop(code=1)


def test_a_pipe_has_one_reader(tmp_path):
    """Of a port that changes the pipe is closed before it is opened anew; to a replay it is not given while another reads."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    whole = open(capture.fixture("dns.pcap"), "rb").read()
    count = {"name": "count", "from": ["reading"], "actions": ["drop"]}
    with Daemon(base({"reading": {"pcap": {"in": str(fifo)}}}, [count]), tmp_path, PLUGINS) as daemon:
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(whole)
            daemon.until(lambda status: status["ports"]["reading"]["rx_packets"] == len(LINE))
            with pytest.raises(Refused, match="one: .*fifo is a pipe, and reading reads it"):
                daemon.apply(base({"reading": {"pcap": {"in": str(fifo)}}}, [count], replays={"one": replay("a", file=str(fifo))}))
            pipe.write(whole[24:])
            daemon.until(lambda status: status["ports"]["reading"]["rx_packets"] == 2 * len(LINE))
        # The next reader waits for a writer that begins anew.
        answer = daemon.apply(base({"other": {"pcap": {"in": str(fifo)}}}, [{**count, "from": ["other"]}]))
        assert fates(answer, "ports") == {"kept": ["source", "a"], "begun": ["other"], "ended": ["reading"]}
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(whole)
            daemon.until(lambda status: status["ports"]["other"]["rx_packets"] == len(LINE))
        check(daemon, losses=("rule",))
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


def test_groups_lose_and_get_members(tmp_path):
    """Of a port that is a group's member, a mirror's target and a replay's nothing is left when it goes."""
    def what(*members):
        rules = [{"name": "spread", "from": ["source"], "actions": [{"mirror": "all"}]}]
        replays = {name: replay(name, pace="1000pps", loops="forever") for name in members}
        return base({name: NOTHING for name in members}, rules, replays=replays, groups={"all": ["a", *members]})

    with Daemon(what("c", "d"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: all(status["ports"][name]["tx_packets"] > 1000 for name in "acd"))
        answer = daemon.apply(what("d"))
        assert fates(answer, "ports") == {"kept": ["source", "a", "d"], "ended": ["c"]}
        assert fates(answer, "groups") == {"changed": ["all"]} and fates(answer, "replays") == {"kept": ["d"], "ended": ["c"]}
        daemon.until(lambda status: status["ports"]["d"]["tx_packets"] > 1000)
        answer = daemon.apply(what("e", "d"))
        assert fates(answer, "ports") == {"kept": ["source", "a", "d"], "begun": ["e"]}
        daemon.until(lambda status: status["ports"]["e"]["tx_packets"] > 1000)
        status = check(daemon)
        sent = sum(status["replays"][name]["sent"] for name in "de")
        assert status["ended"]["tx_packets"] + sum(status["ports"][name]["tx_packets"] for name in "ade") >= \
            2 * status["ports"]["source"]["rx_packets"] + sent
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


def test_what_a_pipe_took_in_parts_stays_counted(tmp_path):
    """Also when another port has the place of the one that wrote into it."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    out = {"pcap": {"out": str(fifo)}}
    pipe = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    # A burst of these is more than the kernel takes as a whole or not at all.
    large = test_ports(source="rx=endless,size=1000")

    def what(*names):
        return base({**large, **{name: out if name == "c" else NOTHING for name in names}}, [mirror(name) for name in names])

    with Daemon(what("c"), tmp_path, PLUGINS) as daemon:
        copied = 0
        for _ in range(50):
            with contextlib.suppress(BlockingIOError):
                os.read(pipe, 100_001)
            copied = daemon.call("status")["copies"]["fifo-part"]["packets"]
            if copied > 3:
                break
            time.sleep(0.05)
        assert copied > 3
        os.close(pipe)
        daemon.apply(what())
        gone = daemon.call("status")["copies"]["fifo-part"]
        assert gone["packets"] >= copied
        daemon.apply(what("d"))
        assert daemon.call("status")["copies"]["fifo-part"] == gone
        assert check(daemon, losses=("tx-full", "port-down"))["ended"]["ports"] == 1
        # That its last reader left too soon, too.
        daemon.stop(code=1)


FAILURES = ("probe", "info", "configure", "rx-queue", "tx-queue", "start")


@pytest.mark.parametrize("failure", FAILURES)
def test_devices_that_do_not_open(tmp_path, failure):
    """In whatever step: what was opened before is closed, what was closed for it is opened again, and goes on with its file."""
    bad = {"vdev": f"net_test9,fail={failure}"}
    hand = {"one": replay("c", pace="top", start="manual")}
    kept = {"c": {"pcap": {"out": "c.pcap"}}}
    with Daemon(base(kept, replays=hand), tmp_path, PLUGINS) as daemon:
        files = descriptors(daemon)
        daemon.order("start")
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] == len(LINE))
        for ports in ({**kept, "d": NOTHING, "e": bad}, {"d": {"pcap": {"in": "dns.pcap"}}, "c": bad}):
            with pytest.raises(Refused, match=r"port [ec]: "):
                daemon.apply(base(ports, replays={**hand, "two": replay("a")}))
            assert descriptors(daemon) == files
        assert list(daemon.call("status")["ports"]) == ["source", "a", "c"]
        daemon.order("start")
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] == 2 * len(LINE))
        check(daemon, losses=("port-down",))
        daemon.stop()
    assert len(capture.read(tmp_path / "c.pcap")) == 2 * len(LINE)


def test_a_capture_that_is_missing_takes_nothing_out(tmp_path):
    """It is found out before the port that would read it is closed."""
    with Daemon(base({"c": NOTHING}, [mirror("c")]), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > 1000)
        for word in ("nowhere.pcap", "daemon.yaml"):
            with pytest.raises(Refused, match=word):
                daemon.apply(base({"c": {"pcap": {"in": word}}}))
        check(daemon)
        daemon.stop()


def test_orders_of_many_at_once(tmp_path):
    """Applies of two clients, ports that go down and up, one that leaves before it is answered: one after the other."""
    def what(number):
        ring = {"tx-ring": 256 << number % 3}
        ports = {f"p{number}": NOTHING, "c": {**NOTHING, **ring}, "in": {"pcap": {"in": "dns.pcap"}, **ring}}
        return base(ports, [{"name": "read", "from": ["in"], "actions": ["drop"]}, mirror("c")], replays={"one": replay("c", pace="top", loops="forever")} if number % 2 else {})

    with Daemon(what(0), tmp_path, PLUGINS) as daemon:
        errors = []

        def repeat(order):
            try:
                for number in range(15):
                    order(number)
            except Exception as error:  # of a thread it would not be seen
                errors.append(repr(error))
                raise

        def leave(number):
            text = __import__("yaml").dump({**what(number), "run-dir": str(daemon.run_dir)}, sort_keys=False)
            client = daemon.client()
            request = {"jsonrpc": "2.0", "id": 1, "method": "config.apply",
                       "params": {"text": text, "directory": str(tmp_path)}}
            client.socket.sendall(json.dumps(request).encode() + b"\n")
            client.close()

        def ask(_):
            # What is closed and opened meanwhile is looked at.
            for method in ("status", "ports", "drops", "memory") * 20:
                daemon.call(method)

        def up_and_down(number):
            daemon.call("port.down" if number % 2 else "port.up", name="c")
            # One that ends meanwhile, or was never there.
            for name in (f"p{number % 4}", "nosuch"):
                with contextlib.suppress(Refused):
                    daemon.call("port.up", name=name)

        threads = [threading.Thread(target=repeat, args=[order]) for order in
                   (lambda number: daemon.apply(what(number % 4)), lambda number: daemon.apply(what(5 + number % 3)), leave,
                    up_and_down, ask)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        daemon.apply(what(1))
        daemon.call("port.up", name="c")
        status = check(daemon, losses=("port-down", "removed", "rule"))
        assert list(status["ports"]) == ["source", "a", "p1", "c", "in"] and status["applied"] >= 31
        assert status["ports"]["a"]["tx_packets"] == status["ports"]["source"]["rx_packets"]
        daemon.stop()


def test_what_is_refused_changes_nothing(tmp_path):
    forever = {"one": replay("c", pace="2000pps", loops="forever")}
    nowhere = {"pcap": {"in": str(tmp_path / "nowhere.pcap")}}
    with Daemon(base({"c": NOTHING}, [mirror("c")], replays=forever), tmp_path, PLUGINS) as daemon:
        sent = daemon.until(lambda status: status["replays"]["one"]["sent"] > 200)["replays"]["one"]["sent"]
        shown = daemon.call("config.show")["text"]
        for what, words in ((base({"c": NOTHING, "d": NOTHING, "e": nowhere}, replays=forever), "nowhere.pcap"),
                            (base({"c": nowhere}), "nowhere.pcap"),
                            (base({"c": NOTHING, "d": NOTHING}, replays={"one": replay("c", file="no.pcap")}), "no.pcap"),
                            (base({"d": {"vdev": "net_nosuch"}}), "net_nosuch"),
                            (base(memory={"packets": 16383, "hugepages": False}), "memory"),
                            (base({"d": NOTHING}, [{"name": "x", "filter": "no such word", "actions": []}]), "can't parse filter")):
            with pytest.raises(Refused) as refused:
                daemon.apply(what)
            assert words in str(refused.value.error), refused.value.error
        assert daemon.call("config.show")["text"] == shown
        status = check(daemon, losses=("port-down",))
        assert status["applied"] == 0 and list(status["ports"]) == ["source", "a", "c"]
        assert status["replays"]["one"]["sent"] > sent and status["replays"]["one"]["state"] == "running"
        mirrored = status["ports"]["c"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > mirrored + 1000)
        daemon.stop()


def test_the_sandbox_says_what_needs_a_restart(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        for port, kind in (({"vdev": "net_tap0,iface=tap7"}, "vdev"), ({"af-xdp": "lo"}, "af-xdp"),
                           ({"pci": "0000:00:03.0"}, "pci")):
            once = "" if kind == "pci" else re.escape(f", or once with `sandbox: {{ keep: [{kind}] }}`")
            with pytest.raises(Refused, match=f"port c: .*{kind}.* restart it with this config{once}, or run"):
                daemon.apply(base({"c": port}))
        daemon.stop()


def test_the_reserve_says_what_would_do(tmp_path):
    """Of what comes the arena and the headers count; the number in the refusal does, and one step less does not."""
    small = {"packets": 8191, "hugepages": False, "reserve": "2MiB"}
    with Daemon(base(memory=small), tmp_path, PLUGINS) as daemon:
        with pytest.raises(Refused) as refused:
            daemon.apply(base(memory=small, replays={"one": replay("a")}))
        number = int(re.search(r"restart with reserve: (\d+)MiB", str(refused.value.error)).group(1))
        assert daemon.apply(base({"c": NOTHING}, memory=small))["begun"]["ports"] == ["c"]
        daemon.stop()
    for reserve, does in ((number, True), (number - 2, False)):
        memory = {**small, "reserve": f"{reserve}MiB"}
        with Daemon(base(memory=memory), tmp_path, PLUGINS) as daemon:
            what = base(memory=memory, replays={"one": replay("a")})
            if does:
                daemon.apply(what)
                # What it took is there for the next when it has ended.
                daemon.apply(base(memory=memory))
                daemon.apply(what)
            else:
                with pytest.raises(Refused, match="memory.reserve"):
                    daemon.apply(what)
            daemon.stop()


def test_check_opens_nothing(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        before = descriptors(daemon)
        what = daemon.directory / "other.yaml"
        what.write_text(__import__("yaml").dump({**base({"c": {"pcap": {"out": "never.pcap"}}},
                                                        replays={"one": replay("a")}),
                                                 "run-dir": str(daemon.run_dir)}))
        assert daemon.call("config.check", file=str(what))["valid"] is True
        assert not (tmp_path / "never.pcap").exists()
        assert descriptors(daemon) == before
        daemon.stop()


def test_the_client_says_what_became_of_it(tmp_path):
    with Daemon(base({"c": NOTHING}), tmp_path, PLUGINS) as daemon:
        what = {**base({"d": NOTHING}, replays={"one": replay("d")}), "run-dir": str(daemon.run_dir)}
        path = tmp_path / "next.yaml"
        path.write_text(__import__("yaml").dump(what, sort_keys=False))
        done = daemon.sluice("config", "apply", str(path))
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[1:] == ["kept: ports source, a", "begun: ports d; replays one", "ended: ports c"]
        done = daemon.sluice("config", "apply", str(path))
        assert len(done.stdout.splitlines()) == 1, done.stdout
        daemon.stop()


def test_many_applies_under_traffic(tmp_path):
    """Ports, replays and rules come and go; one replay and all that flows know nothing of it, and nothing is left over."""
    steady = {"steady": replay("a", pace="1000pps", loops="forever")}

    def variant(number):
        if number % 2 == 0:
            return base(replays=steady)
        ports = {"c": {**NOTHING, "tx-ring": 256 << number % 3}, f"p{number % 5}": NOTHING}
        return base(ports, [mirror("c")], replays={**steady, "more": replay("c", pace="top", loops=1 + number % 4)})

    with Daemon(base(replays=steady), tmp_path, PLUGINS) as daemon:
        daemon.apply(variant(1))
        daemon.apply(variant(2))
        files = descriptors(daemon)
        before = check(daemon, losses=("port-down",))
        for number in range(3, 3 + APPLIES):
            daemon.apply(variant(number))
            if number % 20 == 0:
                check(daemon, losses=("port-down",))
        daemon.apply(variant(0))
        status = check(daemon, losses=("port-down",))
        assert status["replays"]["steady"]["state"] == "running"
        assert status["replays"]["steady"]["sent"] > before["replays"]["steady"]["sent"]
        assert sum(status["replays"]["steady"]["drops"].values()) == 0
        # Mirrors to what ends or begins are all that may be dropped: whatever came in left on a.
        assert status["ports"]["a"]["tx_packets"] == \
            status["ports"]["source"]["rx_packets"] + status["replays"]["steady"]["sent"]
        assert descriptors(daemon) == files
        assert list(daemon.call("memory")["replays"]) == ["steady"]
        daemon.stop()


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.03])
def test_the_end_comes_during_an_apply(tmp_path, delay):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        refusals = []

        def applies():
            for number in range(1000):
                ports = {f"p{port}": NOTHING for port in range(number % 7)}
                try:
                    daemon.apply(base({**ports, "c": {**NOTHING, "tx-ring": 256 << number % 3}}, [mirror("c")],
                                      replays={"one": replay("c", pace="top", loops="forever")} if number % 2 else {}))
                except (OSError, ValueError, Refused) as error:
                    refusals.append(repr(error))
                    return

        thread = threading.Thread(target=applies)
        thread.start()
        daemon.until(lambda status: status["applied"] > 2 or refusals)
        assert not refusals
        time.sleep(delay)
        daemon.stop()
        thread.join()
