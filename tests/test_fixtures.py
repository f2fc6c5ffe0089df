# SPDX-License-Identifier: BSD-3-Clause
"""The captures are what their README says, and what their script makes."""

import re
import subprocess
import sys

import pytest

from lib import capture
from lib.offline import ROOT

pytestmark = pytest.mark.unbuilt
ROWS = re.findall(r"^\| `([^`]+)` \| (\S+) \|", (capture.FIXTURES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_has_a_row():
    files = {str(path.relative_to(capture.FIXTURES)) for path in capture.FIXTURES.rglob("*")
             if path.is_file() and path.name != "README.md"}
    assert files == {name for name, _ in ROWS}


@pytest.mark.parametrize("name", capture.GOOD)
def test_row_counts_the_packets(name):
    assert dict(ROWS)[name] == str(len(capture.read(capture.fixture(name))))


def test_script_makes_the_same_bytes():
    subprocess.run([sys.executable, ROOT / "scripts" / "make-fixtures.py", "--check"], check=True)
