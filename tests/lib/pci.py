# SPDX-License-Identifier: BSD-3-Clause
"""A PCI bus in a directory, with a kernel behind it that binds drivers as Linux does, for programs that take the root of
/sys, /proc, /dev and /run from SLUICE_BIND_ROOT."""

import contextlib
import os
import pathlib
import select
import threading


class Kernel:
    """Its sysfs files that take orders are FIFOs, which a thread reads and obeys."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.devices = self.root / "sys/bus/pci/devices"
        self.drivers = self.root / "sys/bus/pci/drivers"
        self.interfaces = self.root / "sys/class/net"
        self.groups = self.root / "sys/kernel/iommu_groups"
        for directory in (self.devices, self.drivers, self.interfaces, self.groups, self.root / "dev/vfio",
                          self.root / "proc/net", self.root / "bin", self.root / "run"):
            directory.mkdir(parents=True)
        self.names = {}      # address -> interface that its kernel driver makes
        self.native = {}     # address -> its kernel driver
        self.refusing = set()  # drivers whose probe fails
        self.orders = {}     # descriptor -> what to do with a word
        self.poll = select.poll()
        self.over = threading.Event()
        self.order(self.root / "sys/bus/pci/drivers_probe", self.probe)
        self.probes = next(iter(self.orders))
        self.order(self.root / "load", self.driver)
        self.module("vfio-pci")
        self.program("modprobe", f'[ -e {self.root}/modules/$1 ] && echo $1 >{self.root}/load')
        self.program("ip", "true")
        self.program("udevadm", "true")
        self.thread = threading.Thread(target=self.obey, daemon=True)
        self.thread.start()

    def order(self, path, action):
        os.mkfifo(path)
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.orders[descriptor] = action
        self.poll.register(descriptor, select.POLLIN)

    def words(self, descriptor):
        with contextlib.suppress(BlockingIOError):
            return os.read(descriptor, 4096).decode("ascii").split()
        return []

    def obey(self):
        """A writer goes on at once, where the kernel's waits: what came before a probe is done before it."""
        while not self.over.is_set():
            if not self.poll.poll(50):
                continue
            probes = self.words(self.probes)
            for descriptor, action in list(self.orders.items())[1:]:
                for word in self.words(descriptor):
                    action(word)
            for word in probes:
                self.probe(word)

    def close(self):
        self.over.set()
        self.thread.join()
        for descriptor in self.orders:
            os.close(descriptor)

    def driver(self, name):
        if not (self.drivers / name).exists():
            (self.drivers / name).mkdir()
            self.order(self.drivers / name / "unbind", self.unbind)

    def device(self, address, *, kind="0x020000", group=None, driver=None, interface=None, node=-1, vendor="0x8086",
               device="0x10d3", bridge=None):
        """A function of its own device directory below bus 0, or below a bridge's."""
        place = self.root / "sys/devices/pci0000:00" / (f"{bridge}/{address}" if bridge else address)
        place.mkdir(parents=True, exist_ok=True)
        (self.devices / address).symlink_to(os.path.relpath(place, self.devices))
        for name, text in (("class", kind), ("vendor", vendor), ("device", device), ("numa_node", node),
                           ("driver_override", "(null)")):
            (place / name).write_text(f"{text}\n", encoding="ascii")
        if group is not None:
            (self.groups / str(group) / "devices").mkdir(parents=True, exist_ok=True)
            (self.groups / str(group) / "devices" / address).symlink_to(place)
            (place / "iommu_group").symlink_to(self.groups / str(group))
        if interface:
            self.names[address] = interface
        if driver:
            self.driver(driver)
            self.native[address] = driver
            self.bind(address, driver)
        return place

    def interface(self, name, *below):
        """One without a device: a bond, a bridge, a VLAN."""
        (self.interfaces / name).mkdir(exist_ok=True)
        for lower in below:
            (self.interfaces / name / f"lower_{lower}").symlink_to(self.interfaces / lower)

    def driver_of(self, address):
        link = self.devices / address / "driver"
        return link.readlink().name if link.is_symlink() else None

    def override(self, address):
        return (self.devices / address / "driver_override").read_text(encoding="ascii").strip()

    def bind(self, address, driver):
        (self.devices / address / "driver").symlink_to(self.drivers / driver)
        if driver == "vfio-pci":
            group = (self.devices / address / "iommu_group").resolve().name
            (self.root / "dev/vfio" / group).touch()
        elif address in self.names:
            interface = self.interfaces / self.names[address]
            interface.mkdir(exist_ok=True)
            (interface / "device").symlink_to((self.devices / address).resolve())

    def unbind(self, address):
        (self.devices / address / "driver").unlink()
        if address in self.names:
            (self.interfaces / self.names[address] / "device").unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                (self.interfaces / self.names[address]).rmdir()

    def probe(self, address):
        if self.driver_of(address):
            return
        override = self.override(address).replace("(null)", "")
        wanted = override or self.native.get(address)
        if wanted and (self.drivers / wanted).exists() and wanted not in self.refusing:
            self.bind(address, wanted)

    def module(self, name):
        """One that modprobe finds."""
        (self.root / "modules").mkdir(exist_ok=True)
        (self.root / "modules" / name).touch()

    def program(self, name, text):
        """One that the tool finds before the machine's own."""
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        path.chmod(0o755)

    def proc(self, name, text):
        (self.root / "proc" / name).write_text(text, encoding="ascii")
