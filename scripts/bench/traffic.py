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


def matches(count, flows):
    """`count` five-tuples of which each takes a share of `flows` flows that no other takes, and which together
    take all: exact where a share is one flow, else with a source prefix as long as the share allows. Each is (source,
    its prefix's length, destination, its length, source ports, destination ports)."""
    share = flows // count
    bits = max(share - 1, 0).bit_length()
    for rule in range(count):
        # Prefixes hold 2^bits flows: the shares are spread to stand on their boundaries.
        src, dst, src_port, dst_port = flow(rule << bits)
        if bits == 0:
            yield dotted(src), 32, dotted(dst), 32, (src_port, src_port), (dst_port, dst_port)
        else:
            yield dotted(src), 32 - bits, "192.168.0.0", 16, (1024, 65535), (53, 68)


def port_range(ports, between="-"):
    return f"{ports[0]}{between}{ports[1]}"


def rules(count, flows, target):
    """`count` rules for a config, see matches."""
    return "\n".join(
        f"  - {{ name: r{number}, match: {{ src: {src}/{src_bits}, protocol: udp, dst: {dst}/{dst_bits}, "
        f"src-port: {port_range(src_ports)}, dst-port: {port_range(dst_ports)} }}, "
        f"actions: [ {{ forward: {target} }} ] }}"
        for number, (src, src_bits, dst, dst_bits, src_ports, dst_ports) in enumerate(matches(count, flows)))


def write_l3fwd_rules(path, count, flows, port):
    """The same as routes to a port by its number, for l3fwd's --rule_ipv4."""
    with open(path, "w", encoding="ascii") as out:
        for src, src_bits, dst, dst_bits, src_ports, dst_ports in matches(count, flows):
            out.write(f"R{src}/{src_bits} {dst}/{dst_bits} {port_range(src_ports, ' : ')} "
                      f"{port_range(dst_ports, ' : ')} 17/0xff {port}\n")
