# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced replay FILE... --to PORT`: a replay without a config, to a capture, to nothing, and to a real interface."""

import contextlib
import gzip
import json
import os
import pty
import re
import shutil
import signal
import subprocess

import pytest

from lib import capture, edits, sides, unique
from lib.net import run
from lib.offline import ROOT, SLUICED
from lib.wire import Pair

DNS = capture.fixture("dns.pcap")
FRAMES = [packet.data for packet in capture.read(DNS)]


def replay(tmp_path, *words):
    return subprocess.run([SLUICED, "replay", *map(str, words)], cwd=tmp_path, capture_output=True, text=True,
                          timeout=120, check=False)


@contextlib.contextmanager
def started(tmp_path, *words, **more):
    """One that goes on; what it says is read at its end."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    process = subprocess.Popen([SLUICED, "replay", *map(str, words)], cwd=tmp_path, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sent(done):
    """Of one with --json."""
    return json.loads(done.stdout)["replays"]["dns"]


def test_to_a_capture(tmp_path):
    done = replay(tmp_path, DNS, "--to", "out.pcap", "--pace", "top")
    assert done.returncode == 0, done.stderr
    assert [packet.data for packet in capture.read(tmp_path / "out.pcap")] == FRAMES
    assert f"replay dns done: {len(FRAMES)} packets" in done.stdout and "verdict  not judged" in done.stdout


def test_needs_no_run_dir(tmp_path):
    """Any number of them run beside each other, and beside a daemon."""
    with started(tmp_path, DNS, "--to", "null", "-p", "100") as first:
        assert replay(tmp_path, DNS, "--to", "null", "-t").returncode == 0
        assert first.poll() is None
    assert not list(tmp_path.iterdir())


def test_several_captures(tmp_path):
    done = replay(tmp_path, DNS, capture.fixture("mixed.pcap"), "--to", "./both", "-t")
    assert done.returncode == 0, done.stderr
    both = capture.read(DNS) + capture.read(capture.fixture("mixed.pcap"))
    assert sorted(packet.data for packet in capture.read(tmp_path / "both")) == sorted(packet.data for packet in both)


def gone_through(tmp_path, *words, stdin=subprocess.DEVNULL):
    """The packets that leave."""
    done = subprocess.run([SLUICED, "replay", *map(str, words), "--to", "out.pcap", "-t", "-q"], cwd=tmp_path, stdin=stdin,
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert words[0] != "-" or done.stdout.startswith("replay stdin done: "), done.stdout
    return [packet.data for packet in capture.read(tmp_path / "out.pcap")]


def test_in_a_row(tmp_path):
    """As tcpreplay sends them, where merged would put the older capture first."""
    vlan = capture.frames("vlan.pcap")
    first = capture.read(DNS)[0].time < capture.read(capture.fixture("vlan.pcap"))[0].time
    files = (capture.fixture("vlan.pcap"), DNS) if first else (DNS, capture.fixture("vlan.pcap"))
    want = vlan + FRAMES if first else FRAMES + vlan
    assert gone_through(tmp_path, *files, "--order", "sequential") == want
    assert gone_through(tmp_path, *files) != want


def test_whatever_a_config_takes(tmp_path):
    """A glob, a directory, what is compressed, other link types, and what comes through a pipe."""
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "b.pcap").write_bytes(DNS.read_bytes())
    (tmp_path / "all" / "a.gz").write_bytes(gzip.compress(capture.fixture("vlan.pcap").read_bytes()))
    both = capture.frames("vlan.pcap") + FRAMES
    for words in (["all"], ["all/"], ["all/*"], ["all/a.gz", "all/b.*"]):
        assert gone_through(tmp_path, *words, "--order", "sequential") == both
    assert replay(tmp_path, "all/*", "--to", "null", "-t", "-q").stdout.startswith("replay captures done: ")
    raw = capture.fixture("linktype-raw-ip.pcap")
    assert len(gone_through(tmp_path, raw, "--other-links", "convert")) == 100
    with open(DNS, "rb") as stdin:
        assert gone_through(tmp_path, "-", stdin=stdin) == FRAMES
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(["sh", "-c", f"zstd -q -c {DNS} > fifo"], cwd=tmp_path):
        assert gone_through(tmp_path, "fifo") == FRAMES
    # What came through a pipe stays in memory, if there is room.
    with subprocess.Popen(["cp", DNS, "fifo"], cwd=tmp_path):
        assert gone_through(tmp_path, "fifo", "--loops", "2") == 2 * FRAMES


@pytest.mark.parametrize("words", [["--to", "a/out.pcap", "--server", "b/out.pcap"], ["-i", "a/out.pcap", "-I", "b/out.pcap"]])
def test_two_ports(tmp_path, words):
    """Of one name, even."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    done = replay(tmp_path, DNS, *words, "-t", "-q")
    assert done.returncode == 0, done.stderr
    clients, servers = sides.split(capture.read(DNS))
    assert clients and servers
    for directory, line in (("a", clients), ("b", servers)):
        assert [packet.data for packet in capture.read(tmp_path / directory / "out.pcap")] == [packet.data for packet in line]


