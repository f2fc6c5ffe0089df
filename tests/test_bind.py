# SPDX-License-Identifier: BSD-3-Clause
"""sluice-bind on a PCI bus of the test's own: binding, each refusal, and the way back; in dash and with nothing but
busybox."""

import os
import shutil
import subprocess
import tempfile

import pytest

from lib.bind import BIND, bind, default_route, own_programs, refused, two_cards
from lib.offline import ROOT

pytestmark = pytest.mark.unbuilt


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
