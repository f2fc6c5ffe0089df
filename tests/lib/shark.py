# SPDX-License-Identifier: BSD-3-Clause
"""tshark's view of packets."""

import shutil
import subprocess

from lib import capture

SHARK = shutil.which("tshark")
CHECKS = ["ip", "tcp", "udp"]
# 0 bad, 1 good, 2 not looked at, 3 not there
STATUS = [f"{name}.checksum.status" for name in ("ip", "tcp", "udp", "icmp", "icmpv6", "sctp")]
OPTIONS = [word for name in CHECKS for word in ("-o", f"{name}.check_checksum:TRUE")] + [
    "-o", "sctp.checksum:CRC 32c", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
    "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "eth.fcs:Never", "--disable-heuristic", "f5ethtrailer",
    "--enable-heuristic", "metamako_eth", "-n"]


def fields(packets, directory, *names):
    """By packet: by name what tshark has of that field, all of it in order."""
    file = capture.write(directory / "shark.pcap", packets)
    words = [word for name in names for word in ("-e", name)]
    run = subprocess.run([SHARK, *OPTIONS, "-r", str(file), "-T", "fields", "-E", "separator=;", "-E", "aggregator=,",
                          *words], capture_output=True, text=True, check=True, timeout=300)
    rows = [line.split(";") for line in run.stdout.splitlines()]
    assert len(rows) == len(packets), (len(rows), len(packets), run.stderr)
    return [dict(zip(names, row)) for row in rows]


def checks(packets, directory):
    """By packet: what tshark says of each checksum, those of packets in packets too, and whether it is malformed."""
    return fields(packets, directory, *STATUS, "_ws.malformed")
