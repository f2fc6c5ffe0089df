# SPDX-License-Identifier: BSD-3-Clause
"""sluice-bind on a kernel with an IOMMU and real drivers, with nothing but busybox."""

import pytest

from vm import image

BIND = "/tmp/bind.sh"


@pytest.fixture(name="bind", scope="module")
def installed(guest):
    """The tool, and cards that the kernel drives; tests that follow find them without a driver, as they were."""
    guest.do("modprobe e1000e")
    guest.bind("e1000e", "k0", "s0", "s1")
    for name in ("bind.sh", "carriers.sh"):
        guest.write(f"/tmp/{name}", (image.ROOT / "scripts" / name).read_text(encoding="utf-8"))
    guest.do(f"chmod +x {BIND}")
    yield lambda words: guest.run(f"{BIND} {words}")
    guest.bind("", "k0", "s0", "s1")


def interface(guest, address):
    return guest.do(f"ls /sys/bus/pci/devices/{address}/net").strip()


def driver(guest, address):
    return guest.do(f"basename $(readlink /sys/bus/pci/devices/{address}/driver)").strip()


def group(guest, address):
    return guest.do(f"basename $(readlink /sys/bus/pci/devices/{address}/iommu_group)").strip()


def test_there_and_back(guest, bind):
    address = guest.address("k0")
    name, number = interface(guest, address), group(guest, address)
    status, text = bind(name)
    assert status == 0, text
    assert f"{address}: bound to vfio-pci, IOMMU group {number} (was: e1000e, interface {name})" in text
    guest.do(f"[ -c /dev/vfio/{number} ] && [ -e /run/sluice-bind/{address} ]")
    assert bind(name) == (0, f"sluice-bind: {address}: is bound to vfio-pci already\n")
    # What holds a card is named, rather than waited for.
    status, text = guest.run(f"exec 9<>/dev/vfio/{number}; {BIND} --undo {address}")
    assert status == 1 and f"{address}: is in use by process" in text
    assert driver(guest, address) == "vfio-pci"
    assert bind(f"--undo {name}") == (0, f"sluice-bind: {address}: back with e1000e, interface {name}\n")
    guest.do(f"[ ! -e /dev/vfio/{number} ] && [ ! -e /run/sluice-bind/{address} ]")
    assert driver(guest, address) == "e1000e"


def test_the_default_route_stays(guest, bind):
    address = guest.address("k0")
    name = interface(guest, address)
    guest.do(f"ip addr add 192.0.2.1/24 dev {name}; ip link set {name} up; ip route add default via 192.0.2.2")
    try:
        status, text = bind(name)
        assert status == 1 and f"its interface {name} carries the IPv4 default route" in text
        assert driver(guest, address) == "e1000e"
        assert bind(f"--force {name}")[0] == 0 and driver(guest, address) == "vfio-pci"
    finally:
        bind(f"--undo {address}")
        guest.run(f"ip route del default; ip addr flush dev {name}; ip link set {name} down")


def test_a_shared_group(guest, bind):
    one, other = guest.address("s0"), guest.address("s1")
    status, text = bind(one)
    assert status == 0 and f"shares group {group(guest, one)} with {other} (e1000e); sluice needs all" in text
    status, text = bind(other)
    assert status == 0 and f"with {one} (vfio-pci)" in text
    assert bind(f"--undo {one} {other}")[0] == 0
    assert driver(guest, one) == driver(guest, other) == "e1000e"


def test_no_network_card(bind):
    status, text = bind("0000:00:00.0")
    assert status == 1 and "is no network card" in text


def test_no_iommu(bare):
    for name in ("bind.sh", "carriers.sh"):
        bare.write(f"/tmp/{name}", (image.ROOT / "scripts" / name).read_text(encoding="utf-8"))
    status, text = bare.run(f"sh {BIND} --force {bare.address('a0')}")
    assert status == 1 and "has no IOMMU group" in text and "intel_iommu=on" in text
