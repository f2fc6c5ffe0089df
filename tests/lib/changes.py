# SPDX-License-Identifier: BSD-3-Clause
"""Configs that differ in ports and replays, under traffic that must not notice."""

import contextlib
import json
import os
import re

from lib import capture
from lib.daemon import check_status, test_ports
from lib.offline import config

NOTHING = {"null": {}}
PORTS = test_ports(source="rx=endless,flows=1000", a="hold=32")
LINE = capture.read(capture.fixture("dns.pcap"))
FATES = ("kept", "changed", "begun", "ended")


def base(ports=None, rules=(), **more):
    """All that comes in on `source` leaves on `a`, whatever else there is."""
    send = {"name": "send", "from": ["source"], "actions": [{"forward": "a"}]}
    what = config({**PORTS, **(ports or {})}, [*rules, send], idle="sleep", **more)
    # Nothing twice in memory: YAML would refer to it.
    return json.loads(json.dumps(what))


def replay(to, **keys):
    return {"file": "dns.pcap", "to": to, "memory": "8MiB", **keys}


def mirror(to):
    return {"name": f"to-{to}", "from": ["source"], "actions": [{"mirror": to}]}


def fates(answer, kind):
    """Names by what became of them, without what nothing became of."""
    return {fate: answer[fate][kind] for fate in FATES if answer[fate][kind]}


def descriptors(daemon):
    """How many files it has open but for sockets: clients come and go."""
    directory = f"/proc/{daemon.process.pid}/fd"
    names = []
    for number in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            names.append(os.readlink(os.path.join(directory, number)))
    return sorted(re.sub(r"[0-9]+", "", name) for name in names if not name.startswith("socket:"))


def check(daemon, losses=()):
    """Nothing of the others was lost: drops are none but for these reasons. Returns the status."""
    status = daemon.until(lambda status: status["ledger"]["held"] == 0)
    check_status(status)
    assert {reason for reason, count in status["drops"].items() if count} <= set(losses), status["drops"]
    return status
