# SPDX-License-Identifier: BSD-3-Clause
"""The guests that scenarios share: a boot costs seconds, so it is done once for all tests that can live with each
other. What a test changes, it changes back."""

import itertools
import os
import pathlib
import shutil
import subprocess

import pytest

from lib import capture, jumbo
from vm import image
from vm.guest import Guest, Hung, Nic
from vm.kernel import Kernel

BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", image.ROOT / "build")).resolve()
FAULTS = BUILD.with_name(BUILD.name + "-faults")  # the same with -Dfaults=true
DIRECTORY = BUILD / "vm"
REAL_PACKETS = 10_000
# What comes unchanged through a wire of Ethernet: shorter frames are padded by a NIC, longer ones need another MTU.
SHORTEST, LONGEST = 60, 1514
HUGEPAGES = 200

NICS = [Nic("a0", "one"), Nic("a1", "one"), Nic("a2", "two"), Nic("a3", "two"), Nic("s0", "three"),
        Nic("s1", "three", beside="s0"), Nic("k0", "three"), Nic("v0", "four", "vmxnet3"), Nic("v1", "four", "vmxnet3")]
OURS = ("a0", "a1", "a2", "a3")


def real_packets():
    """Packets of all real captures, again from the first until they are enough."""
    names = [name for name in capture.GOOD if not name.startswith("made/")]
    packets = [packet.data for name in names for packet in capture.read(capture.fixture(name))
               if SHORTEST <= len(packet.data) <= LONGEST and len(packet.data) == packet.wire]
    return list(itertools.islice(itertools.cycle(packets), REAL_PACKETS))


@pytest.fixture(scope="session")
def sent():
    return real_packets()


@pytest.fixture(scope="session")
def kernel():
    DIRECTORY.mkdir(exist_ok=True)
    return Kernel(DIRECTORY)


@pytest.fixture(scope="session")
def initramfs(kernel, sent):
    canary = DIRECTORY / "canary"
    subprocess.run(["cc", "-O2", "-static", "-Wall", "-Werror", image.HERE / "canary.c", "-o", canary], check=True)
    return image.make(BUILD, DIRECTORY, kernel,
                      {"/real.pcap": capture.write(DIRECTORY / "real.pcap", sent), "/usr/bin/canary": canary,
                       "/jumbo.pcap": capture.write(DIRECTORY / "jumbo.pcap", jumbo.frames(2048)),
                       "/usr/lib/sluice-faults/sluiced": FAULTS / "app" / "sluiced" / "sluiced"})


def started(request, *machine, **how):
    """A machine that stands still before its kernel has said a word is started once more, and the output says so: that says
    nothing of sluice, and all scenarios in it would fail."""
    try:
        return Guest(*machine, **how)
    except RuntimeError as error:
        if not isinstance(error.__cause__, Hung):
            raise
        request.config.get_terminal_writer().line(f"\nthe guest is started once more: {str(error).splitlines()[0]}")
    return Guest(*machine, **how)


def boot(request, name, kernel, initramfs, nics, ours=(), **how):
    """ours: the NICs that vfio-pci gets."""
    directory = DIRECTORY / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    guest = started(request, directory, kernel, initramfs, nics, **how)
    request.addfinalizer(guest.close)
    guest.prepare = lambda: prepare(guest, ours)
    guest.prepare()
    return guest


def prepare(guest, ours):
    guest.do(f"echo {HUGEPAGES} > /proc/sys/vm/nr_hugepages; [ $(cat /proc/sys/vm/nr_hugepages) = {HUGEPAGES} ]")
    guest.bind("vfio-pci", *ours)


@pytest.fixture(scope="session")
def guest(request, kernel, initramfs):
    """The machine that most scenarios run in: NICs in groups of their own, two that share one, one left alone."""
    return boot(request, "guest", kernel, initramfs, NICS, OURS, dumps=("a1", "a2", "v1"))


@pytest.fixture(scope="session")
def bare(request, kernel, initramfs):
    """A machine whose firmware offers no IOMMU."""
    return boot(request, "bare", kernel, initramfs, NICS[:2], iommu=False)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Now and then the emulator, or the kernel in it, stands still on a loaded machine (seen once in some hundred runs),
    which says nothing of what is tested. The first time in a session the guest is booted anew and the test run again,
    and the output says so; a second time fails."""
    words = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}  # pylint: disable=W0212
    try:
        pyfuncitem.obj(**words)
    except Hung as error:
        if getattr(pyfuncitem.session, "guest_hung", False):
            raise
        pyfuncitem.session.guest_hung = True
        pyfuncitem.config.get_terminal_writer().line(f"\n{pyfuncitem.name}: the guest hung, and is booted anew: {error}")
        for value in words.values():
            if isinstance(value, Guest):
                value.restart()
        pyfuncitem.obj(**words)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the guests said last; the whole of it stays below the build directory."""
    outcome = yield
    report = outcome.get_result()
    for value in getattr(item, "funcargs", {}).values() if report.failed else []:
        if isinstance(value, Guest):
            report.sections.append((f"guest, kept in {value.directory}", value.last_words()))
