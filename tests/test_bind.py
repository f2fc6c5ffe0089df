# SPDX-License-Identifier: BSD-3-Clause
"""sluice-bind on a PCI bus of the test's own: each refusal, binding, and the way back; in dash and with nothing but
busybox. What it learns from the machine's routes and sessions is shown in namespaces as well."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

from lib.net import run
from lib.offline import ROOT
from lib.pci import Kernel

pytestmark = pytest.mark.unbuilt
BIND = ROOT / "scripts" / "bind.sh"
ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
SOCKETS = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.fixture(name="kernel", params=["dash", "busybox"])
def kernel_of_a_shell(request, tmp_path):
    kernel = Kernel(tmp_path / "root")
    tools = tmp_path / "tools"
    tools.mkdir()
    if request.param == "busybox":
        run("busybox", "--install", "-s", tools)
        kernel.shell = [tools / "sh"]
        kernel.path = f"{kernel.root}/bin:{tools}"
        # Its shell takes its own modprobe and ip before any other.
        kernel.driver("vfio-pci")
    else:
        kernel.shell = ["/usr/bin/dash"]
        kernel.path = f"{kernel.root}/bin:{os.environ['PATH']}"
    yield kernel
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


@pytest.mark.parametrize("word", ["0000:03:00.0", "03:00.0", "wan0"])
def test_binds_and_undoes(kernel, word):
    two_cards(kernel)
    done = bind(kernel, word)
    assert done.returncode == 0, done
    assert done.stdout == ("sluice-bind: 0000:03:00.0: bound to vfio-pci, IOMMU group 12 "
                           "(was: ixgbe, interface wan0)\n")
    assert kernel.driver_of("0000:03:00.0") == "vfio-pci" and kernel.driver_of("0000:03:00.1") == "ixgbe"
    assert kernel.override("0000:03:00.0") == "vfio-pci"
    assert "0000:03:00.0: is bound to vfio-pci already" in bind(kernel, "0000:03:00.0").stdout
    assert "0000:03:00.0: is bound to vfio-pci already" in bind(kernel, "wan0").stdout

    done = bind(kernel, "--undo", word)
    assert done.returncode == 0, done
    assert done.stdout == "sluice-bind: 0000:03:00.0: back with ixgbe, interface wan0\n"
    assert kernel.driver_of("0000:03:00.0") == "ixgbe" and kernel.override("0000:03:00.0") == ""
    assert not list((kernel.root / "run/sluice-bind").iterdir())
    assert "nothing to undo" in bind(kernel, "--undo", "0000:03:00.0").stdout


def test_several_at_once(kernel):
    two_cards(kernel)
    assert bind(kernel, "wan0", "lan0").returncode == 0
    assert {kernel.driver_of(address) for address in kernel.names} == {"vfio-pci"}
    assert bind(kernel, "--undo", "wan0", "lan0").returncode == 0
    assert {kernel.driver_of(address) for address in kernel.names} == {"ixgbe"}


def test_a_card_without_a_driver(kernel):
    kernel.device("0000:03:00.0", group=12)
    assert "(was: no driver)" in bind(kernel, "0000:03:00.0").stdout
    assert bind(kernel, "--undo", "0000:03:00.0").returncode == 0
    assert kernel.driver_of("0000:03:00.0") is None


def test_an_override_of_someone_else_comes_back(kernel):
    two_cards(kernel)
    (kernel.devices / "0000:03:00.0/driver_override").write_text("ixgbe\n", encoding="ascii")
    assert bind(kernel, "wan0").returncode == 0
    assert bind(kernel, "--undo", "wan0").returncode == 0
    assert kernel.override("0000:03:00.0") == "ixgbe"


def test_an_interface_of_virtio(kernel):
    """It hangs not at the PCI device but at virtio's below."""
    place = kernel.device("0000:05:00.0", group=3, driver="virtio-pci", vendor="0x1af4", device="0x1041")
    (place / "virtio1").mkdir()
    (kernel.interfaces / "eth5").mkdir()
    (kernel.interfaces / "eth5/device").symlink_to(place / "virtio1")
    default_route(kernel, "eth5")
    assert "its interface eth5 carries the IPv4 default route" in refused(kernel, "eth5")


