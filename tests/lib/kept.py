# SPDX-License-Identifier: BSD-3-Clause
"""The files that a store leaves, and what is in them."""

import shutil

from lib import blocks, reader
from lib.keeping import read_by_others

TOOLS = all(shutil.which(tool) for tool in ("tcpdump", "tshark", "capinfos"))


def captures(directory):
    return sorted(directory.glob("*.pcapng"))


def agree(path):
    """All readers, ours among them, see as many packets; how many."""
    count = len(blocks.packets(path))
    content = reader.read(path)
    assert (len(content.packets), content.cut, content.broken) == (count, False, False)
    if TOOLS:
        assert read_by_others(path) == (count, count, count)
    return count


def numbers_in(paths):
    return [int.from_bytes(block.data[:4], "big") for path in paths for block in blocks.packets(path)]