def test_clients(tmp_path):
    """Without SYN or ports, two prefixes."""
    pings = [bytes(12) + b"\x08\0" + bytes.fromhex("45000014000000004001000a") + bytes(source) + bytes((10, 0, 0, 99))
             for source in ([10, 1, 0, 1], [10, 2, 0, 1], [10, 3, 0, 1])]
    capture.write(tmp_path / "pings.pcap", pings)
    done = replay(tmp_path, "pings.pcap", "--to", "a.pcap", "--server", "b.pcap", "--clients", "10.1.0.0/16,10.0.0.99/32", "-t", "-q")
    assert done.returncode == 0, done.stderr
    assert [packet.data for packet in capture.read(tmp_path / "b.pcap")] == pings[1:]


@pytest.mark.parametrize("text", ["{ push: { vlan: 5 } }, { slice: 40 }", " [ { push: { vlan: 5 } }, { slice: 40 } ] # both",
                                  "{ push: { vlan: 5 } }, # a tag\n{ slice: 40 }"])
def test_edits(tmp_path, text):
    want = [(frame[:12] + b"\x81\0\0\5" + frame[12:])[:40] for frame in FRAMES]
    assert gone_through(tmp_path, DNS, "--edits", text) == want


@pytest.mark.parametrize("word", ["--unique-per-loop", "--unique-ip"])
def test_unique_per_loop(tmp_path, word):
    line = gone_through(tmp_path, DNS, word, "--loops", "2")
    assert line == FRAMES + [unique.moved(edits.Frame(frame, len(frame)), 1).data for frame in FRAMES]


def test_without_hugepages(tmp_path):
    assert gone_through(tmp_path, DNS, "--hugepages", "false") == FRAMES
    done = replay(tmp_path, DNS, "--to", "null", "--hugepages", "some")
    assert done.returncode == 2 and 'hugepages: expected auto, true or false, not "some"' in done.stderr


@pytest.mark.parametrize("words, count, loops, pace", [
    (["-t"], len(FRAMES), 1, "top"),
    (["--topspeed", "--loop=3"], 3 * len(FRAMES), 3, "top"),
    (["-M", "0", "-l", "2"], 2 * len(FRAMES), 2, "top"),
    (["-M", "25.5"], len(FRAMES), 1, "25.5Mbps"),
    (["--mbps=100"], len(FRAMES), 1, "100Mbps"),
    (["-p", "20000", "-l", "2", "--loopdelay-ms", "1"], 2 * len(FRAMES), 2, "20kpps"),
    (["-x", "50.0", "--maxsleep", "10"], len(FRAMES), 1, "50x"),
    (["--multiplier=1000", "--max-gap", "1ms"], len(FRAMES), 1, "1000x"),
    (["--pace", "1Mpps", "--loops", "5", "-L", "1000"], 1000, 2, "1Mpps"),
    (["-t", "-l", "0", "--limit", "5000"], 5000, 10, "top"),
    (["-t", "-K", "-T", "nano", "--no-flow-stats", "--from", "#11", "--until", "#21"], 10, 1, "top"),
    (["-t", "--filter", "udp src port 53"], sum(frame[34:36] == b"\0\x35" for frame in FRAMES), 1, "top"),
])
def test_words(tmp_path, words, count, loops, pace):
    """Ours, and those of tcpreplay."""
    done = replay(tmp_path, DNS, "--json", "-i", "null", *words)
    assert done.returncode == 0, done.stderr
    one = sent(done)
    assert (one["sent"], one["loops"], one["pace"]) == (count, loops, pace)
    assert done.stderr.count("not needed") == (3 if "-K" in words else 0)


