# SPDX-License-Identifier: BSD-3-Clause
"""What a daemon says of ports that go and come back, and waiting for it."""

import time

from lib.daemon import Refused, check_status

# It is a tenth of one by itself, and machines are loaded.
RELEASE_SECONDS = 5


def port(daemon, name="out"):
    return daemon.call("ports")["ports"][name]


def until_port(daemon, name, seconds=60, **wanted):
    """Waits until the port's words in `ports` are those; returns how long it took."""
    began = time.monotonic()
    while True:
        now = port(daemon, name)
        if all(now[key] == value for key, value in wanted.items()):
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, (wanted, now)
        time.sleep(0.01)


def plug(daemon, slot, name="out"):
    """Puts the device back, and has the port taken in as soon as it is there; returns what is answered then."""
    slot.order("plug")
    deadline = time.monotonic() + 60
    while True:
        try:
            return daemon.call("port.up", name=name)
        except Refused as refused:
            assert "can't make vdev" in str(refused) and time.monotonic() < deadline, refused
        time.sleep(0.05)


def grows(daemon, count, seconds=60):
    """Waits until count(status) is larger than it is now."""
    before = count(daemon.call("status"))
    return daemon.until(lambda status: count(status) > before, seconds, before)


def sent(name):
    return lambda status: status["ports"][name]["tx_packets"]


def clean(daemon, away=None):
    """No driver was called for a device that is gone, and the test device saw nobody break its rules. What the kernel still had
    for an interface that went away under traffic, it counts as not sent."""
    text = daemon.text()
    assert "not ready port" not in text and "net_test:" not in text, text
    for name, now in daemon.call("ports")["ports"].items():
        assert now["tx_errors"] == 0 or name == away, name
    check_status(daemon.call("status"))
