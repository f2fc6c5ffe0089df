# SPDX-License-Identifier: BSD-3-Clause
"""Edits behind edits offline: what one finds where another has stripped, cut or written, over frames with tags before
every other header. Each packet that leaves is compared with what the oracle says."""

import random

import pytest

from lib import capture
from lib.capture import Packet
from lib.offline import Run, SLUICED, config, out, write_config
from test_edits import LONGEST, agree, one_rule, timed
from test_edits_oracle import ALL

FEW = 3  # of a capture
TAGS = [b"", bytes.fromhex("81006005"), bytes.fromhex("88a8000581000007")]
STRIPS = ("vlan", "vlans", "mpls", "vxlan", "geneve", "gre", "erspan", "gtp-u", "ipip", "pppoe", "vntag", "etag",
          "fabricpath", "tunnel")
NAT = {"nat": {"10.0.0.0/8": "172.0.0.0/8", "192.0.0.0/8": "193.0.0.0/8", "2000::/8": "fd00::/8"}}
EVERYTHING = {"set": {"src-mac": "02:00:00:00:00:99", "vlan": 77, "pcp": 1, "src": "10.20.0.0/16", "dst": "fd88::/16",
                      "src-port": 99, "dst-port": 98, "dscp": 9, "ttl": "-1"}}
# Frames that no capture has: where a chunk of SCTP, and options, are.
SCTP = "000000000001000000000002080045000034000100004084e9dfc0000201c633640903e80b5900000000cfce25e801000014" + "00" * 16
OPTIONS = "020000000002020000000001080047000028000100004011c7a60a0000010a0000028307080a0909090110000009000c170461626364"


def frames():
    """Each with no, one and two tags more."""
    found = [bytes(before.data) for _, _, before, _ in ALL] + [bytes.fromhex(SCTP), bytes.fromhex(OPTIONS)]
    chance = random.Random("behind")
    for name in capture.GOOD:
        packets = [packet.data for packet in capture.read(capture.fixture(name)) if len(packet.data) <= LONGEST]
        found += chance.sample(packets, min(FEW, len(packets)))
    tagged = [data[:12] + tags + data[12:] for data in found if len(data) >= 14 for tags in TAGS]
    return timed(chance, [Packet(0, data, len(data)) for data in tagged])


@pytest.mark.parametrize("word", STRIPS)
def test_behind_a_strip(word, tmp_path):
    lists = [[{"strip": word}, EVERYTHING, NAT, {"mask": "payload"}],
             [{"strip": [word, "tunnel"]}, EVERYTHING],
             [{"strip": word}, {"slice": {"after": "transport", "bytes": 3}}, {"push": {"vlan": 9}}],
             [{"strip": word}, {"push": {"mpls": {"label": 5}}}, {"slice": 50}]]
    agree(one_rule([{"mirror": "a", "with": edits} for edits in lists]), frames(), tmp_path)


BEHIND = {"two sets": [{"set": {"src-port": 6}}, {"set": {"src": "10.20.0.0/16", "dst": "fd88::/16"}}],
          "a mask of a quote": [NAT, {"mask": "payload"}],
          "a slice in options": [{"slice": {"after": "link", "bytes": 24}}, EVERYTHING, NAT],
          "a slice in a quote": [{"slice": {"after": "transport", "bytes": 22}}, NAT, EVERYTHING],
          "a slice in ARP": [{"slice": 40}, NAT],
          "a label behind a mask of the type": [{"mask": {"from": 12, "bytes": 2}}, {"push": {"mpls": {"label": 5}}}],
          "a label behind a mask that makes it IP": [{"mask": {"from": 12, "bytes": 1, "with": 8}},
                                                     {"mask": {"from": 13, "bytes": 1}}, {"push": {"mpls": {"label": 5}}}],
          "a slice behind a mask of all": [{"mask": {"from": 0}}, {"slice": {"after": "transport", "bytes": 8}}]}


@pytest.mark.parametrize("edits", BEHIND.values(), ids=list(BEHIND))
def test_behind(edits, tmp_path):
    agree(one_rule([{"mirror": "a", "with": edits}]), frames(), tmp_path)


@pytest.mark.parametrize("edits,words", [
    ([{"strip": "vlans"}, {"set": {"vlan": 5}}], "set: vlan: no VLAN tag is left"),
    ([{"strip": ["vlans", "vlan"]}], "strip: no VLAN tag is left behind vlans"),
    ([{"set": {"ttl": 5}}, {"set": {"ttl": 6}}], "set: ttl is set again"),
    ([{"set": {"src": "10.0.0.0/8"}}, {"set": {"src": "10.1.0.0/16"}}], "set: src is set again"),
    ([{"slice": 64}, {"slice": 64}], "64 bytes are no less than the 64 of the slice before"),
])
def test_warned(edits, words, tmp_path):
    """Of what can change nothing, or leaves nothing of what was done before: the list means something all the same."""
    rules = [{"name": "r", "actions": [{"mirror": "a", "with": edits}]}]
    path = write_config(tmp_path / "config.yaml", config({"a": out("a")}, rules, "drop"))
    run = Run([SLUICED, "check", path], tmp_path)
    assert run.code == 0 and "warning" in run.err and words in run.err, run.err