@pytest.mark.parametrize("program", ["tcprewrite", "tcpreplay", "tcpreplay-edit"])
def test_each_option_of_theirs_is_known(program, tmp_path):
    """Whatever is asked for that is not done, or is written otherwise, there is a sentence that says so."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
    theirs = set(re.findall(r"^ +(?:-\S, |   )--([a-z0-9-]+)", text, re.MULTILINE))
    assert len(theirs) > 30
    for option in theirs - {"help", "more-help", "less-help", "version"}:
        done = replay(tmp_path, "nosuch.pcap", "--to", "null", f"--{option}", "5")
        assert done.returncode and "unknown option" not in done.stderr, option


def test_a_duration(tmp_path):
    """Seconds, where no unit is given."""
    done = replay(tmp_path, DNS, "--json", "--to", "null", "-p", "1000", "-l", "0", "--duration", "1")
    assert done.returncode == 0 and sent(done)["state"] == "done" and sent(done)["sent"] == 1000


def test_at_a_time(tmp_path):
    done = replay(tmp_path, DNS, "--to", "null", "-t", "--at", "+8s", "--clock-error", "1h")
    assert done.returncode == 0 and re.search(r"^start +20\S+Z, .* late by this clock", done.stdout, re.MULTILINE)
    done = replay(tmp_path, DNS, "--to", "null", "-t", "--at", "+60s", "--clock-error", "0ns")
    assert done.returncode == 1 and "clock" in done.stderr and "sent" not in done.stdout


def test_the_exit_code_is_the_verdict(tmp_path):
    done = replay(tmp_path, DNS, "--to", "null", "-p", "2000", "--tolerance", "1ns")
    assert done.returncode == 1 and "verdict  fail: p99 is more than 1 ns" in done.stdout
    done = replay(tmp_path, DNS, "--to", "null", "-p", "2000", "--tolerance", "1h")
    assert done.returncode == 0 and "verdict  pass" in done.stdout


def test_what_can_not_be_written(tmp_path):
    """Is nothing sent, and no success."""
    done = replay(tmp_path, DNS, "--to", "/dev/full", "-t")
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("words, code, reason", [
    ([], 2, "a file is missing"),
    ([DNS], 2, "give --to PORT"),
    ([DNS, "--to"], 2, "unknown option or missing value: --to"),
    ([DNS, "--to", "null", "--fast"], 2, "unknown option or missing value: --fast"),
    ([DNS, "--to", "null", "-x", "2", "-t"], 2, "--multiplier and --topspeed say the same"),
    ([DNS, "--to", "null", "--pace", "fsat"], 2, "pace: expected original, 2x"),
    ([DNS, "--to", "null", "-p", "many"], 2, "pace: expected"),
    ([DNS, "--to", "null", "--loops", "0"], 2, "loops: expected a number from 1"),
    ([DNS, "--to", "null", "--limit", "0"], 2, "--limit takes a number from 1 on"),
    ([DNS, "--to", "null", "--duration", "long"], 2, "--duration: expected a duration"),
    ([DNS, "--to", "null", "--at", "noon"], 2, "--at: expected a time"),
    ([DNS, "--to", "null", "--at", "@1000000000", "--clock-error", "1h"], 1, "is over; a start takes"),
    ([DNS, "--to", "null", "--worker", "all"], 2, "workers: expected a number"),
    ([DNS, "--to", "null", "--unique-ip", "--unique-per-loop"], 2, "--unique-ip and --unique-per-loop say the same"),
    ([DNS, "--to", "null", "--unique-ip-loops", "3"], 2, "every loop has addresses of its own by --unique-per-loop"),
    ([DNS, "--to", "null", "-c", "cache"], 2, "--to PORT for what clients sent, and --server PORT"),
    ([DNS, "--to", "null", "--ttl=64"], 2, "--ttl is written otherwise here: --edits '{ set: { ttl: 64 } }'"),
    ([DNS, "--to", "null", "-C"], 2, "--fixcsum is not done here: checksums follow"),
    ([DNS, "--to", "null", "-E"], 2, "--efcs is not done here: a slice does not count from the end"),
    ([DNS, "--to", "null", "--outfile=a.pcap"], 2, "--outfile is written otherwise here: --to FILE.pcap"),
    ([DNS, "--to", "null", "--edits", "drop"], 2, "edits: a replay's list has edits; drop ends a rule"),
    ([DNS, "--to", "null", "--edits", "{ slice: 60"], 2, "not YAML"),
    ([DNS, "--to", "null", "--edits", "{ set: { ttl: 300 } }"], 2, "ttl: expected"),
    ([DNS, "--to", "null", "--edits", "[]"], 2, "edits: an empty list"),
    ([DNS, "--to", "null", "--clients", "10.0.0.0/8"], 2, "clients: says whose packets leave through the client's port"),
    ([DNS, "--to", "null", "--server", "null", "--clients", "10.0.0.0/8,x"], 2, "clients: expected an IPv4 or IPv6 prefix"),
    ([DNS, "--to", "null", "-I", "out.pcapng"], 2, "--intf2 out.pcapng: a capture is written as pcap"),
    ([DNS, "--to", "tap:eth1"], 2, "before a colon stands pci, af-xdp, vdev or pcap"),
    ([DNS, "--to", "out.pcapng"], 2, "a capture is written as pcap"),
    ([DNS, "--to", "pci:eth1"], 2, "pci: expected a PCI address"),
    ([DNS, "--to", "no such interface"], 2, "can't be an interface's name"),
    ([DNS, "--to", "nosuch0"], 1, "there is no interface nosuch0 here"),
    ([DNS, "--to", "ffff:ff:1f.7"], 1, "no PCI device ffff:ff:1f.7"),
    ([DNS, "--to", DNS], 2, "is what port dns.pcap writes"),
    (["nosuch.pcap", "--to", "null"], 1, "nosuch.pcap: No such file"),
    ([capture.fixture("linktype-raw-ip.pcap"), "--to", "null"], 1, "link type RAW (101), not Ethernet"),
    (["caf\udce9.pcap", "--to", "null"], 2, "is not UTF-8 text"),
])
def test_refusals(tmp_path, words, code, reason):
    """In a sentence, without a place in a config that nobody wrote; and nothing is left behind."""
    done = replay(tmp_path, *words)
    assert done.returncode == code and reason in done.stderr, done.stderr
    assert not done.stdout and not list(tmp_path.iterdir())
    assert not re.search(r"replay:\d+:", done.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ended_before_its_time(tmp_path, number):
    with started(tmp_path, DNS, "--to", "null", "-p", "100") as process:
        assert "sent" in process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "replay dns stopped: " in out and "leaked" not in out + err


def test_what_never_ends_is_ended(tmp_path):
    """That is no failure."""
    with started(tmp_path, DNS, "--to", "null", "-p", "1000", "-l", "0") as process:
        assert "loop 1 " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "replay dns stopped: " in out


def test_quiet(tmp_path):
    """Nothing but the verdict."""
    done = replay(tmp_path, DNS, "--to", "null", "-p", "1000", "-q")
    assert done.returncode == 0 and not done.stderr and done.stdout.startswith("replay dns done")


def test_on_a_terminal(tmp_path):
    """One line, which is written anew and fits."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    with started(tmp_path, DNS, "--to", "null", "-p", "500", stdout=theirs, env=environment) as process:
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # the end
            while piece := os.read(ours, 4096):
                text += piece
        assert process.wait(timeout=30) == 0
    os.close(ours)
    lines = [line for line in re.split(r"\r?\n", text.decode()) if " sent" in line]
    assert len(lines) > 2 and all(line.startswith("\033[A") for line in lines[1:]), lines
    assert "100.0 %" in lines[-1] and "done" in lines[-1]
    assert all(len(re.sub(r"\033\[.|\r", "", line)) < 60 for line in lines)


