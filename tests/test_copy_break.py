# SPDX-License-Identifier: BSD-3-Clause
"""memory.copy-break: from which length on an edited packet that others hold is not copied whole."""

import pytest

from lib import capture
from lib.daemon import Daemon
from lib.offline import config, offline, out

IP = 14 + 20  # bytes of headers that a TTL makes writable
LENGTHS = [60, 63, 64, 65, 255, 256, 257, 1000, 1499, 1500, 1501]
OFFLINE = 256  # of auto, which measures nothing there


def frame(length):
    """IPv4 of which nothing is known but the header, and that is right."""
    ip = bytearray.fromhex("4500000000004000" "40fd0000" "0a000001" "0a000002")
    ip[2:4] = (length - 14).to_bytes(2, "big")
    words = sum(int.from_bytes(ip[at:at + 2], "big") for at in range(0, 20, 2))
    ip[10:12] = (~(words % 0xffff) & 0xffff).to_bytes(2, "big")
    return bytes.fromhex("020000000002" "020000000001" "0800") + bytes(ip) + \
        bytes(number % 251 for number in range(length - IP))


@pytest.mark.parametrize("copy_break", [None, "auto", 0, 64, 1500, 65407])
def test_what_is_copied(copy_break, tmp_path):
    frames = [frame(length) for length in LENGTHS]
    capture.write(tmp_path / "in.pcap", frames)
    what = config({"in": {"pcap": {"in": "in.pcap"}}, "a": out("a"), "b": out("b")},
                  [{"name": "both", "actions": [{"mirror": "b", "with": [{"set": {"ttl": 9}}]}, {"forward": "a"}]}])
    if copy_break is not None:
        what["memory"]["copy-break"] = copy_break
    run = offline(what, tmp_path)
    least = copy_break if isinstance(copy_break, int) else OFFLINE
    short = [length for length in LENGTHS if length < least]
    longer = len(LENGTHS) - len(short)
    copies = {name: copy for name, copy in run.report["copies"].items() if copy["packets"]}
    expected = {"edit-short": {"packets": len(short), "bytes": sum(short)},
                "edit-headers": {"packets": longer, "bytes": longer * IP}}
    assert copies == {name: copy for name, copy in expected.items() if copy["packets"]}
    assert [packet.data for packet in run.sent["a"]] == frames
    assert [packet.data[22] for packet in run.sent["b"]] == [9] * len(frames)
    assert [packet.data[IP:] for packet in run.sent["b"]] == [data[IP:] for data in frames]


def test_three_tools_three_shapes(tmp_path):
    """What docs/performance.md says of packets of 1,500 bytes."""
    frames = [frame(1500)] * 10
    capture.write(tmp_path / "in.pcap", frames)
    actions = [{"mirror": "ids", "with": [{"slice": 128}]},
               {"mirror": "npm", "with": [{"set": {"dst-mac": "02:00:00:00:00:09"}}, {"push": {"vlan": 100}}]},
               {"push": {"vxlan": {"vni": 5, "src": "192.0.2.1", "dst": "192.0.2.2"}}}, {"forward": "far"}]
    ports = {"in": {"pcap": {"in": "in.pcap"}}, **{name: out(name) for name in ("ids", "npm", "far")}}
    run = offline(config(ports, [{"name": "all", "actions": actions}]), tmp_path)
    copies = {name: copy for name, copy in run.report["copies"].items() if copy["packets"]}
    assert copies == {"edit-headers": {"packets": 20, "bytes": 280}}
    assert [len(run.sent[name]) for name in ("ids", "npm", "far")] == [10, 10, 10]


@pytest.mark.live
@pytest.mark.parametrize("copy_break", ["auto", 0, 1024])
def test_memory_shows_it(copy_break, tmp_path):
    what = config({"a": {"vdev": "net_null0,no-rx=1"}})
    what["memory"]["copy-break"] = copy_break
    with Daemon(what, tmp_path) as daemon:
        found = daemon.call("memory")["copy_break"]
        shown = daemon.sluice("memory").stdout
        status = daemon.call("status")
    assert found["measured"] is (copy_break == "auto")
    if copy_break == "auto":
        assert 64 <= found["bytes"] <= 1536 and found["bytes"] % 64 == 0
        assert f"copy-break: {found['bytes']} bytes, as measured\n" in shown
    else:
        assert found["bytes"] == copy_break
        assert f"copy-break: {copy_break} bytes\n" in shown
    assert all(copy["packets"] == 0 for copy in status["copies"].values())
