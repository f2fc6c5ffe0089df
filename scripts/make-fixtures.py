#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the captures in pcap-fixtures/made/: what the real ones lack. Every run writes the same bytes.

    make-fixtures.py           write them
    make-fixtures.py --check   exit 1 if a committed file is not what this script makes
"""

import pathlib
import random
import struct
import sys

from scapy.all import (ARP, AH, Dot1Q, ESP, Ether, GRE, ICMP, IP, IPv6, ICMPv6EchoRequest, PPP, PPPoE, PPPoED,
                       IPOption_NOP,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw, SCTP,
                       SCTPChunkData, TCP, UDP, fragment, raw)

MADE = pathlib.Path(__file__).resolve().parent.parent / "pcap-fixtures" / "made"
START = 1_700_000_000_000_000_000  # nanoseconds
STEP = 1_000_000
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
ETHER = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}


def capture(frames, magic=MICRO, snaplen=262144, linktype=1):
    """A capture's bytes; a frame is bytes or (time in ns, bytes) or (time in ns, bytes, length on the wire)."""
    out = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)]
    for number, frame in enumerate(frames):
        if not isinstance(frame, tuple):
            frame = (START + number * STEP, frame)
        time, data = frame[:2]
        wire = frame[2] if len(frame) > 2 else len(data)
        data = data[:snaplen]
        fraction = time % 1_000_000_000 // (1 if magic == NANO else 1000)
        out.append(struct.pack("<IIII", time // 1_000_000_000, fraction, len(data), wire) + data)
    return b"".join(out)


def ether(layer, **fields):
    return raw(Ether(**{**ETHER, **fields}) / layer)


def v4(layer, **fields):
    return IP(**{"src": "10.1.0.1", "dst": "10.2.0.2", "id": 7, **fields}) / layer


def v6(layer, **fields):
    return IPv6(**{"src": "2001:db8::1", "dst": "2001:db8:ff::2", **fields}) / layer


def udp(size=20, sport=40000, dport=53):
    return UDP(sport=sport, dport=dport) / Raw(bytes(i & 255 for i in range(size)))


def tagged(tpids, behind, inner_type):
    """A frame with tags written out by hand: (tpid, tci) in order from the outside."""
    head = bytes.fromhex("020000000002020000000001")
    for tpid, tci in tpids:
        head += struct.pack(">HH", tpid, tci)
    return head + struct.pack(">H", inner_type) + behind


def vlans():
    ip4, ip6, arp = raw(v4(udp())), raw(v6(TCP(sport=1234, dport=80))), raw(ARP(psrc="10.1.0.1", pdst="10.1.0.2"))
    stacks = [[], [(0x8100, 10)], [(0x8100, 0xE00A)], [(0x8100, 0)], [(0x8100, 4095)], [(0x88A8, 10)], [(0x9100, 10)],
              [(0x88A8, 100), (0x8100, 10)], [(0x9100, 100), (0x8100, 10)], [(0x8100, 100), (0x8100, 10)],
              [(0x9100, 100), (0x9100, 10)], [(0x8100, 10), (0x88A8, 100)],
              [(0x88A8, 100), (0x8100, 10), (0x8100, 20)], [(0x9200, 10)]]
    for stack in stacks:
        yield tagged(stack, ip4, 0x0800)
        yield tagged(stack, ip6, 0x86DD)
        yield tagged(stack, arp, 0x0806)
    whole = tagged([(0x88A8, 100), (0x8100, 10)], ip4, 0x0800)
    for length in range(12, 24):
        yield whole[:length]


def pppoe():
    yield ether(PPPoED(code=0x09), type=0x8863)
    yield ether(PPPoED(code=0x07), type=0x8863)
    for number in range(6):
        yield ether(PPPoE(sessionid=5) / PPP(proto=0x21) / v4(udp(dport=53 + number)), type=0x8864)
    yield ether(PPPoE(sessionid=5) / PPP(proto=0x57) / v6(TCP(sport=1, dport=443)), type=0x8864)
    yield ether(Dot1Q(vlan=7) / PPPoE(sessionid=6) / PPP(proto=0x21) / v4(TCP(sport=2, dport=443)))


def extension(next_header, size=8):
    """An extension header in the form of RFC 8200 section 4.3, padded."""
    return struct.pack(">BBBB", next_header, size // 8 - 1, 1, size - 4) + bytes(size - 4)


def ipv6_extensions():
    hop, dst, rt = IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrRouting(addresses=["2001:db8::9"])
    tail, tcp = udp(), TCP(sport=1234, dport=80, flags="S")
    yield ether(v6(tail))
    yield ether(v6(hop / tail))
    yield ether(v6(dst / tcp))
    yield ether(v6(rt / tail))
    yield ether(v6(hop / dst / rt / dst / tcp))
    yield ether(v6(hop / hop / hop / hop / hop / hop / hop / hop / tail))
    yield ether(v6(IPv6ExtHdrFragment(id=1, offset=0, m=1) / tail))
    yield ether(v6(IPv6ExtHdrFragment(id=1, offset=5, m=1, nh=17) / Raw(bytes(40))))
    yield ether(v6(IPv6ExtHdrFragment(id=1, offset=9, m=0, nh=17) / Raw(bytes(12))))
    yield ether(v6(IPv6ExtHdrFragment(id=2, offset=0, m=0) / tail))
    yield ether(v6(hop / IPv6ExtHdrFragment(id=3, offset=0, m=1) / dst / tcp))
    yield ether(v6(hop / IPv6ExtHdrFragment(id=3, offset=2, m=0, nh=60) / Raw(bytes(24))))
    yield ether(v6(IPv6ExtHdrFragment(id=4, offset=3, m=0, nh=44) / Raw(bytes(24))))
    # AH counts its length in words of 4 octets, without the first two (RFC 4302 section 2.2).
    yield ether(v6(AH(nh=17, spi=1, seq=1, icv=bytes(12), payloadlen=4) / tail, nh=51))
    yield ether(v6(Raw(raw(AH(nh=6, spi=1, seq=2, icv=bytes(16), payloadlen=5)) + raw(tcp)), nh=51))
    yield ether(v6(Raw(extension(17, 40) + raw(tail)), nh=139))
    yield ether(v6(Raw(extension(6, 24) + raw(tcp)), nh=140))
    yield ether(v6(Raw(extension(59, 16)), nh=135))
    yield ether(v6(Raw(extension(17, 16) + raw(tail)), nh=135))
    yield ether(v6(Raw(bytes(20)), nh=59))
    yield ether(v6(ESP(spi=9, seq=1, data=bytes(32)), nh=50))
    yield ether(v6(Raw(raw(SCTP(sport=5000, dport=5001) / SCTPChunkData(data=b"x" * 8))), nh=132))
    yield ether(v6(ICMPv6EchoRequest(id=1, seq=1, data=b"ping")))
    yield ether(v6(Raw(raw(v4(tail))), nh=4))
    yield ether(v6(Raw(extension(253, 8) + raw(tail)), nh=60))
    # Chains that end outside the frame, and lengths that point there.
    whole = ether(v6(hop / dst / tail))
    for length in range(54, len(whole), 3):
        yield whole[:length]
    yield ether(v6(Raw(bytes([17, 255]) + bytes(30)), nh=60))
    yield ether(v6(Raw(bytes([0, 255]) + bytes(30)), nh=0))


def ipv4_headers():
    for words in (0, 1, 10):
        options = [IPOption_NOP()] * (4 * words)
        yield ether(v4(udp(), options=options))
        yield ether(v4(TCP(sport=1, dport=22), options=options))
    yield ether(v4(ICMP() / Raw(b"ping")))
    yield ether(v4(ESP(spi=9, seq=1, data=bytes(32)), proto=50))
    yield ether(v4(AH(nh=17, spi=1, seq=1, icv=bytes(12), payloadlen=4) / udp(), proto=51))
    yield ether(v4(GRE() / v4(udp())))
    yield ether(v4(v4(udp()), proto=4))
    yield ether(v4(Raw(raw(SCTP(sport=5000, dport=5001) / SCTPChunkData(data=b"x" * 8))), proto=132))
    yield ether(v4(Raw(bytes(20)), proto=2))
    yield ether(v4(Raw(bytes(20)), proto=255))
    for part in fragment(v4(UDP(sport=9, dport=53) / Raw(bytes(3000))), fragsize=1000):
        yield ether(part)
    yield ether(v4(udp(), flags="MF"))
    yield ether(v4(udp(), flags="DF"))
    yield ether(v4(udp(), flags="evil"))
    yield ether(v4(udp(), len=20))
    yield ether(v4(udp(), len=9000))
    yield ether(v4(udp())) + bytes(18)


def cut_headers():
    tcp4, udp6 = ether(v4(TCP(sport=1, dport=80))), ether(v6(udp()))
    for length in range(1, 40):
        yield tcp4[:length]
    for length in range(50, 64):
        yield udp6[:length]
    for version in (0, 3, 5, 6, 15):
        yield ether(v4(udp(), version=version))
    for version in (0, 4, 5, 7):
        yield ether(v6(udp(), version=version))
    for words in (0, 4, 6, 15):
        yield ether(v4(Raw(bytes(4)), ihl=words, proto=17))
    yield ether(Raw(bytes(46)), type=0x05DC)
    yield ether(Raw(b"\x42\x42\x03" + bytes(43)), type=0x0026)
    yield ether(Raw(bytes(46)), type=0)
    yield ether(Raw(bytes(46)), type=0xFFFF)


def jumbo():
    for number in range(6):
        yield ether(v4(udp(8958 + number % 2, sport=1000 + number)))
    for size in (2020, 2048 - 42, 2049 - 42, 4096):
        yield ether(v4(udp(size)))
    yield ether(v4(udp()))


def snaplen():
    for number in range(20):
        frame = ether(v4(udp(10 + 20 * number)))
        yield (START + number * STEP, frame, len(frame))


def interleaved(first):
    """Two captures whose times lie in each other, some the same to the nanosecond or microsecond."""
    for number in range(60):
        time = START + number * 2000 + (0 if first else 1000)
        if number % 10 == 0:
            time = START + number * 2000
        elif first and number % 3 == 0:
            time += 7
        yield (time, ether(v4(udp(4 + number, sport=20000 + number, dport=1 if first else 2))))


def syn_flood():
    chance = random.Random(1)
    for number in range(2000):
        source = f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        yield (START + number * 1000, ether(v4(TCP(sport=chance.randrange(1024, 65536), dport=80, flags="S",
                                                   seq=chance.randrange(1 << 32)), src=source)))


def flows():
    """Both directions of many flows, and datagrams in fragments, in an order that mixes them."""
    chance = random.Random(2)
    frames = []
    for number in range(150):
        a, b = f"10.9.{number % 7}.{1 + number}", f"192.0.2.{1 + number % 200}"
        a6, b6 = f"2001:db8:9::{number + 1:x}", f"2001:db8:a::{number % 50 + 1:x}"
        sport, dport = chance.randrange(1024, 65536), chance.choice([53, 80, 443, 5060])
        for layer in (UDP, TCP):
            frames.append(ether(v4(layer(sport=sport, dport=dport), src=a, dst=b)))
            frames.append(ether(v4(layer(sport=dport, dport=sport), src=b, dst=a), src=ETHER["dst"], dst=ETHER["src"]))
        frames.append(ether(v6(UDP(sport=sport, dport=dport), src=a6, dst=b6)))
        frames.append(ether(v6(UDP(sport=dport, dport=sport), src=b6, dst=a6)))
        if number % 5 == 0:
            for part in fragment(v4(UDP(sport=sport, dport=dport) / Raw(bytes(200)), src=a, dst=b, id=number), 72):
                frames.append(ether(part))
    chance.shuffle(frames)
    return frames


def pcapng(frames):
    """A pcapng file of one Ethernet interface with times in nanoseconds (draft-ietf-opsawg-pcapng)."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0))
    for number, frame in enumerate(frames):
        time = START + number * 1001
        out += block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame)
    return out


def files():
    whole = capture([ether(v4(udp())) for _ in range(3)])
    return {
        "vlans.pcap": capture(vlans()),
        "pppoe.pcap": capture(pppoe()),
        "ipv6-extensions.pcap": capture(ipv6_extensions()),
        "ipv4-headers.pcap": capture(ipv4_headers()),
        "cut-headers.pcap": capture(cut_headers()),
        "jumbo.pcap": capture(jumbo()),
        "snaplen.pcap": capture(snaplen(), snaplen=60),
        "interleaved-micro.pcap": capture(interleaved(True)),
        "interleaved-nano.pcap": capture(interleaved(False), magic=NANO),
        "syn-flood.pcap": capture(syn_flood()),
        "flows.pcap": capture(flows()),
        "ethernet.pcapng": pcapng(ether(v4(udp(dport=50 + number))) for number in range(20)),
        "empty.pcap": capture([]),
        "cut.pcap": whole[:-10],
        "no-capture.pcap": b"This is a text, and no capture.\n",
    }


def main():
    made = files()
    if sys.argv[1:] == ["--check"]:
        wrong = [name for name, data in made.items()
                 if not (MADE / name).is_file() or (MADE / name).read_bytes() != data]
        for name in wrong:
            print(f"pcap-fixtures/made/{name} is not what scripts/make-fixtures.py makes; run it")
        return 1 if wrong else 0
    MADE.mkdir(exist_ok=True)
    for name, data in made.items():
        (MADE / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
