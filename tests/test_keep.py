# SPDX-License-Identifier: BSD-3-Clause
"""What runs is saved, and what ran before comes back; and who may bring which config."""

import array
import contextlib
import fcntl
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

from lib import capture, opened
from lib.daemon import Client, Daemon, PLUGINS, Refused, test_ports
from lib.offline import SLUICE, config, write_config

root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def rules(*names):
    return config(test_ports(source="rx=endless", sink=""), [{"name": name, "actions": ["drop"]} for name in names],
                  idle="sleep")


def text_of(daemon, *names, comment=""):
    path = write_config(daemon.directory / "text.yaml", {**rules(*names), "run-dir": str(daemon.run_dir)})
    return comment + path.read_text(encoding="utf-8")


def file_of(daemon, name, *names, comment=""):
    """A config in a directory that the sandboxed daemon may not read."""
    elsewhere = daemon.directory.parent / f"{daemon.directory.name}-elsewhere"
    elsewhere.mkdir(exist_ok=True)
    path = elsewhere / name
    path.write_text(text_of(daemon, *names, comment=comment), encoding="utf-8")
    return path


def ran(done, code=0):
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout


def running_rules(daemon):
    return [name for name in daemon.call("rules")["rules"] if name != "default"]


def restart(daemon):
    return daemon.call("status")["config"]["restart"]


@pytest.fixture(name="daemon")
def daemon_fixture(tmp_path):
    with Daemon(rules("one"), tmp_path, PLUGINS) as daemon:
        yield daemon


def test_saved_as_it_was_written(daemon, tmp_path):
    """With comments, mode and the link that the file is; the one before beside where it really lies."""
    real = tmp_path / "real.yaml"
    os.rename(daemon.path, real)
    os.symlink("real.yaml", daemon.path)
    os.chmod(real, 0o604)
    first = real.read_bytes()
    assert restart(daemon) == "same"
    path = file_of(daemon, "two.yaml", "two", comment="# why there are two\n")
    ran(daemon.sluice("config", "apply", str(path)))
    assert restart(daemon) == "other"
    said = ran(daemon.sluice("config", "save"))
    assert str(daemon.path) in said and f"{real}.old" in said
    assert daemon.path.is_symlink() and real.read_bytes() == path.read_bytes()
    assert (tmp_path / "real.yaml.old").read_bytes() == first
    assert all(os.stat(name).st_mode & 0o777 == 0o604 for name in (real, f"{real}.old"))
    assert restart(daemon) == "same"
    assert sorted(name.name for name in tmp_path.iterdir() if name.name.startswith("real")) == ["real.yaml", "real.yaml.old"]
    # Again it changes nothing, and the old one stays.
    assert "already" in ran(daemon.sluice("config", "save"))
    assert json.loads(ran(daemon.sluice("config", "save", "--json"))) == {"saved": False, "file": str(daemon.path), "kept": None}
    assert (tmp_path / "real.yaml.old").read_bytes() == first
    daemon.stop()


@root
def test_owner_is_kept(daemon):
    os.chown(daemon.path, 65534, 65534)
    os.chmod(daemon.path, 0o640)
    daemon.apply(rules("two"))
    ran(daemon.sluice("config", "save"))
    for name in (daemon.path, f"{daemon.path}.old"):
        status = os.stat(name)
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65534, 0o640)
    daemon.stop()


