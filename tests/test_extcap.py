# SPDX-License-Identifier: BSD-3-Clause
"""Ports of a running daemon as interfaces of Wireshark: real tshark finds them by itself, and captures there."""

import os
import signal
import subprocess

import pytest

from lib import capture
from lib.daemon import Daemon, check_status
from lib.offline import BUILD, config

pytestmark = pytest.mark.live

EXTCAP = BUILD / "app" / "extcap" / "sluice-extcap"
SECONDS = 60
RULES = [{"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"forward": "lan"}]}]


@pytest.fixture(name="daemon")
def running(tmp_path):
    what = config({name: {"null": {}} for name in ("wan", "lan")}, RULES)
    what["replays"] = {"one": {"file": str(capture.fixture("mixed.pcap")), "to": {"as": "wan"}, "pace": "500pps",
                               "loops": "forever"}}
    with Daemon(what, tmp_path) as daemon:
        yield daemon
        check_status(daemon.call("status"))


@pytest.fixture(name="home")
def private(tmp_path):
    """A home directory of which Wireshark takes this build's program."""
    place = tmp_path / "home" / ".config" / "wireshark" / "extcap"
    place.mkdir(parents=True)
    (place / "sluice-extcap").symlink_to(EXTCAP)
    return tmp_path / "home"


def surroundings(home, daemon=None):
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    environment.pop("SLUICE_SOCKET", None)
    return environment | ({"SLUICE_SOCKET": str(daemon.run_dir)} if daemon else {})


def tshark(*words, home, daemon=None):
    return subprocess.run(["tshark", *words], capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=surroundings(home, daemon))


def extcap(*words, daemon=None):
    return subprocess.run([EXTCAP, *words], capture_output=True, text=True, timeout=SECONDS, check=False,
                          env=surroundings(daemon.directory, daemon))


def test_tshark_lists_them(daemon, home):
    """Those of the daemon that `sluice` would ask by their short names, of any other with its run-dir."""
    words = tshark("-D", home=home, daemon=daemon).stdout
    for line in ("sluice-wan (sluice: port wan)", "sluice-lan (sluice: port lan)", "sluice:drops (sluice: what is dropped)"):
        assert f" {line}\n" in words, words
    assert f"@{daemon.run_dir}" not in words
    other = tshark("-D", home=home).stdout
    assert f" sluice-wan@{daemon.run_dir} (sluice at {daemon.run_dir}: port wan)\n" in other, other


@pytest.mark.parametrize("other", [False, True], ids=["own", "other"])
def test_tshark_captures(other, daemon, home):
    """What its capture filter takes, with rule and way in each packet's comment; it ends when enough is there."""
    place = f"@{daemon.run_dir}" if other else ""
    fields = ["frame.interface_name", "udp.dstport", "frame.comment", "frame.packet_flags_direction"]
    done = tshark("-i", f"sluice-wan{place}", "-f", "udp dst port 53", "-c", "5", "-T", "fields",
                  *(word for field in fields for word in ("-e", field)), home=home, daemon=None if other else daemon)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == 5 and all(row[1:] == ["53", "dns -> lan", "0x00000001"] for row in rows), (rows, done.stderr)
    daemon.until(lambda status: not looking(daemon), SECONDS)


def looking(daemon):
    """Whether packets are still copied for somebody."""
    before = daemon.call("status")["copies"]["look"]["packets"]
    sent = daemon.call("replay.list")["replays"]["one"]["sent"]
    daemon.until(lambda _: daemon.call("replay.list")["replays"]["one"]["sent"] > sent + 100, SECONDS)
    return daemon.call("status")["copies"]["look"]["packets"] != before


def test_tshark_captures_drops(daemon, home):
    done = tshark("-i", "sluice:drops", "-c", "5", "-T", "fields", "-e", "frame.comment", home=home, daemon=daemon)
    rows = done.stdout.splitlines()
    assert len(rows) == 5 and all("dropped (default)" in row for row in rows), done.stderr


def test_a_wrong_filter_is_told(daemon, home):
    """By tshark before it captures, in libpcap's words."""
    done = tshark("-i", "sluice-wan", "-f", "udp prot 53", "-c", "1", home=home, daemon=daemon)
    assert not done.stdout and "syntax error" in done.stderr, done
    asked = extcap("--capture", "--extcap-interface", "sluice-wan", "--extcap-capture-filter", "udp prot 53", daemon=daemon)
    assert "syntax error" in asked.stdout and asked.returncode == 1
    asked = extcap("--capture", "--extcap-interface", "sluice-wan", "--extcap-capture-filter", "udp port 53", daemon=daemon)
    assert (asked.stdout, asked.stderr, asked.returncode) == ("", "", 0)


@pytest.mark.parametrize("words, holds", [
    (["--direction", "out"], lambda row: row == ["0x00000002", "dns -> lan"]),
    (["--rule", "dns", "--snap", "60"], lambda row: row == ["0x00000002", "dns -> lan"]),
], ids=["direction", "rule"])
def test_its_options(words, holds, daemon, tmp_path):
    """Ended as Wireshark does, it says nothing: that would be shown as a failure."""
    written = tmp_path / "out.pcapng"
    with subprocess.Popen([EXTCAP, "--capture", "--extcap-interface", "sluice-lan", "--fifo", written, *words],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=surroundings(tmp_path, daemon)) as process:
        daemon.until(lambda _: written.exists() and written.stat().st_size > 5000, SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=SECONDS) == ("", "") and process.returncode == 0
    done = subprocess.run(["tshark", "-r", written, "-T", "fields", "-e", "frame.packet_flags_direction", "-e",
                           "frame.comment", "-e", "frame.cap_len"], capture_output=True, text=True, check=True,
                          timeout=SECONDS)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) > 10 and all(holds(row[:2]) for row in rows)
    assert max(int(row[2]) for row in rows) <= (60 if "--snap" in words else 65535)


def test_its_answers(daemon):
    assert extcap("--extcap-interface", "sluice-wan", "--extcap-dlts", daemon=daemon).stdout.startswith(
        "dlt {number=1}{name=EN10MB}")
    shown = extcap("--extcap-interface", "sluice-wan", "--extcap-config", daemon=daemon).stdout
    assert "{call=--direction}" in shown and "--reason" not in shown
    shown = extcap("--extcap-interface", "sluice:drops", "--extcap-config", daemon=daemon).stdout
    assert "{value=tx-full}" in shown and "--direction" not in shown


@pytest.mark.parametrize("words, said", [
    (["--extcap-interface", "eth0", "--capture", "--fifo", "/dev/null"], "no interface of sluice is called"),
    (["--extcap-interface", "sluice-wen", "--capture", "--fifo", "/dev/null"], "no port wen"),
    (["--extcap-interface", "sluice-wan", "--capture", "--fifo", "/nowhere/fifo"], "can't write to"),
    (["--extcap-interface", "sluice-wan", "--capture", "--fifo", "/dev/null", "--snap", "0"], "--snap takes a number"),
    (["--extcap-interface", "sluice-wan", "--capture", "--fifo", "/dev/null", "--direction", "up"], "--direction takes"),
    (["--extcap-interface", "sluice-wan", "--snip", "3"], "unknown option"), (["wan"], "Wireshark"), ([], "Wireshark"),
])
def test_what_is_wrong_is_told(words, said, daemon):
    done = extcap(*words, daemon=daemon)
    assert done.returncode in (1, 2) and said in done.stderr, done


def test_no_daemon_is_no_interface(tmp_path, home):
    """Wireshark starts as without it."""
    environment = {**surroundings(home), "SLUICE_SOCKET": str(tmp_path / "nowhere")}
    done = subprocess.run([EXTCAP, "--extcap-interfaces"], capture_output=True, text=True, timeout=SECONDS, check=True,
                          env=environment)
    assert not done.stderr and done.stdout.startswith("extcap {version=")
    assert "{value=sluice-wan}" not in done.stdout