def test_a_card_behind_another(kernel):
    """The interface of a card behind a bridge is not the bridge's own."""
    kernel.device("0000:00:1c.0", kind="0x060400", group=5, driver="pcieport")
    kernel.device("0000:03:00.0", group=5, driver="ixgbe", interface="wan0", bridge="0000:00:1c.0")
    done = bind(kernel, "wan0")
    assert done.returncode == 0 and "shares" not in done.stdout + done.stderr
    assert kernel.driver_of("0000:03:00.0") == "vfio-pci" and kernel.driver_of("0000:00:1c.0") == "pcieport"


def test_one_refused_leaves_all(kernel):
    two_cards(kernel)
    kernel.device("0000:04:00.0", kind="0x010802", group=14, driver="nvme")
    reason = refused(kernel, "wan0", "0000:04:00.0", "0000:09:00.0", "nic9")
    assert "0000:04:00.0: is no network card (PCI class 0x010802)" in reason
    assert "0000:09:00.0: no PCI device" in reason and "nic9: no PCI device" in reason


def test_no_iommu(kernel):
    kernel.device("0000:03:00.0", driver="e1000e", interface="wan0")
    reason = refused(kernel, "--force", "wan0")
    assert "has no IOMMU group" in reason and "intel_iommu=on" in reason


def test_unsafe_no_iommu_mode(kernel):
    two_cards(kernel)
    (kernel.groups / "12/name").write_text("vfio-noiommu\n", encoding="ascii")
    assert "unsafe no-IOMMU mode" in refused(kernel, "--force", "wan0")


def test_bifurcated_drivers_stay(kernel):
    kernel.device("0000:03:00.0", group=12, driver="mlx5_core", interface="wan0", vendor="0x15b3")
    assert "keeps its kernel driver mlx5_core" in refused(kernel, "--force", "wan0")


def test_virtual_functions_are_not_lost_unasked(kernel):
    two_cards(kernel)
    (kernel.devices / "0000:03:00.0/sriov_numvfs").write_text("4\n", encoding="ascii")
    assert "has 4 virtual functions" in refused(kernel, "wan0")
    assert bind(kernel, "--force", "wan0").returncode == 0


def test_shared_group(kernel):
    two_cards(kernel)
    kernel.device("0000:03:00.2", group=12, kind="0x010601", driver="ahci")
    kernel.device("0000:03:00.3", group=12)
    done = bind(kernel, "wan0")
    assert done.returncode == 0
    assert "shares group 12 with 0000:03:00.2 (ahci); sluice needs all of a group" in done.stderr
    assert "shares group 12 with 0000:03:00.3 (no driver)\n" in done.stdout
    assert "shares group 12 with 0000:03:00.0 (vfio-pci)" in bind(kernel, "0000:03:00.3").stdout


@own_programs
def test_no_vfio_pci_in_this_kernel(kernel):
    two_cards(kernel)
    (kernel.root / "modules/vfio-pci").unlink()
    assert "this kernel has no vfio-pci" in refused(kernel, "wan0")


def test_a_probe_that_fails_is_undone(kernel):
    two_cards(kernel)
    kernel.refusing.add("vfio-pci")
    done = bind(kernel, "wan0")
    assert done.returncode == 1 and "vfio-pci does not take it" in done.stderr
    assert kernel.driver_of("0000:03:00.0") == "ixgbe" and kernel.override("0000:03:00.0") == ""
    assert not list((kernel.root / "run/sluice-bind").iterdir())


@own_programs
def test_undo_loads_a_driver_that_is_gone(kernel):
    two_cards(kernel)
    kernel.device("0000:04:00.0", group=15, driver="igc", interface="lan1")
    assert bind(kernel, "lan1").returncode == 0
    (kernel.drivers / "igc/unbind").unlink()
    (kernel.drivers / "igc").rmdir()
    kernel.module("igc")
    assert bind(kernel, "--undo", "lan1").returncode == 0
    assert kernel.driver_of("0000:04:00.0") == "igc"


