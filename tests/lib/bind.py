# SPDX-License-Identifier: BSD-3-Clause
"""sluice-bind on a PCI bus of the test's own, in dash and with nothing but busybox."""

import contextlib
import os
import subprocess

import pytest

from lib.net import run
from lib.offline import ROOT
from lib.pci import Kernel

BIND = ROOT / "scripts" / "bind.sh"
SHELLS = ("dash", "busybox")
ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


@contextlib.contextmanager
def kernel_of(shell, directory):
    """A kernel whose script runs in this shell, in whose PATH is nothing else."""
    kernel = Kernel(directory / "root")
    tools = directory / "tools"
    tools.mkdir()
    if shell == "busybox":
        run("busybox", "--install", "-s", tools)
        kernel.shell = [tools / "sh"]
        kernel.path = f"{kernel.root}/bin:{tools}"
        # Its shell takes its own modprobe and ip before any other.
        kernel.driver("vfio-pci")
    else:
        kernel.shell = ["/usr/bin/dash"]
        kernel.path = f"{kernel.root}/bin:{os.environ['PATH']}"
    try:
        yield kernel
    finally:
        kernel.close()


own_programs = pytest.mark.parametrize("kernel", ["dash"], indirect=True)


def bind(kernel, *words, wrap=(), **environment):
    return subprocess.run([*wrap, *kernel.shell, BIND, *words], capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": kernel.path, "SLUICE_BIND_ROOT": str(kernel.root), **environment})


def two_cards(kernel):
    kernel.device("0000:03:00.0", group=12, driver="ixgbe", interface="wan0", node=0)
    kernel.device("0000:03:00.1", group=13, driver="ixgbe", interface="lan0", node=1)


def default_route(kernel, interface):
    kernel.proc("net/route", ROUTES + f"{interface}\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")


def refused(kernel, *words, **environment):
    """Its reason; and nothing was touched."""
    before = {path.name: kernel.driver_of(path.name) for path in kernel.devices.iterdir()}
    done = bind(kernel, *words, **environment)
    assert done.returncode == 1, done
    assert before == {path.name: kernel.driver_of(path.name) for path in kernel.devices.iterdir()}
    assert all(kernel.override(address) == "(null)" for address in before)
    assert not list((kernel.root / "run").iterdir())
    return done.stderr
