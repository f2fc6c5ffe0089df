/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that there are not, where the nearest word would be the wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config_cases.h"
#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define RULE(rest) HEAD "rules:\n  - { name: x, " rest " }\n"
#define MATCH(rest) RULE("match: { " rest " }")
#define PORT(rest) "version: 1\nports:\n  p: { vdev: n, " rest " }\n"
#define REPLAY(rest) HEAD "replays:\n  match: { file: x.pcap, to: a, " rest " }\n"
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct config_case cases[] = {
	{MATCH("src-mac: x"), 8, 25, "rules[0].match.src-mac",
	 "unknown key \"src-mac\"; match has no MAC addresses: write filter: 'ether src "},
	{MATCH("dst_mac: x"), 8, 25, "rules[0].match.dst_mac", "filter: 'ether dst "},
	{MATCH("mac: x"), 8, 25, "rules[0].match.mac", "filter: 'ether host "},
	{MATCH("dscp: 46"), 8, 25, "rules[0].match.dscp", "filter: 'ip[1] >> 2 = 46' beside match"},
	{MATCH("TOS: 46"), 8, 25, "rules[0].match.TOS", "filter: 'ip[1] = "},
	{MATCH("ttl: 4"), 8, 25, "rules[0].match.ttl", "filter: 'ip[8] < 5"},
	{MATCH("flags: syn"), 8, 25, "rules[0].match.flags", "filter: 'tcp[tcpflags] & tcp-syn"},
	{MATCH("tcp-flags: s"), 8, 25, "rules[0].match.tcp-flags", "filter: 'tcp[tcpflags] & tcp"},
	{MATCH("icmp-type: 8"), 8, 25, "rules[0].match.icmp-type", "filter: 'icmp[icmptype] = "},
	{MATCH("length: 64"), 8, 25, "rules[0].match.length", "filter: 'less 128"},
	{MATCH("not: { dst-port: 53 }"), 8, 25, "rules[0].match.not", "filter: 'not (src net"},
	{MATCH("host: 10.0.0.1"), 8, 25, "rules[0].match.host", "write src or dst, or for either "},
	{MATCH("ip: 10.0.0.1"), 8, 25, "rules[0].match.ip", "filter: 'host 192.0.2.1'"},
	{MATCH("net: 10.0.0.1"), 8, 25, "rules[0].match.net", "filter: 'net 192.0.2.0/24'"},
	{MATCH("port: 53"), 8, 25, "rules[0].match.port", "filter: 'port 53'"},
	{MATCH("in-port: a"), 8, 25, "rules[0].match.in-port", "from: [ PORT ] of the rule"},
	{RULE("in_port: a"), 8, 16, "rules[0].in_port", "from: [ PORT ] of the rule"},
	{RULE("dst-port: 53"), 8, 16, "rules[0].dst-port", "into match: { } of the rule"},
	{REPLAY("mbps: 100"), 8, 33, "replays.match.mbps", "as in pace: 100Mbps, "},
	{REPLAY("speed: 2"), 8, 33, "replays.match.speed", "as in pace: 100Mbps, "},
	{REPLAY("dscp: 2"), 8, 33, "replays.match.dscp", "there are file"},
	{PORT("speed: 10000"), 3, 17, "ports.p.speed", "as its link comes up"},
	{PORT("mbps: 10000"), 3, 17, "ports.p.mbps", "as its link comes up"},
	{REPLAY("limit: 9"), 8, 33, "replays.match.limit", "start NAME --limit 1000"},
	{REPLAY("interface: e"), 8, 33, "replays.match.interface", "a replay goes to: PORT"},
	{REPLAY("Multiplier: 2"), 8, 33, "replays.match.Multiplier", "or 2x"},
	{PORT("interface: e"), 3, 17, "ports.p.interface", "is af-xdp: eth1"},
	{PORT("tap: t"), 3, 17, "ports.p.tap", "vdev: \"net_tap0,iface=tap0\""},
	{PORT("file: x"), 3, 17, "ports.p.file", "pcap: { in: site.pcap }"},
	{MATCH("protocol: http"), 8, 35, "rules[0].match.protocol",
	 "unknown name \"http\"; its port tells: write protocol: tcp, dst-port: 80"},
	{MATCH("protocol: [tcp, dns]"), 8, 41, "rules[0].match.protocol[1]", "dst-port: 53"},
	{MATCH("protocol: arp"), 8, 35, "rules[0].match.protocol", "ether-type: arp"},
	{MATCH("protocol: tpc"), 8, 35, "rules[0].match.protocol", "did you mean \"tcp\"?"},
	{MATCH("src-port: http"), 8, 35, "rules[0].match.src-port", "expected a number"},
	{RULE("actions: [ accept ]"), 8, 27, "rules[0].actions[0]",
	 "unknown action \"accept\"; a rule without drop or forward passes"},
	{RULE("actions: [ { copy: b } ]"), 8, 29, "rules[0].actions[0].copy",
	 "unknown key \"copy\"; a copy for another port is { mirror: PORT }"},
	{RULE("actions: [ { mirror: b, with: [ { truncate: 9 } ] } ]"), 8, 50,
	 "rules[0].actions[0].with[0].truncate", "packets are cut by slice, as in { slice: 128 }"},
	{RULE("actions: [ { mirror: b, with: [ reject ] } ]"), 8, 48, "rules[0].actions[0].with[0]",
	 "packets end with drop, which tells nobody"},
	{HEAD "edits: { e: [ { vlan: 9 } ] }\n", 7, 17, "edits.e[0].vlan",
	 "unknown key \"vlan\"; fields are written by set, as in { set: { vlan: 100"},
	{HEAD "edits: { set: [ { set: { mac: 9 } } ] }\n", 7, 26, "edits.set[0].set.mac",
	 "write src-mac or dst-mac"},
	{HEAD "edits: { e: [ { strip: gtp } ] }\n", 7, 24, "edits.e[0].strip",
	 "unknown name \"gtp\"; write gtp-u"},
	{RULE("actions: [ { dedup: { ignoring: [ tos ] } }, { forward: b } ]"), 8, 50,
	 "rules[0].actions[0].dedup.ignoring[0]", "ignoring: write dscp"},
	{RULE("actions: [ { dedup: { ignoring: [ tag ] } }, { forward: b } ]"), 8, 50,
	 "rules[0].actions[0].dedup.ignoring[0]", "expected a list of mac, vlan"},
	{HEAD "edits: { copy: { copy: 1 } }\n", 7, 16, "edits.copy", "expected a list of edits"},
	/* A slip of the finger is still one. */
	{MATCH("pcp: 5"), 8, 25, "rules[0].match.pcp",
	 "match has no PCP: write filter: 'vlan and ether[14] >> 5 = 5' beside match"},
	{MATCH("src-prt: 5"), 8, 25, "rules[0].match.src-prt", "did you mean \"src-port\"?"},
	{HEAD "speed: 5\n", 7, 1, "speed", "there are version"},
};

