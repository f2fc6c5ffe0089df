# SPDX-License-Identifier: BSD-3-Clause
"""Ports that come, change and go while packets flow: what is the same in both configs goes on, the others lose nothing, and
the books balance over all of it."""

import contextlib
import os
import re
import time

import pytest
import yaml

from lib import capture
from lib.changes import base, check, fates, LINE, mirror, NOTHING, replay
from lib.daemon import Daemon, PLUGINS, Refused, test_ports

pytestmark = pytest.mark.usefixtures("dns_beside")


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
        shown = daemon.sluice("status").stdout
        lines = [re.split(r"  +", line) for line in shown.splitlines()]
        table = [re.split(r"  +", line) for line in re.search(r"^PORT +PACKETS IN.*?\n\n", shown, re.M | re.S)[0].splitlines()]
        ports = {words[0]: int(words[1].replace(",", "")) for words in table if words[0] in ("source", "a", "(ended)", "all")}
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


def test_the_client_says_what_became_of_it(tmp_path):
    with Daemon(base({"c": NOTHING}), tmp_path, PLUGINS) as daemon:
        what = {**base({"d": NOTHING}, replays={"one": replay("d")}), "run-dir": str(daemon.run_dir)}
        path = tmp_path / "next.yaml"
        path.write_text(yaml.dump(what, sort_keys=False))
        done = daemon.sluice("config", "apply", str(path))
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[1:] == ["kept: ports source, a", "begun: ports d; replays one", "ended: ports c"]
        done = daemon.sluice("config", "apply", str(path))
        assert len(done.stdout.splitlines()) == 1, done.stdout
        daemon.stop()
