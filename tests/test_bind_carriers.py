# SPDX-License-Identifier: BSD-3-Clause
"""Cards that carry default routes and SSH sessions are not taken unasked: as told by files of a made-up machine, and in
namespaces by the kernel."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from lib.bind import bind, default_route, own_programs, refused, ROUTES, two_cards
from lib.net import run

pytestmark = pytest.mark.unbuilt
SOCKETS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def test_default_route(kernel):
    two_cards(kernel)
    default_route(kernel, "wan0")
    assert refused(kernel, "lan0", "wan0").count("its interface wan0 carries the IPv4 default route; --force") == 1
    assert bind(kernel, "lan0").returncode == 0
    assert bind(kernel, "--force", "wan0").returncode == 0


def test_default_route_of_ipv6(kernel):
    two_cards(kernel)
    row = "{} {} " + "0" * 32 + " 00 fe80000000000000021122fffe334455 00000400 00000001 00000000 00450003 {:>8}\n"
    kernel.proc("net/ipv6_route", row.format("2001" + "0" * 28, "40", "lan0") + row.format("0" * 32, "00", "wan0") +
                row.format("0" * 32, "00", "lo"))
    assert "carries the IPv6 default route" in refused(kernel, "wan0")
    assert bind(kernel, "lan0").returncode == 0


@own_programs
def test_default_routes_that_only_ip_shows(kernel):
    """Those of other tables, and the second way of a multipath route."""
    two_cards(kernel)
    kernel.program("ip", """[ "$1" = -4 ] || exit 0
        echo "192.0.2.0/24 dev lan1 scope link"
        echo "default proto static metric 100 "
        printf '\\tnexthop via 192.0.2.1 dev lan9 weight 1 \\n\\tnexthop via 192.0.2.2 dev wan0 weight 1 \\n'
        echo "default via 198.51.100.1 dev lan0 table 100"
        """)
    reason = refused(kernel, "wan0", "lan0")
    assert "wan0 carries the IPv4 default route" in reason and "lan0 carries the IPv4 default route" in reason


def test_a_bond_below_a_bridge_below_a_vlan(kernel):
    two_cards(kernel)
    kernel.interface("bond0", "wan0", "lan1")
    kernel.interface("br0", "bond0")
    kernel.interface("br0.7", "br0")
    default_route(kernel, "br0.7")
    assert "wan0 is part of br0.7, which carries the IPv4 default route" in refused(kernel, "wan0")
    assert bind(kernel, "lan0").returncode == 0


def test_a_default_route_through_a_tunnel(kernel):
    two_cards(kernel)
    kernel.interface("wg0")
    default_route(kernel, "wg0")
    done = bind(kernel, "wan0")
    assert done.returncode == 0
    assert "note: wg0 carries the IPv4 default route, and does not tell over which card" in done.stderr


def session(kernel, table, local, remote, port=22, state="01"):
    kernel.proc(f"net/{table}", SOCKETS + f"   0: {local}:{port:04X} {remote}:C350 {state} 00000000:00000000 00:00000000"
                " 00000000     0        0 1 1 0 100 0 0 10 0\n")


def connected(kernel):
    """192.0.2.0/25 on wan0, 192.0.2.128/25 on lan0, all else by a third card."""
    two_cards(kernel)
    kernel.proc("net/route", ROUTES + "".join(
        f"{interface}\t{net}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n"
        for interface, net, mask in (("lan1", "00000000", "00000000"), ("wan0", "000200C0", "80FFFFFF"),
                                     ("lan0", "800200C0", "80FFFFFF"))))


@pytest.mark.parametrize("table, local, remote, interface", [
    ("tcp", "050200C0", "070200C0", "wan0"),
    ("tcp", "850200C0", "C80200C0", "lan0"),
    ("tcp6", "0000000000000000FFFF0000050200C0", "0000000000000000FFFF0000070200C0", "wan0"),
], ids=["wan", "lan", "mapped"])
def test_ssh_session(kernel, table, local, remote, interface):
    connected(kernel)
    session(kernel, table, local, remote)
    assert f"its interface {interface} carries an SSH session; --force" in refused(kernel, interface)
    assert bind(kernel, "lan0" if interface == "wan0" else "wan0").returncode == 0


def test_ssh_session_far_away(kernel):
    """It comes in on one card; its answers leave by the default route."""
    connected(kernel)
    session(kernel, "tcp", "050200C0", "01010101")
    assert "wan0 carries an SSH session" in refused(kernel, "wan0")
    kernel.device("0000:03:00.2", group=16, driver="ixgbe", interface="lan1")
    assert "lan1 carries an SSH session" in refused(kernel, "lan1")


def test_ssh_session_of_ipv6(kernel):
    two_cards(kernel)
    row = "{} {} " + "0" * 32 + " 00 " + "0" * 32 + " 00000100 00000001 00000000 00000001 {:>8}\n"
    kernel.proc("net/ipv6_route", row.format("20010db8" + "0" * 24, "22", "wan0") +
                row.format("20010db840" + "0" * 22, "22", "lan0"))
    # The kernel prints sockets' addresses as four words in the machine's byte order.
    session(kernel, "tcp6", "B80D0120000000400000000005000000", "B80D0120000000400000000007000000")
    assert "lan0 carries an SSH session" in refused(kernel, "lan0")
    kernel.proc("net/if_inet6", "20010db8400000000000000000000005 02 40 00 80     wan0\n")
    assert "wan0 carries an SSH session" in refused(kernel, "wan0")
    kernel.proc("net/if_inet6", "fe800000000000000000000000000005 02 40 00 80     wan0\n")
    session(kernel, "tcp6", "000080FE000000000000000005000000", "000080FE000000000000000007000000")
    assert "wan0 carries an SSH session" in refused(kernel, "wan0")
    assert bind(kernel, "lan0").returncode == 0


def test_sockets_that_are_no_session(kernel):
    connected(kernel)
    session(kernel, "tcp", "050200C0", "070200C0", state="06")
    assert bind(kernel, "wan0").returncode == 0
    session(kernel, "tcp", "850200C0", "C80200C0", port=80)
    assert bind(kernel, "lan0").returncode == 0


def test_ssh_at_another_port(kernel):
    connected(kernel)
    session(kernel, "tcp", "050200C0", "070200C0", port=2222)
    variable = {"SSH_CONNECTION": "192.0.2.7 50000 192.0.2.5 2222"}
    assert "an SSH session" in refused(kernel, "wan0", **variable)
    # sudo leaves the variable behind, but not the shell that it was called from.
    (kernel.root / "proc/4711").mkdir()
    (kernel.root / "proc/4711/environ").write_text("A=b\0SSH_CONNECTION=192.0.2.7 50000 192.0.2.5 2222\0",
                                                   encoding="ascii")
    (kernel.root / "proc/4711/status").write_text("Name:\tbash\nPPid:\t1\n", encoding="ascii")
    wrapper = ('mkdir "$SLUICE_BIND_ROOT/proc/$$"; '
               'printf "PPid:\\t4711\\n" >"$SLUICE_BIND_ROOT/proc/$$/status"; exec "$@"')
    done = bind(kernel, "wan0", wrap=("/bin/sh", "-c", wrapper, "sh"))
    assert done.returncode == 1 and "an SSH session" in done.stderr


@pytest.fixture(name="site")
def two_namespaces():
    """A machine with a veth in a bridge below a macvlan, which is to carry default routes, and a veth that is to carry
    an SSH session; beyond both, another machine."""
    near, far = (f"sluice-bind-{os.getpid()}-{end}" for end in ("near", "far"))
    with contextlib.ExitStack() as stack:
        for name in (near, far):
            run("ip", "netns", "add", name)
            stack.callback(run, "ip", "netns", "del", name)
        for interface in ("wan0", "lan0", "spare0"):
            run("ip", "-n", near, "link", "add", interface, "type", "veth", "peer", "name", interface, "netns", far)
        run("ip", "-n", near, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", near, "link", "set", "wan0", "master", "br0")
        run("ip", "-n", near, "link", "add", "link", "br0", "name", "up0", "type", "macvlan")
        for name, number, uplink in (near, 1, "up0"), (far, 2, "wan0"):
            for address in (f"192.0.2.{number}/25 dev {uplink}", f"2001:db8:1::{number}/64 dev {uplink} nodad",
                            f"192.0.2.{number + 128}/25 dev lan0", f"2001:db8:2::{number}/64 dev lan0 nodad"):
                run("ip", "-n", name, "addr", "add", *address.split())
            for interface in ("lo", "wan0", "lan0", "spare0", *(("br0", "up0") if name == near else ())):
                run("ip", "-n", name, "link", "set", interface, "up")
        yield near, far


def on_site(kernel, site):
    """The bus is the test's; /proc, `ip` and how interfaces lie above each other are the namespace's."""
    for number, name in enumerate(("wan0", "lan0", "spare0")):
        kernel.device(f"0000:03:00.{number}", group=12 + number, driver="ixgbe", interface=name)
    shutil.rmtree(kernel.root / "proc")
    (kernel.root / "proc").symlink_to("/proc")
    (kernel.root / "bin/ip").unlink()
    listing = run("ip", "netns", "exec", site[0], "sh", "-c", "ls -d /sys/class/net/*/lower_*")
    for upper, lower in (line.split("/")[-2:] for line in listing.split()):
        kernel.interface(upper, lower.removeprefix("lower_"))
    return (shutil.which("ip"), "netns", "exec", site[0])


def wan_is_refused(kernel, site, route):
    wrap = on_site(kernel, site)
    run("ip", "-n", site[0], *route.split())
    done = bind(kernel, "wan0", wrap=wrap)
    assert done.returncode == 1, done
    assert f"wan0 is part of up0, which carries the IPv{route[1]} default route" in done.stderr
    done = bind(kernel, "spare0", wrap=wrap)
    assert done.returncode == 0, done
    assert bind(kernel, "--force", "wan0", wrap=wrap).returncode == 0


@pytest.mark.live
@pytest.mark.parametrize("route", ["-4 route add default via 192.0.2.2", "-6 route add default via 2001:db8:1::2",
                                   "-4 route add default via 192.0.2.2 table 100"])
def test_default_route_of_a_namespace(kernel, site, route):
    wan_is_refused(kernel, site, route)


@pytest.mark.live
@own_programs
def test_multipath_route_of_a_namespace(kernel, site):
    """busybox's ip shows the first way alone."""
    wan_is_refused(kernel, site, "-4 route add default nexthop via 192.0.2.130 nexthop via 192.0.2.2")