def test_names_that_are_relative_to_elsewhere(tmp_path):
    """A text that says something else where the file lies is saved in canonical form, with names that hold there too."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(os.path.join(os.path.dirname(__file__), "..", "pcap-fixtures", "dns.pcap"), elsewhere / "in.pcap")
    os.symlink(elsewhere / "in.pcap", tmp_path / "other.pcap")
    ports = {"cap": {"pcap": {"in": str(elsewhere / "in.pcap")}}, **test_ports(sink="")}
    with Daemon(config(ports, idle="sleep"), tmp_path, PLUGINS) as daemon:
        what = config({**ports, "cap": {"pcap": {"in": "in.pcap"}}}, [{"name": "new", "actions": ["drop"]}], idle="sleep")
        path = write_config(elsewhere / "new.yaml", {**what, "run-dir": daemon.run_dir})
        ran(daemon.sluice("config", "apply", str(path)))
        ran(daemon.sluice("config", "save"))
        text = daemon.path.read_text(encoding="utf-8")
        assert str(elsewhere / "in.pcap") in text and "name: new" in text
        assert restart(daemon) == "same"
        daemon.stop()


def test_save_that_is_refused_changes_nothing(daemon, tmp_path):
    daemon.apply(rules("two"))
    before = daemon.path.read_bytes()
    daemon.path.unlink()
    assert restart(daemon) == "missing"
    # The daemon sees none, so whatever stands here is somebody else's.
    ran(daemon.sluice("config", "save"))
    assert "two" in daemon.path.read_text(encoding="utf-8") and not os.path.exists(f"{daemon.path}.old")
    os.mkdir(f"{daemon.path}.old")
    daemon.path.write_bytes(before)
    done = daemon.sluice("config", "save")
    assert done.returncode == 1 and ".old" in done.stderr
    assert daemon.path.read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if name.startswith("daemon.yaml")] in (
        ["daemon.yaml", "daemon.yaml.old"], ["daemon.yaml.old", "daemon.yaml"])
    daemon.stop()


def test_rollback_goes_back_and_forth(daemon):
    refused = daemon.sluice("config", "rollback")
    assert refused.returncode == 1 and "nothing was applied" in refused.stderr
    ran(daemon.sluice("config", "apply", str(file_of(daemon, "two.yaml", "two", comment="# two\n"))))
    daemon.apply(rules("three"))
    # Neither what is refused nor what is the same in other words counts as applied.
    with pytest.raises(Refused):
        daemon.apply({**rules("four"), "workers": [0, 1]})
    daemon.call("config.apply", text=text_of(daemon, "three", comment="# three\n"), directory=str(daemon.directory))
    assert daemon.call("status")["config"]["before"] is True
    ran(daemon.sluice("config", "rollback"))
    assert running_rules(daemon) == ["two"]
    status = daemon.call("status")["config"]
    assert status["way"] == "rollback" and status["file"].endswith("two.yaml")
    assert f"two.yaml, applied by a rollback {status['since']}, by " in ran(daemon.sluice("status"))
    assert re.search("config applied by a rollback: 1 rule, .*two.yaml, by (root|uid)", daemon.text())
    ran(daemon.sluice("config", "save"))
    assert daemon.path.read_text(encoding="utf-8").startswith("# two\n")
    assert json.loads(ran(daemon.sluice("config", "rollback", "--json")))["applied"] is True
    assert running_rules(daemon) == ["three"]
    daemon.stop()


def test_rollback_after_a_restart(tmp_path):
    with Daemon(rules("one"), tmp_path, PLUGINS) as daemon:
        daemon.apply(rules("two"))
        ran(daemon.sluice("config", "save"))
        daemon.stop()
        saved = daemon.path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as run_dir:
        with Daemon(rules("two"), tmp_path, PLUGINS, run_dir=run_dir) as daemon:
            kept = tmp_path / "daemon.yaml.old"
            kept.write_text(re.sub("run-dir: .*", f"run-dir: {run_dir}", kept.read_text(encoding="utf-8")), encoding="utf-8")
            ran(daemon.sluice("config", "rollback"))
            assert running_rules(daemon) == ["one"] and "two" in saved
            daemon.stop()


def test_status_says_what_runs(daemon):
    status = daemon.call("status")["config"]
    assert status["file"] == status["start"] == str(daemon.path) and status["way"] == "start"
    assert (status["uid"], status["pid"]) == (os.geteuid(), daemon.process.pid)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", status["since"])
    daemon.apply(rules("two"))
    status = daemon.call("status")["config"]
    assert status["file"] is None and status["way"] == "apply" and status["pid"] == os.getpid()
    table = daemon.sluice("status").stdout
    assert "a text, applied" in table and "a restart with" in table and "would run another config" in table
    user = f"uid {os.geteuid()}" if os.geteuid() else "root"
    assert f"by {user} (process {os.getpid()})" in daemon.text()
    path = file_of(daemon, "three.yaml", "three")
    ran(daemon.sluice("config", "apply", str(path)))
    assert f"{path}, by {user} " in daemon.text() and f"{path}, applied" in daemon.sluice("status").stdout
    daemon.process.send_signal(signal.SIGHUP)
    status = daemon.until(lambda status: status["config"]["way"] == "reload")["config"]
    assert status["pid"] == os.getpid() and status["file"] == str(daemon.path)
    assert f"SIGHUP from {user} " in daemon.text()
    daemon.stop()


def test_what_a_restart_would_run(daemon):
    """Seen as soon as the file is another, and only where it says something else."""
    good = daemon.path.read_text(encoding="utf-8")
    for text, verdict in ((good, "same"), ("# other words\n" + good, "same"), (good.replace("one", "two"), "other"),
                          ("version: 1\nprots: {}\n", "invalid"), (good, "same")):
        daemon.path.write_text(text, encoding="utf-8")
        assert restart(daemon) == verdict, verdict
    assert "a restart with" not in daemon.sluice("status").stdout
    daemon.path.write_text(good.replace("one", "two"), encoding="utf-8")
    ran(daemon.sluice("config", "reload"))
    assert running_rules(daemon) == ["two"] and restart(daemon) == "same"
    daemon.path.write_text("version: 1\nprots: {}\n", encoding="utf-8")
    done = daemon.sluice("config", "reload")
    assert done.returncode == 2 and "prots" in done.stderr and running_rules(daemon) == ["two"]
    daemon.stop()


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
