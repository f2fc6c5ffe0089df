# SPDX-License-Identifier: BSD-3-Clause
"""The sandbox around a running daemon: what holds, what goes on working in it, and that nothing starts without it. And
what shows that workers live: page faults, heartbeats, the service manager's watchdog."""

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.held import held, threads
from lib.net import Machine, run
from lib.offline import SLUICE, SLUICED, config, write_config

IDLE = {"idle": "sleep"}
IPC_LOCK = 1 << 14


def simple(**more):
    return config(test_ports(source="rx=endless", sink="hold=64"), default={"forward": "sink"}, **{**IDLE, **more})


def refused_calls(daemon, since):
    """What the kernel's log says of system calls that the sandbox refused to it."""
    lines = (re.match(r"\[ *([0-9.]+)\] (.*)", line) for line in run("dmesg").splitlines())
    return [line.group(2) for line in lines if line and float(line.group(1)) > since and "type=1326" in line.group(2)
            and f" pid={daemon.process.pid} " in line.group(2)]


def test_what_holds(tmp_path):
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        sandbox = daemon.call("status")["sandbox"]
        assert sandbox["on"] and sandbox["landlock"] >= 1 and sandbox["seccomp"] and sandbox["no_new_privs"]
        assert sandbox["core_dumps"] is False and set(sandbox["capabilities"]) <= {"ipc_lock"}
        found = list(threads(daemon))
        assert len(found) >= 4
        for thread in found:
            assert thread["Seccomp"].strip() == "2" and thread["NoNewPrivs"].strip() == "1", thread["Name"]
            for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                assert int(thread[kind], 16) & ~IPC_LOCK == 0, (thread["Name"], kind)
        with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as limits:
            assert re.search(r"Max core file size +0 +0 ", limits.read())
        assert "Landlock" in daemon.sluice("status").stdout
        daemon.stop()
        assert "sealed" in daemon.text()


@pytest.mark.parametrize("word", [False, "no"])
def test_off(word, tmp_path):
    with Daemon(simple(sandbox=word), tmp_path, PLUGINS) as daemon:
        sandbox = daemon.call("status")["sandbox"]
        assert sandbox["on"] is False and sandbox["landlock"] == 0 and sandbox["seccomp"] is False
        assert {thread["Seccomp"].strip() for thread in threads(daemon)} == {"0"}
        assert "sandbox  off" in daemon.sluice("status").stdout
        daemon.stop()
        assert "sandbox: off" in daemon.text()


def test_core_dumps_where_they_are_wanted(tmp_path):
    with Daemon(simple(sandbox={"core-dumps": True}), tmp_path, PLUGINS) as daemon:
        assert daemon.call("status")["sandbox"]["seccomp"] is True
        assert os.stat(f"/proc/{daemon.process.pid}/environ").st_uid == os.geteuid()
        daemon.stop()


def test_needs_a_restart(tmp_path):
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        with pytest.raises(Refused, match="sandbox"):
            daemon.apply({**daemon.what, "sandbox": False})
        daemon.stop()


def test_config_from_elsewhere(tmp_path):
    """The daemon can't read it; the client, who can, passes it."""
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        with daemon.client() as client, pytest.raises(Refused, match="may not read it") as refused:
            client.call("config.check", file="/etc/hostname")
        assert refused.value.error["data"] == {"field": "file", "readable": False}
        elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
        elsewhere.mkdir()
        path = write_config(elsewhere / "other.yaml", {**daemon.what, "default": "drop"})
        done = daemon.sluice("config", "apply", str(path))
        assert done.returncode == 0 and "applied" in done.stdout, done.stderr
        assert daemon.call("status")["applied"] == 1
        path.write_text("version: 1\nprots: {}\n", encoding="ascii")
        done = daemon.sluice("config", "apply", str(path))
        assert done.returncode == 2 and "prots" in done.stderr, (done.returncode, done.stderr)
        daemon.stop()
    with Daemon(simple(sandbox=False), tmp_path, PLUGINS) as daemon:
        with daemon.client() as client, pytest.raises(Refused, match="not valid"):
            client.call("config.check", file="/etc/hostname")
        daemon.stop()


