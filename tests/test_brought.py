# SPDX-License-Identifier: BSD-3-Clause
"""Who may bring which config, by what way, and what he learns by it."""

import array
import contextlib
import fcntl
import gzip
import json
import os
import shutil
import socket
import subprocess
import tempfile

import pytest

from lib import capture, opened
from lib.brought import file_of, ran, rules, running_rules, text_of
from lib.daemon import Client, Daemon, PLUGINS, Refused
from lib.offline import SLUICE

root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


@pytest.fixture(name="daemon")
def daemon_fixture(tmp_path):
    with Daemon(rules("one"), tmp_path, PLUGINS) as daemon:
        yield daemon


def test_config_of_any_length_from_anywhere(daemon, tmp_path):
    """A file that the daemon may not read, a pipe, a FIFO and standard input, longer than a request."""
    comment = "# much to be said\n" * 100_000
    path = file_of(daemon, "long.yaml", "long", comment=comment)
    text = path.read_text(encoding="utf-8")
    ran(daemon.sluice("config", "apply", str(path)))
    assert running_rules(daemon) == ["long"]
    for names in (["piped"], ["again"]):
        given = subprocess.run([SLUICE, "--socket", daemon.run_dir, "config", "apply", "-"], capture_output=True,
                               text=True, timeout=60, check=False, input=text.replace("name: long", f"name: {names[0]}"))
        ran(given)
        assert running_rules(daemon) == names
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["cp", path, fifo]) as copy:
        ran(daemon.sluice("config", "apply", str(fifo)))
        assert copy.wait() == 0
    assert running_rules(daemon) == ["long"]
    with tempfile.TemporaryFile() as huge:
        huge.truncate((512 << 20) + 1)
        done = subprocess.run([SLUICE, "--socket", daemon.run_dir, "config", "apply", "-"], capture_output=True, text=True,
                              timeout=60, check=False, stdin=huge)
    assert done.returncode == 1 and "512 MiB" in done.stderr
    daemon.stop()


def pass_with(path, descriptors, *requests):
    """Sends requests as one write with descriptors; returns their answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(30)
        client.connect(path)
        lines = [json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
                 for number, (method, params) in enumerate(requests)]
        client.sendmsg(["\n".join(lines).encode() + b"\n"],
                       [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else [])
        with client.makefile("rb") as stream:
            return [json.loads(stream.readline()) for _ in requests]


def memory(text, seals=SEALS):
    """A descriptor of a text in memory, sealed."""
    descriptor = os.memfd_create("config", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, text.encode())
    if seals:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def open_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


@contextlib.contextmanager
def descriptors(*numbers):
    try:
        yield list(numbers)
    finally:
        for number in numbers:
            os.close(number)


def test_a_descriptor_goes_with_its_request(daemon):
    control, text = daemon.socket, text_of(daemon, "two")
    daemon.call("status")
    before = open_descriptors(daemon)
    # The last request of those that came in one piece has it, and what is too much is let go.
    with descriptors(memory(text), memory(text)) as passed:
        status, applied = pass_with(control, passed, ("hello", {}), ("config.apply", {"file": "/none/such.yaml"}))
        assert "result" in status and applied["result"]["applied"] is True
        assert daemon.call("status")["config"]["file"] == "/none/such.yaml"
        # What takes none, or is none, lets it go too.
        pass_with(control, passed, ("hello", {}))
        pass_with(control, passed, ("no.such", {}))
        both = pass_with(control, passed, ("config.check", {"text": text}))[0]["error"]
        assert both["code"] == -32602 and both["data"]["field"] == "text"
    with descriptors(os.open("/dev/null", os.O_RDONLY)) as passed:
        assert "regular" in pass_with(control, passed, ("config.check", {}))[0]["error"]["message"]
    assert pass_with(control, [], ("config.check", {}))[0]["error"]["data"]["field"] == "file"
    daemon.until(lambda _: open_descriptors(daemon) <= before + 1)
    daemon.stop()


def test_who_may_only_read_brings_what_he_asks_about(daemon):
    """A text or sealed memory, but no file in the daemon's name, and nothing that could keep it waiting."""
    stats, text = os.path.join(daemon.run_dir, "stats.sock"), text_of(daemon, "two")

    def error(passed, method="config.check", **params):
        return pass_with(stats, passed, (method, params))[0]["error"]

    with Client(stats) as client:
        assert client.call("config.check", text=text) == {"valid": True}
        assert client.call("config.diff", text=text)["equal"] is False
        with pytest.raises(Refused, match="reads no file"):
            client.call("config.diff", file=str(daemon.path))
        for method in ("config.apply", "config.rollback", "config.text"):
            with pytest.raises(Refused, match="control.sock"):
                client.call(method)
    with descriptors(memory(text)) as passed:
        assert "+  - name: two" in pass_with(stats, passed, ("config.diff", {"file": "/a.yaml"}))[0]["result"]["diff"]
        assert error(passed, "config.apply")["code"] == -32003
    with descriptors(memory(text, seals=0)) as passed:
        assert "sealed" in error(passed)["message"]
    with descriptors(os.open(daemon.path, os.O_RDONLY)) as passed:
        assert "sealed" in error(passed)["message"]
    with descriptors(memory("#" * (1 << 20) + "\n")) as passed:
        assert "1 MiB" in error(passed)["message"]
    assert running_rules(daemon) == ["one"]
    daemon.stop()


