/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "config_cases.h"
#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
/* One rule behind the head; what follows stands in line 8 from column 16 on. */
#define RULE(rest) HEAD "rules:\n  - { name: x, " rest " }\n"
/* And of a match, from column 25 on. */
#define MATCH(rest) RULE("match: { " rest " }")
#define FOUR "{ mirror: a }, { mirror: a }, { mirror: a }, { mirror: a }"
#define SIXTEEN FOUR ", " FOUR ", " FOUR ", " FOUR
#define SIXTY_FOUR SIXTEEN ", " SIXTEEN ", " SIXTEEN ", " SIXTEEN
#define PORT(rest) "version: 1\nports:\n  p: { " rest " }\n"

static const struct config_case cases[] = {
	/* The text as such. */
	{"", 1, 1, NULL, "the config is empty"},
	{"# nothing\n", 1, 1, NULL, "the config is empty"},
	{"just words\n", 1, 1, NULL, "expected a mapping that begins with \"version: 1\""},
	{"[1]\n", 1, 1, NULL, "not a list"},
	{"version: 1\n\tports: 1\n", 2, 1, NULL, "never by tabs"},
	{"\xef\xbb\xbf# \u00e4\u20ac\nversion: 1\n\tports: 1\n", 3, 1, NULL, "never by tabs"},
	{"version: 1\r\nports: {a: {vdev: n}}\r\nx: 1\r\n", 3, 1, "x", "unknown key"},
	{"version: 1\nports: [\n", 3, 1, NULL, "not YAML: did not find expected node content"},
	{"version: \"\xff\"\n", 1, 11, NULL, "not YAML: invalid leading UTF-8 octet"},
	{"a: 1\n---\nb: 1\n", 2, 1, NULL, "a second YAML document"},
	{"version: 1\nports: &p { a: *p }\n", 2, 16, NULL, "aliases are not taken here"},
	{"version: !!int 1\nports: {a: {vdev: n}}\n", 1, 10, NULL, "tags mean nothing here"},
	{"version: \"1\\0\"\nports: {a: {vdev: n}}\n", 1, 10, NULL, "NUL"},
	{"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 1, 17, NULL, "within each other"},

	/* Top level. */
	{"ports: { a: { vdev: n } }\n", 1, 1, NULL, "there is no version"},
	{"version: 2\nports: { a: { vdev: n } }\n", 1, 10, "version", "expected 1, not \"2\""},
	{"version: 1\n", 1, 1, NULL, "there are no ports"},
	{"version: 1\nports: {}\n", 2, 8, "ports", "expected a mapping of names to ports"},
	{"version: 1\nports:\n", 2, 1, "ports", "not nothing"},
	{HEAD "rulez: []\n", 7, 1, "rulez", "unknown key \"rulez\"; did you mean \"rules\"?"},
	{HEAD "frobnicate: 1\n", 7, 1, "frobnicate",
	 "unknown key \"frobnicate\"; there are version"},
	{HEAD "version: 1\n", 7, 1, "version", "\"version\" stands twice"},
	{HEAD "[a]: 1\n", 7, 1, NULL, "a key is a word, not a list"},
	{HEAD "workers: 2\n", 7, 10, "workers", "expected a list of cores"},
	{HEAD "workers: []\n", 7, 10, "workers", "an empty list"},
	{HEAD "workers: [1, 2, 1]\n", 7, 17, "workers[2]", "core 1 stands twice"},
	{HEAD "workers: [-1]\n", 7, 11, "workers[0]", "a number from 0 to 1023"},
	{HEAD "idle: slep\n", 7, 7, "idle", "did you mean \"sleep\"?"},
	{HEAD "sandbox: maybe\n", 7, 10, "sandbox", "expected on, off, or a mapping"},
	{HEAD "sandbox: [on]\n", 7, 10, "sandbox", "expected on, off, or a mapping"},
	{HEAD "sandbox:\n", 7, 1, "sandbox", "expected on, off, or a mapping"},
	{HEAD "sandbox: { core-dumps: 1 }\n", 7, 24, "sandbox.core-dumps", "true or false"},
	{HEAD "sandbox: { opener: maybe }\n", 7, 20, "sandbox.opener", "on or off"},
	{HEAD "sandbox: { core-dump: true }\n", 7, 12, "sandbox.core-dump", "core-dumps"},
	{HEAD "sandbox: { keep: [pci] }\n", 7, 19, "sandbox.keep[0]", "a port of that kind alone"},
	{HEAD "sandbox: { keep: [xdp] }\n", 7, 19, "sandbox.keep[0]", "a list of af-xdp and vdev"},
	{HEAD "allow: /captures\n", 7, 8, "allow", "a list of directories such as [/captures]"},
	{HEAD "allow: [{}]\n", 7, 9, "allow[0]", "a list of directories"},
	{HEAD "memory: { packets: 1022 }\n", 7, 20, "memory.packets", "from 1023 to 16777215"},
	{HEAD "memory: { packets: 16777216 }\n", 7, 20, "memory.packets", "from 1023"},
	{HEAD "memory: { packet-size: 65408 }\n", 7, 24, "memory.packet-size", "64 to 65407"},
	{HEAD "memory: { headers: 254 }\n", 7, 20, "memory.headers", "from 255 to 16777215"},
	{HEAD "memory: { copy-break: 65408 }\n", 7, 23, "memory.copy-break", "from 0 to 65407"},
	{HEAD "memory: { copy-break: some }\n", 7, 23, "memory.copy-break",
	 "expected auto or a number"},
	{HEAD "memory: { headers: many }\n", 7, 20, "memory.headers", "expected auto or a number"},
	{HEAD "memory: { hugepages: yes }\n", 7, 22, "memory.hugepages", "auto, true or false"},
	{HEAD "memory: { packet: 1023 }\n", 7, 11, "memory.packet", "did you mean \"packets\"?"},
	{HEAD "run-dir:\n", 7, 1, "run-dir", "expected the directory for the sockets, not nothing"},
	{HEAD
	 "run-dir: /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	 "xxxxxxxxxxxxxxxxxxx\n",
	 7, 10, "run-dir", "94 bytes are the most"},
	{HEAD "default: forward\n", 7, 10, "default", "expected drop or { forward: PORT }"},
	{HEAD "default: { mirror: a }\n", 7, 12, "default.mirror", "unknown key \"mirror\""},
	{HEAD "default: {}\n", 7, 10, "default", "an action is missing"},
	{HEAD "default: { forward: aa }\n", 7, 21, "default.forward", "there are a, b, r, w"},

	/* Ports and groups. */
	{PORT("queues: 1"), 3, 6, "ports.p", "one of pci, af-xdp, vdev, pcap or null"},
	{PORT("null: { size: 64 }"), 3, 14, "ports.p.null", "it has no keys; write { null: {} }"},
	{PORT("null:"), 3, 8, "ports.p.null", "expected {}, as in { null: {} }, not nothing"},
	{PORT("null: {}, vdev: n"), 3, 14, "ports.p.null", "the port has vdev already"},
	{PORT("pci: 03:00.0, vdev: n"), 3, 28, "ports.p.vdev", "the port has pci already"},
	{PORT("pci: 03:20.0"), 3, 13, "ports.p.pci", "expected a PCI address"},
	{PORT("pci: 03:00.8"), 3, 13, "ports.p.pci", "expected a PCI address"},
	{PORT("pci: eth0"), 3, 13, "ports.p.pci", "expected a PCI address"},
	{PORT("af-xdp: abcdefghijklmnop"), 3, 16, "ports.p.af-xdp", "1 to 15 characters"},
	{PORT("af-xdp: a/b"), 3, 16, "ports.p.af-xdp", "without \"/\""},
	{PORT("vdev: ',size=64'"), 3, 14, "ports.p.vdev", "a virtual device of DPDK"},
	{PORT("vdev: n, queuez: 2"), 3, 17, "ports.p.queuez", "did you mean \"queues\"?"},
	{PORT("vdev: n, queues: 0"), 3, 25, "ports.p.queues", "a number from 1 to 1024"},
	{PORT("vdev: n, queues: many"), 3, 25, "ports.p.queues", "not \"many\""},
	{PORT("vdev: n, queues: [1]"), 3, 25, "ports.p.queues", "not a list"},
	{PORT("vdev: n, mtu: 65536"), 3, 22, "ports.p.mtu", "a number from 68 to 65535"},
	{PORT("vdev: n, promiscuous: maybe"), 3, 30, "ports.p.promiscuous", "false or true"},
	{PORT("vdev: n, verify: everyy"), 3, 25, "ports.p.verify", "did you mean \"every\"?"},
	{PORT("vdev: n, verify: 0"), 3, 25, "ports.p.verify", "off, every, or a number N"},
	{PORT("vdev: n, verify: 1000000001"), 3, 25, "ports.p.verify", "from 1 to 1000000000"},
	{PORT("vdev: n, verify: [1]"), 3, 25, "ports.p.verify", "not a list"},
	{PORT("pcap: x.pcap"), 3, 14, "ports.p.pcap", "a mapping such as { in: site.pcap"},
	{PORT("pcap: {}"), 3, 14, "ports.p.pcap", "give in or out"},
	{PORT("pcap: { in: a, out: ./a }"), 3, 28, "ports.p.pcap.out", "is what this port reads"},
	{PORT("pcap: { inn: a, out: b }"), 3, 16, "ports.p.pcap.inn", "did you mean \"in\"?"},
	{PORT("vdev: n }\n  q: { pcap: { out: x } }\n  r: { pcap: { out: x }"), 5, 21,
	 "ports.r.pcap.out", "is what port q writes"},
	{PORT("pcap: { in: [\"-\", \"-\"] }"), 3, 26, "ports.p.pcap.in[1]", "can be read once"},
	{PORT("pcap: { in: \"-\" } }\n  q: { pcap: { in: \"-\" }"), 4, 20, "ports.q.pcap.in",
	 "can be read once"},
	{PORT("pcap: { in: x } }\n  q: { pcap: { out: x }"), 4, 21, "ports.q.pcap.out",
	 "is what port p reads"},
	{PORT("pci: 03:00.0 }\n  q: { pci: 0000:03:00.0"), 4, 13, "ports.q.pci",
	 "is port p already"},
	{PORT("af-xdp: e }\n  q: { af-xdp: e"), 4, 16, "ports.q.af-xdp", "is port p already"},
	{PORT("vdev: n }\n  p: { vdev: m"), 4, 3, "ports.p", "\"p\" stands twice"},
	{PORT("vdev: n }\n  'a b': { vdev: m"), 4, 3, "ports.a b", "is no name for a port"},
	{HEAD "groups: { a: { ports: [b] } }\n", 7, 11, "groups.a", "is a port already"},
	{HEAD "groups: { g: { ports: [b] }, g: { ports: [a] } }\n", 7, 30, "groups.g",
	 "stands twice"},
	{HEAD "groups: { g: [a] }\n", 7, 14, "groups.g", "expected a mapping such as { ports:"},
	{HEAD "groups: { g: {} }\n", 7, 14, "groups.g", "ports is missing"},
	{HEAD "groups: { g: { ports: [] } }\n", 7, 23, "groups.g.ports", "an empty list"},
	{HEAD "groups: { g: { ports: [a, a] } }\n", 7, 27, "groups.g.ports[1]", "stands twice"},
	{HEAD "groups: { g: { ports: [zz] } }\n", 7, 24, "groups.g.ports[0]",
	 "there is no port \"zz\"; there are a, b, r, w"},
	{HEAD "groups: { g: { ports: [a, b], weights: [2] } }\n", 7, 40, "groups.g.weights",
	 "group g: 1 weight for 2 ports; give each port one"},
	{HEAD "groups: { g: { ports: [a], weights: 2 } }\n", 7, 37, "groups.g.weights",
	 "a list of numbers, one for each port"},
	{HEAD "groups: { g: { ports: [a, b], weights: [1, 0] } }\n", 7, 44, "groups.g.weights[1]",
	 "a number from 1 to 65535"},
	{HEAD "groups: { g: { ports: [a, b], weights: [1024, 1] } }\n", 7, 40, "groups.g.weights",
	 "are 1025 together, in lowest terms; the table"},
	{HEAD "groups: { g: { ports: [a], hash: iner } }\n", 7, 34, "groups.g.hash",
	 "did you mean \"inner\"?"},
	{HEAD "groups: { g: { ports: [a, b], weight: [2, 1] } }\n", 7, 31, "groups.g.weight",
	 "did you mean \"weights\"?"},
	{HEAD "groups: { g: { ports: [a] }, h: { ports: [g] } }\n", 7, 43, "groups.h.ports[0]",
	 "\"g\" is a group"},

	/* Rules. */
	{HEAD "rules: { x: 1 }\n", 7, 8, "rules", "expected a list of rules"},
	{HEAD "rules: [ drop ]\n", 7, 10, "rules[0]", "expected a rule such as"},
	{HEAD "rules:\n  - actions: [ drop ]\n", 8, 5, "rules[0]", "the rule has no name"},
	{HEAD "rules:\n  - name: default\n", 8, 11, "rules[0].name", "name the rule otherwise"},
	{HEAD "rules:\n  - name: a b\n", 8, 11, "rules[0].name", "letters, digits"},
	{HEAD
	 "rules:\n  - name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
	 8, 11, "rules[0].name", "63 characters are the most"},
	{HEAD "rules:\n  - name: x\n  - name: x\n", 9, 11, "rules[1].name", "the rule in line 8"},
	{RULE("action: [ drop ]"), 8, 16, "rules[0].action", "did you mean \"actions\"?"},
	{RULE("from: c"), 8, 22, "rules[0].from", "there is no port \"c\""},
	{RULE("from: []"), 8, 22, "rules[0].from", "leave from out for all of them"},
	{RULE("from: [a, a]"), 8, 26, "rules[0].from[1]", "stands twice"},
	{RULE("match:"), 8, 16, "rules[0].match", "not nothing"},
	{RULE("filter: 'tcp prt 5'"), 8, 24, "rules[0].filter", "libpcap says: "},
	{RULE("filter: 'tcp and udp'"), 8, 24, "rules[0].filter", "rejects all packets"},
	{RULE("filter: ''"), 8, 24, "rules[0].filter", "expected a pcap filter"},
	{RULE("actions: drop"), 8, 25, "rules[0].actions", "expected a list such as [ drop ]"},
	{RULE("actions: [ drap ]"), 8, 27, "rules[0].actions[0]", "did you mean \"drop\"?"},
	{RULE("actions: [ forward ]"), 8, 27, "rules[0].actions[0]", "write { forward: PORT }"},
	{RULE("actions: [ { forward: a }, drop ]"), 8, 43, "rules[0].actions[1]", "behind forward"},
	{RULE("actions: [ drop, { mirror: a } ]"), 8, 33, "rules[0].actions[1]", "behind drop"},
	{RULE("actions: [ { forward: a, mirror: b } ]"), 8, 27, "rules[0].actions[0]",
	 "each action is an item of its own"},
	{RULE("actions: [ " SIXTY_FOUR ", { mirror: a } ]"), 8, 25, "rules[0].actions",
	 "actions: 65 targets; one rule can give a packet to at most 64"},
	{RULE("actions: [ " SIXTY_FOUR ", { forward: a } ]"), 8, 25, "rules[0].actions",
	 "actions: 65 targets"},
	{RULE("actions: [ { drop: a } ]"), 8, 35, "rules[0].actions[0].drop", "write [ drop ]"},
	{RULE("actions: [ { forwrd: a } ]"), 8, 29, "rules[0].actions[0].forwrd",
	 "did you mean \"forward\"?"},
	{RULE("actions: [ { forward: r } ]"), 8, 38, "rules[0].actions[0].forward", "only read"},
	{RULE("actions: [ { mirror: [a] } ]"), 8, 37, "rules[0].actions[0].mirror", "not a list"},
	{HEAD "groups: { g: { ports: [a, r] } }\nrules: [ { name: x, actions: [ mirror: g ] } ]\n",
	 8, 40, "rules[0].actions[0].mirror", "group g has port r"},

	/* Matches. */
	{MATCH("dstport: 5"), 8, 25, "rules[0].match.dstport", "did you mean \"dst-port\"?"},
	{MATCH("dst-port: 65536"), 8, 35, "rules[0].match.dst-port", "from 0 to 65535"},
	{MATCH("dst-port: [1, 2, x]"), 8, 42, "rules[0].match.dst-port[2]", "not \"x\""},
	{MATCH("dst-port: [[1]]"), 8, 36, "rules[0].match.dst-port[0]", "not a list"},
	{MATCH("dst-port: []"), 8, 35, "rules[0].match.dst-port", "an empty list matches nothing"},
	{MATCH("dst-port: 2000-1000"), 8, 35, "rules[0].match.dst-port", "write 1000-2000"},
	{MATCH("dst-port: 1-2-3"), 8, 35, "rules[0].match.dst-port", "not \"1-2-3\""},
	{MATCH("dst-port: 010"), 8, 35, "rules[0].match.dst-port", "write 10 or 0x010"},
	{MATCH("vlan: 4096"), 8, 31, "rules[0].match.vlan", "from 0 to 4095"},
	{MATCH("protocol: 256"), 8, 35, "rules[0].match.protocol", "from 0 to 255"},
	{MATCH("protocol: [tcp, upd]"), 8, 41, "rules[0].match.protocol[1]",
	 "did you mean \"udp\"?"},
	{MATCH("ether-type: 0800"), 8, 37, "rules[0].match.ether-type", "write 800 or 0x0800"},
	{MATCH("ether-type: ipv44"), 8, 37, "rules[0].match.ether-type", "did you mean \"ipv4\"?"},
	{MATCH("ether-type: 0x10000"), 8, 37, "rules[0].match.ether-type",
	 "a number such as 0x0806"},
	{MATCH("src: 10.0.0.0/33"), 8, 30, "rules[0].match.src", "expected an IPv4 or IPv6 prefix"},
	{MATCH("src: 10.0.0/8"), 8, 30, "rules[0].match.src", "expected an IPv4 or IPv6 prefix"},
	{MATCH("src: example.org"), 8, 30, "rules[0].match.src", "expected an IPv4 or IPv6 prefix"},
	{MATCH("src: [::1]"), 8, 31, NULL, "quote what begins with a colon"},
};

/* What can't be meant, but says clearly what it does, is allowed. */
static void
test_warnings_are_no_errors(void **state)
{
	static const char *const odd[] = {
		RULE("from: [w]"),
		MATCH("src: 10.1.2.3/8"),
		MATCH("src: [ '2001:db8::1/32' ]"),
		MATCH("src: 10.0.0.1, dst: 'fe80::1'"),
		MATCH("src: 10.0.0.1, ether-type: ipv6"),
		MATCH("protocol: tcp, ether-type: arp"),
		MATCH("protocol: icmp, dst-port: 53"),
		RULE("match: { protocol: icmp }, actions: [ set: { src-port: 5 }, forward: a ]"),
		RULE("match: { src: 10.0.0.1 }, actions: [ { mirror: a, with: [ set: { dst: '::1' "
		     "} "
		     "] } ]"),
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct error_list errors;
		struct config *config;

		error_list_init(&errors, NULL);
		assert_int_equal(config_parse(odd[i], strlen(odd[i]), "/etc", &config, &errors), 0);
		assert_int_equal(errors.count, 0);
		config_free(config);
		error_list_clear(&errors);
	}
}

static void
test_cases(void **state)
{
	assert_config_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

static void
test_all_at_once(void **state)
{
	static const char text[] = "version: 3\n"
				   "rules:\n"
				   "  - match: { dst-port: x, vlan: 5000 }\n"
				   "    actions: [ { forward: wam }, { mirrr: wan } ]\n"
				   "ports:\n"
				   "  wan: { vdev: net_null, queuez: 2 }\n"
				   "bogus: 1\n";
	static const struct config_place places[] = {{1, 10}, {3, 5},  {3, 24}, {3, 33}, {4, 27},
						     {4, 34}, {4, 36}, {6, 26}, {7, 1}};

	assert_config_places(text, places, sizeof(places) / sizeof(places[0]));
}

/* A filter of many ports: libpcap would take minutes for the longest. */
static void
test_long_filters(void **state)
{
	static const struct {
		unsigned ports;
		const char *message; /* NULL: good */
	} lengths[] = {
		{50, NULL}, {200, "instructions, more than 8192"}, {1000, "bytes are more than"}};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct error_list errors;
		struct config *config;
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		fprintf(out, HEAD "rules: [ { name: x, filter: 'port 0");
		for (unsigned port = 1; port < lengths[i].ports; port++)
			fprintf(out, " or port %u", port);
		fprintf(out, "' } ]\n");
		fclose(out);
		error_list_init(&errors, NULL);
		config_parse(text, size, NULL, &config, &errors);
		assert_int_equal(errors.count, lengths[i].message != NULL);
		if (lengths[i].message)
			assert_non_null(strstr(errors.items[0].message, lengths[i].message));
		error_list_clear(&errors);
		config_free(config);
		free(text);
	}
}

/* What is not UTF-8 can't be shown in JSON, nor be written so that it is read again. */
static void
test_directory(void **state)
{
	static const char text[] = "version: 1\nports: { a: { pcap: { in: x } } }\nrun-dir: y\n";
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, NULL);
	config_parse(text, strlen(text), "/gr\xfc\xdf", &config, &errors);
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.items[0].field, "ports.a.pcap.in");
	assert_string_equal(errors.items[1].field, "run-dir");
	error_list_clear(&errors);
}