def test_config_replaced_by_another_file(tmp_path):
    """As editors do it: the name stays, the file is another."""
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        write_config(tmp_path / "new.yaml", {**daemon.what, "default": "drop"})
        os.rename(tmp_path / "new.yaml", daemon.path)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(lambda status: status["applied"] == 1)
        daemon.stop()


def test_filters_and_replays(tmp_path):
    """Compiled filters become code while the daemon runs; a replay's reader opens its file anew at each start."""
    name = str(capture.fixture("dns.pcap"))
    replays = {"again": {"file": name, "to": "sink", "pace": "top", "start": "manual"}}
    what = simple(replays=replays)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        rules = [{"name": "udp", "filter": "udp and port 53", "actions": ["drop"]}]
        daemon.apply({**daemon.what, "rules": rules})
        daemon.until(lambda status: status["rules"]["udp"]["packets"] > 0)
        assert daemon.call("rules")["rules"]["udp"]["filter"] == "jit"
        for names in ("udp port domain", "ip proto ospf", "host localhost"):
            daemon.apply({**daemon.what, "rules": [{**rules[0], "filter": names}]})
        for _ in range(3):
            daemon.call("replay.start", name="again")
            daemon.until(lambda status: status["replays"]["again"]["state"] == "done" and
                         status["replays"]["again"]["sent"] > 0)
        daemon.stop()
        assert "not permitted" not in daemon.text() and "denied" not in daemon.text()


def test_a_replay_that_comes_starts_by_the_wall_clock(tmp_path):
    """The daemon was sealed without one, and may ask how wrong the clock is all the same."""
    began = time.clock_gettime(time.CLOCK_BOOTTIME)
    replays = {"one": {"file": "dns.pcap", "to": "sink", "pace": "top", "start": "manual"}}
    shutil.copy(capture.fixture("dns.pcap"), tmp_path)
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        daemon.apply({**daemon.what, "replays": replays})
        assert daemon.call("replay.start", name="one", at="+500ms", clock_error="1000s")["state"] == "waiting"
        daemon.until(lambda status: status["replays"]["one"]["state"] == "done")
        # adjtimex and clock_adjtime: what is refused is taken for a clock that nobody sets.
        assert not [line for line in refused_calls(daemon, began) if re.search(r"syscall=(159|305)\b", line)]
        daemon.stop()


@pytest.mark.live
def test_every_kind_of_port(tmp_path):
    """Interfaces of the kernel, captures, sockets: they come up, go on, and are undone, all in the sandbox."""
    name = f"sltap{os.getpid() % 100000}"
    began = time.monotonic() - 1
    with Machine("192.0.2.1") as machine, Machine("192.0.2.2") as other:
        ports = {"xdp": machine.port(), "tap": {"vdev": f"net_tap0,iface={name}"},
                 "packet": {"vdev": f"net_af_packet0,iface={other.interface}"},
                 "file": {"pcap": {"in": str(capture.fixture("dns.pcap")), "out": "out.pcap"}},
                 "server": {"vdev": f"net_memif0,role=server,socket={tmp_path}/m.sock,socket-abstract=no"},
                 "client": {"vdev": f"net_memif1,role=client,socket={tmp_path}/m.sock,socket-abstract=no"}}
        rules = [{"name": "x", "from": ["file"], "actions": [{"mirror": "tap"}, {"mirror": "client"},
                                                             {"mirror": "packet"}, {"forward": "xdp"}]}]
        replays = {"again": {"file": str(capture.fixture("dns.pcap")), "to": "client"}}
        with Daemon(config(ports, rules, default={"forward": "file"}, replays=replays, **IDLE), tmp_path) as daemon:
            status = daemon.until(lambda status: status["ports"]["xdp"]["tx_packets"] > 0)
            assert set(status["sandbox"]["capabilities"]) <= {"net_admin", "net_raw", "bpf", "perfmon", "sys_admin", "ipc_lock"}
            assert "net_admin" in status["sandbox"]["capabilities"] and status["sandbox"]["seccomp"]
            daemon.until(lambda _: daemon.call("ports")["ports"]["client"]["up"])
            daemon.process.send_signal(signal.SIGHUP)
            daemon.until(lambda status: status["applied"] == 1)
            check_status(daemon.call("status"))
            daemon.stop()
            assert "not permitted" not in daemon.text() and "denied" not in daemon.text(), daemon.text()
            assert refused_calls(daemon, began) == []
        assert (tmp_path / "out.pcap").exists()
        assert "xdp" not in run("ip", "link", "show", machine.interface)