def test_who_may_only_read_learns_nothing_of_files(daemon, tmp_path):
    """Neither what they hold nor whether they are there, however a config names them."""
    secret, none = tmp_path / "secret.txt", tmp_path / "none.txt"
    secret.write_text("root:$6$pass\n", encoding="utf-8")
    stats = os.path.join(daemon.run_dir, "stats.sock")

    def ways(name):
        """As a list of values, absolute and relative, as a port's capture and as a replay."""
        base = rules("one")
        for file in (str(name), name.name):
            yield {**base, "rules": [{"name": "one", "match": {"src": {"file": file}}, "actions": ["drop"]}]}
            yield {**base, "ports": {**base["ports"], "in": {"pcap": {"in": file}}}}
            yield {**base, "replays": {"r": {"file": file, "to": "sink"}}}

    def answers(text, method):
        yield pass_with(stats, [], (method, {"text": text, "directory": str(tmp_path)}))[0]
        with descriptors(memory(text)) as passed:
            yield pass_with(stats, passed, (method, {"file": str(tmp_path / "its.yaml")}))[0]
            yield pass_with(stats, passed, (method, {"directory": str(tmp_path)}))[0]

    for there, not_there in zip(ways(secret), ways(none)):
        for method in ("config.check", "config.diff"):
            pairs = zip(*(answers(json.dumps({**what, "run-dir": str(daemon.run_dir)}), method) for what in (there, not_there)))
            for one, other in pairs:
                said = json.dumps(one)
                assert "pass" not in said and said.replace("secret.txt", "none.txt") == json.dumps(other), said
                assert "src" not in str(there["rules"]) or "for who may only read" in said, said
    daemon.stop()


def test_who_may_only_read_has_nothing_opened(daemon, tmp_path):
    """Neither what a config names, nor what lies in a directory that it names, to whomever these belong."""
    bait = tmp_path / "bait"
    (bait / "more").mkdir(parents=True)
    for name in ("in.pcap", "more/two.pcap"):
        shutil.copy(capture.fixture("dns.pcap"), bait / name)
    (bait / "list.txt").write_text("10.0.0.0/8\n", encoding="utf-8")
    with gzip.open(bait / "in.pcap.gz", "wb") as out:
        out.write((bait / "in.pcap").read_bytes())
    os.mkfifo(bait / "fifo")
    words = ["in.pcap", "in.pcap.gz", "fifo", "more", "*.pcap", "*/*", "out.pcap", "list.txt", "."]
    base = rules("one")
    wanted = [{**base, "rules": [{"name": "one", "match": {"src": {"file": str(bait / "list.txt")}}, "actions": ["drop"]}]}]
    for word in (str(bait / word) for word in words):
        wanted += [{**base, "ports": {**base["ports"], "more": {"pcap": {"in": word}}}},
                  {**base, "ports": {**base["ports"], "more": {"pcap": {"out": word}}}},
                  {**base, "replays": {f"r{number}": {"file": word, "to": "sink", "memory": "16GiB", "other-links": links}
                                       for number, links in enumerate(("refuse", "convert"))}}]
    stats = os.path.join(daemon.run_dir, "stats.sock")
    with opened.Watch(bait, bait / "more") as watch:
        answers = [pass_with(stats, [], (method, {"text": json.dumps({**what, "run-dir": str(daemon.run_dir)}),
                                                  "directory": str(bait)}))[0]
                   for what in wanted for method in ("config.check", "config.diff")]
        assert watch.taken() == set()
        # All but the one that names a list are fine.
        assert [number for number, answer in enumerate(answers) if "error" in answer] == [0, 1]
        # The daemon's own user has them looked at.
        with pytest.raises(Refused, match="memory.reserve"):
            daemon.call("config.check", text=json.dumps({**wanted[3], "run-dir": str(daemon.run_dir)}))
        assert watch.taken() == {str(bait / "in.pcap")}
    daemon.stop()


@root
def test_members_of_the_group_check_and_compare(daemon, tmp_path):
    """As another user, to whom control.sock is closed."""
    os.chmod(daemon.run_dir, 0o755)
    path = file_of(daemon, "mine.yaml", "mine")
    group = os.stat(os.path.join(daemon.run_dir, "stats.sock")).st_gid
    for parent in path.parents:
        if str(parent).startswith("/tmp/"):
            os.chmod(parent, 0o755)

    def sluice(*words):
        return subprocess.run([SLUICE, "--socket", daemon.run_dir, *words], capture_output=True, text=True, timeout=60,
                              check=False, user=65534, group=group, extra_groups=[])

    ran(sluice("config", "check", str(path)))
    assert "+  - name: mine" in ran(sluice("config", "diff", str(path)), code=1)
    assert sluice("config", "apply", str(path)).returncode == 3
    # What he can't read himself the daemon does not read for him.
    os.chmod(daemon.path, 0o600)
    done = sluice("config", "diff", str(daemon.path))
    assert done.returncode == 2 and "Permission denied" in done.stderr
    daemon.stop()