@pytest.mark.live
@pytest.mark.parametrize("kind", ["{}", "af-xdp:{}", "vdev:net_af_packet0,iface={}"])
def test_to_an_interface(tmp_path, kind):
    with Pair() as pair:
        done = replay(tmp_path, DNS, "--to", kind.format(pair.interface), "-p", "2000")
        assert done.returncode == 0, done.stderr
        assert f"replay dns done: {len(FRAMES)} packets" in done.stdout
        assert pair.wire.frames() == FRAMES


@pytest.mark.live
def test_a_link_is_waited_for(tmp_path):
    with Pair() as pair:
        run("ip", "link", "set", pair.other, "down")
        with contextlib.suppress(OSError):  # it says once that it is
            pair.wire.frames()
        with started(tmp_path, DNS, "--to", pair.interface, "-t") as process:
            while "waited for" not in (line := process.stderr.readline()):
                assert line
            run("ip", "link", "set", pair.other, "up")
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert f"replay dns done: {len(FRAMES)} packets" in out and pair.wire.frames() == FRAMES


@pytest.mark.live
def test_what_an_interface_does_not_take(tmp_path):
    """Frames that are too long are named, and the verdict fails without any tolerance."""
    with Pair() as pair:
        done = replay(tmp_path, capture.fixture("made/jumbo.pcap"), "--to", pair.interface, "-t")
        assert done.returncode == 1, done.stderr
        assert "verdict  fail" in done.stdout and "too-long" in done.stdout


