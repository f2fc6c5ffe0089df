# SPDX-License-Identifier: BSD-3-Clause
"""Edits of replays, and addresses that are others in each loop. What a packet becomes is worked out a second time by
lib/edits.py and lib/unique.py, from the words of the manual."""

import time

import pytest

from lib import actions, capture, edits, schedule, sides, sums, unique
from lib.daemon import Daemon, PLUGINS, test_ports
from lib.offline import config, offline, out
from lib.wire import Pair
from test_replay import packets_of
from test_replay_live import ended

NAMES = ["mixed.pcap", "dns.pcap", "ipv4-fragments.pcap", "ipv6-fragments.pcap", "smb2.pcap", "vlan.pcap", "vxlan.pcap", "gre.pcap",
         "ipv6-rsmurf.pcap", "made/ethernet.pcapng"]
LISTS = {
    "link": [{"set": {"src-mac": "02:00:00:00:00:01", "dst-mac": "02:00:00:00:00:02"}}, {"push": {"vlan": 5}}],
    "network": [{"set": {"src": "10.0.0.0/8", "dst": "2001:db8::/32", "dst-port": 80, "ttl": -1, "dscp": "ef"}}],
    "nat": [{"nat": {"10.0.0.0/8": "172.0.0.0/8", "192.168.0.0/16": "10.9.0.0/16", "fe80::/16": "fd00::/16"}}],
    "cut": [{"slice": 64}],
    "headers": [{"strip": "vlans"}, {"slice": {"after": "transport", "bytes": 0}}],
    "mask": [{"mask": "payload"}],
    "tunnel": [{"strip": "tunnel"}, {"push": {"gre": {"src": "192.0.2.1", "dst": "198.51.100.9"}}}],
    "named": [{"edit": "short"}, {"push": {"vlan": 7, "pcp": 3}}],
    "stamp": [{"stamp": {"device": 7}}],
}
NAMED = {"short": [{"set": {"ttl": 9}}, {"slice": 100}]}


def replay(tmp_path, file, ports=None, code=0, **keys):
    what = config(ports or {"wan": out("wan")})
    what["edits"] = NAMED
    what["replays"] = {"one": {"file": str(file), "to": "wan", "memory": "64MiB", "truncated": "send", **keys}}
    return offline(what, tmp_path, code=code)


def made_of(packet, list_, loop=0, unique_per_loop=False):
    """The record that a packet becomes, and whether an edit found nothing to do."""
    steps = [one for _, one in actions.flat(list_, {"edits": NAMED})]
    strips = next((number for number, step in enumerate(steps) if "strip" not in step), len(steps))
    frame = edits.Frame(packet.data, len(packet.data))
    context = edits.Context(time=packet.time)
    frame, idle = actions.edited(steps[:strips], frame, context)
    if unique_per_loop:
        frame = unique.moved(frame, loop)
    frame, rest = actions.edited(steps[strips:], frame, context)
    return packet._replace(data=frame.data, wire=frame.wire), idle or rest


def same(run, line, list_, port="wan", **more):
    wanted = [made_of(packet, list_, loop, **more) for packet, loop in line]
    got = run.sent[port]
    assert len(got) == len(wanted)
    for number, (left, (right, _)) in enumerate(zip(got, wanted)):
        assert (left.data, left.wire, left.time) == (right.data, right.wire, right.time), f"packet {number}"
    return sum(idle for _, idle in wanted)


