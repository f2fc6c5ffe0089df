# SPDX-License-Identifier: BSD-3-Clause
"""sluiced in a guest: started, asked through the client, ended, with the guest's view of what it left behind."""

import json
import shlex

import yaml

from lib.offline import Dumper

READY_SECONDS = 30
SOCKET = "/run/sluice"
CONFIG = "/tmp/sluice.yaml"
LOG, OUT = "/tmp/sluiced.log", "/tmp/sluiced.out"
AS_USER = "/usr/bin/setpriv --reuid sluice --regid sluice --clear-groups --bounding-set=-all --no-new-privs"
# Root takes no directory that another user owns.
ROOT_SETUP = f"[ ! -d {SOCKET} ] || chown -R root: {SOCKET}"
USER_SETUP = f"rm -rf {SOCKET}; mkdir -p {SOCKET}; chown sluice: {SOCKET}; chown sluice: /dev/vfio/[0-9]*"


def config(ports, rules=(), replays=None, **more):
    """A config for the guest's ports: names -> PCI addresses, or whole mappings."""
    ports = {name: what if isinstance(what, dict) else {"pci": what} for name, what in ports.items()}
    return {"version": 1, "workers": [1], "memory": {"packets": 16383}, "run-dir": SOCKET, "ports": ports,
            "rules": list(rules), **({"replays": replays} if replays else {}), **more}


def start_command(guest, what, user=False, memlock=None, program="/usr/bin/sluiced", verb="run", stdin="/dev/null"):
    """Writes the config into the guest; the shell's words that serve it, or do with it what verb says."""
    guest.write(CONFIG, yaml.dump(what, Dumper=Dumper, sort_keys=False))
    words = f"{program} {verb} {CONFIG}"
    guest.do(USER_SETUP if user else ROOT_SETUP)
    if user:
        words = f"{AS_USER} {words}"
    limit = f"ulimit -l {memlock}; " if memlock else ""
    return f"({limit}exec {words} < {stdin} > {OUT} 2> {LOG})"


class Daemon:
    """Serves when made; leaving the `with` kills what still runs. user: sluice runs as an ordinary user with no
    capability; memlock: with so many kilobytes that it may pin."""

    def __init__(self, guest, what, **how):
        self.guest = guest
        start = start_command(guest, what, **how)
        # The shell that waits for it leaves the status behind.
        guest.do(f"rm -f /tmp/status; ({start}; echo $? > /tmp/status) &")
        self.guest.until("sluice status > /dev/null || [ -e /tmp/status ]", READY_SECONDS)
        status, _ = guest.run("[ ! -e /tmp/status ]")
        assert status == 0, f"sluiced has ended: {self.log()}"
        self.pid = self.call("hello")["pid"]

    def log(self):
        return self.guest.do(f"cat {LOG}")

    def call(self, method, **params):
        words = [method, json.dumps(params)] if params else [method]
        return json.loads(self.guest.do(f"sluice call {shlex.join(words)}"))

    def until(self, holds, seconds=20):
        """Waits until holds(status), and returns that status."""
        return self.guest.wait(lambda: self.call("status"), holds, seconds)

    def await_links(self, seconds=20):
        """A link comes up some time after its port was started, as on a real card."""
        self.guest.wait(lambda: self.call("ports")["ports"],
                        lambda ports: all(port["up"] for port in ports.values()), seconds)

    def stop(self):
        """Ends it, checks that all went well, and returns its report (a text)."""
        self.guest.do(f"kill -TERM {self.pid}")
        self.guest.until("[ -s /tmp/status ]")
        status = int(self.guest.do("cat /tmp/status"))
        report = self.guest.do(f"cat {OUT}")
        assert status == 0, (status, self.log(), report)
        assert "every packet is back in its pool" in report and "held: balanced" in report, report
        assert "still had packets to send" not in self.log(), self.log()
        return report

    def kill(self):
        self.guest.do(f"kill -KILL {self.pid}")
        self.guest.until("[ -s /tmp/status ]")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.run(f"kill -KILL {self.pid}")
        self.guest.until("[ -s /tmp/status ]")
