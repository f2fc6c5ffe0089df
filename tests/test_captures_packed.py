# SPDX-License-Identifier: BSD-3-Clause
"""Compressed captures: however they were packed, whole and cut."""

import bz2
import random
import struct
import subprocess

import pytest

from lib import capture, reader
from lib.layouts import compressed, LAYOUTS
from lib.reading import Read, same_packets, WAYS

SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"none"


def packings(data):
    """Names and files of the same content, as programs write them that compress in several threads or pieces."""
    half = len(data) // 2
    for name, padding in (("gzip", b"\0" * 9), ("xz", b"\0" * 8), ("zstd", SKIPPED), ("lz4", SKIPPED)):
        parts = compressed(name, data[:half]), compressed(name, data[half:])
        yield f"{name} in two", padding.join(parts if name != "gzip" else (parts[0] + parts[1], b""))
    for name in ("zstd", "lz4"):
        yield f"{name} behind a skippable frame", SKIPPED + compressed(name, data)
    for command in ("pzstd -p 2 -q -c", "lz4 -BD -B4 -9 -q -c", "zstd -q -c --long=27 --no-check"):
        yield command, subprocess.run(command.split(), input=data, capture_output=True, check=True).stdout


def test_packings(tmp_path):
    data = capture.fixture("dns.pcap").read_bytes()
    want = reader.read(capture.fixture("dns.pcap")).packets
    for name, packed in packings(data):
        (tmp_path / "packed").write_bytes(packed)
        for way in WAYS:
            read = Read(tmp_path, way, tmp_path / "packed")
            assert read.code == 0, (name, read.err)
            same_packets(read, want, name)


@pytest.mark.parametrize("packing", ["none", "gzip", "xz", "zstd", "lz4"])
@pytest.mark.parametrize("name", ["dns.pcap", "mixed"])
def test_cut_anywhere(tmp_path, name, packing):
    """All whole packets, a warning, and no error."""
    data = compressed(packing, LAYOUTS.get(name) or capture.fixture(name).read_bytes())
    for part in random.Random(name + packing).sample(range(100, len(data)), 4):
        path = tmp_path / "cut"
        path.write_bytes(data[:part])
        want = reader.read(path, "skip")
        for way in WAYS:
            read = Read(tmp_path, way, path, **{"other-links": "skip"})
            if not read.started:  # so little that nothing of its content can be had
                assert read.code == 1 and "cut: " in read.err and not want.packets
                continue
            same_packets(read, want.packets, part)
            assert (read.code, read.counts["cut"]) == (0, want.cut), (part, read.err)
            assert ("warning" in read.err) is want.cut, read.err


def test_words_of_damaged_lz4(tmp_path):
    data = bytearray(compressed("lz4", capture.fixture("dns.pcap").read_bytes()))
    data[6] ^= 1  # the checksum of the header
    (tmp_path / "packed").write_bytes(data)
    for way in WAYS:
        assert "packed: its lz4 data is damaged: headerChecksum_invalid\n" in Read(tmp_path, way, tmp_path / "packed").err


@pytest.mark.parametrize("command", [["xz", "--lzma2=dict=512MiB"], ["zstd", "-q", "--ultra", "-22", "--long=31"]])
def test_what_takes_much_memory_is_not_called_damaged(tmp_path, command):
    data = capture.fixture("dns.pcap").read_bytes()
    (tmp_path / "packed").write_bytes(subprocess.run([*command, "-c"], input=data, capture_output=True, check=True).stdout)
    for way in WAYS:
        read = Read(tmp_path, way, tmp_path / "packed")
        assert read.code == 1 and f"packed: its {command[0]} data needs more than 128 MiB to be unpacked; " in read.err


def test_other_compressions_are_named(tmp_path):
    data = capture.fixture("dns.pcap").read_bytes()
    legacy = subprocess.run(["lz4", "-l", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    for packed, words in ((bz2.compress(data), "bzip2"), (legacy, "lz4 in its legacy format")):
        (tmp_path / "packed").write_bytes(packed)
        for way in WAYS:
            read = Read(tmp_path, way, tmp_path / "packed")
            assert read.code == 1 and f"packed: is compressed with {words}; unpack it first" in read.err, read.err
