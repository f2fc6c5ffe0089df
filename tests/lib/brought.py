# SPDX-License-Identifier: BSD-3-Clause
"""Configs that are known by the names of their rules, how one is brought to a daemon, and which one runs."""

from lib.daemon import test_ports
from lib.offline import config, write_config


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