@pytest.mark.live
@pytest.mark.parametrize("first", ["kept", "port"])
def test_interfaces_that_come_later(first, tmp_path):
    """Where the sandbox left what they need: for the sake of a port of the kind, or of its name."""
    began = time.monotonic() - 1
    cross = [{"name": f"from-{one}", "from": [one], "actions": [{"forward": other}]}
             for one, other in (("left", "right"), ("right", "left"))]
    with Machine("192.0.2.1") as left, Machine("192.0.2.2") as right:
        ports = {"left": left.port(), "right": right.port()}
        fixed = {**IDLE, "memory": {"packets": 32767, "hugepages": False},
                 "sandbox": {"keep": ["vdev", "af-xdp"]} if first == "kept" else True}
        begin = config({"a": {"null": {}}} if first == "kept" else {"left": ports["left"]}, **fixed)
        with Daemon(begin, tmp_path) as daemon:
            daemon.apply(config(ports, cross, **fixed))
            assert " 3 received" in left.run("ping", "-c", "3", "-i", "0.2", "-W", "5", right.address)
            daemon.apply(begin)
            for _ in range(10):  # the kernel lets go of sockets some time after they are closed
                daemon.apply(config(ports, cross, **fixed))
                daemon.apply(begin)
            if first == "kept":
                assert "sandbox: { keep: [af-xdp, vdev] }" in daemon.call("config.show")["text"]
                name = f"sltap{os.getpid() % 100000}"
                daemon.apply(config({"tap": {"vdev": f"net_tap0,iface={name}"}}, **fixed))
                assert name in run("ip", "-o", "link")
            daemon.stop()
            assert refused_calls(daemon, began) == []
        assert "xdp" not in run("ip", "link", "show", right.interface)


