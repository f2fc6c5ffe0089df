# SPDX-License-Identifier: BSD-3-Clause
"""What passes, seen with `trace` and `tap`: each packet with the rules that took it and what became of it, without a
packet that waits or is lost for it."""

import contextlib
import json
import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.offline import SLUICE, config, write_config

pytestmark = pytest.mark.live

SECONDS = 60
UDP = {"name": "dns", "match": {"protocol": "udp"}, "actions": [{"mirror": "ids"}]}
WEB = {"name": "web", "match": {"protocol": "tcp"}, "actions": [{"push": {"vlan": 7}}, {"forward": "lan"}]}


def site(rules=(UDP, WEB), fixture="mixed.pcap", pace="500pps", **more):
    what = config({name: {"null": {}} for name in ("wan", "lan", "ids")}, list(rules), **more)
    what["replays"] = {"one": {"file": str(capture.fixture(fixture)), "to": {"as": "wan"}, "pace": pace,
                               "loops": "forever", "start": "manual"}}
    return what


@contextlib.contextmanager
def running(tmp_path, what=None, **more):
    with Daemon(what or site(), tmp_path, **more) as daemon:
        daemon.call("replay.start", name="one")
        yield daemon
        check_status(daemon.call("status"))


class Look:
    """Ends where it is not asked for any more."""

    def __init__(self, daemon, **params):
        self.client = daemon.client()
        self.number = self.client.call("look.begin", **params)["look"]
        self.packets, self.counts = [], {}

    def read(self):
        answer = self.client.call("look.read", look=self.number)
        self.packets += answer["packets"]
        self.counts = answer["counts"]
        return answer

    def until(self, count):
        deadline = time.monotonic() + SECONDS
        while len(self.packets) < count:
            assert time.monotonic() < deadline, self.packets
            self.read()
            time.sleep(0.02)
        return self.packets

    def end(self):
        return self.client.call("look.end", look=self.number)["counts"]


def protocol_of(frame):
    """Of mixed.pcap, which has no tags before IPv4."""
    return frame[23] if frame[12:14] == b"\x08\x00" else None


def test_what_became_of_each(tmp_path):
    """Every packet of a capture once, byte for byte, with its rules and where it left: what is mirrored, edited and dropped."""
    frames = capture.frames("mixed.pcap")[:400]  # all of which a ring has room for
    capture.write(tmp_path / "in.pcap", frames)
    what = site(pace="500pps")
    what["replays"]["one"] |= {"file": str(tmp_path / "in.pcap"), "loops": 1}
    for _ in range(8):
        with Daemon(what, tmp_path) as daemon:
            look = Look(daemon, snap=65535)
            daemon.call("replay.start", name="one")
            status = daemon.until(lambda status: status["replays"]["one"]["state"] == "done", SECONDS)
            while look.read()["more"]:
                pass
            packets, counts = look.packets, look.end()
        # A worker that something keeps from its core while it looks passes over what comes next.
        if not counts["not_looked_at"]:
            break
    assert counts["kept"] == len(frames)
    assert [bytes.fromhex(packet["bytes"]) for packet in packets] == frames
    assert [packet["length"] for packet in packets] == [len(frame) for frame in frames]
    assert status["copies"]["look"] == {"packets": len(frames), "bytes": sum(map(len, frames))}
    for packet, frame in zip(packets, frames):
        protocol = protocol_of(frame)
        expected = {"port": "wan", "leaves": False, "rule": "default", "passed": [], "out": [], "drops": ["default"]}
        if protocol == 17:
            expected |= {"passed": ["dns"], "out": ["ids"]}
        elif protocol == 6:
            expected |= {"rule": "web", "out": ["lan"], "drops": []}
        assert {name: packet[name] for name in expected} == expected, frame.hex()
    assert {17, 6} <= {protocol_of(frame) for frame in frames}


def test_edits_of_packets_that_others_hold(tmp_path):
    """What is made of a packet counts as the packet, and is seen as it leaves."""
    rules = [{"name": "all", "actions": [{"mirror": "ids"}, {"push": {"vlan": 7}},
                                         {"mirror": "ids", "with": [{"slice": 20}]}, {"forward": "lan"}]}]
    with running(tmp_path, site(rules, "dns.pcap")) as daemon:
        seen, left = Look(daemon, **{"in": ["wan"]}), Look(daemon, out=["lan"])
        for packet in seen.until(20):
            assert sorted(packet["out"]) == ["ids", "lan"] and packet["rule"] == "all" and not packet["drops"]
            assert " vlan " not in packet["text"]
        for packet in left.until(20):
            assert packet["leaves"] and packet["port"] == "lan" and packet["rule"] == "all"
            assert packet["text"].startswith("udp ") and packet["text"].endswith(" vlan 7")
            assert bytes.fromhex(packet["bytes"])[12:16] == b"\x81\x00\x00\x07"
        ids = Look(daemon, out=["ids"])
        assert {packet["length"] == 20 for packet in ids.until(20)} == {True, False}


