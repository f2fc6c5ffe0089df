# SPDX-License-Identifier: BSD-3-Clause
"""Every `sh` block of the documents runs as it stands; links lead somewhere."""

import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

from lib.offline import BUILD, ROOT

DOCUMENTS = sorted(path.relative_to(ROOT) for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PART = re.compile(r"^```yaml\n(replays:\n.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = {**os.environ, "PATH": f"{BUILD}/app/sluiced:{BUILD}/app/sluice:{os.environ['PATH']}"}
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def blocks(document):
    return BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))


def tree(directory):
    """A tree in which the documents' paths hold, and in which what they write harms nothing."""
    shutil.copytree(ROOT / "docs", directory / "docs")
    (directory / "pcap-fixtures").symlink_to(ROOT / "pcap-fixtures")
    (directory / "build").mkdir()
    (directory / "build" / "app").symlink_to(BUILD / "app")
    return directory


def run_blocks(document, directory):
    """In a tree of their own, which holds what they left."""
    script = "set -e\n" + "\n".join(blocks(document))
    with open(directory / "output", "wb") as output:
        process = subprocess.Popen(["bash", "-c", script], cwd=tree(directory), stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, env=ENVIRONMENT, start_new_session=True)
        try:
            code = process.wait(timeout=180)
        finally:
            if process.poll() != 0:
                # What a block that failed left running, namespaces included.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                for name in re.findall(r"^ip netns add (\S+)$", script, re.MULTILINE):
                    subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
                process.wait()
    logs = "".join(f"\n{log.name}:\n{log.read_text(errors='replace')[-2000:]}"
                   for log in sorted((directory / "build").glob("*.log")))
    assert code == 0, (directory / "output").read_text(errors="replace")[-3000:] + logs


@pytest.mark.live  # some blocks make interfaces
@pytest.mark.parametrize("document", [name for name in DOCUMENTS if blocks(name)], ids=str)
def test_blocks_run(document, tmp_path):
    run_blocks(document, tmp_path)


def test_what_seeing_shows_is_what_is_printed(tmp_path):
    """Each `console` block is a command and what it prints, behind what the `sh` blocks have done."""
    page = "docs/seeing.md"
    run_blocks(page, tmp_path)
    shown = CONSOLE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(shown) > 5
    for block in shown:
        command, _, printed = block.removeprefix("$ ").partition("\n")
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
                              timeout=60, check=False)
        assert (done.stdout.rstrip("\n"), done.stderr) == (printed.rstrip("\n"), ""), command


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document):
    for target in LINK.findall((ROOT / document).read_text(encoding="utf-8")):
        assert (ROOT / document).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("config", sorted((ROOT / "docs").glob("*/*.yaml")), ids=lambda path: path.name)
def test_configs_are_valid(config, tmp_path):
    """As configs; the host may lack their devices and captures."""
    copy = tree(tmp_path) / config.relative_to(ROOT)
    (tmp_path / "build" / "demo").mkdir()
    done = subprocess.run([BUILD / "app" / "sluiced" / "sluiced", "check", copy], capture_output=True, text=True,
                          check=False)
    assert done.returncode in (0, 1), done.stderr


@pytest.mark.parametrize("part", PART.findall((ROOT / "docs" / "config.md").read_text(encoding="utf-8")))
def test_replays_are_valid(part, tmp_path):
    """As parts of a config that has the ports; the captures may be missing."""
    config = tmp_path / "config.yaml"
    config.write_text("version: 1\nports: { wan: { vdev: net_null0 }, lan: { vdev: net_null1 } }\n" + part,
                      encoding="utf-8")
    done = subprocess.run([BUILD / "app" / "sluiced" / "sluiced", "check", config], capture_output=True, text=True,
                          check=False)
    assert done.returncode in (0, 1), done.stderr
