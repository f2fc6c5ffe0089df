/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/instead.h"

#include <string.h>
#include <strings.h>

#include "core/banned.h"

enum place {
	ELSEWHERE,
	IN_PORT,
	IN_RULE,
	IN_MATCH,
	IN_PROTOCOL,
	IN_TUNNEL,
	IN_ACTIONS,
	IN_SET,
	IN_STRIP,
	IN_IGNORING,
	IN_REPLAY,
	IN_KEEP,
};

#define BESIDE_MATCH(what, expression) what ": write filter: '" expression "' beside match"
#define INTO_MATCH "this belongs into match: { } of the rule"
#define FROM "where packets come in is said by from: [ PORT ] of the rule"
#define EITHER(src, dst, expression) \
	"write " src " or " dst ", or for either of them filter: '" expression "' beside match"
#define BY_PORT(protocol, port) "its port tells: write protocol: " protocol ", dst-port: " port
#define IN(words) "what is inside is asked of by tunnel: write tunnel: " words
#define FORWARD "where packets go is { forward: PORT }"
#define GO_ON "a rule without drop or forward passes packets on to the next; " FORWARD
#define PACE "how fast it goes is said by pace, as in pace: 100Mbps, 1.5Mpps or 2x"
#define SET "fields are written by set, as in { set: { vlan: 100, ttl: -1 } }"
#define PUSH "headers are put on by push, as in { push: { vlan: 100 } }"
#define STRIP "headers are taken off by strip, as in { strip: vlan }"
#define SLICE "packets are cut by slice, as in { slice: 128 }"
#define MASK "bytes are covered by mask, as in { mask: payload }"
#define POLICE "a rate is kept by police, as in { police: 2Gbps }"
#define NAT "addresses are mapped by nat, as in { nat: { 10.0.0.0/8: 172.16.0.0/8 } }"
#define LINK                                                         \
	"a port is as fast as its link comes up; how fast a replay " \
	"sends is said by its pace, as in pace: 100Mbps"

#define START(option) "that is said of a run, as in sluice replay start NAME " option
#define TO "a replay goes to: PORT, which is a name under ports"
#define KERNEL "an interface of the kernel is af-xdp: eth1"
#define VDEV(words) "that is a device of DPDK, as in vdev: \"" words "\""