def lines(name, loops=1):
    packets = list(schedule.monotonic(packets_of(name)))
    looped = schedule.looped(packets, loops) if loops > 1 else packets
    return [(packet, number // len(packets)) for number, packet in enumerate(looped)]


@pytest.mark.parametrize("list_", LISTS)
def test_edits(tmp_path, list_):
    for name in NAMES:
        run = replay(tmp_path, capture.fixture(name), edits=LISTS[list_])
        counted = run.report["replays"]["one"]
        assert counted["unedited"] == same(run, lines(name), LISTS[list_]), name
        assert counted["bytes"] == sum(len(packet.data) for packet in run.sent["wan"])
        copied = sum(copy["packets"] for copy in run.report["copies"].values())
        assert copied == 0 if list_ == "cut" else copied > 0 or list_ in ("nat", "headers")


@pytest.mark.parametrize("list_", ["link", "mask", "tunnel", "stamp"])
def test_frames_longer_than_a_buffer(tmp_path, list_):
    """What is edited of them is chained, and copied where it must be."""
    what = config({"wan": out("wan")})
    what["memory"]["packet-size"] = 256
    what["replays"] = {"one": {"file": str(capture.fixture("made/jumbo.pcap")), "to": "wan", "edits": LISTS[list_], "loops": 2}}
    run = offline(what, tmp_path)
    same(run, lines("made/jumbo.pcap", 2), LISTS[list_])


def test_rules_that_edit(tmp_path):
    """What comes in from a capture is not written either: each loop is as the one before."""
    mirrored, forwarded = [{"set": {"ttl": 3}}, {"mask": "payload"}], [{"set": {"src": "192.0.2.0/24", "src-mac": "02:00:00:00:00:07"}}]
    rules = [{"name": "all", "actions": [{"mirror": "b", "with": mirrored}, *forwarded, {"forward": "wan"}]}]
    for name in ("mixed.pcap", "vlan.pcap"):
        for edited in ([], LISTS["link"]):
            what = config({"lan": out("lan"), "b": out("b"), "wan": out("wan")}, rules)
            what["replays"] = {"one": {"file": str(capture.fixture(name)), "to": {"as": "lan"}, "loops": 3,
                                       **({"edits": edited} if edited else {})}}
            run = offline(what, tmp_path)
            same(run, lines(name, 3), edited + mirrored, port="b")
            same(run, lines(name, 3), edited + forwarded)


def test_as_received(tmp_path):
    """Rules see what edits have made."""
    what = config({"lan": out("lan"), "wan": out("wan")}, [{"name": "tagged", "match": {"vlan": 5}, "actions": [{"forward": "wan"}]}])
    what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": {"as": "lan"}, "edits": LISTS["link"]}}
    run = offline(what, tmp_path)
    same(run, lines("dns.pcap"), LISTS["link"])


def test_two_ports(tmp_path):
    """Sides are those of the capture, whatever edits make of it."""
    run = replay(tmp_path, capture.fixture("mixed.pcap"), {"wan": out("wan"), "lan": out("lan")}, to={"client": "wan", "server": "lan"},
                 edits=LISTS["network"])
    clients, servers = sides.split([packet for packet, _ in lines("mixed.pcap")])
    same(run, [(packet, 0) for packet in clients], LISTS["network"])
    same(run, [(packet, 0) for packet in servers], LISTS["network"], port="lan")


@pytest.mark.parametrize("memory, loops", [("64MiB", 3), ("8MiB", 3)])
def test_unique_per_loop(tmp_path, memory, loops):
    """Each loop as the manual has it, and all checksums that were right are."""
    for name in NAMES:
        run = replay(tmp_path, capture.fixture(name), **{"unique-per-loop": True}, loops=loops, memory=memory)
        line = lines(name, loops)
        same(run, line, [], unique_per_loop=True)
        for (packet, _), sent in zip(line, run.sent["wan"]):
            right = [[found.stored(data) == found.right(data) for found in sums.checksums(data)]
                     for data in (packet.data, sent.data)]
            assert right[0] == right[1]


def test_unique_while_it_streams(tmp_path):
    packets = [packet for packet, _ in lines("mixed.pcap")]
    count = (20 << 20) // sum(len(packet.data) + 16 for packet in packets) + 1
    path = tmp_path / "large.pcap"
    many = [packet._replace(time=packet.time + 10 ** 9 * number) for number in range(count) for packet in packets]
    many.sort(key=lambda packet: packet.time)
    capture.write(path, many)
    run = replay(tmp_path, path, **{"unique-per-loop": True}, loops=2, memory="8MiB")
    line = schedule.looped(many, 2)
    same(run, [(packet, number // len(many)) for number, packet in enumerate(line)], [], unique_per_loop=True)


def test_edits_see_the_addresses_of_the_loop(tmp_path):
    list_ = [{"strip": "tunnel"}, {"set": {"src": "10.0.0.0/8"}}]
    for name in ("vxlan.pcap", "dns.pcap"):
        run = replay(tmp_path, capture.fixture(name), **{"unique-per-loop": True}, edits=list_, loops=3)
        same(run, lines(name, 3), list_, unique_per_loop=True)


@pytest.mark.parametrize("moves", [False, True])
def test_each_edit_says_where_it_found_nothing(tmp_path, moves):
    """Once a packet, and of a list with a name if any of it did; that addresses are moved in between makes no difference."""
    list_ = [{"strip": "vlan"}, {"edit": "both"}, {"strip": "tunnel"}, {"set": {"dst-port": 53}}]
    named = {"both": [{"strip": "vlan"}, {"set": {"ttl": 9}}]}
    what = config({"wan": out("wan")}, idle="sleep", edits=named)
    what["replays"] = {"one": {"file": str(capture.fixture("mixed-vlan-mpls.pcap")), "to": "wan", "pace": "top", "loops": 2,
                               "truncated": "send", "start": "manual", "unique-per-loop": moves, "edits": list_}}
    wanted, any_of = [0] * len(list_), 0
    for packet, loop in lines("mixed-vlan-mpls.pcap", 2):
        frame, idle, moved = edits.Frame(packet.data, len(packet.data)), set(), not moves
        for number, step in actions.flat(list_, {"edits": named}):
            if not moved and "strip" not in step:
                frame, moved = unique.moved(frame, loop), True
            frame, found_nothing = actions.edited([step], frame)
            idle |= {number} if found_nothing else set()
        wanted = [count + (number in idle) for number, count in enumerate(wanted)]
        any_of += bool(idle)
    with Daemon(what, tmp_path) as daemon:
        for _ in "12":  # numbers are those of a run
            daemon.call("replay.start", name="one")
            daemon.until(lambda status: status["replays"]["one"]["state"] == "done")
            one = daemon.call("replay.list")["replays"]["one"]
            assert [step["unedited"] for step in one["steps"]] == wanted and one["unedited"] == any_of
        assert [step["action"] for step in one["steps"]] == ["strip vlan", "edit both", "strip tunnel", "set (dst-port 53)"]
        assert f"unedited: {wanted[0]} by strip vlan, {wanted[1]} by edit both" in daemon.sluice("replay", "list").stdout
        daemon.stop()
    assert len(set(wanted)) == len(wanted)


def test_the_ring():
    """What the manual promises of addresses, over loops of all sizes."""
    for loop in (1, 2, 3, 1000, 3724541950, 3724541951, 3724541952, 2 ** 32 - 1):
        seen = {}
        for address in [b"\x0a\0\0" + bytes([last]) for last in range(64)] + [b"\x01\0\0\0", b"\xdf\xff\xff\xfe", b"\x7e\xff\xff\xff",
                                                                             b"\x80\0\0\0"]:
            moved = unique.address(address, loop)
            assert moved[0] not in (0, 127) and moved[0] < 224
            assert seen.setdefault(moved, address) == address
    for still in (b"\x7f\0\0\1", b"\xe0\0\0\1", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\x02" + bytes(14), bytes(15) + b"\1"):
        assert unique.address(still, 77) == still


def test_live(tmp_path):
    """Nobody writes into the capture, whatever the device does; and a list with a name that changes is a change."""
    what = config(test_ports(wan="hold=300,accept=7"))
    what["edits"] = NAMED
    what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": "wan", "pace": "top", "loops": "forever", "memory": "16MiB",
                               "unique-per-loop": True, "edits": LISTS["named"]}}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        one = daemon.until(lambda status: status["replays"]["one"]["sent"] > 50000)["replays"]["one"]
        assert one["bytes"] > 81 * one["sent"]
        other = {**what, "edits": {"short": [{"set": {"ttl": 9}}, {"slice": 77}]}}
        daemon.apply(other)
        time.sleep(0.2)
        one = daemon.until(lambda status: status["replays"]["one"]["sent"] > 50000)["replays"]["one"]
        assert one["bytes"] <= 81 * one["sent"]
        daemon.call("replay.stop", name="one")
        status = daemon.call("status")
        assert sum(copy["packets"] for copy in status["copies"].values()) > 50000
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


@pytest.mark.parametrize("to", ["wan", {"client": "wan", "server": "lan"}])
def test_want_of_room(tmp_path, slot, to):
    """What comes again because a port had no room is edited already."""
    what = config(test_ports(wan=f"room=20,orders={slot.path}", lan=""))
    what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": to, "pace": "top", "edits": [{"push": {"vlan": 5}}]}}
    line = packets_of("dns.pcap")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        for number in range(1, 8):
            daemon.until(lambda status: status["ports"]["wan"]["tx_packets"] == 20 * number)
            slot.order("room 20")
        slot.order("room 1000")
        replay_ = ended(daemon)
        assert replay_["sent"] == len(line) and replay_["refused"] == 0
        assert replay_["bytes"] == sum(len(packet.data) + 4 for packet in line)
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


@pytest.mark.parametrize("device", ["", "hold=500,accept=3"])
def test_ends(tmp_path, device):
    """Every reference comes back."""
    what = config(test_ports(wan=device))
    what["replays"] = {"one": {"file": str(capture.fixture("mixed.pcap")), "to": "wan", "pace": "top", "loops": 20, "memory": "64MiB",
                               "edits": [{"push": {"vlan": 5}}]}}
    line = packets_of("mixed.pcap")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        replay_ = ended(daemon)
        assert replay_["state"] == "done" and replay_["refused"] == 0 and replay_["sent"] == 20 * len(line)
        assert replay_["bytes"] == 20 * sum(len(packet.data) + 4 for packet in line)
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_want_of_memory(tmp_path):
    """Is a loss under its name, and what had memory leaves as it should."""
    what = config(test_ports(wan="hold=4096"))
    what["memory"].update(packets=1023, headers=255)
    what["replays"] = {"one": {"file": str(capture.fixture("mixed.pcap")), "to": "wan", "pace": "top", "loops": 50, "memory": "64MiB",
                               "tolerance": "1h", "edits": [{"push": {"vlan": 5}}]}}
    line = packets_of("mixed.pcap")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        replay_ = ended(daemon)
        lost = replay_["refused"]
        assert lost > 0 and replay_["sent"] + lost == 50 * len(line)
        status = daemon.until(lambda status: status["drops"]["no-buffer"] == lost)
        assert status["ports"]["wan"]["tx_packets"] == replay_["sent"]
        assert replay_["verdict"]["result"] == "fail"
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_stamps_and_an_apply(tmp_path):
    """The time is this machine's, and the port has the number that it has now; a replay that is the same goes on."""
    def live(ports, short):
        what = config({name: out(name) for name in ports})
        what["edits"] = {"marked": [{"stamp": {"device": 7}}], "short": short}
        what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": "wan", "pace": "2kpps", "loops": "forever",
                                   "edits": [{"edit": "marked"}]}}
        return what

    begun = time.time()
    with Daemon(live(["wan"], [{"slice": 99}]), tmp_path) as daemon:
        before = daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)["replays"]["one"]["sent"]
        daemon.apply(live(["first", "wan"], [{"slice": 98}]))
        assert daemon.call("status")["replays"]["one"]["sent"] >= before
        daemon.until(lambda status: status["replays"]["one"]["sent"] > before + 500)
        daemon.call("replay.stop", name="one")
        daemon.stop()
    stamps = [packet.data[-16:] for packet in capture.read(tmp_path / "wan.pcap")]
    ports = [stamp[15] for stamp in stamps]
    times = [int.from_bytes(stamp[4:8], "big") + int.from_bytes(stamp[8:12], "big") / 1e9 for stamp in stamps]
    assert ports == sorted(ports) and set(ports) == {0, 1}
    assert times == sorted(times) and begun < times[0] and times[-1] < time.time()
    assert {stamp[13:15] for stamp in stamps} == {b"\0\7"}


@pytest.mark.live
def test_two_workers(tmp_path):
    """Each has its own part of every loop, and they agree on its addresses."""
    loops, list_ = 10, [{"push": {"vlan": 5}}]
    what = config({"wan": out("wan")})
    what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": "wan", "pace": "top", "loops": loops,
                               "edits": list_, "unique-per-loop": True}}
    with Daemon({**what, "workers": [0, 1]}, tmp_path) as daemon:
        assert ended(daemon)["sent"] == loops * len(packets_of("dns.pcap"))
        assert min(worker["packets"] for worker in daemon.call("workers")["workers"]) > 0
        daemon.stop()
    wanted = [made_of(packet, list_, loop, unique_per_loop=True)[0].data for packet, loop in lines("dns.pcap", loops)]
    assert sorted(packet.data for packet in capture.read(tmp_path / "wan.pcap")) == sorted(wanted)


@pytest.mark.live
def test_cut_to_what_the_port_sends(tmp_path):
    """Over AF_XDP, which takes no chains; without the slice these are too long."""
    list_ = [{"push": {"vlan": 5}}, {"slice": 1514}]
    what = config({"wan": out("wan")})
    wanted = [made_of(packet, list_)[0].data for packet, _ in lines("made/jumbo.pcap")]
    assert max(len(packet.data) for packet, _ in lines("made/jumbo.pcap")) > 1514
    with Pair() as pair:
        what["ports"] = {"wan": {"af-xdp": pair.interface, "promiscuous": False}}
        what["replays"] = {"one": {"file": str(capture.fixture("made/jumbo.pcap")), "to": "wan", "edits": list_}}
        with Daemon(what, tmp_path) as daemon:
            assert ended(daemon)["refused"] == 0
            assert pair.wire.frames() == wanted
            daemon.until(lambda status: status["copies"]["edit-flat"]["packets"] > 0)  # a worker may be late
            daemon.stop()