def without(call):
    """Makes a system call unknown, as on a kernel that was built without it."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    allow, enosys = 0x7FFF0000, 0x00050000 | 38

    def enter():
        filters = ctypes.c_void_p(library.seccomp_init(allow))
        number = library.seccomp_syscall_resolve_name(call.encode())
        assert library.seccomp_rule_add(filters, enosys, number, 0) == 0
        assert library.seccomp_load(filters) == 0
    return enter


@pytest.mark.parametrize("call,words", [("landlock_create_ruleset", "CONFIG_SECURITY_LANDLOCK"),
                                        ("landlock_restrict_self", "Landlock"), ("capset", "capabilities"),
                                        ("seccomp", "CONFIG_SECCOMP_FILTER")])
def test_nothing_starts_without(call, words, tmp_path):
    """With `sandbox: off` alone the same machine will do."""
    if call == "capset" and os.geteuid() != 0:
        pytest.skip("only root has capabilities to drop")
    for sandbox, code in ((True, 1), (False, 0)):
        what = config({"a": {"vdev": "net_null0"}}, sandbox=sandbox, **IDLE, **{"run-dir": str(tmp_path / "run")})
        path = write_config(tmp_path / "config.yaml", what)
        with subprocess.Popen([SLUICED, "run", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              preexec_fn=without(call)) as process:
            if code == 0:
                deadline = time.monotonic() + 30
                while time.monotonic() < deadline and subprocess.run(
                        [SLUICE, "--socket", tmp_path / "run", "status"], capture_output=True, check=False).returncode:
                    time.sleep(0.05)
                process.terminate()
            err = process.communicate(timeout=60)[1]
        assert process.returncode == code, err
        if code:
            assert words in err and "sandbox: off" in err, err
        assert not (tmp_path / "run" / "control.sock").exists()


@pytest.mark.parametrize("idle", ["poll", "sleep"])
def test_no_page_faults_while_packets_flow(idle, tmp_path):
    what = config(test_ports(source="rx=endless,flows=4096", sink="hold=500"), default={"forward": "sink"}, idle=idle)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["sink"]["tx_packets"] > 100000)
        before = daemon.call("workers")["workers"]
        time.sleep(3)
        after = daemon.call("workers")["workers"]
        for one, other in zip(before, after):
            assert other["packets"] > one["packets"] + 100000
            assert other["minor_faults"] == one["minor_faults"] and other["major_faults"] == 0, (one, other)
        assert "PAGE FAULTS" in daemon.sluice("workers").stdout
        daemon.stop()


def messages(notify, seconds):
    """What the service manager is told meanwhile."""
    found = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        notify.settimeout(left)
        with contextlib.suppress(TimeoutError):
            found.append(notify.recv(4096))
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_watchdog_and_a_worker_that_stalls(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        environment = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1200000"}
        with Daemon(simple(), tmp_path, PLUGINS, environment=environment) as daemon:
            assert b"READY=1" in messages(notify, 0.5)
            assert len([text for text in messages(notify, 2) if text == b"WATCHDOG=1"]) >= 4
            assert not daemon.call("workers")["workers"][0]["stalled"]
            with held(daemon):
                time.sleep(1.5)
                assert daemon.call("workers")["workers"][0]["stalled"] is True
                assert "STALLED" in daemon.sluice("workers").stdout
                messages(notify, 0.2)
                assert b"WATCHDOG=1" not in messages(notify, 2)
                assert daemon.text().count("has stood still") == 1
            daemon.until(lambda _: not daemon.call("workers")["workers"][0]["stalled"])
            assert b"WATCHDOG=1" in messages(notify, 1.5)
            assert daemon.text().count("moves again") == 1 and "worker pmd-" in daemon.text()
            daemon.stop()


def test_no_watchdog_unless_one_waits(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        with Daemon(simple(), tmp_path, PLUGINS, environment={"NOTIFY_SOCKET": path}) as daemon:
            assert b"WATCHDOG=1" not in messages(notify, 1)
            daemon.stop()


def test_ordinary_user(tmp_path):
    """As the service runs: no root, no capabilities, and its own sandbox all the same."""
    if os.geteuid() != 0:
        pytest.skip("root alone can become another user")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(Folder())
        what = config({"a": {"vdev": "net_null0"}, "b": {"pcap": {"out": f"{folder.path}/out.pcap"}}},
                      default={"forward": "b"}, **IDLE, **{"run-dir": f"{folder.path}/run"})
        path = write_config(tmp_path / "x.yaml", what).rename(f"{folder.path}/config.yaml")
        os.chown(path, 65534, 65534)
        process = stack.enter_context(subprocess.Popen(
            [SLUICED, "run", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, user=65534,
            group=65534, extra_groups=[]))
        deadline = time.monotonic() + 30
        state = {}
        while time.monotonic() < deadline and process.poll() is None and not state:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(f"{folder.path}/run/control.sock")
                client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n')
                state = json.loads(client.makefile().readline())["result"]["sandbox"]
            time.sleep(0.05)
        process.terminate()
        err = process.communicate(timeout=30)[1]
        assert process.returncode == 0, err
        assert state["seccomp"] and state["landlock"] and state["capabilities"] == [], state


class Folder:
    """A directory of an ordinary user's."""

    def __init__(self):
        self.path = f"/run/sluice-user-{os.getpid()}"

    def __enter__(self):
        os.mkdir(self.path, 0o755)
        os.chown(self.path, 65534, 65534)
        return self

    def __exit__(self, *_):
        run("rm", "-r", self.path)