/* Upper and lower case, "_" and "-" are the same. Filters stand in quotes of their own kind. */
static const struct {
	enum place place;
	const char *word, *text;
} table[] = {
	{IN_MATCH, "src-mac",
	 BESIDE_MATCH("match has no MAC addresses", "ether src 02:00:00:00:00:01")},
	{IN_MATCH, "dst-mac",
	 BESIDE_MATCH("match has no MAC addresses", "ether dst 02:00:00:00:00:01")},
	{IN_MATCH, "mac",
	 BESIDE_MATCH("match has no MAC addresses", "ether host 02:00:00:00:00:01")},
	{IN_MATCH, "dscp", BESIDE_MATCH("match has no DSCP", "ip[1] >> 2 = 46")},
	{IN_MATCH, "pcp", BESIDE_MATCH("match has no PCP", "vlan and ether[14] >> 5 = 5")},
	{IN_MATCH, "tos", BESIDE_MATCH("match has no TOS", "ip[1] = 0xb8")},
	{IN_MATCH, "ttl", BESIDE_MATCH("match has no TTL", "ip[8] < 5")},
	{IN_MATCH, "tcp-flags",
	 BESIDE_MATCH("match has no TCP flags", "tcp[tcpflags] & tcp-syn != 0")},
	{IN_MATCH, "flags", BESIDE_MATCH("match has no TCP flags", "tcp[tcpflags] & tcp-syn != 0")},
	{IN_MATCH, "icmp-type",
	 BESIDE_MATCH("match has no ICMP types", "icmp[icmptype] = icmp-echo")},
	{IN_MATCH, "length", BESIDE_MATCH("match has no lengths", "less 128")},
	{IN_MATCH, "not",
	 BESIDE_MATCH("match says only what holds", "not (src net 10.0.0.0/8 or udp port 53)")},
	{IN_MATCH, "host", EITHER("src", "dst", "host 192.0.2.1")},
	{IN_MATCH, "ip", EITHER("src", "dst", "host 192.0.2.1")},
	{IN_MATCH, "net", EITHER("src", "dst", "net 192.0.2.0/24")},
	{IN_MATCH, "port", EITHER("src-port", "dst-port", "port 53")},
	{IN_MATCH, "in-port", FROM},
	{IN_MATCH, "ingress", FROM},
	{IN_MATCH, "interface", FROM},
	{IN_MATCH, "from", FROM},
	{IN_MATCH, "vxlan", IN("vxlan, vni: 5000")},
	{IN_MATCH, "geneve", IN("geneve, vni: 5000")},
	{IN_MATCH, "gre", IN("gre, key: 7")},
	{IN_MATCH, "gtp-u", IN("gtp-u, teid: 7")},
	{IN_MATCH, "erspan", IN("erspan, session: 7")},
	{IN_MATCH, "mpls", IN("mpls, label: 16")},
	{IN_MATCH, "vsid", "the VSID of NVGRE is the upper 24 bits of GRE's key: write key"},
	{IN_MATCH, "tunnel-id", "write vni, teid, key, label or session"},
	{IN_MATCH, "outer", "the keys of match itself are those of the packet outside"},
	{IN_TUNNEL, "nvgre", "write gre"},
	{IN_TUNNEL, "gretap", "write gre"},
	{IN_TUNNEL, "gtp", "write gtp-u"},
	{IN_TUNNEL, "ip-in-ip", "write ipip"},
	{IN_TUNNEL, "vlan", "a tag is no tunnel, and looked through: write vlan: 100 beside it"},
	{IN_TUNNEL, "pppoe", "write ether-type: pppoe"},
	{IN_PROTOCOL, "http", BY_PORT("tcp", "80")},
	{IN_PROTOCOL, "https", BY_PORT("tcp", "443")},
	{IN_PROTOCOL, "tls", BY_PORT("tcp", "443")},
	{IN_PROTOCOL, "quic", BY_PORT("udp", "443")},
	{IN_PROTOCOL, "ssh", BY_PORT("tcp", "22")},
	{IN_PROTOCOL, "dns", BY_PORT("[tcp, udp]", "53")},
	{IN_PROTOCOL, "ntp", BY_PORT("udp", "123")},
	{IN_PROTOCOL, "arp", "write ether-type: arp"},
	{IN_ACTIONS, "accept", GO_ON},
	{IN_ACTIONS, "allow", GO_ON},
	{IN_ACTIONS, "pass", GO_ON},
	{IN_ACTIONS, "continue", GO_ON},
	{IN_ACTIONS, "output", FORWARD},
	{IN_ACTIONS, "redirect", FORWARD},
	{IN_ACTIONS, "send", FORWARD},
	{IN_ACTIONS, "copy", "a copy for another port is { mirror: PORT }"},
	{IN_ACTIONS, "tee", "a copy for another port is { mirror: PORT }"},
	{IN_ACTIONS, "deny", "packets end with drop"},
	{IN_ACTIONS, "reject", "packets end with drop, which tells nobody"},
	{IN_ACTIONS, "count", "each rule counts what it takes"},
	{IN_ACTIONS, "rewrite", SET},
	{IN_ACTIONS, "modify", SET},
	{IN_ACTIONS, "vlan", SET},
	{IN_ACTIONS, "src", SET},
	{IN_ACTIONS, "dst", SET},
	{IN_ACTIONS, "src-mac", SET},
	{IN_ACTIONS, "dst-mac", SET},
	{IN_ACTIONS, "ttl", SET},
	{IN_ACTIONS, "dscp", SET},
	{IN_ACTIONS, "tag", PUSH},
	{IN_ACTIONS, "push-vlan", PUSH},
	{IN_ACTIONS, "encap", PUSH},
	{IN_ACTIONS, "vxlan", PUSH},
	{IN_ACTIONS, "gre", PUSH},
	{IN_ACTIONS, "erspan", PUSH},
	{IN_ACTIONS, "pop", STRIP},
	{IN_ACTIONS, "pop-vlan", STRIP},
	{IN_ACTIONS, "untag", STRIP},
	{IN_ACTIONS, "decap", STRIP},
	{IN_ACTIONS, "truncate", SLICE},
	{IN_ACTIONS, "snap", SLICE},
	{IN_ACTIONS, "trim", SLICE},
	{IN_ACTIONS, "cut", SLICE},
	{IN_ACTIONS, "redact", MASK},
	{IN_ACTIONS, "anonymize", MASK},
	{IN_ACTIONS, "limit", POLICE},
	{IN_ACTIONS, "rate", POLICE},
	{IN_ACTIONS, "rate-limit", POLICE},
	{IN_ACTIONS, "meter", POLICE},
	{IN_ACTIONS, "snat", NAT},
	{IN_ACTIONS, "dnat", NAT},
	{IN_ACTIONS, "masquerade", NAT},
	{IN_ACTIONS, "timestamp", "times are written by stamp, as in { stamp: { device: 7 } }"},
	{IN_SET, "mac", "write src-mac or dst-mac"},
	{IN_SET, "ip", "write src or dst"},
	{IN_SET, "port", "write src-port or dst-port"},
	{IN_SET, "tos", "write dscp, its upper six bits, as in dscp: ef"},
	{IN_SET, "hop-limit", "write ttl, which is IPv6's hop limit too"},
	{IN_SET, "vid", "write vlan"},
	{IN_SET, "tag", "write vlan"},
	{IN_SET, "priority", "write pcp"},
	{IN_SET, "label", "a label is put on by { push: { mpls: { label: 16 } } }"},
	{IN_SET, "payload", MASK},
	{IN_STRIP, "qinq", "write vlans"},
	{IN_STRIP, "tag", "write vlan, or vlans for all of them"},
	{IN_STRIP, "gtp", "write gtp-u"},
	{IN_STRIP, "teid", "write gtp-u"},
	{IN_STRIP, "ipsec", "what is encrypted can't be taken off"},
	{IN_STRIP, "payload", SLICE},
	{IN_IGNORING, "src-mac", "write mac, which is both"},
	{IN_IGNORING, "dst-mac", "write mac, which is both"},
	{IN_IGNORING, "tos", "write dscp"},
	{IN_IGNORING, "hop-limit", "write ttl, which is IPv6's hop limit too"},
	{IN_RULE, "in-port", FROM},
	{IN_RULE, "port", FROM},
	{IN_RULE, "ports", FROM},
	{IN_RULE, "ether-type", INTO_MATCH},
	{IN_RULE, "vlan", INTO_MATCH},
	{IN_RULE, "src", INTO_MATCH},
	{IN_RULE, "dst", INTO_MATCH},
	{IN_RULE, "protocol", INTO_MATCH},
	{IN_RULE, "src-port", INTO_MATCH},
	{IN_RULE, "dst-port", INTO_MATCH},
	{IN_RULE, "tunnel", INTO_MATCH},
	{IN_RULE, "inner", INTO_MATCH},
	{IN_RULE, "vni", INTO_MATCH},
	{IN_RULE, "teid", INTO_MATCH},
	{IN_REPLAY, "speed", PACE},
	{IN_REPLAY, "rate", PACE},
	{IN_REPLAY, "bandwidth", PACE},
	{IN_REPLAY, "kbps", PACE},
	{IN_REPLAY, "mbps", PACE},
	{IN_REPLAY, "gbps", PACE},
	{IN_REPLAY, "pps", PACE},
	{IN_REPLAY, "mpps", PACE},
	{IN_REPLAY, "multiplier", PACE},
	{IN_REPLAY, "topspeed", PACE},
	{IN_REPLAY, "limit", START("--limit 1000")},
	{IN_REPLAY, "duration", START("--duration 60s")},
	{IN_REPLAY, "at", START("--at 15:00:00")},
	{IN_REPLAY, "port", TO},
	{IN_REPLAY, "interface", TO},
	{IN_PORT, "interface", KERNEL},
	{IN_PORT, "device", KERNEL},
	{IN_PORT, "iface", KERNEL},
	{IN_PORT, "af-packet", VDEV("net_af_packet0,iface=eth1")},
	{IN_PORT, "tap", VDEV("net_tap0,iface=tap0")},
	{IN_PORT, "file", "a capture is pcap: { in: site.pcap } to be read, out: to be written"},
	{IN_PORT, "speed", LINK},
	{IN_PORT, "mbps", LINK},
	{IN_PORT, "gbps", LINK},
	{IN_KEEP, "pci",
	 "what pci needs is kept by a port of that kind alone, which must be there from the start"},
};

