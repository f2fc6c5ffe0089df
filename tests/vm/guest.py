# SPDX-License-Identifier: BSD-3-Clause
"""The guest: a machine of QEMU's with an IOMMU and NICs on hubs, told what to do over a serial port and QMP."""

import base64
import hashlib
import json
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
import time
from typing import NamedTuple

BOOT_SECONDS = 60
COMMAND_SECONDS = 60
NUDGE_SECONDS = 3
LAST_LINES = 40
GARBLED, GARBLED_MAX = -1, 5  # what the guest says of a command that lost bytes on its way; how often it is sent

# TCG always, whatever the machine offers: results must not depend on it. The IOMMU comes before what it serves.
MACHINE = ["-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024",
           "-display", "none", "-no-reboot"]
IOMMU = ["-device", "intel-iommu,intremap=on,caching-mode=on,aw-bits=48"]


class Nic(NamedTuple):
    """A card on the wire (a hub of QEMU's) of that name, on a root port of its own, or as another function of the slot
    that the NIC `beside` is in."""
    name: str
    wire: str
    model: str = "e1000e"
    beside: str = ""

    def device(self, number):
        place = {"bus": f"root-{self.beside or self.name}", "addr": "0.1" if self.beside else "0.0"}
        return {"driver": self.model, "id": self.name, "netdev": f"net-{self.name}",
                "mac": f"52:54:00:00:00:{number:02x}", "multifunction": True, **place}


class Failed(AssertionError):
    """A command of the guest's that ended with another status than it should."""


class Hung(Exception):
    """A guest that does not answer, or an emulator that doesn't; the text is what could be found out."""


