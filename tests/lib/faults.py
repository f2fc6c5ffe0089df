# SPDX-License-Identifier: BSD-3-Clause
"""What a daemon says of ports that go and come back, and waiting for it."""

import time

from lib.daemon import check_status

RELEASE_SECONDS = 1


def port(daemon, name="out"):
    return daemon.call("ports")["ports"][name]


def until_port(daemon, name, seconds=10, **wanted):
    """Waits until the port's words in `ports` are those; returns how long it took."""
    began = time.monotonic()
    while True:
        now = port(daemon, name)
        if all(now[key] == value for key, value in wanted.items()):
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, (wanted, now)
        time.sleep(0.01)


def grows(daemon, count, seconds=10):
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
