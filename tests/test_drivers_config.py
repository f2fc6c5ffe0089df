# SPDX-License-Identifier: BSD-3-Clause
"""The files of drivers-config/ as the programs that read them see them: udev, modprobe, systemd, grub, sluiced."""

import os
import pathlib
import re
import stat
import subprocess

import pytest
import yaml

from lib.net import run
from lib.offline import BUILD, ROOT

HERE = ROOT / "drivers-config"
EXAMPLES = HERE / "examples"
PAGES = sorted(path for path in (HERE / "nics").glob("*.md") if path.name != "README.md")
SLUICED = BUILD / "app" / "sluiced" / "sluiced"


def lines(path):
    """What a file says, comments aside, with lines that go on joined."""
    text = path.read_text(encoding="ascii").replace("\\\n", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


# --- udev ---


def udev_rule():
    rule, = lines(HERE / "60-sluice-vfio.rules")
    return rule


@pytest.mark.live  # mounts
def test_udev_takes_the_rule(tmp_path):
    """udev reads it on its own, for a device of every machine, and finds nothing wrong; a rule with a mistake shows that
    it would say so."""
    rules = tmp_path / "run/udev/rules.d"
    rules.mkdir(parents=True)
    (tmp_path / "none").mkdir()
    # It carries the rule out, so the device is one of its own.
    (tmp_path / "dev").mkdir()
    os.mknod(tmp_path / "dev/null", stat.S_IFCHR, os.makedev(1, 3))
    os.chmod(tmp_path / "dev/null", 0o666)

    def complaints(text):
        (rules / "60-sluice-vfio.rules").write_text(text, encoding="ascii")
        script = ("mount --bind $1/none /usr/lib/udev/rules.d; mount --bind $1/run /run; "
                  "mount --bind $1/dev /dev; "
                  "udevadm test --action=add /sys/devices/virtual/mem/null")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", tmp_path], capture_output=True, text=True,
                              check=False)
        told = done.stdout + done.stderr
        assert "60-sluice-vfio.rules" in told
        return [line for line in told.splitlines() if "60-sluice-vfio.rules:" in line]

    rule = (HERE / "60-sluice-vfio.rules").read_text(encoding="ascii")
    # Names of groups are looked up when the rule is read, and this machine need not have that group.
    rule = rule.replace('GROUP="sluice"', 'GROUP="root"')
    assert not complaints(rule)
    assert complaints(rule.replace("SUBSYSTEM==", "SUBSYSTEMX=="))
    # What it does is shown on a device that is there: the rule as it stands, but for that device's names.
    here = rule.replace('SUBSYSTEM=="vfio", KERNEL=="[0-9]*"', 'SUBSYSTEM=="mem", KERNEL=="null"')
    record = tmp_path / "run/sluice-bind"
    record.mkdir()
    here = here.replace("/sys/kernel/iommu_groups/%k/devices", "/run/groups/%k/devices")
    (tmp_path / "run/groups/null/devices/0000:03:00.0").mkdir(parents=True)
    assert not [line for line in complaints(here) if "MODE" in line]
    (record / "0000:03:00.0").touch()
    assert [line for line in complaints(here) if "MODE 0660" in line]
    assert os.stat("/dev/null").st_mode & 0o777 == 0o666


@pytest.mark.parametrize("bound, taken", [({"0000:03:00.0"}, True), ({"0000:03:00.1"}, True), ({"0000:04:00.0"}, False),
                                          (set(), False)], ids=str)
def test_udev_gives_what_was_bound_alone(tmp_path, bound, taken):
    for name in ("0000:03:00.0", "0000:03:00.1"):
        (tmp_path / "sys/kernel/iommu_groups/12/devices" / name).mkdir(parents=True)
    (tmp_path / "run/sluice-bind").mkdir(parents=True)
    for name in bound:
        (tmp_path / "run/sluice-bind" / name).touch()
    rule = udev_rule()
    command = re.search(r"PROGRAM==\"/bin/sh -c '(.*?)'\"", rule).group(1).replace("%k", "12").replace("$$", "$")
    command = re.sub(r"(?<![\w*])/(sys|run)/", rf"{tmp_path}/\1/", command)
    assert (subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0) is taken
    assert 'GROUP="sluice"' in rule and 'MODE="0660"' in rule


# --- modules ---


def test_modprobe_keeps_the_safe_modes():
    said = [line.split() for line in lines(HERE / "sluice-modprobe.conf")]
    assert all(words[0] == "options" for words in said)
    assert {(words[1], option) for words in said for option in words[2:]} == {
        ("vfio", "enable_unsafe_noiommu_mode=N"), ("vfio_iommu_type1", "allow_unsafe_interrupts=N")}


def test_modprobe_arithmetic():
    """Of the comments on dma_entry_limit."""
    text = (HERE / "sluice-modprobe.conf").read_text(encoding="ascii")
    entries, gib = re.search(r"(\d+) x 2 MiB = ([\d.]+) GiB", text).groups()
    assert int(int(entries) * 2 / 1024 * 10) / 10 == float(gib)
    assert 2**30 // (2 * 2**20) == int(re.search(r"take GiB \* (\d+)", text).group(1))


