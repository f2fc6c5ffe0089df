# SPDX-License-Identifier: BSD-3-Clause
"""What runs is saved, and what ran before comes back."""

import json
import os
import re
import shutil
import signal
import tempfile

import pytest

from lib.brought import file_of, ran, rules, running_rules, text_of
from lib.daemon import Daemon, PLUGINS, Refused, test_ports
from lib.offline import config, write_config

root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")


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