/* Tables that a config could overrun. */
static void
test_too_many(void **state)
{
	struct error_list errors;
	struct config *config;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "version: 1\nworkers: [");
	for (unsigned i = 0; i <= CONFIG_WORKERS_MAX; i++)
		fprintf(out, "%s%u", i ? ", " : "", i);
	fprintf(out, "]\nports:\n");
	for (unsigned i = 0; i <= CONFIG_PORTS_MAX; i++)
		fprintf(out, "  p%u: { vdev: net_null }\n", i);
	fprintf(out, "groups:\n");
	for (unsigned i = 0; i <= CONFIG_GROUPS_MAX; i++)
		fprintf(out, "  g%u: { ports: [p0, p63] }\n", i);
	fclose(out);
	error_list_init(&errors, NULL);
	config_parse(text, size, NULL, &config, &errors);
	assert_int_equal(errors.count, 3);
	assert_int_equal(errors.items[0].line, 2);
	assert_int_equal(errors.items[1].line, 4 + CONFIG_PORTS_MAX);
	assert_int_equal(errors.items[2].line, 6 + CONFIG_PORTS_MAX + CONFIG_GROUPS_MAX);
	error_list_clear(&errors);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),       cmocka_unit_test(test_warnings_are_no_errors),
		cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_long_filters),
		cmocka_unit_test(test_directory),   cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