static bool
is_key(const struct spot *spot, const char *name)
{
	return spot->key && strcmp(spot->key, name) == 0;
}

/* Within a rule's actions, or edits with a name. */
static enum place
place_in_list(const struct spot *spot)
{
	const struct spot *holder = spot->up; /* what the word stands in, or a list of them */

	if (is_key(spot, "strip") || (!spot->key && is_key(holder, "strip")))
		return IN_STRIP;
	if (is_key(holder, "set"))
		return IN_SET;
	if (is_key(holder, "ignoring"))
		return IN_IGNORING;
	/* The key of an action, or a word in the place of one. */
	if (spot->key ? !holder->key
		      : is_key(holder, "actions") || is_key(holder, "with") ||
				is_key(holder->up, "edits"))
		return IN_ACTIONS;
	return ELSEWHERE;
}

/* What a word stands in: the path from the document down decides, as names are anybody's. */
static enum place
place_of(const struct spot *spot)
{
	const struct spot *path[4] = {NULL};
	unsigned depth = 0;

	for (const struct spot *at = spot; at && at->up; at = at->up) {
		for (unsigned i = 3; i > 0; i--)
			path[i] = path[i - 1];
		path[0] = at;
		depth++;
	}
	if (depth == 3 && is_key(path[0], "ports"))
		return IN_PORT;
	if (depth == 3 && is_key(path[0], "replays"))
		return IN_REPLAY;
	if (depth == 3 && is_key(path[0], "sandbox"))
		return is_key(path[1], "keep") ? IN_KEEP : ELSEWHERE;
	if (depth > 2 && is_key(path[0], "edits"))
		return place_in_list(spot);
	if (depth < 3 || !is_key(path[0], "rules"))
		return ELSEWHERE;
	if (depth == 3)
		return IN_RULE;
	if (is_key(path[2], "actions"))
		return place_in_list(spot);
	if (!is_key(path[2], "match"))
		return ELSEWHERE;
	if (is_key(spot, "tunnel") || (!spot->key && is_key(spot->up, "tunnel")))
		return IN_TUNNEL;
	return is_key(path[3], "protocol") ? IN_PROTOCOL : IN_MATCH;
}

static bool
same(const char *typed, const char *known)
{
	for (; *typed && *known; typed++, known++) {
		char c = *typed == '_' ? '-' : *typed;

		if (strncasecmp(&c, known, 1) != 0)
			return false;
	}
	return *typed == *known;
}

const char *
instead_of(const struct spot *spot, const char *word)
{
	enum place place = place_of(spot);

	for (unsigned i = 0; place != ELSEWHERE && i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].place == place && same(word, table[i].word))
			return table[i].text;
	}
	return NULL;
}
