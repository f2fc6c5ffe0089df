# SPDX-License-Identifier: BSD-3-Clause
"""`sluice compare`: two captures, the second of which is the first after something was done to it, by a plain model."""

import collections
import gzip
import json
import random
import subprocess

import pytest

from lib import capture, layers, sums
from lib.offline import SLUICE

WIDE = ["mixed.pcap", "dns.pcap", "smb2.pcap", "vlan.pcap", "ipv6-rsmurf.pcap", "ipv6-fragments.pcap", "mixed-vlan-mpls.pcap", "gre.pcap",
        "ipv4-fragments.pcap", "made/flows.pcap", "qinq.pcap", "made/ethernet.pcapng"]
WORDS = ["mac", "vlan", "ttl", "dscp", "checksums", "nat"]
COUNTS = ["sent", "back", "matched", "lost", "changed", "duplicated", "reordered", "late", "unknown", "ambiguous"]


def compare(*words, code=None):
    done = subprocess.run([SLUICE, "compare", "--json", *map(str, words)], capture_output=True, text=True, timeout=120,
                          check=False)
    account = json.loads(done.stdout)
    if "verdict" in account:
        assert done.returncode == (0 if account["verdict"] == "pass" else 1), done
    assert code is None or done.returncode == code, done
    return account


def captured(name):
    return capture.read(capture.fixture(name))


def reordering(order):
    """By the words of RFC 4737: the number of reordered packets, their extents, and how many are n-reordered."""
    late, extents, degrees, expected = 0, [], collections.Counter(), 0
    for i, number in enumerate(order):
        if number >= expected:
            expected = number + 1
            continue
        late += 1
        extents.append(i - next(j for j in range(i) if order[j] > number))
        degree = 0
        while degree < min(i, 10) and order[i - 1 - degree] > number:
            degree += 1
        for n in range(1, degree + 1):
            degrees[n] += 1
    return late, extents, [degrees[n] for n in range(1, 11)]


def covered(frame):
    """What is compared of it: not what is behind an IP packet, nor zeros in place of what it lacks to 60 bytes."""
    network = layers.read(frame).network
    if network is not None:
        return frame[:network.packet_end]
    return frame if len(frame) > 60 else frame.rstrip(b"\0")


def model(sent, back):
    """What is to be said of packets that are the same or not: the first of those alike that is not back is it."""
    waiting = collections.defaultdict(collections.deque)
    for number, packet in enumerate(sent):
        waiting[covered(packet.data)].append(number)
    known, order = set(waiting), []
    numbers = dict.fromkeys(COUNTS, 0)
    for packet in back:
        key = covered(packet.data)
        if key not in known:
            numbers["unknown"] += 1
        elif not waiting[key]:
            numbers["duplicated"] += 1
        else:
            order.append(waiting[key].popleft())
            numbers["ambiguous"] += bool(waiting[key])
    late, extents, degrees = reordering(order)
    numbers.update(sent=len(sent), back=len(back), matched=len(order), lost=sum(map(len, waiting.values())), reordered=late)
    return numbers, extents, degrees


