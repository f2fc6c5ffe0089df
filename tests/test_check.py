# SPDX-License-Identifier: BSD-3-Clause
"""`check` says before what `run` would refuse, and names it; what mends it is then accepted."""

import contextlib
import ctypes
import json
import os
import re
import struct
import subprocess

import pytest

from lib.capture import fixture
from lib.daemon import Daemon, PLUGINS, test_ports
from lib.net import Machine, run
from lib.offline import SLUICED, config, out, write_config

# A machine with DPDK, but without its drivers of networks.
BARE = ["unshare", "--mount", "sh", "-ec",
        """mkdir "$2"; cp -a "$1"/librte_bus* "$1"/librte_mempool* "$2"; mount --bind "$2" "$1"; shift 2; exec "$@" """, "sh",
        "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0"]
INTERFACES = ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN"]


def as_user(*capabilities):
    """Words that make a command an ordinary user's, with these capabilities and no other."""
    names = ",".join("+" + name.removeprefix("CAP_").lower() for name in capabilities)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps=-all{',' * bool(names)}{names}",
            f"--ambient-caps=-all{',' * bool(names)}{names}", "--"]


class Place:
    """A directory with a config, for commands of either user."""

    def __init__(self, directory):
        self.directory = directory
        self.run_dir = f"/run/sluice-check-{os.getpid()}"

    def write(self, what):
        return write_config(self.directory / "config.yaml", {**what, "run-dir": f"{self.run_dir}/run"})

    def command(self, command, what, *options, before=()):
        return subprocess.run([*map(str, before), SLUICED, command, self.write(what), *options], capture_output=True, text=True,
                              timeout=60, check=False)

    def check(self, what, *options, before=()):
        """Refused findings, by code."""
        done = self.command("check", what, "--json", *options, before=before)
        assert done.stdout, done.stderr
        result = json.loads(done.stdout)
        refused = {one["code"]: one for one in result["findings"] if one["severity"] == "refused"}
        assert done.returncode == (0 if result["runs_here"] else 1)
        assert result["runs_here"] or result["errors"]
        assert refused or result["runs_here"] or not result["findings"]
        return refused

    def starts(self, what, *options, before=()):
        """Whether `run` gets as far as to say that it runs; what it said otherwise."""
        with subprocess.Popen([*map(str, before), SLUICED, "run", self.write(what), *options], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            said = []
            for line in process.stderr:
                said.append(line)
                if "running: " in line:
                    process.terminate()
            process.wait(timeout=30)
        return "running: " in "".join(said), "".join(said)


@pytest.fixture(name="place")
def open_to_all(tmp_path):
    for parent in (tmp_path, *list(tmp_path.parents)[:2]):
        os.chmod(parent, parent.stat().st_mode | 0o055)
    place = Place(tmp_path)
    os.mkdir(place.run_dir)
    os.chmod(place.run_dir, 0o1777)
    yield place
    run("rm", "-r", place.run_dir)


def one(vdev, **keys):
    return config({"x": {"vdev": vdev, **keys}}, idle="sleep")


WRONG = [
    ("net_nul0", {}, "driver-missing", "net_null"),
    ("net_whatever0", {}, "driver-missing", "--plugin"),
    ("net_null0,sizes=64", {}, "vdev-arguments", "size"),
    ("net_tap0,ifname=x", {}, "vdev-arguments", "iface"),
    ("net_memif0,rol=client", {}, "vdev-arguments", "role"),
    ("eth_null0,hold=5", {}, "vdev-arguments", "no-rx"),
    ("net_af_packet0", {}, "vdev-arguments", "iface"),
    ("net_virtio_user0,queues=1", {}, "vdev-arguments", "path"),
    ("net_vhost0", {}, "vdev-arguments", "iface"),
    ("net_af_packet0,iface=no-such-if", {}, "interface-missing", "ip link"),
    ("net_af_packet0,iface=lo", {"queues": 2}, "vdev-queues", "qpairs=2"),
    ("net_null.0,size=64", {}, "vdev-arguments", "net_tap0"),
    ("net_null0,size=4096", {}, "packet-size", "2048"),
]


@pytest.mark.parametrize("vdev, keys, code, mend", WRONG)
def test_virtual_devices(vdev, keys, code, mend, place):
    refused = place.check(one(vdev, **keys))
    assert list(refused) == [code] and mend in refused[code]["mend"], refused
    done = place.command("run", one(vdev, **keys))
    assert done.returncode == 1 and f"[{code}]" in done.stderr, done.stderr


def test_a_capture_has_one_queue(place):
    what = config({"in": {"pcap": {"in": str(fixture("dns.pcap")), "out": "a.pcap"}, "queues": 2}})
    assert list(place.check(what)) == ["vdev-queues"]
    assert place.command("run", what).returncode == 1
    what["ports"]["in"]["queues"] = 1
    assert not place.check(what)


@pytest.mark.parametrize("vdev, keys", [("net_null0,size=2048", {"queues": 4}), ("eth_null0,copy=1", {}), ("net_ring0", {}),
                                        ("net_af_packet0,iface=lo,qpairs=2", {"queues": 2})])
def test_virtual_devices_that_are_right(vdev, keys, place):
    assert not place.check(one(vdev, **keys))
    started, said = place.starts(one(vdev, **keys))
    assert started, said


@pytest.mark.parametrize("port, package", [({"vdev": "net_null0"}, "null"), ({"pcap": {"out": "a.pcap"}}, "null"),
                                           ({"vdev": "net_virtio_user0,path=/dev/vhost-net"}, "virtio"),
                                           ({"af-xdp": "lo"}, "af-xdp"), ({"vdev": "eth_af_packet0,iface=lo"}, "af-packet")])
def test_packages_of_drivers_are_named(port, package, place):
    """On a machine without DPDK's drivers."""
    refused = place.check(config({"x": port}), before=[*BARE, place.directory / "drivers"])
    assert f"apt install librte-net-{package}23" in refused["driver-missing"]["mend"]


def test_drivers_of_ones_own(place):
    what = config(test_ports(a="rx=10"), idle="sleep")
    assert "driver-missing" in place.check(what)
    assert not place.check(what, "--plugin", PLUGINS[0])
    started, said = place.starts(what, "--plugin", PLUGINS[0])
    assert started, said


@pytest.mark.parametrize("port, needed", [
    ({"vdev": "net_af_packet0,iface=lo"}, ["CAP_NET_ADMIN", "CAP_NET_RAW"]), ({"vdev": "net_tap0"}, ["CAP_NET_ADMIN"]), ("veth", INTERFACES)])
def test_capabilities(port, needed, place):
    """Exactly those that are named, and each of them."""
    with contextlib.ExitStack() as stack:
        if port == "veth":
            port = stack.enter_context(Machine("10.9.8.1")).port()
        what = config({"x": port}, idle="sleep")
        refused = place.check(what, before=as_user())
        assert refused["capability-missing"]["what"] == f"user nobody has not: {' '.join(needed)}"
        assert " ".join(needed) in refused["capability-missing"]["mend"]
        assert "capability-missing" not in place.check(what)
        assert "capability-missing" not in place.check(what, before=as_user(*needed))
        if len(needed) <= 2:
            started, said = place.starts(what, before=as_user(*needed))
            assert started, said


def test_who_has_a_queue_is_named(place, tmp_path):
    (tmp_path / "other").mkdir()
    with Machine("10.9.8.1") as machine, Machine("10.9.8.2") as other:
        what = config({"x": machine.port()}, idle="sleep")
        with Daemon(what, tmp_path / "other") as daemon:
            refused = place.check(what)
            assert list(refused) == ["interface-busy"]
            assert f"process {daemon.process.pid} (sluiced)" in refused["interface-busy"]["what"]
            assert f"interface {machine.interface}" in refused["interface-busy"]["what"]
            done = place.command("run", what)
            assert done.returncode == 1 and f"process {daemon.process.pid} (sluiced)" in done.stderr
            # An ordinary user sees that somebody has it.
            refused = place.check(what, before=as_user())
            assert not refused.get("interface-busy") or "can't see into" in refused["interface-busy"]["what"]
            assert not place.check(config({"x": other.port()}, idle="sleep"))
            daemon.stop()
        assert not place.check(what)


def load_program(path):
    """An XDP program that lets all packets pass, pinned there; bpf(2)."""
    code = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code, text = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("<IIQQIIQII16s", 6, 2, ctypes.addressof(code), ctypes.addressof(text), 0, 0, 0, 0, 0, b"guard")
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(321, 5, ctypes.create_string_buffer(attributes.ljust(128, b"\0")), 128)
    assert fd >= 0, os.strerror(ctypes.get_errno())
    name = ctypes.create_string_buffer(str(path).encode())
    attributes = struct.pack("<QII", ctypes.addressof(name), fd, 0)
    ret = libc.syscall(321, 6, ctypes.create_string_buffer(attributes.ljust(128, b"\0")), 128)
    os.close(fd)
    assert ret == 0, os.strerror(ctypes.get_errno())


def test_somebody_elses_program_is_named(place, tmp_path):
    with Machine("10.9.8.1") as machine:
        run("mount", "-t", "bpf", "bpf", tmp_path)
        try:
            load_program(tmp_path / "guard")
            run("ip", "link", "set", machine.interface, "xdp", "pinned", tmp_path / "guard")
        finally:
            run("umount", tmp_path)
        what = config({"x": machine.port()}, idle="sleep", memory={"packets": 16383, "hugepages": False})
        refused = place.check(what)
        assert list(refused) == ["interface-program"] and "guard" in refused["interface-program"]["what"]
        assert place.command("run", what).returncode == 1
        run(*refused["interface-program"]["mend"].split()[1:])
        assert not place.check(what)
        started, said = place.starts(what)
        assert started, said


def test_what_a_killed_daemon_left_is_in_nobodys_way(place, tmp_path):
    (tmp_path / "other").mkdir()
    with Machine("10.9.8.1") as machine:
        what = config({"x": machine.port()}, idle="sleep", memory={"packets": 16383, "hugepages": False})
        with Daemon(what, tmp_path / "other") as daemon:
            daemon.kill()
        assert not place.check(what)
        started, said = place.starts(what)
        assert started, said


def test_frames_longer_than_packets(place):
    """Each advice, followed to the letter, is accepted."""
    def warnings(what):
        done = place.command("check", what)
        return done, [line for line in done.stderr.splitlines() if "[interface-mtu]" in line]

    with Machine("10.9.8.1") as machine:
        name = machine.interface
        for mtu, size in ((9000, 2048), (2500, 2048), (2035, 2048), (3000, 1700)):
            run("ip", "link", "set", name, "mtu", mtu)
            what = config({"x": machine.port()}, idle="sleep", memory={"packets": 16383, "hugepages": False,
                                                                        "packet-size": size})
            done, said = warnings(what)
            assert done.returncode == 0 and len(said) == 1, done.stderr
            advice = said[0].split("; mend: ")[1]
            sizes = re.findall(r"packet-size: (\d+)", advice)
            lower = re.findall(r"ip link set \S+ mtu \d+", advice)
            assert len(sizes) + len(lower) >= 1, advice
            for number in sizes:
                what["memory"]["packet-size"] = int(number)
                done, said = warnings(what)
                assert done.returncode == 0 and not said, done.stderr
                started, log = place.starts(what)
                assert started, log
            what["memory"]["packet-size"] = size
            for words in lower:
                run(*words.split())
                done, said = warnings(what)
                assert done.returncode == 0 and not said, done.stderr
        # More than a page holds is refused, and the advice is taken.
        what["memory"]["packet-size"] = 9014
        refused = place.check(what)
        what["memory"]["packet-size"] = int(re.search(r"packet-size: (\d+)", refused["packet-size"]["mend"]).group(1))
        assert not place.check(what)
        started, log = place.starts(what)
        assert started, log
        what["memory"]["packet-size"] += 1
        assert list(place.check(what)) == ["packet-size"]
        # And less than the kernel takes.
        what["memory"]["packet-size"] = 512
        refused = place.check(what)
        what["memory"]["packet-size"] = int(re.search(r"packet-size: (\d+)", refused["packet-size"]["mend"]).group(1))
        assert not place.check(what)
        started, log = place.starts(what)
        assert started, log
        what["memory"]["packet-size"] -= 1
        assert list(place.check(what)) == ["packet-size"]


def test_queues_that_an_interface_can_have(place):
    with Machine("10.9.8.1") as machine:
        refused = place.check(config({"x": {**machine.port(), "queues": 64}}))
        advice = refused["interface-queues"]["mend"]
        if advice.startswith("queues: "):
            assert not place.check(config({"x": {**machine.port(), "queues": int(advice.split()[1].strip(";"))}}))
        else:
            run(*advice.split()[1:])
            assert not place.check(config({"x": {**machine.port(), "queues": 64}}))


def test_rules_are_compiled(place):
    """With whatever the compiler says; here a filter that needs more than one packet's bounds of targets."""
    rules = [{"name": f"r{number}", "actions": [{"mirror": "a"} for _ in range(64)]} for number in range(938)]
    done = place.command("check", config({"a": out("a")}, rules), "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 1 and result["valid"] is True and result["runs_here"] is False
    assert "60032 targets" in result["errors"][0]["message"] and result["errors"][0]["line"] > 0
