/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/instead.h"

#include <string.h>
#include <strings.h>

#include "core/banned.h"

enum place { ELSEWHERE, IN_PORT, IN_RULE, IN_MATCH, IN_PROTOCOL, IN_ACTIONS, IN_REPLAY };

#define BESIDE_MATCH(what, expression) what ": write filter: '" expression "' beside match"
#define INTO_MATCH "this belongs into match: { } of the rule"
#define FROM "where packets come in is said by from: [ PORT ] of the rule"
#define EITHER(src, dst, expression) \
	"write " src " or " dst ", or for either of them filter: '" expression "' beside match"
#define BY_PORT(protocol, port) "its port tells: write protocol: " protocol ", dst-port: " port
#define FORWARD "where packets go is { forward: PORT }"
#define GO_ON "a rule without drop or forward passes packets on to the next; " FORWARD
#define PACE "how fast it goes is said by pace, as in pace: 100Mbps, 1.5Mpps or 2x"
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
};

static bool
is_key(const struct spot *spot, const char *name)
{
	return spot->key && strcmp(spot->key, name) == 0;
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
	if (depth < 3 || !is_key(path[0], "rules"))
		return ELSEWHERE;
	if (depth == 3)
		return IN_RULE;
	if (is_key(path[2], "actions"))
		return IN_ACTIONS;
	if (!is_key(path[2], "match"))
		return ELSEWHERE;
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