def test_modules_are_named():
    assert lines(HERE / "sluice-modules.conf") == ["vfio_iommu_type1", "vfio-pci"]


# --- systemd ---


def test_unit_of_a_card(tmp_path):
    """systemd reads it without a complaint; with a mistake in it, it would say so."""
    unit = (BUILD / "drivers-config" / "sluice-bind@.service").read_text(encoding="ascii")
    program = re.search(r"^ExecStart=(\S+) %i$", unit, re.MULTILINE).group(1)
    assert program.endswith("/sluice-bind") and f"ExecStop={program} --undo %i" in unit
    copy = tmp_path / "sluice-bind@.service"

    def complaints(text):
        copy.write_text(text.replace(program, "/bin/true"), encoding="ascii")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy],
                              capture_output=True, text=True, check=False)
        return done.stderr if done.returncode or done.stderr else ""

    assert not complaints(unit)
    assert "RemainAfterExut" in complaints(unit.replace("RemainAfterExit", "RemainAfterExut"))


def test_hugepages_at_boot(tmp_path):
    """systemd-tmpfiles writes what the file says, to the nodes that there are."""
    numbers = [tmp_path / f"sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages"
               for node in (0, 1)]
    numbers[0].parent.mkdir(parents=True)
    numbers[0].write_text("0\n", encoding="ascii")
    run("systemd-tmpfiles", "--create", f"--root={tmp_path}", EXAMPLES / "tmpfiles-hugepages.conf")
    assert int(numbers[0].read_text(encoding="ascii")) == 1024
    assert not numbers[1].exists()


# --- the kernel's command line ---


@pytest.mark.parametrize("name, words", [
    ("sluice-iommu.cfg", {"intel_iommu=on"}),
    ("sluice-cores.cfg", {"isolcpus=managed_irq,domain,2-3", "nohz_full=2-3", "rcu_nocbs=2-3"}),
    ("sluice-hugepages.cfg", {"default_hugepagesz=1G", "hugepagesz=1G", "hugepages=0:2,1:2"})])
def test_grub_takes_it(name, words):
    """It is read by the shell after what other files said, which is kept."""
    said = run("/bin/sh", "-euc", f'GRUB_CMDLINE_LINUX=quiet; . "{EXAMPLES / name}"; echo "$GRUB_CMDLINE_LINUX"')
    assert said.split()[0] == "quiet" and set(said.split()[1:]) == words


# --- an ordinary user's memory ---


HUGE = """
import ctypes, mmap, os, resource, sys
resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
size = 2 << 20
fd = os.memfd_create("huge", os.MFD_HUGETLB | os.MFD_HUGE_2MB)
os.ftruncate(fd, size)
memory = mmap.mmap(fd, size)
memory[:6] = b"packet"
with open("/proc/self/smaps") as file:
    print(sum(int(line.split()[1]) for line in file if line.startswith(("Shared_Hugetlb", "Private_Hugetlb"))))
"""


@pytest.fixture(name="free_hugepage")
def reserved():
    """One more than the machine has, given back afterwards."""
    count = pathlib.Path("/proc/sys/vm/nr_hugepages")
    before = int(count.read_text(encoding="ascii"))
    count.write_text(str(before + 1), encoding="ascii")
    yield
    count.write_text(str(before), encoding="ascii")


def test_hugepages_need_no_mount_and_no_group(free_hugepage):
    """What tmpfiles-hugepages.conf says of memfd_create, as a user without groups, capabilities or memlock."""
    assert int(run("/usr/bin/python3", "-c", HUGE)) == 2048


def test_limits():
    said = [line.split() for line in lines(EXAMPLES / "limits.conf")]
    assert said == [["@sluice", "-", "memlock", "unlimited"], ["@sluice", "-", "core", "0"]]


# --- pages of network cards ---


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_parts_of_configs_are_valid(page, tmp_path):
    """As a config with that part pasted into it: sound, though this machine has no such card."""
    parts = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert parts
    for part in parts:
        assert set(yaml.safe_load(part)) == {"ports"}
        config = tmp_path / "config.yaml"
        config.write_text("version: 1\n" + part + "default: { forward: wan }\n", encoding="utf-8")
        done = subprocess.run([SLUICED, "check", config], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "PCI device" in done.stderr + done.stdout, done
        config.write_text("version: 1\n" + part.replace("pci:", "pcy:"), encoding="utf-8")
        assert subprocess.run([SLUICED, "check", config], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_pages_cite_their_sources(page):
    """Each page names the page of DPDK's guide that it rests on, and the list of pages names it."""
    text = page.read_text(encoding="utf-8")
    assert re.search(r"`(nics|platform|linux_gsg)/[\w.]+", text)
    assert f"({page.name})" in (HERE / "nics" / "README.md").read_text(encoding="utf-8")


def test_every_file_is_listed():
    """In the table of what goes where."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    for path in HERE.iterdir():
        if path.is_file() and path.name not in ("README.md", "meson.build"):
            assert f"`{path.name}`" in text, path
    for path in EXAMPLES.iterdir():
        assert f"`examples/{path.name}`" in text, path