class Lines:
    """A stream socket to QEMU, read by lines and by lengths. nudge: what is sent whenever nothing has come for a
    while."""

    def __init__(self, path, seconds):
        self.nudge = b""
        self.buffer = b""
        deadline = time.monotonic() + seconds
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def send(self, data):
        self.socket.sendall(data)

    def _receive(self, deadline):
        while not select.select([self.socket], [], [], NUDGE_SECONDS)[0]:
            if time.monotonic() > deadline:
                raise TimeoutError("QEMU says nothing")
            self.socket.sendall(self.nudge)
        more = self.socket.recv(1 << 16)
        if not more:
            raise EOFError("QEMU has closed the connection")
        self.buffer += more

    def line(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            self._receive(deadline)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def read(self, length, seconds):
        deadline = time.monotonic() + seconds
        while len(self.buffer) < length:
            self._receive(deadline)
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def close(self):
        self.socket.close()


class Guest:
    """Boots at once and is ready when made; nics in the order of their PCI addresses. wires: names of wires that are
    dumped to `wire(name)`. extra: more of QEMU's options, append: of the kernel's."""

    def __init__(self, directory, kernel, initramfs, nics, dumps=(), iommu=True, extra=(), append="",
                 modules=("vfio_iommu_type1", "vfio_pci")):
        self.made_with = (directory, kernel, initramfs, nics, dumps, iommu, extra, append, modules)
        self.prepare = lambda: None  # what is done to it once it has booted
        self.directory = pathlib.Path(directory)
        self.sockets = tempfile.TemporaryDirectory(prefix="sluice-vm-")  # paths of sockets must be short
        self.nics = {nic.name: nic for nic in nics}
        self.console = self.directory / "console"
        program = shutil.which("qemu-system-x86_64")
        if not program:
            raise RuntimeError("qemu-system-x86_64 is missing: `scripts/setup.sh --vm` installs it")
        words = f"console=ttyS0 panic=-1 quiet loglevel=5 intel_iommu=on guest.modules={','.join(modules)} {append}"
        command = [program, "-machine", "q35", *MACHINE,
                   *(IOMMU if iommu else []), "-kernel", str(kernel.image), "-initrd", str(initramfs),
                   "-append", words, "-chardev", f"file,id=console,path={self.console}",
                   "-serial", "chardev:console", "-serial", f"unix:{self.sockets.name}/shell,server=on,wait=off",
                   "-qmp", f"unix:{self.sockets.name}/qmp,server=on,wait=off"]
        for number, nic in enumerate(nics):
            command += self._nic(number, nic, nic.name in dumps)
        with open(self.directory / "qemu.log", "wb") as log:
            self.process = subprocess.Popen([*command, *extra], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._connect()
        except Exception as error:
            self.close()
            raise RuntimeError(f"the guest does not boot: {error}\n{self.last_words()}") from error

    def _nic(self, number, nic, dump):
        wire = sorted({other.wire for other in self.nics.values()}).index(nic.wire)
        words = ["-netdev", f"hubport,id=net-{nic.name},hubid={wire}"]
        if not nic.beside:
            words += ["-device", f"pcie-root-port,id=root-{nic.name},chassis={number + 1},slot={number + 1}"]
        words += ["-device", json.dumps(nic.device(number))]
        if dump:
            words += ["-object", f"filter-dump,id=dump-{nic.name},netdev=net-{nic.name},file={self.dump(nic.name)}"]
        return words

    def _connect(self):
        self.qmp = Lines(f"{self.sockets.name}/qmp", 10)
        self.qmp.line(10)
        self.tell("qmp_capabilities")
        self.shell = Lines(f"{self.sockets.name}/shell", 10)
        self._answer(BOOT_SECONDS)
        # An interrupt of the emulated serial port is lost now and then, and what it was for lies there until the next
        # one. The guest takes no notice of an empty line.
        self.shell.nudge = b"\n"

    def dump(self, name):
        """The capture of all that went over the wire between a NIC and its hub."""
        return self.directory / f"{name}.pcap"

    def last_words(self):
        lines = []
        for path in (self.directory / "qemu.log", self.console):
            text = path.read_text(errors="replace") if path.exists() else ""
            lines += [f"--- {path}", *text.splitlines()[-LAST_LINES:]]
        return "\n".join(lines)

    def tell(self, command, **arguments):
        """One order to QEMU; its answer, past what QEMU reports by itself."""
        self.qmp.send(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.qmp.line(10))
            if "error" in answer:
                raise Failed(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def await_event(self, name, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            event = json.loads(self.qmp.line(max(0.1, deadline - time.monotonic())))
            if event.get("event") == name:
                return event["data"]

    def _answer(self, seconds):
        try:
            status, length = (int(word) for word in self.shell.line(seconds).split())
            return status, self.shell.read(length, seconds).decode(errors="replace")
        except TimeoutError as error:
            raise Hung(f"no answer in {seconds} s: {self._state()}") from error

    def _state(self):
        """Where the emulator's threads and its processors are, as far as either can still be asked."""
        lines = []
        for thread in sorted(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()):
            name, words = (thread / "comm").read_text().strip(), (thread / "stat").read_text().rsplit(")", 1)[1].split()
            lines.append(f"thread {name}: {words[0]}, {words[11]} + {words[12]} ticks, {(thread / 'wchan').read_text()}")
        try:
            lines.append(str(self.tell("query-status")))
            for _ in range(2):
                lines.append(self.tell("human-monitor-command", **{"command-line": "info registers -a"}))
        except (OSError, EOFError, Failed) as error:
            lines.append(f"QMP: {error}")
        return "\n".join(lines)

    def run(self, command, seconds=COMMAND_SECONDS):
        """A shell command in the guest: its status, and all that it printed."""
        line = base64.b64encode(command.encode())
        for _ in range(GARBLED_MAX):
            self.shell.send(hashlib.md5(line).hexdigest().encode() + b" " + line + b"\n")
            status, text = self._answer(seconds)
            if status != GARBLED:
                return status, text
        raise Hung(f"a command never came through whole: `{command}`")

    def do(self, command, seconds=COMMAND_SECONDS):
        """A shell command that must succeed: what it printed."""
        status, text = self.run(command, seconds)
        if status:
            raise Failed(f"`{command}` ended with {status}: {text}")
        return text

    def write(self, path, text):
        self.do(f"base64 -d > {path} <<'END'\n{base64.encodebytes(text.encode()).decode()}END\n")

    def wait(self, look, holds, seconds=20):
        """Looks again and again until holds(what it saw), and returns that."""
        deadline = time.monotonic() + seconds
        while True:
            seen = look()
            if holds(seen):
                return seen
            assert time.monotonic() < deadline, seen
            time.sleep(0.02)

    def until(self, command, seconds=20):
        """Runs a command again and again until it succeeds; what it printed then."""
        deadline = time.monotonic() + seconds
        while True:
            status, text = self.run(command)
            if status == 0:
                return text
            if time.monotonic() > deadline:
                raise Failed(f"`{command}` still ends with {status}: {text}")
            time.sleep(0.1)

    def bind(self, driver, *names):
        """Gives NICs to a driver of the guest's kernel; "" leaves them without one."""
        for name in names:
            device = f"/sys/bus/pci/devices/{self.address(name)}"
            self.do(f"[ ! -e {device}/driver ] || echo {self.address(name)} > {device}/driver/unbind; "
                    f"echo {driver or 'none'} > {device}/driver_override; "
                    f"echo {self.address(name)} > /sys/bus/pci/drivers_probe")

    def address(self, name):
        """Where a NIC is on the guest's PCI bus."""
        buses = self.tell("query-pci")
        while buses:
            for device in buses.pop()["devices"]:
                if device["qdev_id"] == name:
                    return f"0000:{device['bus']:02x}:{device['slot']:02x}.{device['function']}"
                if "pci_bridge" in device:
                    buses.append({"devices": device["pci_bridge"].get("devices", [])})
        raise KeyError(name)

    def plug(self, name):
        """Puts a NIC back that was taken out, and waits until the kernel has found it."""
        number = list(self.nics).index(name)
        self.tell("device_add", **self.nics[name].device(number))
        self.until(f"[ -e /sys/bus/pci/devices/{self.address(name)} ]")

    def restart(self):
        """Another one in its place; what the first said last is kept beside it."""
        self.close()
        for name in ("qemu.log", "console"):
            (self.directory / name).rename(self.directory / f"{name}.hung")
        prepare = self.prepare
        self.__init__(*self.made_with)  # pylint: disable=C2801
        self.prepare = prepare
        self.prepare()

    def close(self):
        for stream in (getattr(self, "qmp", None), getattr(self, "shell", None)):
            if stream:
                stream.close()
        self.process.kill()
        self.process.wait()
        self.sockets.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
