/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of actions with one mistake each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "config_cases.h"
#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
/* What is given begins at 8:14. */
#define LIST(items) HEAD "rules: [ { name: x, actions:\n           [ " items " ] } ]\n"
#define ITEM(item) LIST(item ", { forward: a }")
#define WITH(items) LIST("{ mirror: a, with: [ " items " ] }")
/* The pair begins at 7:11, or its value at 7:14. */
#define EDITS(pair) HEAD "edits:  { " pair " }\n"
#define POLICERS(pair) HEAD "policers: { " pair " }\n"
#define FIRST "rules[0].actions[0]"
#define EIGHT(item) item ", " item ", " item ", " item ", " item ", " item ", " item ", " item
#define EDIT "{ nat: { 1.1.1.1: 1.1.1.2 } }"
#define GATE "{ sample: 2 }"
#define MIRROR "{ mirror: a }"
#define GATED "{ mirror: a, with: [ { sample: 2 } ] }"
#define MUCH_GATED "{ mirror: a, with: [ " GATE ", " GATE ", " GATE ", " GATE ", " GATE " ] }"
#define SLICED "{ mirror: a, with: [ { slice: 9 } ] }"
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct config_case values[] = {
	/* Which action it is. */
	{LIST("slice"), 8, 14, FIRST, "the action \"slice\" needs a length; write { slice: 128 }"},
	{LIST("frobnicate"), 8, 14, FIRST,
	 "there are drop, forward, mirror, edit, set, nat, push, strip, slice, mask, stamp, "
	 "police, above, sample and dedup"},
	{ITEM("{ slcie: 128 }"), 8, 16, FIRST ".slcie", "did you mean \"slice\"?"},
	{ITEM("{ slice: 128, mask: payload }"), 8, 14, FIRST, "an item of its own"},
	{ITEM("{ slice: 128, with: [ { mask: payload } ] }"), 8, 34, FIRST ".with",
	 "this is a mirror's"},
	{LIST("{ with: [ { mask: payload } ] }"), 8, 22, FIRST ".with", "this is a mirror's"},
	{HEAD "default: { slice: 128 }\n", 7, 12, "default.slice", "unknown key \"slice\""},
	{HEAD "default: { forward: a, with: [] }\n", 7, 24, "default.with", "unknown key \"with\""},
	{LIST("{}"), 8, 14, FIRST, "an action is missing, as in { forward: PORT }"},

	/* What stands in which list. */
	{WITH("{ forward: b }"), 8, 46, FIRST ".with[0].forward",
	 "with: a mirror's own list has edits and gates; forward ends a rule and stands in its "
	 "list"},
	{WITH("drop"), 8, 35, FIRST ".with[0]", "drop ends a rule"},
	{WITH("{ mirror: b }"), 8, 45, FIRST ".with[0].mirror", "mirror stands in a rule's list"},
	{WITH("{ mirror: b, with: [ { slice: 9 } ] }"), 8, 45, FIRST ".with[0].mirror",
	 "mirror stands in a rule's list"},
	{WITH(""), 8, 33, FIRST ".with", "with: an empty list"},
	{LIST("{ mirror: a, with: { slice: 9 } }"), 8, 33, FIRST ".with",
	 "expected a list of edits and gates such as [ { slice: 128 } ], not a mapping"},
	{EDITS("e: [ { police: 1Gbps } ]"), 7, 26, "edits.e[0].police",
	 "edits: a list with a name has edits; police is a gate, and stands in a rule's list or"},
	{EDITS("e: [ drop ]"), 7, 16, "edits.e[0]", "drop ends a rule"},
	{EDITS("e: [ { mirror: a } ]"), 7, 26, "edits.e[0].mirror", "stands in a rule's list"},
	{EDITS("d: [ { slice: 9 } ], e: [ { edit: d } ]"), 7, 45, "edits.e[0].edit",
	 "no other in it"},
	{EDITS("e: []"), 7, 14, "edits.e", "e is an empty list"},
	{EDITS("e: { slice: 9 }"), 7, 14, "edits.e", "expected a list of edits such as"},
	{EDITS("e: [ { slice: 9 } ], e: [ { slice: 9 } ]"), 7, 32, "edits.e", "stands twice"},
	{EDITS("'a b': [ { slice: 9 } ]"), 7, 11, "edits.a b", "is no name for a list of edits"},
	{HEAD "edits: [ { slice: 9 } ]\n", 7, 8, "edits", "expected a mapping of names to lists"},
	{EDITS("to-ids: [ { slice: 9 } ]") "rules: [ { name: x, actions: [ edit: to-idz, drop ] } "
					   "]\n",
	 8, 38, FIRST ".edit", "there is no list \"to-idz\"; did you mean \"to-ids\"?"},
	{ITEM("{ edit: e }"), 8, 22, FIRST ".edit", "there is no list \"e\"; write it at the top"},
	{ITEM("{ edit: }"), 8, 16, FIRST ".edit", "the name of a list under edits, not nothing"},

	/* set */
	{ITEM("{ set: 5 }"), 8, 21, FIRST ".set",
	 "expected a mapping such as { vlan: 100, ttl: -1 }"},
	{ITEM("{ set: {} }"), 8, 21, FIRST ".set", "no field is given"},
	{ITEM("{ set: { dst-prot: 5 } }"), 8, 23, FIRST ".set.dst-prot",
	 "unknown key \"dst-prot\"; did you mean \"dst-port\"?"},
	{ITEM("{ set: { tos: 5 } }"), 8, 23, FIRST ".set.tos", "write dscp, its upper six bits"},
	{ITEM("{ set: { copy: 5 } }"), 8, 23, FIRST ".set.copy", "there are src-mac"},
	{ITEM("{ set: { vlan: 4096 } }"), 8, 29, FIRST ".set.vlan",
	 "vlan: expected a VLAN identifier from 0 to 4095, not \"4096\""},
	{ITEM("{ set: { vlan: [1] } }"), 8, 29, FIRST ".set.vlan", "not a list"},
	{ITEM("{ set: { vlan: -1 } }"), 8, 29, FIRST ".set.vlan", "from 0 to 4095"},
	{ITEM("{ set: { vlan: 1, vlan: 2 } }"), 8, 32, FIRST ".set.vlan", "stands twice"},
	{ITEM("{ set: { pcp: 8 } }"), 8, 28, FIRST ".set.pcp", "a number from 0 to 7"},
	{ITEM("{ set: { src-mac: 02:00:00:00:00 } }"), 8, 32, FIRST ".set.src-mac",
	 "expected a MAC address such as 02:00:00:00:00:01"},
	{ITEM("{ set: { src-mac: 02:00:00:00:00:0g } }"), 8, 32, FIRST ".set.src-mac", "MAC"},
	{ITEM("{ set: { dst-mac: 02:00:00:00:00:01:02 } }"), 8, 32, FIRST ".set.dst-mac", "MAC"},
	{ITEM("{ set: { dst-mac: 2:0:0:0:0:1 } }"), 8, 32, FIRST ".set.dst-mac", "MAC"},
	{ITEM("{ set: { src: 10.0.0.256 } }"), 8, 28, FIRST ".set.src",
	 "expected an IPv4 or IPv6 address such as 192.0.2.1, or a prefix"},
	{ITEM("{ set: { dst: [10.0.0.1] } }"), 8, 28, FIRST ".set.dst", "not a list"},
	{ITEM("{ set: { dst: 0.0.0.0/0 } }"), 8, 28, FIRST ".set.dst", "0 bits replaces nothing"},
	{ITEM("{ set: { src-port: 65536 } }"), 8, 33, FIRST ".set.src-port", "from 0 to 65535"},
	{ITEM("{ set: { dst-port: http } }"), 8, 33, FIRST ".set.dst-port", "from 0 to 65535"},
	{ITEM("{ set: { dscp: 64 } }"), 8, 29, FIRST ".set.dscp",
	 "expected a number from 0 to 63, or a name such as ef, af41 or cs3"},
	{ITEM("{ set: { dscp: af44 } }"), 8, 29, FIRST ".set.dscp", "did you mean \"af4"},
	{ITEM("{ set: { ttl: 0 } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},
	{ITEM("{ set: { ttl: 256 } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},
	{ITEM("{ set: { ttl: -0 } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},
	{ITEM("{ set: { ttl: -256 } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},
	{ITEM("{ set: { ttl: -- } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},
	{ITEM("{ set: { ttl: '-' } }"), 8, 28, FIRST ".set.ttl", "a number from 1 to 255, or how"},

	/* nat */
	{ITEM("{ nat: 10.0.0.0/8 }"), 8, 21, FIRST ".nat", "expected pairs of prefixes, as in"},
	{ITEM("{ nat: {} }"), 8, 21, FIRST ".nat", "0 pairs of prefixes"},
	{ITEM("{ nat: { 10.0.0.0/8: 172.16.0.0/12 } }"), 8, 35, FIRST ".nat.10.0.0.0/8",
	 "\"10.0.0.0/8\" has 8 bits, and what stands in its place has 12; both have one length"},
	{ITEM("{ nat: { 10.0.0.0/8: 'fc00::/8' } }"), 8, 35, FIRST ".nat.10.0.0.0/8",
	 "is of IPv4, and what stands in its place is of IPv6"},
	{ITEM("{ nat: { ten: 10.0.0.0/8 } }"), 8, 23, FIRST ".nat",
	 "an IPv4 or IPv6 prefix such as"},
	{ITEM("{ nat: { 10.0.0.0/8: } }"), 8, 23, FIRST ".nat.10.0.0.0/8", "not nothing"},
	{ITEM("{ nat: { 10.0.0.0/8: 10.0.0.0/33 } }"), 8, 35, FIRST ".nat.10.0.0.0/8", "prefix"},
	{ITEM("{ nat: { 0.0.0.0/0: 0.0.0.0/0 } }"), 8, 23, FIRST ".nat", "0 bits replaces nothing"},
	{ITEM("{ nat: { 10.0.0.0/8: 11.0.0.0/8, 10.1.0.0/16: 12.1.0.0/16 } }"), 8, 47, FIRST ".nat",
	 "\"10.1.0.0/16\" lies in an earlier one"},
	{ITEM("{ nat: { 10.0.0.0/8: 11.0.0.0/8, 10.0.0.0/8: 12.0.0.0/8 } }"), 8, 47, FIRST ".nat",
	 "lies in an earlier one"},

	/* push */
	{ITEM("{ push: vlan }"), 8, 22, FIRST ".push", "expected what is pushed, as in { push: {"},
	{ITEM("{ push: {} }"), 8, 22, FIRST ".push", "it is one of vlan, mpls, vxlan, geneve, gre"},
	{ITEM("{ push: { pcp: 3 } }"), 8, 22, FIRST ".push", "what is pushed is missing"},
	{ITEM("{ push: { vlan: 5, mpls: { label: 3 } } }"), 8, 22, FIRST ".push",
	 "each header is an item of its own"},
	{ITEM("{ push: { mpls: { label: 3 }, pcp: 3 } }"), 8, 49, FIRST ".push.pcp",
	 "pcp is a VLAN tag's; mpls has its own keys"},
	{ITEM("{ push: { vlna: 5 } }"), 8, 24, FIRST ".push.vlna", "did you mean \"vlan\"?"},
	{ITEM("{ push: { vlan: 4096 } }"), 8, 30, FIRST ".push.vlan", "a VLAN identifier from 0"},
	{ITEM("{ push: { vlan: 1, pcp: 9 } }"), 8, 38, FIRST ".push.pcp", "from 0 to 7"},
	{ITEM("{ push: { vlan: 1, type: 0x0800 } }"), 8, 39, FIRST ".push.type",
	 "expected 0x8100, 0x88a8 or 0x9100, not \"0x0800\""},
	{ITEM("{ push: { mpls: 16 } }"), 8, 30, FIRST ".push.mpls",
	 "a mapping such as { label: 16"},
	{ITEM("{ push: { mpls: {} } }"), 8, 30, FIRST ".push.mpls",
	 "mpls needs label; write mpls:"},
	{ITEM("{ push: { mpls: { label: 1048576 } } }"), 8, 39, FIRST ".push.mpls.label",
	 "from 0 to 1048575"},
	{ITEM("{ push: { mpls: { label: 1, ttl: 0 } } }"), 8, 47, FIRST ".push.mpls.ttl",
	 "from 1 to 255"},
	{ITEM("{ push: { vxlan: { src: 10.0.0.1, dst: 10.0.0.2 } } }"), 8, 31, FIRST ".push.vxlan",
	 "push: vxlan needs vni, the network's number; write vxlan: { vni: 5000, src: ADDRESS, "
	 "dst"},
	{ITEM("{ push: { vxlan: { vni: 16777216, src: 10.0.0.1, dst: 10.0.0.2 } } }"), 8, 38,
	 FIRST ".push.vxlan.vni", "from 0 to 16777215"},
	{ITEM("{ push: { geneve: { vni: 1, src: 10.0.0.0/8, dst: 10.0.0.2 } } }"), 8, 47,
	 FIRST ".push.geneve.src", "expected an IPv4 or IPv6 address such as"},
	{ITEM("{ push: { gre: { src: 10.0.0.1 } } }"), 8, 29, FIRST ".push.gre",
	 "push: gre needs dst, the collector's address; write gre: { src: ADDRESS, dst: ADDRESS }"},
	{ITEM("{ push: { gre: { src: 10.0.0.1, dst: '::1' } } }"), 8, 29, FIRST ".push.gre",
	 "gre: src and dst are addresses of one IP version"},
	{WITH("{ push: { erspan: { version: 2, session: 7, src: 192.0.2.1 } } }"), 8, 53,
	 FIRST ".with[0].push.erspan",
	 "push: erspan needs dst, the collector's address; write erspan: { version: 2, session: 7, "
	 "src: ADDRESS, dst: ADDRESS }"},
	{ITEM("{ push: { erspan: { version: 1, src: 10.0.0.1, dst: 10.0.0.2 } } }"), 8, 43,
	 FIRST ".push.erspan.version", "from 2 to 3"},
	{ITEM("{ push: { erspan: { session: 1024, src: 10.0.0.1, dst: 10.0.0.2 } } }"), 8, 43,
	 FIRST ".push.erspan.session", "from 0 to 1023"},
	{ITEM("{ push: { erspan: { vni: 4, src: 10.0.0.1, dst: 10.0.0.2 } } }"), 8, 34,
	 FIRST ".push.erspan.vni", "unknown key \"vni\"; "},

	/* strip */
	{ITEM("{ strip: vlam }"), 8, 23, FIRST ".strip", "did you mean \"vlan\"?"},
	{ITEM("{ strip: [] }"), 8, 23, FIRST ".strip", "an empty list; name 1 to 16 headers"},
	{ITEM("{ strip: [ " EIGHT("mpls") ", " EIGHT("mpls") ", mpls ] }"), 8, 23, FIRST ".strip",
	 "too many"},
	{ITEM("{ strip: [ vlan, gtp ] }"), 8, 31, FIRST ".strip[1]", "write gtp-u"},
	{ITEM("{ strip: [ [ vlan ] ] }"), 8, 25, FIRST ".strip[0]", "not a list"},
	{ITEM("{ strip: { vlan: 1 } }"), 8, 23, FIRST ".strip",
	 "expected vlan, vlans, mpls, vxlan"},

	/* slice, mask, stamp */
	{ITEM("{ slice: 0 }"), 8, 23, FIRST ".slice", "a number from 1 to 65535"},
	{ITEM("{ slice: 65536 }"), 8, 23, FIRST ".slice", "a number from 1 to 65535"},
	{ITEM("{ slice: [128] }"), 8, 23, FIRST ".slice", "expected how many bytes of the frame"},
	{ITEM("{ slice: { bytes: 32 } }"), 8, 23, FIRST ".slice", "after is missing"},
	{ITEM("{ slice: { after: network } }"), 8, 23, FIRST ".slice", "bytes is missing"},
	{ITEM("{ slice: { after: headers, bytes: 0 } }"), 8, 32, FIRST ".slice.after",
	 "expected link, network or transport, not \"headers\""},
	{ITEM("{ slice: { after: netwok, bytes: 0 } }"), 8, 32, FIRST ".slice.after",
	 "did you mean \"network\"?"},
	{ITEM("{ mask: all }"), 8, 22, FIRST ".mask", "expected payload, or which bytes, as in"},
	{ITEM("{ mask: '' }"), 8, 22, FIRST ".mask", "expected payload, or which bytes, as in"},
	{ITEM("{ mask: {} }"), 8, 22, FIRST ".mask", "which bytes is missing"},
	{ITEM("{ mask: [payload] }"), 8, 22, FIRST ".mask", "not a list"},
	{ITEM("{ mask: { bytes: 0 } }"), 8, 31, FIRST ".mask.bytes", "a number from 1 to 65535"},
	{ITEM("{ mask: { with: 256 } }"), 8, 30, FIRST ".mask.with", "a number from 0 to 255"},
	{ITEM("{ mask: { form: 3 } }"), 8, 24, FIRST ".mask.form", "did you mean \"from\"?"},
	{ITEM("{ stamp: 7 }"), 8, 23, FIRST ".stamp", "expected a mapping such as { device: 7 }"},
	{ITEM("{ stamp: {} }"), 8, 23, FIRST ".stamp", "device is missing"},
	{ITEM("{ stamp: { device: 65536 } }"), 8, 33, FIRST ".stamp.device", "from 0 to 65535"},

	/* Gates. */
	{ITEM("{ police: fast }"), 8, 24, FIRST ".police",
	 "expected a rate such as 2Gbps or 50kpps, or the name of one under policers, not"},
	{ITEM("{ police: 100MB/s }"), 8, 24, FIRST ".police", "a rate counts bits"},
	{ITEM("{ police: 2Gbpps }"), 8, 24, FIRST ".police", "did you mean \"2Gpps\"?"},
	{ITEM("{ police: 0bps }"), 8, 24, FIRST ".police", "a rate is more than 0"},
	{ITEM("{ police: 0.5pps }"), 8, 24, FIRST ".police", "a whole number of bits or packets"},
	{ITEM("{ police: 10001Gbps }"), 8, 24, FIRST ".police", "at most 10^13"},
	{ITEM("{ police: 10Gbps-wire }"), 8, 24, FIRST ".police", "expected a rate such as"},
	{ITEM("{ police: 2x }"), 8, 24, FIRST ".police", "expected a rate such as"},
	{ITEM("{ above: tools }"), 8, 23, FIRST ".above",
	 "expected a rate such as 2Gbps or 50kpps"},
	{ITEM("{ sample: 0 }"), 8, 24, FIRST ".sample", "a number from 1 to 1000000000"},
	{ITEM("{ sample: {} }"), 8, 24, FIRST ".sample", "one-in is missing"},
	{ITEM("{ sample: { one-in: 5, by: flows } }"), 8, 41, FIRST ".sample.by",
	 "did you mean \"flow\"?"},
	{ITEM("{ dedup: 50ms }"), 8, 23, FIRST ".dedup",
	 "expected a mapping such as { window: 50ms"},
	{ITEM("{ dedup: { window: 2min } }"), 8, 33, FIRST ".dedup.window",
	 "window: \"2min\" is more than 60s, which a table's times can tell apart; shorten"},
	{ITEM("{ dedup: { window: 0s } }"), 8, 33, FIRST ".dedup.window", "give it longer"},
	{ITEM("{ dedup: { window: 50 } }"), 8, 33, FIRST ".dedup.window", "expected a duration"},
	{ITEM("{ dedup: { ignoring: ttl } }"), 8, 35, FIRST ".dedup.ignoring",
	 "expected a list of mac, vlan, ttl, dscp and checksums, not \"ttl\""},
	{ITEM("{ dedup: { ignoring: [ checksum ] } }"), 8, 37, FIRST ".dedup.ignoring[0]",
	 "did you mean \"checksums\"?"},
	{ITEM("{ dedup: { entries: 10 } }"), 8, 34, FIRST ".dedup.entries", "1000"},
	{ITEM("{ dedup: { across: all } }"), 8, 33, FIRST ".dedup.across", "expected any or ports"},
	{POLICERS("p: 1Gbps"), 7, 16, "policers.p", "expected a mapping such as { rate: 1Gbps"},
	{POLICERS("p: {}"), 7, 16, "policers.p", "policer p: rate is missing, as in"},
	{POLICERS("p: { rate: 1 }"), 7, 24, "policers.p.rate", "rate: expected a rate such as"},
	{POLICERS("p: { rate: 1Gbps, burst: 10 }"), 7, 38, "policers.p.burst", "a size such as"},
	{POLICERS("p: { rate: 1kpps, burst: 1MiB }"), 7, 38, "policers.p.burst",
	 "expected a number of packets, which is what the rate counts"},
	{POLICERS("p: { rate: 1kpps, burst: 0 }"), 7, 38, "policers.p.burst", "more than nothing"},
	{POLICERS("p: { rate: 1kpps, brst: 1 }"), 7, 31, "policers.p.brst",
	 "did you mean \"burst\""},
	{POLICERS("1Gbps: { rate: 1kpps }"), 7, 13, "policers.1Gbps", "\"1Gbps\" is a rate, and"},
	{POLICERS("p: { rate: 1kpps }, p: { rate: 2kpps }"), 7, 33, "policers.p", "stands twice"},
	{HEAD "policers: [ 1Gbps ]\n", 7, 11, "policers",
	 "expected a mapping of at most 1024 names"},
	{POLICERS("tools: { rate: 1kpps }") "rules: [ { name: x, actions: [ police: tolls, "
					    "forward: a "
					    "] } ]\n",
	 8, 40, FIRST ".police", "there is no policer \"tolls\"; did you mean \"tools\"?"},
};

#define CUTS "put mask before slice"
#define USELESS "leaves the rule with nothing to send it to; put a mirror or forward behind it"

static const struct config_case shapes[] = {
	/* What nobody gets. */
	{LIST("{ slice: 128 }"), 8, 14, FIRST, "actions: slice " USELESS},
	{LIST("{ police: 1Gbps }"), 8, 14, FIRST, "actions: police " USELESS},
	{LIST("{ slice: 128 }, drop"), 8, 14, FIRST, USELESS},
	{LIST("{ mirror: a }, { mask: payload }, { slice: 9 }"), 8, 29, "rules[0].actions[1]",
	 "actions: mask " USELESS},
	{LIST("{ mirror: a }, { sample: 9 }, drop"), 8, 29, "rules[0].actions[1]", USELESS},

	/* What contradicts what. */
	{ITEM("{ slice: 128 }, { mask: { from: 128 } }"), 8, 30, "rules[0].actions[1]", CUTS},
	{ITEM("{ slice: 14 }, { mask: payload }"), 8, 29, "rules[0].actions[1]", CUTS},
	{ITEM("{ slice: 64 }, { mask: { after: link, from: 50 } }"), 8, 29, "rules[0].actions[1]",
	 CUTS},
	{ITEM("{ slice: { after: network, bytes: 0 } }, { mask: payload }"), 8, 55,
	 "rules[0].actions[1]", CUTS},
	{LIST("{ slice: 14 }, { mirror: a, with: [ { mask: payload } ] }"), 8, 50,
	 "rules[0].actions[1].with[0]", CUTS},
	{EDITS("e: [ { slice: 14 }, { mask: payload } ]"), 7, 31, "edits.e[1]", CUTS},
	{EDITS("e: [ { mask: payload } ]") "rules: [ { name: x, actions: [ slice: 14, edit: e, "
					   "forward: a ] } ]\n",
	 8, 43, "rules[0].actions[1]", CUTS},
	{ITEM("{ stamp: { device: 1 } }, { slice: 64 }"), 8, 40, "rules[0].actions[1]",
	 "put stamp behind slice"},
	{ITEM("{ stamp: { device: 1 } }, { mask: payload }"), 8, 40, "rules[0].actions[1]",
	 "put stamp behind mask"},
	{ITEM("{ push: { vlan: 5 } }, { strip: vlan }"), 8, 37, "rules[0].actions[1]",
	 "strip: it takes off what push: vlan put on"},
	{ITEM("{ push: { gre: { src: 10.0.0.1, dst: 10.0.0.2 } } }, { strip: tunnel }"), 8, 67,
	 "rules[0].actions[1]", "what push: gre put on"},

	/* Too many. */
	{ITEM(EIGHT(EDIT) ", " EIGHT(EDIT) ", " EIGHT(EDIT) ", " EIGHT(GATE) ", " GATE), 8, 893,
	 "rules[0].actions[33]", "33 edits and gates, one behind the other; at most 32"},
	{ITEM(EIGHT(GATED) ", " EIGHT(GATED)), 8, 12, "rules[0].actions",
	 "packets leave in 17 forms, by their edits and gates; one rule can make 16"},
	{ITEM(EIGHT(MUCH_GATED)), 8, 12, "rules[0].actions", "40 gates; one rule can have 32"},
	{ITEM(EIGHT(GATE ", " MIRROR) ", " EIGHT(GATE ", " MIRROR) ", " GATE), 8, 12,
	 "rules[0].actions", "packets leave in 17 forms"},
};

static void
test_values(void **state)
{
	assert_config_cases(values, COUNT(values));
}

static void
test_shapes(void **state)
{
	assert_config_cases(shapes, COUNT(shapes));
}

/* What looks like a contradiction and is none. */
static void
test_no_contradictions(void **state)
{
	static const char *const good[] = {
		ITEM("{ slice: 128 }, { mask: payload }"),
		ITEM("{ slice: { after: transport, bytes: 0 } }, { mask: { after: link } }"),
		ITEM("{ slice: 64 }, { push: { vlan: 1 } }, { mask: { from: 64 } }"),
		ITEM("{ slice: 64 }, { slice: 63 }"),
		ITEM("{ slice: 64 }, { slice: { after: link, bytes: 64 } }"),
		ITEM("{ slice: 64 }, { stamp: { device: 1 } }"),
		ITEM("{ stamp: { device: 1 } }, { mask: { from: 20, bytes: 4 } }"),
		ITEM("{ strip: [ vlans, vxlan, vlan ] }, { set: { vlan: 5 } }"),
		ITEM("{ strip: vlans }, { push: { vlan: 5 } }, { set: { pcp: 5 } }"),
		ITEM("{ strip: [ vlan, vlan ] }"),
		ITEM("{ push: { vlan: 5 } }, { mirror: b }, { strip: vlan }"),
		ITEM("{ push: { vlan: 5 } }, { strip: mpls }"),
		ITEM("{ push: { vlan: 5 } }, { push: { vlan: 6 } }"),
		LIST("{ push: { vlan: 5 } }, { mirror: b, with: [ { strip: vlan } ] }"),
		ITEM("{ set: { ttl: 5 } }, { set: { ttl: -1 } }"),
		ITEM("{ set: { src: 10.0.0.1 } }, { set: { src: 10.0.0.0/8 } }"),
		ITEM("{ set: { src: 10.0.0.1 } }, { set: { src: '::1' } }"),
		ITEM("{ set: { vlan: 5 } }, { mirror: b }, { set: { vlan: 6 } }"),
		ITEM("{ set: { vlan: 5 } }, { push: { vlan: 1 } }, { set: { vlan: 6 } }"),
		LIST("{ set: { vlan: 5 } }, { mirror: b, with: [ { set: { vlan: 6 } } ] }"),
		LIST("{ police: 1Gbps }, { mirror: a }, drop"),
		LIST("{ mirror: a, with: [ { above: 5kpps } ] }, drop"),
		/* Of one form. */
		ITEM(EIGHT("{ mirror: a, with: [ { slice: 9 } ] }") ", " EIGHT(
			"{ mirror: a, with: [ { slice: 9 } ] }")),
	};

	for (size_t i = 0; i < COUNT(good); i++) {
		struct config *config = config_of(good[i]);

		if (!config)
			fail_msg("%s", good[i]);
		config_free(config);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_no_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
