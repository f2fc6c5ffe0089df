# SPDX-License-Identifier: BSD-3-Clause
"""Who else could reach what the daemon makes: its run-dir, its lock, and the captures it writes."""

import json
import os
import pathlib
import stat
import struct
import subprocess
import tempfile

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, test_ports
from lib.offline import SLUICED, config, offline, out, write_config

NOBODY = 65534


@pytest.fixture(name="place")
def short_path():
    """Sockets' paths are short."""
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as path:
        os.chmod(path, 0o755)
        yield pathlib.Path(path)


def make(place, owner=0, mode=0o755):
    path = place / "run"
    path.mkdir()
    os.chown(path, owner, 0)
    os.chmod(path, mode)
    return path


def foreign_by_link(place):
    make(place, owner=NOBODY)
    (place / "link").symlink_to("run")
    return place / "link"


UNSAFE = {
    "another user's": (lambda place: make(place, owner=NOBODY), "belongs to user 65534"),
    "another user's, by a link": (foreign_by_link, "belongs to user 65534"),
    "its group may write": (lambda place: make(place, mode=0o775), "can be written to by its group"),
    "everyone may write": (lambda place: make(place, mode=0o777), "can be written to by everyone"),
    "everyone may write, sticky": (lambda place: make(place, mode=0o1777), "can be written to by everyone"),
}


def attempt(run_dir, directory, command):
    what = {**config({"a": {"vdev": "net_null0,no-rx=1"}}, idle="sleep"), "run-dir": str(run_dir)}
    path = write_config(directory / "config.yaml", what)
    return subprocess.run([SLUICED, *command, path], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("kind", UNSAFE)
def test_root_refuses_what_others_can_change(kind, place, tmp_path):
    maker, words = UNSAFE[kind]
    run_dir = maker(place)
    done = attempt(run_dir, tmp_path, ["run"])
    assert done.returncode == 1 and words in done.stderr, done
    assert not list(run_dir.iterdir())
    done = attempt(run_dir, tmp_path, ["check"])
    assert done.returncode == 1 and words in done.stderr and "[run-dir]" in done.stderr, done


def in_the_way(path, kind, target):
    if kind == "symlink":
        path.symlink_to(target)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        (path / "x").mkdir(parents=True)


@pytest.mark.parametrize("name, kind", [("lock", "symlink"), ("lock", "fifo"), ("lock", "directory"),
                                        ("control.sock", "directory"), ("stats.sock", "directory")])
def test_what_stands_in_the_way_is_named(name, kind, place, tmp_path):
    target = place / "target"
    target.write_text("precious")
    run_dir = make(place)
    in_the_way(run_dir / name, kind, target)
    done = attempt(run_dir, tmp_path, ["run"])
    assert done.returncode == 1 and str(run_dir / name) in done.stderr and "remove it" in done.stderr, done
    assert target.read_text() == "precious" and (run_dir / name).lstat()
    done = attempt(run_dir, tmp_path, ["check"])
    assert done.returncode == 1 and str(run_dir / name) in done.stderr and "[run-dir]" in done.stderr, done


def test_what_has_two_names_is_left_alone(place, tmp_path):
    """A lock that is a hard link to somebody's file, and a socket's name that leads to one."""
    run_dir = make(place)
    target = place / "target"
    target.write_text("precious")
    os.link(target, run_dir / "lock")
    (run_dir / "control.sock").symlink_to(target)
    with Daemon(config(test_ports(a="")), tmp_path, PLUGINS, run_dir=str(run_dir)) as daemon:
        assert (run_dir / "lock").read_text() == f"{daemon.process.pid}\n"
        assert "another file's name too" in daemon.text()
        done = attempt(run_dir, tmp_path, ["check"])
        assert done.returncode == 1 and f"process {daemon.process.pid} is a sluiced" in done.stderr, done
        assert "[run-dir-busy]" in done.stderr
        daemon.stop()
    assert target.read_text() == "precious" and target.stat().st_nlink == 1


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask, wanted", [(0o022, 0o640), (0o000, 0o640), (0o077, 0o600)])
def test_written_captures_are_not_everyones(mask, wanted, tmp_path):
    before = os.umask(mask)
    try:
        offline(config({"in": "dns.pcap", "a": out("a")}, default={"forward": "a"}), tmp_path)
        assert mode(tmp_path / "a.pcap") == wanted
        ports = {**test_ports(source="rx=endless"), "plain": out("plain"), "spelled": out("x, y"),
                 "own": {"vdev": f"net_pcap7,tx_pcap={tmp_path}/own.pcap"}}
        rules = [{"name": "all", "actions": [{"mirror": "plain"}, {"mirror": "spelled"}, {"forward": "own"}]}]
        for sandbox in (True, False):
            with Daemon(config(ports, rules, idle="sleep", sandbox=sandbox), tmp_path, PLUGINS) as daemon:
                daemon.until(lambda status: status["ports"]["own"]["tx_packets"] > 10)
                daemon.stop()
            for name in ("plain", "x, y", "own"):
                assert mode(tmp_path / f"{name}.pcap") == wanted, (name, sandbox)
                (tmp_path / f"{name}.pcap").unlink()
    finally:
        os.umask(before)


def write_pcapng(path, packets):
    """Packets as (nanoseconds, bytes), on one interface whose times are nanoseconds."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHIHHB3xHH", 1, 0, 0, 9, 1, 9, 0, 0)))
        for time, data in packets:
            file.write(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xffffffff, len(data), len(data)) + data))


def test_times_that_a_pcap_cannot_hold_are_refused(tmp_path):
    """Its seconds have 32 bits: what would come out earlier than it was is not written."""
    last = (2**32 - 1) * 10**9
    write_pcapng(tmp_path / "late.pcapng", [(last, bytes(60)), (last + 10**9, bytes(61)), (last, bytes(62))])
    what = config({"in": {"pcap": {"in": "late.pcapng"}}, "a": out("a")}, default={"forward": "a"})
    done = subprocess.run([SLUICED, "offline", "--json", write_config(tmp_path / "config.yaml", what)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "a.pcap" in done.stderr and "2106" in done.stderr, done
    assert json.loads(done.stdout)["ledger"]["balanced"] is True
    assert [len(packet.data) for packet in capture.read(tmp_path / "a.pcap")] == [60]