@pytest.mark.live
def test_without_a_link(tmp_path):
    with Pair() as pair:
        run("ip", "link", "set", pair.other, "down")
        done = replay(tmp_path, DNS, "--to", pair.interface, "-t")
    assert done.returncode == 1 and "has no link" in done.stderr, done.stderr


def test_words_are_those_of_the_manual(tmp_path):
    """What --help lists stands in the page."""
    text = replay(tmp_path, "--help").stdout
    words = set(re.findall(r"--([a-z][a-z0-9-]*)", text)) - {"help"}
    page = (ROOT / "docs" / "man" / "sluiced.8").read_text(encoding="ascii").replace("\\-", "-")
    part = page[page.index(".Ss Replays without a config"):]
    part = part[:part.index("\n.Ss ", 1)]
    described = set(re.findall(r"Fl Fl ([a-z][a-z0-9-]*)", page))
    assert words <= described
    assert {"to", "pace", "loops", "limit", "at", "quiet", "multiplier"} <= set(re.findall(r"Fl Fl ([a-z][a-z0-9-]*)", part))


def complete(*words):
    """What bash offers for the last of the words."""
    script = ("source /usr/share/bash-completion/bash_completion; source app/sluiced/completion.bash; "
              "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; "
              "COMP_TYPE=9; COMP_KEY=9; _sluiced; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return subprocess.run(["bash", "-c", script, "bash", "sluiced", *words], cwd=ROOT, capture_output=True, text=True,
                          timeout=60, check=True).stdout.split()


def words_of(*words):
    text = subprocess.run([SLUICED, *words, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    return set(re.findall(r"--[a-z][a-z0-9-]*", text)), re.findall(r"^  sluiced ([a-z]+)", text, re.MULTILINE)


def test_completion():
    options, commands = words_of()
    assert set(complete("--")) == options - {"--to", "--on"} and sorted(complete("")) == sorted(set(commands))
    assert set(complete("replay", "x.pcap", "--")) == words_of("replay")[0]
    assert set(complete("explain", "x.yaml", "--")) == words_of("explain")[0]
    assert set(complete("diff", "x.yaml", "--")) == words_of("diff")[0]
    assert set(complete("bench", "paths", "--")) == words_of("bench", "paths")[0] and complete("bench", "") == ["paths"]
    assert "README.md" in complete("replay", "READ") and complete("--json", "off") == ["offline"]
    assert {"lo", "null"} <= set(complete("replay", "x.pcap", "--to", ""))
    assert complete("replay", "--pace", "to") == ["top"]
