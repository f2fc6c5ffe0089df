# SPDX-License-Identifier: BSD-3-Clause
"""What a real kernel shows of a machine that is not safe or not ready, and that preflight refuses it: `check` and
`run` both, with the same line, before any device is touched."""

import json

import pytest

from vm.conftest import HUGEPAGES
from vm.daemon import Daemon, config, start_command

PAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
ENOUGH, LITTLE = 524288, 8192  # kilobytes that a user may pin


def findings(guest, what, **how):
    """The refused findings of `sluiced check --json`, by code."""
    text = guest.run(start_command(guest, what, verb="check --json", **how) + "; cat /tmp/sluiced.out")[1]
    return {finding["code"]: finding for finding in json.loads(text)["findings"] if finding["severity"] == "refused"}


def assert_refused(guest, what, code, words, **how):
    refused = findings(guest, what, **how)
    assert code in refused, refused
    finding = refused[code]
    told = [finding[part] for part in ("what", "why", "mend")]
    assert all(told), finding
    for word in words:
        assert word in " ".join(told), finding
    for verb in ("check", "run"):
        status, _ = guest.run(start_command(guest, what, verb=verb, **how))
        log = guest.do("cat /tmp/sluiced.log")
        assert status == 1, (verb, status, log)
        lines = [line for line in log.splitlines() if finding["what"] in line]
        assert len(lines) == 1 and all(part in lines[0] for part in told), (verb, log)


@pytest.mark.parametrize("user", [False, True], ids=["root", "user"])
def test_nothing_refused(guest, user):
    what = config({name: guest.address(name) for name in ("a0", "a1")})
    assert findings(guest, what, user=user, memlock=ENOUGH if user else None) == {}


def test_no_iommu(bare):
    assert_refused(bare, config({"a0": bare.address("a0")}), "iommu-off", ["no IOMMU", "-device intel-iommu"])


def test_uio(bare):
    """The way round the IOMMU that Debian's kernel has; vfio's own, no-IOMMU mode, is not built into it."""
    bare.do("modprobe uio_pci_generic")
    bare.bind("uio_pci_generic", "a0")
    assert_refused(bare, config({"a0": bare.address("a0")}), "driver-uio", ["uio_pci_generic", "all memory"])


def test_shared_group(guest):
    """vfio takes a group only whole: the other function of the card is still the kernel's."""
    guest.do("modprobe e1000e")
    guest.bind("vfio-pci", "s0")
    guest.bind("e1000e", "s1")
    assert_refused(guest, config({"s0": guest.address("s0")}), "group-shared",
                   ["shares", "IOMMU group", guest.address("s1"), "e1000e"])
    guest.bind("vfio-pci", "s1")
    assert findings(guest, config({"s0": guest.address("s0")})) == {}


def test_kernel_driver(guest):
    guest.do("modprobe e1000e")
    guest.bind("e1000e", "k0")
    assert_refused(guest, config({"k0": guest.address("k0")}), "driver-kernel", ["e1000e", "sluice-bind"])


def test_memlock(guest):
    what = config({name: guest.address(name) for name in ("a0", "a1")})
    assert_refused(guest, what, "memlock-low", ["RLIMIT_MEMLOCK", f"{LITTLE} KiB", "memlock"], user=True,
                   memlock=LITTLE)


def test_hugepages(guest):
    what = config({name: guest.address(name) for name in ("a0", "a1")})
    guest.do(f"echo 4 > {PAGES}")
    try:
        assert_refused(guest, what, "hugepages-few", ["hugepages", "nr_hugepages"])
    finally:
        guest.do(f"echo {HUGEPAGES} > {PAGES}; [ $(cat {PAGES}) = {HUGEPAGES} ]")
    with Daemon(guest, what) as daemon:
        daemon.stop()