def test_a_replay_that_goes_out(tmp_path):
    """No rule sees it; a tap of its port does."""
    what = site()
    what["replays"]["one"]["to"] = "lan"
    with running(tmp_path, what) as daemon:
        look = Look(daemon, out=["lan"])
        for packet in look.until(5):
            assert packet["leaves"] and packet["rule"] is None and packet["out"] == ["lan"]


@pytest.mark.parametrize("params, holds", [
    ({"filter": "udp port 53"}, lambda packet: packet["text"].startswith("udp ") and ":53" in packet["text"]),
    ({"rule": "web"}, lambda packet: packet["rule"] == "web"),
    ({"rule": "dns"}, lambda packet: packet["passed"] == ["dns"]),
    ({"drops": []}, lambda packet: packet["drops"]),
    ({"drops": ["default"]}, lambda packet: packet["drops"] == ["default"]),
    ({"snap": 20}, lambda packet: len(packet["bytes"]) == 40 < 2 * packet["length"]),
], ids=["filter", "decided", "passed", "drops", "reason", "snap"])
def test_which_packets(params, holds, tmp_path):
    with running(tmp_path) as daemon:
        assert all(holds(packet) for packet in Look(daemon, **params).until(20))
        none = Look(daemon, **{"filter": "host 203.0.113.77"}, drops=["tx-full"])
        time.sleep(0.2)
        answer = none.read()
        # A worker that something keeps from its core while it looks passes over what comes next, and says so.
        assert answer["counts"].pop("not_looked_at") >= 0
        assert answer == {"packets": [], "more": False, "counts": {"kept": 0, "full": 0, "over_rate": 0}}


def test_losses_are_seen(tmp_path):
    """Packets that a port does not take, by reason."""
    ports = test_ports(lan="room=1")
    what = site([{"name": "all", "actions": [{"forward": "lan"}]}], pace="top")
    what["ports"]["lan"] = ports["lan"]
    with running(tmp_path, what, plugins=PLUGINS) as daemon:
        for packet in Look(daemon, drops=["tx-full"]).until(20):
            assert packet["drops"] == ["tx-full"] and packet["rule"] == "all" and packet["out"] == []


def test_nobody_waits_for_a_reader(tmp_path):
    """One that does not read loses packets alone, which are counted; a rate keeps others. What is seen balances."""
    with running(tmp_path, site(pace="top")) as daemon:
        before = daemon.call("status")
        look, slow = Look(daemon, snap=65535), Look(daemon, rate=100)
        daemon.until(lambda status: status["rules"]["web"]["packets"] > before["rules"]["web"]["packets"] + 200000, SECONDS)
        look.read()
        slow.read()
        assert look.counts["full"] > 0 and slow.counts["over_rate"] > 0
        status = daemon.call("status")
        assert status["ledger"]["balanced"] and not any(
            count for name, count in status["drops"].items() if name not in ("default", "rule"))
        counts = slow.end()
        assert 0 < counts["kept"] <= 100 * 60


def test_those_who_leave(tmp_path):
    """Eight can look; a client that was killed has no look after 10 s."""
    with running(tmp_path) as daemon:
        looks = [Look(daemon) for _ in range(8)]
        with pytest.raises(Refused, match="8 others look at packets"):
            Look(daemon)
        looks[0].end()
        with pytest.raises(Refused, match="there is no look 1"):
            looks[0].read()
        Look(daemon)
        looks[2].client.close()
        deadline = time.monotonic() + SECONDS
        while True:  # the others stay, since they are read
            for look in looks[3:]:
                look.read()
            with contextlib.suppress(Refused):
                Look(daemon)
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_what_the_config_allows(tmp_path):
    """`looks: headers` cuts behind the headers, `off` refuses; an apply ends what it does not allow."""
    with running(tmp_path, site(fixture="dns.pcap")) as daemon:
        look = Look(daemon)
        assert any(len(packet["bytes"]) > 2 * 42 for packet in look.until(20))
        daemon.apply({**daemon.what, "looks": "headers"})
        deadline = time.monotonic() + SECONDS
        with pytest.raises(Refused, match="it ended"):
            while time.monotonic() < deadline:
                look.read()
                time.sleep(0.05)
        look = Look(daemon)
        assert {len(packet["bytes"]) for packet in look.until(20)} == {2 * 42}
        daemon.apply({**daemon.what, "looks": "off"})
        with pytest.raises(Refused, match="looks: off"):
            Look(daemon)
        assert daemon.sluice("config", "show").stdout.count("looks: off") == 1