@pytest.mark.live
@pytest.mark.parametrize("address", ["192.0.2.129", "2001:db8:2::1"])
def test_ssh_session_of_a_namespace(kernel, site, address):
    """A connection to port 22 is one, whoever serves it."""
    wrap = on_site(kernel, site)
    assert bind(kernel, "lan0", wrap=wrap).returncode == 0
    assert bind(kernel, "--undo", "lan0", wrap=wrap).returncode == 0
    talk = "import socket, sys; " \
           "s = socket.create_server(('::', 22), family=socket.AF_INET6, dualstack_ipv6=True); " \
           "print('up', flush=True); c, _ = s.accept(); print('met', flush=True); c.recv(1)"
    call = "import socket, sys; c = socket.create_connection((sys.argv[1], 22)); c.recv(1)"
    with contextlib.ExitStack() as stack:
        server = subprocess.Popen([*wrap, sys.executable, "-c", talk], stdout=subprocess.PIPE, text=True)
        stack.callback(server.wait)
        stack.callback(server.kill)
        assert server.stdout.readline() == "up\n"
        client = subprocess.Popen(["ip", "netns", "exec", site[1], sys.executable, "-c", call, address])
        stack.callback(client.wait)
        stack.callback(client.kill)
        assert server.stdout.readline() == "met\n"
        done = bind(kernel, "lan0", wrap=wrap)
        assert done.returncode == 1 and "its interface lan0 carries an SSH session" in done.stderr
        assert bind(kernel, "spare0", wrap=wrap).returncode == 0
