# SPDX-License-Identifier: BSD-3-Clause
import os
import shutil
import signal
import subprocess

import pytest

from lib import bind, capture, offline
from lib.slot import Slot


def pytest_configure(config):
    # A shell that starts the tests in the background makes them, and what they start, deaf to it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "live: needs root and network namespaces")
    config.addinivalue_line("markers", "unbuilt: runs nothing that is built")
    if not offline.SLUICED.exists():
        raise pytest.UsageError(f"{offline.SLUICED} is missing: run `make`, or set SLUICE_BUILD to a build directory")


def live_obstacle():
    """Why live tests can't run here, or None."""
    if os.geteuid() != 0:
        return "live tests need root"
    name = f"sluice-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return "network namespaces can't be made here: " + made.stderr.strip()
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def pytest_collection_modifyitems(items):
    live = [item for item in items if item.get_closest_marker("live")]
    obstacle = live_obstacle() if live else None
    for item in live if obstacle else []:
        item.add_marker(pytest.mark.skip(reason=obstacle))


@pytest.fixture(name="slot")
def made_slot(tmp_path):
    return Slot(tmp_path / "slot")


@pytest.fixture(name="kernel", params=bind.SHELLS)
def kernel_of_a_shell(request, tmp_path):
    with bind.kernel_of(request.param, tmp_path) as kernel:
        yield kernel


@pytest.fixture(name="dns_beside")
def capture_beside(tmp_path):
    """Where the config lies the sandbox lets the daemon read."""
    shutil.copy(capture.fixture("dns.pcap"), tmp_path)
