# SPDX-License-Identifier: BSD-3-Clause
"""What `make install` puts where; and the demo."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from lib.daemon import Daemon
from lib.offline import BUILD, ROOT


@pytest.fixture(name="stage", scope="module")
def staged(tmp_path_factory):
    """An installation below a directory, for the prefix that the build has now."""
    directory = tmp_path_factory.mktemp("stage")
    unit = (BUILD / "drivers-config" / "sluiced.service").read_text(encoding="ascii")
    prefix = re.search(r"^ExecStart=(.*)/bin/sluiced ", unit, re.MULTILINE).group(1)
    subprocess.run([ROOT / "scripts" / "install.sh", BUILD, prefix, directory], check=True, capture_output=True)
    return directory / prefix.lstrip("/")


def test_what_is_installed(stage):
    for name in ("bin/sluiced", "bin/sluice", "share/man/man1/sluice.1", "share/bash-completion/completions/sluice",
                 "share/bash-completion/completions/sluiced", "bin/sluice-exporter",
                 "share/bash-completion/completions/sluice-exporter", "share/man/man8/sluice-exporter.8",
                 "lib/systemd/system/sluice-exporter.service", "lib/systemd/system/sluice-exporter.socket",
                 "share/man/man8/sluiced.8", "share/man/man5/sluice.yaml.5",
                 "lib/systemd/system/sluiced.service", "lib/sysusers.d/sluice.conf", "lib/tmpfiles.d/sluice.conf",
                 "share/doc/sluice/drivers-config/examples/kernel-ports.conf", "share/doc/sluice/examples/sluice.yaml",
                 "share/doc/sluice/metrics/alerts.yml", "share/doc/sluice/metrics/dashboard.json",
                 "sbin/sluice-bind", "share/sluice/carriers.sh", "share/sluice/bpftrace/drops.bt", "share/man/man8/sluice-bind.8",
                 "lib/systemd/system/sluice-bind@.service", "lib/udev/rules.d/60-sluice-vfio.rules",
                 "lib/modprobe.d/sluice.conf", "lib/modules-load.d/sluice.conf",
                 "share/doc/sluice/drivers-config/README.md",
                 "share/doc/sluice/drivers-config/examples/tmpfiles-hugepages.conf",
                 "share/doc/sluice/drivers-config/nics/ixgbe.md"):
        assert (stage / name).is_file(), name


def test_wireshark_finds_it(stage):
    """Below the directory of libraries, whatever that is called here."""
    place = extcap(stage)
    assert place.relative_to(stage).parts[0] == "lib"
    done = subprocess.run([place, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sluice-extcap ")


def extcap(stage):
    return next(stage.rglob("wireshark/extcap/sluice-extcap"))


def test_every_page_is_installed(stage):
    """And its links lead somewhere there."""
    documents = stage / "share/doc/sluice"
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*")
             if path.suffix in (".md", ".yaml") and path.is_file()]
    assert len(pages) > 15
    for page in pages:
        assert (documents / page).is_file(), page
    assert not list(documents.rglob("meson.build")) and not (documents / "man").exists()
    links = 0
    for page in documents.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"
            links += 1
    assert links > 30


def test_installed_bind_runs(stage):
    """It finds its other part where that was installed."""
    done = subprocess.run([stage / "sbin" / "sluice-bind", "--status"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ADDRESS ") and not done.stderr


def test_unit_of_cards_names_the_installed_program(stage):
    text = (stage / "lib/systemd/system/sluice-bind@.service").read_text(encoding="ascii")
    program = re.search(r"^ExecStart=(\S+) %i$", text, re.MULTILINE).group(1)
    assert str(stage / "sbin/sluice-bind").endswith(program)


def test_installed_programs_run(stage):
    for program in ("sluiced", "sluice", "sluice-exporter"):
        done = subprocess.run([stage / "bin" / program, "--version"], capture_output=True, text=True, check=True)
        assert program in done.stdout


def test_unit_names_the_installed_program(stage):
    text = (stage / "lib/systemd/system/sluiced.service").read_text(encoding="ascii")
    assert not re.search(r"@\w+@", text) and "Type=notify" in text
    program = re.search(r"^ExecStart=(\S+) run ", text, re.MULTILINE).group(1)
    assert str(stage).endswith(program.removesuffix("/bin/sluiced"))
    # A reload that is refused has failed, and finds the daemon's sockets where both look for them by themselves.
    assert f"ExecReload={program.removesuffix('d')} config reload\n" in text
    assert "RuntimeDirectory=sluice\n" in text and "Environment=XDG_RUNTIME_DIR=/run\n" in text


def test_unit_is_hardened(stage, tmp_path):
    """At most 2.0 of 10 as it is; the drop-in for the kernel's interfaces is a unit's part too."""
    unit = stage / "lib/systemd/system/sluiced.service"
    assert exposure(unit) <= 2.0
    dropped = tmp_path / "sluiced.service"
    more = (stage / "share/doc/sluice/drivers-config/examples/kernel-ports.conf").read_text(encoding="ascii")
    dropped.write_text(unit.read_text(encoding="ascii") + more, encoding="ascii")
    assert exposure(unit) < exposure(dropped) < 4.0


def test_unit_of_the_exporter(stage):
    """It has less to reach than the daemon, so it is given less; and names the installed program."""
    unit = stage / "lib/systemd/system/sluice-exporter.service"
    assert exposure(unit) <= 1.2
    text = unit.read_text(encoding="ascii")
    program = re.search(r"^ExecStart=(\S+)$", text, re.MULTILINE).group(1)
    assert str(stage / "bin/sluice-exporter").endswith(program)
    for words in ("PrivateNetwork=yes", "DynamicUser=yes", "SupplementaryGroups=sluice", "RestrictAddressFamilies=AF_UNIX"):
        assert f"\n{words}\n" in text
    assert "ListenStream=127.0.0.1:" in unit.with_suffix(".socket").read_text(encoding="ascii")


def exposure(unit):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True,
                          text=True, check=False)
    # What systemd does not understand it says, and goes on without.
    assert not re.search("ignoring|unknown", done.stderr, re.IGNORECASE), done.stderr
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout).group(1))


def test_user_of_the_service(stage, tmp_path):
    for tool, name in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles", "tmpfiles.d")):
        (tmp_path / "etc").mkdir(exist_ok=True)
        words = ["--create"] if name == "tmpfiles.d" else []
        done = subprocess.run([tool, f"--root={tmp_path}", *words, stage / "lib" / name / "sluice.conf"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "sluice" in (tmp_path / "etc" / "passwd").read_text(encoding="ascii")
    assert (tmp_path / "etc" / "sluice").is_dir()


def test_the_example_passes_its_own_check_and_runs(stage, tmp_path):
    """As it lies there, on whatever machine this is."""
    example = stage / "share/doc/sluice/examples/sluice.yaml"
    done = subprocess.run([stage / "bin/sluiced", "check", "--json", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done
    result = json.loads(done.stdout)
    assert result["runs_here"] is True and result["errors"] == []
    what = yaml.safe_load(example.read_text(encoding="ascii"))
    what["memory"] = {"packets": 8191, "hugepages": False}
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["lan"]["tx_packets"] > 1000)
        daemon.stop()


def test_uninstall_takes_away_what_these_words_installed(tmp_path):
    """Another installation, be it later, stays as it is; so do files of others."""
    unit = (BUILD / "drivers-config" / "sluiced.service").read_text(encoding="ascii")
    prefix = re.search(r"^ExecStart=(.*)/bin/sluiced ", unit, re.MULTILINE).group(1)
    for place in ("first", "second"):
        subprocess.run([ROOT / "scripts" / "install.sh", BUILD, prefix, tmp_path / place], check=True, capture_output=True)
    second = sorted((tmp_path / "second").rglob("*"))
    other = tmp_path / "first" / prefix.lstrip("/") / "share/doc/sluice/notes"
    other.write_text("mine")
    command = ["make", "-s", "-C", ROOT, "uninstall", f"BUILD={BUILD}", f"PREFIX={prefix}"]
    done = subprocess.run([*command, f"DESTDIR={tmp_path}/first"], check=True, capture_output=True, text=True)
    assert f"uninstall: {tmp_path}/first{prefix}/bin/sluiced\n" in done.stdout
    assert [path for path in (tmp_path / "first").rglob("*") if not path.is_dir()] == [other]
    assert sorted((tmp_path / "second").rglob("*")) == second
    subprocess.run([*command, f"DESTDIR={tmp_path}/second"], check=True, capture_output=True)
    assert not list((tmp_path / "second").iterdir())
    done = subprocess.run([*command, f"DESTDIR={tmp_path}/second"], check=True, capture_output=True, text=True)
    assert "nothing of sluice's" in done.stdout


def test_client_links_no_dpdk(stage):
    for program in (stage / "bin" / "sluice", stage / "bin" / "sluice-exporter", extcap(stage)):
        needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        assert "librte" not in needed


def test_nothing_else_is_installed(stage):
    names = {str(path.relative_to(stage).parts[0]) for path in stage.rglob("*") if path.is_file()}
    assert names <= {"bin", "sbin", "share", "lib"}


def test_demo(tmp_path):
    """`make run`'s last step, in a copy of the tree."""
    for name in ("docs", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "pcap-fixtures").symlink_to(ROOT / "pcap-fixtures")
    done = subprocess.run([tmp_path / "scripts" / "demo.sh", BUILD], capture_output=True, text=True, check=True)
    for words in ("balanced", "0 bytes", "scans", "tool-0"):
        assert words in done.stdout, words
    # Reading captures and writing them is what most of the time goes to; that is no cost of the pipeline.
    assert "cycles per packet" not in done.stdout
    assert {path.name for path in (tmp_path / "build" / "demo").iterdir()} == {
        "dns-log.pcap", "tool-0.pcap", "tool-1.pcap", "tool-2.pcap", "voice.pcap"}