def test_looks_go_on_over_an_apply(tmp_path):
    with running(tmp_path) as daemon:
        look = Look(daemon, rule="web")
        look.until(5)
        for number in range(20):
            extra = {"name": f"x{number}", "match": {"protocol": "udp", "dst-port": number + 1}, "actions": ["drop"]}
            daemon.apply(site([extra, UDP, WEB]))
            assert all(packet["rule"] == "web" for packet in look.until(len(look.packets) + 3))
        assert look.end()["kept"] >= 60


@pytest.mark.parametrize("params, field, words", [
    ({"filter": "foo bar"}, "filter", "syntax error"), ({"in": ["wen"]}, "in", "there is no port wen"),
    ({"rule": "none"}, "rule", "no rule of that name"), ({"drops": ["late"]}, "drops", "nothing is dropped as late"),
    ({"snap": 70000}, "snap", "65535 at most"), ({"rate": 99999999}, "rate", "10000000 at most"),
    ({"rule": "x" * 100}, "rule", "so long a name"),
])
def test_what_is_refused(params, field, words, tmp_path):
    with running(tmp_path) as daemon, pytest.raises(Refused, match=words) as refused:
        Look(daemon, **params)
    assert refused.value.error["data"]["field"] == field


def test_only_the_owner(tmp_path):
    """They show payload: not on the socket of those who may only read."""
    with running(tmp_path) as daemon:
        done = subprocess.run([SLUICE, "--socket", f"{daemon.run_dir}/stats.sock", "trace"], capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        assert done.returncode == 1 and "control.sock" in done.stderr


def test_trace(tmp_path):
    with running(tmp_path) as daemon:
        done = daemon.sluice("trace", "tcp", "-n", "3", "--rule", "web", "--port", "wan")
        assert done.returncode == 0 and done.stderr == "3 shown\n", done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == 3 and all(" in  wan tcp " in line and line.endswith("  web -> lan") for line in lines)
        packets = [json.loads(line) for line in daemon.sluice("trace", "-n", "2", "--json").stdout.splitlines()]
        assert len(packets) == 2 and all(packet["port"] == "wan" for packet in packets)
        paths = daemon.sluice("trace", "--paths", "--for", "1").stdout
        assert "dns, default -> ids; dropped (default)" in paths and "web -> lan" in paths
        dropped = daemon.sluice("trace", "--drops=default", "-n", "4").stdout.splitlines()
        assert len(dropped) == 4 and all("dropped (default)" in line for line in dropped)


def test_trace_with_reasons(tmp_path):
    """Below each packet what `explain` says of it, which says where it went; also of one whose payload is not shown."""
    with running(tmp_path) as daemon:
        done = daemon.sluice("trace", "-v", "-n", "6")
        assert done.returncode == 0 and done.stderr == "6 shown\n", done.stderr
        blocks = done.stdout.removesuffix("\n\n").split("\n\n")
        assert len(blocks) == 6
        for block in blocks:
            line, *more = block.splitlines()
            words = {word.split()[0]: word for word in more if not word.startswith(" ")}
            assert " in  wan " in line and "as if received on wan" in words["packet"]
            decides = line.split("  ")[-1].split(" -> ")[0].split(" dropped")[0].split(",")[-1].strip().split(";")[0]
            assert words["decides"].split()[1] == f"{decides}:" and "say the same" in words["agrees"], block
        for line in daemon.sluice("trace", "-v", "-n", "5", "tcp", "--json").stdout.splitlines():
            packet = json.loads(line)
            why = packet["explain"]
            assert why["packet"]["bytes"] == packet["bytes"] and why["port"] == packet["port"] == "wan"
            assert why["decides"]["rule"] == packet["rule"] == "web" and why["agrees"]
            assert [leaf["port"] for leaf in why["leaves"]] == packet["out"] == ["lan"]
        dropped = daemon.sluice("trace", "-v", "--drops=default", "-n", "2").stdout
        assert dropped.count("\ndropped   as default") == 2
        daemon.apply({**daemon.what, "looks": "headers"})
        shown = daemon.sluice("trace", "-v", "-n", "3", "greater 200").stdout
        assert shown.count("\nagrees ") == 3 and shown.count(" on the wire") == 3, shown


def test_explain_what_passes(tmp_path):
    """The next packet that a filter takes, a rule took or that was dropped, asked about as any other."""
    with running(tmp_path) as daemon:
        done = daemon.sluice("explain", "--live", "tcp")
        assert done.returncode == 0 and done.stderr == "1 shown\n", done.stderr
        assert " in  wan tcp " in done.stdout.splitlines()[0] and "\ndecides   web:" in done.stdout
        answers = [json.loads(line) for line in daemon.sluice("explain", "--live", "-n", "3", "--json").stdout.splitlines()]
        assert len(answers) == 3
        for answer in answers:
            assert answer["agrees"] and answer["port"] == answer["live"]["port"] == "wan"
            assert answer["packet"]["bytes"] == answer["live"]["bytes"]
            assert answer["decides"]["rule"] == answer["live"]["rule"]
        answer = json.loads(daemon.sluice("explain", "--live", "--drops", "--near", "0", "--down", "ids", "--json").stdout)
        assert answer["live"]["drops"] and answer["drop"] and answer["near"] == []
        assert all(mirror["drop"]["reason"] == "port-down" for mirror in answer["mirrors"])
        other = write_config(tmp_path / "other.yaml", {**daemon.what, "rules": []})
        done = daemon.sluice("explain", "--rule", "web", "--live", "--with", other, "--port", "wan")
        assert "\nwith " in done.stdout and "it is treated otherwise:" in " ".join(done.stdout.split()), done
        assert daemon.sluice("explain", "--live", "host 203.0.113.77", "--for", "0.5").stderr == "0 shown\n"


def test_tap(tmp_path):
    """A capture that tcpdump and tshark read while it is written."""
    with running(tmp_path) as daemon:
        with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "tap", "lan", "-n", "10"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tap:
            shown = subprocess.run(["tcpdump", "-nr", "-"], stdin=tap.stdout, capture_output=True, text=True, check=True,
                                   timeout=SECONDS)
            assert tap.wait() == 0
        assert len(shown.stdout.splitlines()) == 10
        (tmp_path / "wan.pcapng").write_bytes(subprocess.run(
            [SLUICE, "--socket", daemon.run_dir, "tap", "wan", "tcp", "-n", "10"], capture_output=True, check=True,
            timeout=SECONDS).stdout)
        (tmp_path / "drops.pcapng").write_bytes(subprocess.run(
            [SLUICE, "--socket", daemon.run_dir, "tap", "--drops", "-n", "10"], capture_output=True, check=True,
            timeout=SECONDS).stdout)
    fields = ["frame.interface_name", "frame.packet_flags_direction", "frame.comment"]
    rows = {}
    for name in ("wan", "drops"):
        done = subprocess.run(["tshark", "-r", tmp_path / f"{name}.pcapng", "-T", "fields",
                               *(word for field in fields for word in ("-e", field))], capture_output=True, text=True,
                              check=True, timeout=SECONDS)
        rows[name] = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows["wan"] == [["wan", "0x00000001", "web -> lan"]] * 10
    assert len(rows["drops"]) == 10 and all("dropped (default)" in row[2] for row in rows["drops"])


def test_a_tap_whose_reader_goes(tmp_path):
    with running(tmp_path) as daemon:
        with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "tap", "wan"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as tap:
            tap.stdout.read(1000)
            tap.stdout.close()
            assert tap.wait(SECONDS) == 0
        with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "tap", "wan", "host 203.0.113.77"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tap:
            tap.stdout.read(4)  # and nothing follows that would fail to be written
            tap.stdout.close()
            assert tap.wait(SECONDS) == 0
        with pytest.raises(Refused):  # it has said that it ends
            daemon.call("look.read", look=1)


@pytest.mark.parametrize("words, said", [
    (["tap"], "needs PORT"), (["tap", "wan", "--drops", "tcp"], "FILTER alone"), (["trace", "--in"], "sluice tap"),
    (["status", "-n", "3"], "sluice trace"), (["status", "-v"], "sluice trace"), (["tap", "wan", "-v"], "sluice trace"),
    (["trace", "-v", "--paths"], "leave"), (["trace", "-v", "--snap", "65000"], "leave"), (["trace", "--for", "x"], "--for takes seconds"),
    (["trace", "-n", "x"], "-n takes a number"), (["trace", "--snap", "0"], "--snap takes a number"),
    (["trace", "--rat", "5", "--prot"], "`--port`"), (["explain", "--live", "tcp", "--all"], "leave --all"),
    (["explain", "--live", "tcp", "tcp"], "one word"), (["explain", "00", "-n", "2"], "sluice trace"),
    (["explain", "--live", "-v"], "-v"), (["trace", "--live"], "`sluice config diff`"), (["explain"], "needs PACKET"),
    (["config", "diff", "/dev/null", "--live"], "--live takes seconds"),
])
def test_misspelt(words, said):
    done = subprocess.run([SLUICE, *words], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2 and said in done.stderr