def test_undo_says_when_the_driver_stays_away(kernel):
    two_cards(kernel)
    assert bind(kernel, "wan0").returncode == 0
    kernel.refusing.add("ixgbe")
    done = bind(kernel, "--undo", "wan0")
    assert done.returncode == 1 and "ixgbe does not take it back" in done.stderr


def test_undo_waits_for_no_one(kernel):
    """vfio-pci would keep the write to its unbind file waiting until the program ends."""
    two_cards(kernel)
    assert bind(kernel, "wan0").returncode == 0
    (kernel.root / "proc/4711/fd").mkdir(parents=True)
    (kernel.root / "proc/4711/fd/9").symlink_to(kernel.root / "dev/vfio/12")
    (kernel.root / "proc/4711/comm").write_text("sluiced\n", encoding="ascii")
    done = bind(kernel, "--undo", "wan0")
    assert done.returncode == 1 and "is in use by process 4711 (sluiced)" in done.stderr
    assert kernel.driver_of("0000:03:00.0") == "vfio-pci"
    (kernel.root / "proc/4711/fd/9").unlink()
    assert bind(kernel, "--undo", "wan0").returncode == 0


def test_undo_of_a_card_that_was_taken_out(kernel):
    two_cards(kernel)
    assert bind(kernel, "wan0").returncode == 0
    (kernel.devices / "0000:03:00.0").unlink()
    assert "is gone from this machine" in bind(kernel, "wan0").stderr
    done = bind(kernel, "--undo", "wan0")
    assert done.returncode == 0 and "is gone from this machine" in done.stdout
    assert bind(kernel, "--undo", "wan0").returncode == 1


# --- what carries routes and sessions ---


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


# --- words ---


def test_status(kernel):
    two_cards(kernel)
    kernel.device("0000:00:02.0", kind="0x030000")
    (kernel.root / "usr/share/misc").mkdir(parents=True)
    (kernel.root / "usr/share/misc/pci.ids").write_text(
        "8085  Other\n\t10d3  Wrong\n8086  Intel Corporation\n\t10d3  82574L Gigabit Network Connection\n"
        "\t\t8086 0001  Sub\n", encoding="ascii")
    default_route(kernel, "wan0")
    bind(kernel, "lan0")
    done = bind(kernel, "--status")
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["ADDRESS", "INTERFACE", "DRIVER", "GROUP", "NODE", "NAME", "NOTE"],
        ["0000:03:00.0", "wan0", "ixgbe", "12", "0", "82574L", "Gigabit", "Network", "Connection", "carries", "the",
         "IPv4", "default", "route"],
        ["0000:03:00.1", "-", "vfio-pci", "13", "1", "82574L", "Gigabit", "Network", "Connection", "was:", "ixgbe,",
         "interface", "lan0"]]


@pytest.mark.parametrize("words", [[], ["--undo"], ["--what", "wan0"], ["wan0", "--force"], ["--status", "wan0"],
                                   ["--force", "--undo", "wan0"]], ids=" ".join)
def test_wrong_usage(kernel, words):
    two_cards(kernel)
    done = bind(kernel, *words)
    assert done.returncode == 2 and "--help" in done.stderr and not done.stdout
    assert kernel.driver_of("0000:03:00.0") == "ixgbe"


@pytest.mark.parametrize("word", ["", "..", "../../../class/net", "0000:03:00.0/..", "/sys", "wan0;reboot", "$(id)", "*"])
def test_words_that_name_nothing(kernel, word):
    two_cards(kernel)
    assert refused(kernel, word)


def test_help():
    done = subprocess.run([BIND, "--help"], capture_output=True, text=True, check=True)
    assert "usage: sluice-bind" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_other_users_are_told_so():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in ("bind.sh", "carriers.sh"):
            shutil.copy(ROOT / "scripts" / name, folder)
        for words in ("0000:03:00.0", "--undo 0000:03:00.0"):
            done = subprocess.run([f"{folder}/bind.sh", *words.split()], capture_output=True, text=True, check=False,
                                  user=65534, group=65534, extra_groups=[])
            assert done.returncode == 1 and "sudo sluice-bind" in done.stderr
        subprocess.run([f"{folder}/bind.sh", "--status"], check=True, capture_output=True, user=65534, group=65534,
                       extra_groups=[])


# --- on the machine's own routes and sessions ---


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
