/* SPDX-License-Identifier: BSD-3-Clause */
/* What edits, gates and looking into tunnels cost, each against the same config without. */
#include "engine/bench_case.h"

#include <stddef.h>

#include "core/banned.h"

#define FORWARD "[ { forward: out } ]"
#define MIRROR "[ { mirror: m1 }, { forward: out } ]"
/* A row: its name, what it says, its actions, those of the config beside it, and what else it
 * differs in. */
#define ROW(label, what, with, without, ...)                                                     \
	{                                                                                        \
		.name = label, .text = what, .kind = BENCH_SHARES, .rules = 1, .group = "edits", \
		.actions = with, .beside = without, __VA_ARGS__                                  \
	}

static const struct bench_case cases[] = {
	ROW("edit-elsewhere", "edits in a rule that takes no packet", FORWARD, FORWARD,
	    .match = "protocol: tcp",
	    .more = "[ { set: { dst-mac: 02:00:00:00:00:02 } }, { forward: out } ]"),
	ROW("edit-macs", "set both MACs, in place",
	    "[ { set: { src-mac: 02:00:00:00:00:01, dst-mac: 02:00:00:00:00:02 } }, { forward: out "
	    "} ]",
	    FORWARD),
	ROW("edit-vlan-push", "push a VLAN tag, in place",
	    "[ { push: { vlan: 100 } }, { forward: out } ]", FORWARD),
	ROW("edit-vlan-strip", "strip a VLAN tag, in place",
	    "[ { strip: vlan }, { forward: out } ]", FORWARD, .frame = BENCH_TAGGED),
	ROW("edit-address", "set address and port, with checksums, in place",
	    "[ { set: { src: 192.0.2.1, src-port: 99 } }, { forward: out } ]", FORWARD),
	ROW("edit-vxlan", "push VXLAN, in place",
	    "[ { push: { vxlan: { vni: 5, src: 192.0.2.1, dst: 192.0.2.2 } } }, { forward: out } ]",
	    FORWARD),
	ROW("edit-slice", "slice a mirror of 1,500 bytes: a window",
	    "[ { mirror: m1, with: [ { slice: 128 } ] }, { forward: out } ]", MIRROR,
	    .size = BENCH_FRAME_MAX),
	ROW("edit-headers", "set MACs of a mirror of 1,500 bytes: headers and a window",
	    "[ { mirror: m1, with: [ { set: { dst-mac: 02:00:00:00:00:02 } } ] }, { forward: out } "
	    "]",
	    MIRROR, .size = BENCH_FRAME_MAX),
	ROW("edit-short", "set MACs of a mirror of 64 bytes: a whole copy",
	    "[ { mirror: m1, with: [ { set: { dst-mac: 02:00:00:00:00:02 } } ] }, { forward: out } "
	    "]",
	    MIRROR),
	ROW("police", "police, within the rate", "[ { police: 900Gbps }, { forward: out } ]",
	    FORWARD),
	ROW("sample", "sample one mirror in 1,000",
	    "[ { mirror: m1, with: [ { sample: 1000 } ] }, { forward: out } ]", FORWARD),
	ROW("dedup", "dedup, 10,000 live entries",
	    "[ { dedup: { window: 1ms, entries: 10000 } }, { forward: out } ]", FORWARD,
	    .flows = 10000),
	ROW("dedup-10m", "dedup, 10,000,000 live entries",
	    "[ { dedup: { window: 60s, entries: 10000000 } }, { forward: out } ]", FORWARD,
	    .flows = 10000000),
	ROW("inside", "match inside VXLAN, of packets in VXLAN", FORWARD, FORWARD,
	    .match = "tunnel: vxlan, inner: { protocol: udp, dst-port: 53 }", .frame = BENCH_VXLAN,
	    .size = 128),
	ROW("inside-none", "match inside VXLAN, of packets in no tunnel", FORWARD, FORWARD,
	    .match = "tunnel: vxlan, inner: { protocol: udp, dst-port: 53 }"),
};

const struct bench_case *
bench_edit_case(unsigned i)
{
	return i < sizeof(cases) / sizeof(cases[0]) ? &cases[i] : NULL;
}
