# SPDX-License-Identifier: BSD-3-Clause
"""docs/deploy.md: its `console` blocks are typed in one shell, in their order, and must print what stands there. They run
in a mount namespace, so the machine's /etc and /usr/local stay as they are, and with the document's cards on a PCI bus of the
test's own. Blocks of the kind `text` need systemd, a reboot or a real card."""

import os
import re
import subprocess

import pytest

from lib.offline import BUILD, ROOT
from lib.pci import Kernel

DOCUMENT = ROOT / "docs" / "deploy.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRELUDE = """
set -u
mount -t tmpfs none /usr/local
mount -t overlay none -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
# It is built; what is shown is the installing.
make() {
	case $1 in
	install) "$ROOT/scripts/install.sh" "$BUILD" /usr/local ;;
	*) command make --no-print-directory -C "$ROOT" "BUILD=$BUILD" "$@" ;;
	esac
}
exec 2>&1
"""
MARK = "--- next command ---"


def commands(text):
    """Pairs of what is typed and what is to be printed, of all console blocks."""
    pairs = []
    for block in BLOCK.findall(text):
        lines = iter(block.splitlines())
        for line in lines:
            if not line.startswith("# "):
                pairs[-1][1].append(line)
                continue
            typed = [line.removeprefix("# ")]
            if "<<'END'" in line:
                for part in lines:
                    typed.append(part)
                    if part == "END":
                        break
            pairs.append(("\n".join(typed), []))
    return pairs


def pattern(expected):
    """Of the lines expected: "…" stands for anything in a line, and alone in a line for any lines."""
    parts = []
    for line in expected:
        parts.append(r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n")
    return re.compile("".join(parts))


def test_patterns():
    assert pattern(["a … c", "…", "z"]).fullmatch("a b c\nd\ne\nz\n")
    assert not pattern(["a … c", "z"]).fullmatch("a b c\nd\nz\n")


def cards(kernel):
    kernel.device("0000:00:1f.6", group=7, driver="e1000e", interface="eth0", device="0x15bb")
    kernel.device("0000:03:00.0", group=12, driver="ixgbe", interface="wan0", device="0x10fb", node=0)
    kernel.device("0000:03:00.1", group=13, driver="ixgbe", interface="lan0", device="0x10fb", node=0)
    kernel.proc("net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
                "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")


@pytest.mark.live  # mounts
def test_what_is_typed_prints_what_is_shown(tmp_path):
    prefix = subprocess.run(["meson", "introspect", "--buildoptions", BUILD], capture_output=True, text=True, check=True)
    if '"name": "prefix", "value": "/usr/local"' not in prefix.stdout:
        pytest.skip("the build is for another prefix than the document's")
    for name in ("upper", "work"):
        (tmp_path / name).mkdir()
    pairs = commands(DOCUMENT.read_text(encoding="utf-8"))
    assert len(pairs) > 15
    script = PRELUDE + "".join(f"echo '{MARK}'\n{typed}\n" for typed, _ in pairs)
    (tmp_path / "script").write_text(script, encoding="utf-8")
    kernel = Kernel(tmp_path / "root")
    try:
        cards(kernel)
        path = f"{kernel.root}/bin:/usr/local/sbin:/usr/local/bin:{os.environ['PATH']}"
        done = subprocess.run(["unshare", "-m", "bash", tmp_path / "script", tmp_path], capture_output=True, text=True,
                              timeout=120, cwd=tmp_path, check=False,
                              env={**os.environ, "PATH": path, "SLUICE_BIND_ROOT": str(kernel.root),
                                   "ROOT": str(ROOT), "BUILD": str(BUILD)})
    finally:
        kernel.close()
    before, *printed = done.stdout.split(MARK + "\n")
    assert not before and not done.stderr and len(printed) == len(pairs), done
    for (typed, expected), text in zip(pairs, printed, strict=True):
        assert pattern(expected).fullmatch(text), f"`{typed}` printed:\n{text}"


def test_what_is_copied_is_shipped():
    """Files of drivers-config/ that the document names."""
    text = DOCUMENT.read_text(encoding="utf-8")
    named = re.findall(r"(?:drivers-config/|`)(examples/[\w.-]+)", text)
    assert len(named) >= 5
    for name in named:
        assert (ROOT / "drivers-config" / name).is_file(), name