def disturbed(packets, seed):
    """Some are lost, some come twice, some pass others."""
    chance = random.Random(seed)
    back = []
    for packet in packets:
        if chance.random() < 0.03:
            continue
        back += [packet] * (2 if chance.random() < 0.03 else 1)
    for _ in range(len(back) // 20):
        at = chance.randrange(len(back))
        back.insert(min(len(back), at + chance.randrange(1, 30)), back.pop(at))
    # Times as they would be noted there.
    return [packet._replace(time=packets[0].time + 1000 * i) for i, packet in enumerate(back)]


@pytest.mark.parametrize("name", WIDE)
def test_what_is_lost_doubled_and_passed_is_counted(name, tmp_path):
    sent = captured(name)
    back = disturbed(sent, name)
    numbers, extents, degrees = model(sent, back)
    before, after = capture.write(tmp_path / "a.pcap", sent), capture.write(tmp_path / "b.pcap", back)
    for ignoring in "none", "auto":
        account = compare(before, after, "--ignoring", ignoring)
        assert {count: account[count] for count in COUNTS} == numbers
        assert account["reordering"]["extent_max"] == max(extents, default=0)
        assert account["reordering"]["extent_mean"] == pytest.approx(sum(extents) / max(1, len(extents)))
        assert account["reordering"]["n"] == degrees
    assert account["levels"] == {"frame": numbers["matched"], "network": 0, "nat": 0} and account["by"] == "frame"


def test_a_capture_is_like_itself(tmp_path):
    for name in WIDE:
        path = capture.fixture(name)
        account = compare(path, path, code=0)
        assert account["matched"] == account["sent"] == account["back"] == len(captured(name))
        assert account["latency_ns"]["max"] == 0
    packed = tmp_path / "mixed.pcap.gz"
    packed.write_bytes(gzip.compress(capture.fixture("mixed.pcap").read_bytes()))
    assert compare(packed, capture.fixture("mixed.pcap"), code=0)["matched"] == len(captured("mixed.pcap"))
    with open(packed, "rb") as stream:
        done = subprocess.run([SLUICE, "compare", capture.fixture("mixed.pcap"), "-"], stdin=stream, capture_output=True,
                              text=True, timeout=60, check=False)
    assert done.returncode == 0 and "verdict: pass" in done.stdout and "matched by: frame (4,631)" in done.stdout


def routed(frame):
    """As behind a router, if it is IP."""
    network = layers.read(frame).network
    after = bytearray(b"\x02\xaa\xaa\xaa\xaa\x01\x02\xaa\xaa\xaa\xaa\x02" + frame[12:])
    if network is None:
        return bytes(after)
    after[network.at + (8 if network.version == 4 else 7)] -= 1
    return sums.mended(frame, after)


def translated(frame):
    """And behind a NAT, which gives it another source."""
    network = layers.read(frame).network
    after = bytearray(routed(frame))
    after[network.src[0]:network.src[1]] = b"\xc0\x00\x02\x01"
    after[network.end:network.end + 2] = b"\x9c\x40"
    return sums.mended(frame, bytes(after))


def tagged(frame):
    return frame[:12] + b"\x81\x00\x00\x05" + frame[12:]


def changed_by(packets, change):
    return [packet._replace(data=change(packet.data), wire=len(change(packet.data))) for packet in packets]


def is_plain(packet):
    """UDP or TCP over IPv4, whole, with a payload that is no other's."""
    network = layers.read(packet.data).network
    return (network is not None and network.version == 4 and network.transport() in (layers.TCP, layers.UDP)
            and not network.fragment and len(packet.data) == packet.wire and packet.data[network.at + 8] > 1
            and network.packet_end - layers.transport_end(packet.data, network) >= 8)


def alone(packets):
    """Those that have no twin, whatever a NAT does."""
    seen = collections.Counter(packet.data[42:] for packet in packets)
    return [packet for packet in packets if seen[packet.data[42:]] == 1]


@pytest.fixture(name="plain", scope="module")
def of_plain_packets():
    return alone([packet for packet in captured("mixed.pcap") if is_plain(packet)])


def test_what_devices_may_change(plain, tmp_path):
    before = capture.write(tmp_path / "a.pcap", plain)
    for change, level, ignoring in ((routed, "network", "mac,ttl"), (tagged, "network", "vlan"),
                                    (lambda frame: tagged(routed(frame)), "network", "vlan,ttl,mac"),
                                    (translated, "nat", "mac,nat")):
        after = capture.write(tmp_path / "b.pcap", changed_by(plain, change))
        account = compare(before, after, code=0)
        assert account["by"] == level and account["levels"][level] == account["matched"] == len(plain)
        assert compare(before, after, "--ignoring", ignoring, code=0)["ignoring"] == sorted(ignoring.split(","), key=WORDS.index)
        strict = compare(before, after, "--ignoring", "none", code=1)
        assert strict["matched"] == 0 and strict["changed"] == len(plain) and strict["lost"] == strict["unknown"] == 0
    # Of several kinds each is told by the strictest.
    parts = [plain[i::3] for i in range(3)]
    mixed = sorted(parts[0] + changed_by(parts[1], routed) + changed_by(parts[2], translated))
    account = compare(before, capture.write(tmp_path / "b.pcap", mixed), "--tolerance", "lost=0,unknown=0", code=0)
    assert account["levels"] == {"frame": len(parts[0]), "network": len(parts[1]), "nat": len(parts[2])}


def test_what_changed_is_shown(plain, tmp_path):
    before = capture.write(tmp_path / "a.pcap", plain)
    # Each in a byte of another field, far from the next.
    places = {"mac": 3, "dscp": 15, "identification": 19, "ttl": 22, "addresses": 29, "ports": 35, "payload": 60}
    for field, place in places.items():
        back, flipped = list(plain), range(0, len(plain), 25)
        for number in flipped:
            data = bytearray(back[number].data)
            at = min(place, len(data) - 1) if field != "payload" else layers.read(bytes(data)).network.packet_end - 1
            data[at] ^= 0x10
            back[number] = back[number]._replace(data=bytes(data))
        after = capture.write(tmp_path / "b.pcap", back)
        account = compare(before, after, "--ignoring", "none", "-w", tmp_path / "pairs.pcapng", code=1)
        assert account["changed"] == len(flipped) and account["matched"] == len(plain) - len(flipped), field
        assert account["lost"] == account["unknown"] == account["duplicated"] == 0
        kind, = account["changes"]["kinds"]
        assert kind["fields"] == [field] and kind["packets"] == len(flipped)
        for number, example in zip(flipped, kind["examples"]):
            assert example["sent"] == example["back"] == number + 1 and example["bytes"] == 1
            one, = example["differs"]
            assert one["at"] == one["back_at"]
            assert bytes.fromhex(one["old"])[0] == plain[number].data[one["at"]]
            assert bytes.fromhex(one["new"])[0] == back[number].data[one["at"]] == plain[number].data[one["at"]] ^ 0x10
        pairs = capture.read(tmp_path / "pairs.pcapng")
        assert [pair.data for pair in pairs] == [side[number].data for number in flipped[:3] for side in (plain, back)]
        assert [pair.time for pair in pairs] == [side[number].time for number in flipped[:3] for side in (plain, back)]
    names, ids = capture.interfaces((tmp_path / "pairs.pcapng").read_bytes())
    assert names == [b"sent", b"back"] and ids == [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)]
    done = subprocess.run([SLUICE, "compare", before, after], capture_output=True, text=True, timeout=60, check=False)
    assert f"changed in payload: {len(flipped)} packets\n  packet 1 came back as packet 1: byte " in done.stdout


