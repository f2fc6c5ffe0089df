# SPDX-License-Identifier: BSD-3-Clause
"""What the kernel sees of a worker that forwards: nothing. strace counts the system calls of its thread alone."""

import re

from vm.daemon import Daemon, config

SECONDS = 10
RULES = [{"name": "all", "from": ["a1"], "actions": [{"forward": "a2"}]}]
REPLAY = {"long": {"file": "/real.pcap", "to": "a0", "pace": "1kpps", "loops": "forever", "start": "manual"}}
TRACE = "timeout -s INT {seconds} strace -q -c -p {thread} 2>&1 || true"


def trace(guest, thread, seconds):
    """How many system calls a thread made in so many seconds, by strace's own table."""
    text = guest.do(TRACE.format(seconds=seconds, thread=thread), seconds=seconds + 30)
    total = re.search(r"^100\.00\s+\S+\s+\d+\s+(\d+).* total$", text, re.MULTILINE)
    assert total or not re.search(r"[1-9]", text), text
    return int(total.group(1)) if total else 0


def test_no_system_calls(guest):
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2")}
    with Daemon(guest, config(ports, RULES, REPLAY)) as daemon:
        daemon.await_links()
        daemon.call("replay.start", name="long")
        threads = dict(reversed(line.split()) for line in guest.do(
            f"for task in /proc/{daemon.pid}/task/*; do echo $(basename $task) $(cat $task/comm); done").splitlines())
        before = daemon.call("status")["ports"]["a2"]["tx_packets"]
        assert trace(guest, threads["pmd-1"], SECONDS) == 0
        status = daemon.call("status")
        assert status["ports"]["a2"]["tx_packets"] - before > SECONDS * 500
        assert status["ledger"]["balanced"]
        # The same trace sees what the control thread does.
        assert trace(guest, daemon.pid, 2) > 0
        daemon.call("replay.stop", name="long")
        daemon.stop()