static void
test_cases(void **state)
{
	assert_config_cases(cases, COUNT(cases));
}

/* The finding's filter, as it can be pasted behind a rule's name; false when there is none. */
static bool
take_filter(const struct config_case *one, char *rule, size_t size)
{
	struct error_list errors;
	struct config *config;
	const char *from, *to;

	error_list_init(&errors, NULL);
	config_parse(one->text, strlen(one->text), "/etc", &config, &errors);
	assert_int_equal(errors.count, 1);
	from = strstr(errors.items[0].message, "filter: '");
	to = from ? strchr(from + strlen("filter: '"), '\'') : NULL;
	if (to)
		snprintf(rule, size, HEAD "rules:\n  - { name: x, match: {}, %.*s }\n",
			 (int)(to + 1 - from), from);
	error_list_clear(&errors);
	return to != NULL;
}

static void
test_filters_can_be_pasted(void **state)
{
	unsigned found = 0;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error_list errors;
		struct config *config;
		char rule[1024];

		if (!take_filter(&cases[i], rule, sizeof(rule)))
			continue;
		found++;
		error_list_init(&errors, NULL);
		if (config_parse(rule, strlen(rule), "/etc", &config, &errors) < 0)
			fail_msg("%s%s", rule, errors.items[0].message);
		config_free(config);
		error_list_clear(&errors);
	}
	assert_int_equal(found, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_filters_can_be_pasted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
