# SPDX-License-Identifier: BSD-3-Clause
"""Captures and rules for the benchmarks: deterministic, 64-byte UDP frames, one flow a packet."""

import struct

SRC_BASE = 0x0A000000  # 10.0.0.0
DST_BASE = 0xC0A80000  # 192.168.0.0


def flow(number):
    """The 5-tuple of flow `number`: every number up to 2^24 has one of its own."""
    return (SRC_BASE + number, DST_BASE + number % 65536, 1024 + number % 50000, 53 + number % 16)


def frame(number, size=64):
    src, dst, src_port, dst_port = flow(number)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, size - 14, number & 0xFFFF, 0, 64, 17, 0, src, dst)
    udp = struct.pack(">HHHH", src_port, dst_port, size - 34, 0)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip + udp + bytes(size - 42)


def write_capture(path, flows, size=64, gap_us=1):
    """A microsecond capture of `flows` packets, each of another flow."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(flows):
            data = frame(number, size)
            seconds, micro = divmod(number * gap_us, 1000000)
            out.write(struct.pack("<IIII", seconds, micro, len(data), len(data)))
            out.write(data)


def dotted(address):
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def rules(count, flows, target):
    """`count` rules of which each takes a share of `flows` flows that no other rule takes, and which
    together take all: five-tuples, exact where a share is one flow, else with a source prefix as long
    as the share allows."""
    share = flows // count
    bits = max(share - 1, 0).bit_length()
    lines = []
    for rule in range(count):
        # Prefixes hold 2^bits flows: the shares are spread to stand on their boundaries.
        first = rule << bits
        src, dst, src_port, dst_port = flow(first)
        match = [f"src: {dotted(src)}/{32 - bits}", "protocol: udp"]
        if bits == 0:
            match += [f"dst: {dotted(dst)}/32", f"src-port: {src_port}", f"dst-port: {dst_port}"]
        else:
            match += ["dst: 192.168.0.0/16", "src-port: 1024-65535", "dst-port: 53-68"]
        lines.append(
            f"  - {{ name: r{rule}, match: {{ {', '.join(match)} }}, actions: [ {{ forward: {target} }} ] }}"
        )
    return "\n".join(lines)
