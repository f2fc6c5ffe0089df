# SPDX-License-Identifier: BSD-3-Clause
"""Files that a config names which comes later: the daemon in its sandbox can't open them, so a process outside does, and
gives nothing that is not a capture."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from lib import blocks, capture
from lib.daemon import Daemon, PLUGINS, Refused, test_ports
from lib.offline import SLUICED, config, write_config

PORTS = test_ports(source="rx=endless,flows=100", sink="hold=32")
LINES = capture.read(capture.fixture("dns.pcap"))
ROOMY = {"packets": 16383, "hugepages": False}
DAC = {1, 2}  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def base(ports=None, rules=(), **more):
    ports = {**PORTS, **(ports or {})}
    rules = [*rules, {"name": "send", "from": ["source"], "actions": [{"forward": "sink"}]}]
    return config(ports, rules, idle="sleep", **more)


def reader(name, **keys):
    return base({"in": {"pcap": {"in": str(name), **keys}}}, [{"name": "count", "from": ["in"], "actions": ["drop"]}])


def writer(name):
    return base({"out": {"pcap": {"out": str(name)}}}, [{"name": "copy", "from": ["source"], "actions": [{"mirror": "out"}]}])


def keeper(directory, more, **terms):
    return base(rules=[{"name": "keep", "from": ["source"], "actions": [{"sample": 1000}, {"mirror": "kept"}, {"forward": "sink"}]}],
                captures={"kept": {"directory": str(directory), "memory": "16MiB", "rotate": {"packets": 100}, **terms}}, **more)


def kept(directory):
    """The files of a capture, each with its index."""
    paths = sorted(directory.glob("kept-0*"))
    assert [f"{path.name}.index" for path in paths[::2]] == [path.name for path in paths[1::2]], paths
    assert all(path.name.endswith("Z.pcapng") for path in paths[::2]), paths
    assert not any(path.stat().st_mode & 0o7777 & ~0o640 for path in paths)
    return paths[::2]


@pytest.fixture(name="elsewhere")
def directory_elsewhere(tmp_path_factory):
    """Of nothing in it the first config knows."""
    path = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(capture.fixture("dns.pcap"), path)
    return path


def opener_of(daemon):
    """Its process, or None."""
    with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children", encoding="ascii") as children:
        found = [int(word) for word in children.read().split()]
    assert len(found) <= 1
    return found[0] if found else None


def received(daemon, count):
    return daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == count)


def test_captures_from_elsewhere(tmp_path, elsewhere):
    """A file, a directory, a glob, what is compressed, a FIFO; of a port and of a replay."""
    more = elsewhere / "more"
    more.mkdir()
    for name in ("one.pcap", "two.pcap"):
        shutil.copy(capture.fixture("dns.pcap"), more / name)
    (more / "notes.txt").write_text("what else lies there")
    os.system(f"gzip -c {elsewhere}/dns.pcap > {elsewhere}/dns.pcap.gz")
    os.mkfifo(elsewhere / "fifo")
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        assert daemon.call("status")["sandbox"]["opener"] is True and "opener on" in daemon.sluice("status").stdout
        for name, count in (("dns.pcap", 1), ("more", 2), ("more/*.pcap", 2), ("m*/one.pcap", 1), ("dns.pcap.gz", 1)):
            daemon.apply(reader(elsewhere / name))
            received(daemon, count * len(LINES))
            daemon.apply(base())
        daemon.apply(reader(elsewhere / "fifo"))
        (elsewhere / "fifo").write_bytes(capture.fixture("dns.pcap").read_bytes())
        received(daemon, len(LINES))
        replay = {"file": str(elsewhere / "dns.pcap"), "to": "sink", "pace": "top", "memory": "8MiB", "start": "manual"}
        daemon.apply(base(replays={"one": replay}))
        for _ in range(2):
            daemon.order("start", "one")
            daemon.until(lambda status: status["replays"]["one"]["sent"] == len(LINES) and
                         status["replays"]["one"]["state"] == "done")
        daemon.stop()
        log = daemon.text()
    # It is told of each once, however often that is opened.
    assert log.count(f"opener: {elsewhere}/dns.pcap was opened, to be read") == 1
    assert f"opener: {more} was opened, for the names in it" in log
    assert f"opener: {more}/notes.txt was refused, to be read" in log


def test_captures_to_be_written_elsewhere(tmp_path, elsewhere):
    out = elsewhere / "out.pcap"
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        daemon.apply(writer(out))
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > 100)
        daemon.apply(base())
        first = out.stat().st_size
        # Made anew where one is there, as at the start.
        os.truncate(out, first + 1000)
        daemon.apply(writer(out))
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > 100)
        # And beside one that was taken away.
        os.rename(out, elsewhere / "old.pcap")
        daemon.call("port.down", name="out")
        daemon.call("port.up", name="out")
        before = daemon.call("status")["ports"]["out"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > before + 100)
        daemon.stop()
        assert f"opener: {out} was opened, to be written" in daemon.text()
    assert len(capture.read(elsewhere / "old.pcap")) > 100 and len(capture.read(out)) > 100
    assert out.stat().st_mode & 0o7777 & ~0o640 == 0


def test_captures_of_rules_elsewhere(tmp_path, elsewhere):
    """Whole files with their indexes, of which the oldest go; what others have there stays."""
    others = {elsewhere / "other.pcapng": b"no capture", elsewhere / "kept-notes.pcapng.part": b"nor this"}
    for path, text in others.items():
        path.write_bytes(text)
    fixed, found = {"memory": ROOMY}, []
    for closed in (5, 3):
        with Daemon(base(**fixed), tmp_path, PLUGINS) as daemon:
            assert daemon.apply(keeper(elsewhere, fixed, keep={"files": 3}))["begun"]["captures"] == ["kept"]
            daemon.until(lambda status, closed=closed: status["captures"]["kept"]["closed"] >= closed, 60)
            assert daemon.apply(base(**fixed))["ended"]["captures"] == ["kept"]
            daemon.stop()
            found.append((kept(elsewhere), daemon.text()))
    (first, log), (last, _) = found
    # The second goes on behind the first, whose files went one by one.
    assert len(first) == len(last) == 3 and first[-1] < last[0]
    assert all(len(blocks.packets(path)) == 100 for path in last[:-1])
    assert re.search(f"opener: {elsewhere}/kept-000001-.*Z.pcapng.part was renamed, to be whole", log)
    assert re.search(f"opener: {elsewhere}/kept-000001-.*Z.pcapng was removed, to make room", log)
    assert others == {path: path.read_bytes() for path in others}


def test_a_pipe_to_be_written_elsewhere(tmp_path, elsewhere):
    """Nobody reads it when it is applied; somebody does later."""
    os.mkfifo(elsewhere / "out.pcap")
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        daemon.apply(writer(elsewhere / "out.pcap"))
        time.sleep(0.3)
        assert not daemon.call("ports")["ports"]["out"]["up"]
        with open(elsewhere / "out.pcap", "rb") as pipe:
            assert pipe.read(24)[:4] == b"\x4d\x3c\xb2\xa1"
            daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > 0)
        daemon.stop(code=1)  # what the pipe still held is lost with its reader


def test_what_it_refuses(tmp_path, elsewhere):
    """It says why, and what is there stays as it is."""
    secret = elsewhere / "secret.pcap"
    secret.write_text("the first line of a file that is no capture\n" * 10)
    link, twin, other = elsewhere / "link.pcap", elsewhere / "twin.pcap", elsewhere / "dns.txt"
    link.symlink_to(elsewhere / "dns.pcap")
    shutil.copy(elsewhere / "dns.pcap", other)
    os.link(elsewhere / "dns.pcap", twin)
    before = {path: path.read_bytes() for path in (secret, elsewhere / "dns.pcap", twin, other)}
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        for what in (reader(secret), reader("/dev/tty"), reader("/etc/shadow"), writer(secret), writer(link), writer(twin),
                     writer(other), writer(elsewhere / "new.txt"), writer("/dev/full"),
                     base(replays={"one": {"file": str(secret), "to": "sink"}})):
            with pytest.raises(Refused, match="opener gives to be read what begins as a capture.* restart the daemon"):
                daemon.apply(what)
        with pytest.raises(Refused, match="opens the captures of pcap ports.* restart the daemon"):
            daemon.apply(base({"in": {"vdev": f"net_pcap0,rx_pcap={elsewhere}/dns.pcap"}}))
        with pytest.raises(Refused, match="No such file"):
            daemon.apply(writer(elsewhere / "nowhere" / "new.pcap"))
        # What the sandbox leaves to the daemon itself needs nobody.
        shutil.copy(elsewhere / "dns.pcap", tmp_path)
        daemon.apply(reader("dns.pcap"))
        received(daemon, len(LINES))
        daemon.stop()
        assert f"opener: {link} was refused, to be written" in daemon.text()
    assert before == {path: path.read_bytes() for path in before}
    assert not (elsewhere / "new.txt").exists()


def test_it_can_be_left_out(tmp_path, elsewhere):
    with Daemon(base(sandbox={"opener": False}), tmp_path, PLUGINS) as daemon:
        assert opener_of(daemon) is None
        assert daemon.call("status")["sandbox"]["opener"] is False and "opener off" in daemon.sluice("status").stdout
        for make in (reader, writer):
            what = {**make(elsewhere / ("dns.pcap" if make is reader else "new.pcap")), "sandbox": {"opener": "off"}}
            with pytest.raises(Refused, match="the sandbox .*no opener runs: restart it with this config"):
                daemon.apply(what)
        # A directory that is closed is not one without such files.
        with pytest.raises(Refused, match=r"/\*\.pcap: Permission denied; the sandbox .*no opener runs"):
            daemon.apply({**reader(elsewhere / "*.pcap"), "sandbox": {"opener": "off"}})
        (elsewhere / "list.txt").write_text("10.0.0.0/8\n")
        with pytest.raises(Refused) as refused:
            daemon.apply({**base(rules=[{"name": "all", "match": {"src": {"file": str(elsewhere / "list.txt")}}}]),
                          "sandbox": {"opener": "off"}})
        assert "list.txt\" can't be read: Permission denied" in json.dumps(refused.value.error).replace("\\", "")
        assert "the sandbox lets the daemon read lists that lie beside its first config" in str(refused.value.error)
        with pytest.raises(Refused, match="`sandbox` can't change while sluiced runs"):
            daemon.apply(base())
        assert "sandbox: { opener: off }" in daemon.call("config.show")["text"]
        assert not (elsewhere / "new.pcap").exists()
        daemon.stop()
    with Daemon(base(sandbox=False), tmp_path, PLUGINS) as daemon:
        assert opener_of(daemon) is None
        daemon.apply({**reader(elsewhere / "dns.pcap"), "sandbox": False})
        received(daemon, len(LINES))
        daemon.stop()


def test_captures_of_rules_without_it(tmp_path, elsewhere):
    fixed = {"memory": ROOMY, "sandbox": {"opener": "off"}}
    with Daemon(base(**fixed), tmp_path, PLUGINS) as daemon:
        with pytest.raises(Refused) as refused:
            daemon.apply(keeper(elsewhere, fixed))
        assert "is outside what the sandbox was given at the start, and no opener runs" in json.dumps(refused.value.error)
        daemon.stop()
    assert not list(elsewhere.glob("kept-0*"))


def test_directories_from_the_start(tmp_path, elsewhere):
    """What is beneath them needs no opener, whatever it is; what is beside them is as far as ever."""
    fixed = {"sandbox": {"opener": "off"}, "allow": [str(elsewhere)]}
    (elsewhere / "list").write_text("192.0.2.1\n")
    (elsewhere / "below").mkdir()
    beside = elsewhere.parent / f"{elsewhere.name}-beside.pcap"
    shutil.copy(elsewhere / "dns.pcap", beside)
    with Daemon(base(**fixed), tmp_path, PLUGINS) as daemon:
        daemon.apply({**reader(elsewhere / "*.pcap"), **fixed})
        received(daemon, len(LINES))
        out = elsewhere / "below" / "any.name"
        daemon.apply({**writer(out), **fixed})
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > 100)
        match = {"name": "known", "match": {"src": {"file": str(elsewhere / "list")}}, "actions": ["drop"]}
        replay = {"file": str(elsewhere / "dns.pcap"), "to": "sink", "pace": "top", "memory": "8MiB"}
        daemon.apply(base({"in": {"vdev": f"net_pcap0,rx_pcap={elsewhere}/dns.pcap"}}, [match], replays={"one": replay}, **fixed))
        daemon.until(lambda status: status["replays"]["one"]["sent"] == len(LINES))
        for what in (reader(beside), writer(elsewhere.parent / "other.pcap"), reader("/etc/hostname")):
            with pytest.raises(Refused, match="beneath `allow`.* restart it"):
                daemon.apply({**what, **fixed})
        with pytest.raises(Refused, match="`allow` can't change while sluiced runs"):
            daemon.apply(base(sandbox=fixed["sandbox"], allow=["/"]))
        assert f'allow: ["{elsewhere}"]' in daemon.call("config.show")["text"]
        daemon.stop()
        assert len(capture.read(out)) > 100
    beside.unlink()


@pytest.mark.parametrize("name", ["nowhere", "dns.pcap"])
def test_directories_that_are_none(name, tmp_path, elsewhere):
    path = write_config(tmp_path / "config.yaml", {**base(allow=[str(elsewhere / name)]), "run-dir": str(tmp_path / "run")})
    done = subprocess.run([SLUICED, "check", path, "--json", "--plugin", *PLUGINS], capture_output=True, text=True, check=False)
    found = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "allow-missing"]
    assert done.returncode == 1 and len(found) == 1 and found[0]["field"] == "allow" and name in found[0]["what"]
    done = subprocess.run([SLUICED, "run", path, "--plugin", *PLUGINS], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"allow: {elsewhere}/{name}" in done.stderr


def test_its_death(tmp_path, elsewhere):
    """The daemon says so and goes on; what it has been given it keeps."""
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        daemon.apply(writer(elsewhere / "out.pcap"))
        os.kill(opener_of(daemon), signal.SIGKILL)
        daemon.until(lambda status: status["sandbox"]["opener"] is False)
        # Without another question it is seen by the next tick.
        assert daemon.text().count("the opener has ended") == 1
        assert opener_of(daemon) is None
        what = writer(elsewhere / "out.pcap")
        what["ports"]["in"] = {"pcap": {"in": str(elsewhere / "dns.pcap")}}
        with pytest.raises(Refused, match="no opener runs: restart it with this config"):
            daemon.apply(what)
        before = daemon.call("status")["ports"]["out"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > before + 100)
        daemon.stop()


def gone(process):
    """Whether it ends within some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{process}/stat", encoding="ascii") as stat:
                if stat.read().rsplit(") ", 1)[1][0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_it_ends_with_the_daemon(how, tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        opener = opener_of(daemon)
        # What a terminal or a service manager sends to all of them is the daemon's business.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(opener, number)
        assert daemon.call("status")["sandbox"]["opener"] is True and opener_of(daemon) == opener
        if how == "SIGTERM":
            daemon.stop()
        else:
            daemon.kill()
        assert gone(opener)


def test_what_it_may(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        opener = opener_of(daemon)
        with open(f"/proc/{opener}/status", encoding="ascii") as text:
            status = dict(line.split(":\t", 1) for line in text.read().splitlines())
        assert status["Name"] == "sluiced-opener" and status["Threads"] == "1" and status["NoNewPrivs"] == "1"
        sanitized = "sanitize" in os.environ.get("SLUICE_BUILD", "")
        assert status["Seccomp"] == ("0" if sanitized else "2")
        for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert {bit for bit in range(64) if int(status[kind], 16) >> bit & 1} <= DAC, kind
        names = {}
        for number in os.listdir(f"/proc/{opener}/fd"):
            with contextlib.suppress(FileNotFoundError):
                names[int(number)] = re.sub("[0-9]+", "", os.readlink(f"/proc/{opener}/fd/{number}"))
        assert set(names) == {0, 1, 2, 3} and names[0] == names[1] == "/dev/null" and names[3] == "socket:[]", names
        daemon.stop()