def test_times(plain, tmp_path):
    """Latencies as the clocks have them, or above the least where one of them is behind."""
    before = capture.write(tmp_path / "a.pcap", plain)
    latencies = [1000 * (1 + number % 100) for number in range(len(plain))]
    latencies[7] = 5_000_000
    for offset in 0, 3_600_000_000_000, -3_600_000_000_000:
        back = sorted(packet._replace(time=packet.time + latency + offset) for packet, latency in zip(plain, latencies))
        after = capture.write(tmp_path / "b.pcap", back)
        account = compare(before, after, "--within", "2ms", "--tolerance", "late=1")
        assert account["raw_latency_min_ns"] == 1000 + offset
        if offset > 0:  # So long ago that all are late.
            assert account["late"] == len(plain) and account["verdict"] == "fail"
            continue
        relative = -1000 if offset else 0
        assert account["offset_ns"] == (1000 + offset if offset else 0)
        assert account["late"] == 1 and account["matched"] == len(plain) - 1 and account["verdict"] == "pass"
        assert account["latency_ns"]["max"] == 100_000 + relative
        assert account["latency_ns"]["min"] == 1000 + relative
        assert account["latency_ns"]["p50"] == pytest.approx(50_000 + relative, rel=1 / 32)
    done = subprocess.run([SLUICE, "compare", before, after], capture_output=True, text=True, timeout=60, check=False)
    assert "The clocks differ" in done.stdout


def test_padding_and_cut_packets(plain, tmp_path):
    short = [packet for packet in captured("mixed.pcap") if len(packet.data) < 60][:200]
    padded = [packet._replace(data=packet.data.ljust(60, b"\0"), wire=60) for packet in short]
    if short:
        before, after = capture.write(tmp_path / "a.pcap", short), capture.write(tmp_path / "b.pcap", padded)
        assert compare(before, after, "--ignoring", "none", "--tolerance", "lost=0,unknown=0", code=0)["sent"] == len(short)
    cut = [packet._replace(data=packet.data[:96]) for packet in plain]
    longer = sum(len(packet.data) > 96 for packet in plain)
    before, after = capture.write(tmp_path / "a.pcap", plain), capture.write(tmp_path / "b.pcap", cut)
    done = subprocess.run([SLUICE, "compare", before, after], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "--snap BYTES compares as much" in done.stderr
    account = compare(before, after, "--snap", "96", "--tolerance", "lost=0,unknown=0,changed=0", code=0)
    assert account["back_file"]["cut"] == longer > 0 and account["matched"] == len(plain)


def test_tolerances(plain, tmp_path):
    before, after = capture.write(tmp_path / "a.pcap", plain), capture.write(tmp_path / "b.pcap", plain[10:])
    for words, code in (("lost=9", 1), ("lost=10", 0), ("lost=0.0001%", 1), ("lost=100%", 0), ("p99=1us,lost=10", 0),
                        ("changed=0", 0), ("max=1ns,lost=9", 1)):
        account = compare(before, after, "--tolerance", words, code=code)
        assert bool(account["why"]) == bool(code)
    assert compare(before, after, code=1)["why"] == ["10 lost, more than 0"]


@pytest.mark.parametrize("words, said", [
    (["--tolerance", "los=0"], "did you mean `lost`?"), (["--tolerance", "lost"], "is no bound"),
    (["--tolerance", "lost=1,lost=2"], "bounded twice"), (["--tolerance", "p99=5"], "duration"),
    (["--tolerance", "lost=150%"], "takes a number of packets"), (["--ignoring", "mak"], "did you mean `mac`?"),
    (["--within", "soon"], "--within"), (["--snap", "10"], "--snap takes"), (["--rate", "5"], "--rate")])
def test_wrong_words(words, said):
    path = str(capture.fixture("dns.pcap"))
    done = subprocess.run([SLUICE, "compare", path, path, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and said in done.stderr and not done.stdout, done


def test_what_can_not_be_read_or_written(tmp_path):
    good = capture.fixture("dns.pcap")
    done = subprocess.run([SLUICE, "compare", good, "/nowhere.pcap"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "/nowhere.pcap" in done.stderr
    done = subprocess.run([SLUICE, "compare", "-", "-"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    done = subprocess.run([SLUICE, "compare", good, good, "-w", tmp_path / "none" / "x"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 1 and "No such file" in done.stderr
    assert compare(good, capture.fixture("made/cut.pcap"))["back_file"]["broken_off"]
    done = subprocess.run([SLUICE, "ports", "--within", "1s"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "are for `sluice compare`" in done.stderr
