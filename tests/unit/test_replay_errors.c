/* SPDX-License-Identifier: BSD-3-Clause */
/* Mistakes in replays: each is told with its place and what would be right, and all of them at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config_cases.h"
#include "replay_kit.h"

#include "core/banned.h"

#define GROUP "groups: { g: { ports: [a, b] } }\n"

static const struct config_case cases[] = {
	/* The section. */
	{HEAD "replays: []\n", 7, 10, "replays", "expected a mapping of names to replays"},
	{HEAD "replays: { x }\n", 7, 12, "replays.x", "such as { file: site.pcap, to: wan }"},
	{HEAD "replays: { x: { file: f, to: b }, x: { file: f, to: a } }\n", 7, 35, "replays.x",
	 "stands twice"},
	{HEAD "replays: { 'a b': { file: f, to: a } }\n", 7, 12, "replays.a b", "no name for a re"},
	{ENDS("to: a"), 8, 6, "replays.x", "replay x: file is missing"},
	{ENDS("file: f"), 8, 6, "replays.x", "replay x: to is missing"},
	{REPLAY(", lops: 2"), 8, 24, "replays.x.lops", "did you mean \"loops\"?"},
	{REPLAY(", banana: 2"), 8, 24, "replays.x.banana",
	 "there are file, to, clients, edits, unique-per-loop, pace"},
	{REPLAY(", to: b"), 8, 24, "replays.x.to", "\"to\" stands twice"},

	/* Files. */
	{ENDS("file: [], to: a"), 8, 14, "replays.x.file",
	 "file: an empty list; 1 to 4096 files may be named, or a directory"},
	{ENDS("file: {}, to: a"), 8, 14, "replays.x.file", "the name of a capture file, or a list"},
	{ENDS("file: [f, ''], to: a"), 8, 18, "replays.x.file[1]", "the name of a capture file"},
	{ENDS("file: [[f]], to: a"), 8, 15, "replays.x.file[0]", "not a list"},
	{ENDS("file: ./w.pcap, to: a"), 8, 14, "replays.x.file", "\"/etc/w.pcap\" is what port w"},

	/* Where to. */
	{ENDS("file: f, to: c"), 8, 21, "replays.x.to", "there is no port \"c\"; there are a, b"},
	{ENDS("file: f, to: [a]"), 8, 21, "replays.x.to",
	 "one port, { as: PORT }, or { client: PORT, server: PORT }, not a list"},
	{ENDS("file: f, to: r"), 8, 21, "replays.x.to", "give it an \"out\", or write { as: r }"},
	{ENDS("file: f, to: {}"), 8, 21, "replays.x.to", "not an empty mapping"},
	{ENDS("file: f, to: { is: a }"), 8, 23, "replays.x.to.is", "did you mean \"as\"?"},
	{ENDS("file: f, to: { as: c }"), 8, 27, "replays.x.to.as", "as: there is no port \"c\""},
	{ENDS("file: f, to: { as: [a] }"), 8, 27, "replays.x.to.as", "not a list"},
	{ENDS("file: f, to: g") GROUP, 8, 21, "replays.x.to",
	 "\"g\" is a group, and a replay leaves through one port; name one, or write { as: PORT }"},
	{ENDS("file: f, to: { as: g }") GROUP, 8, 27, "replays.x.to.as", "\"g\" is a group"},
	{ENDS("file: f, to: { client: a }"), 8, 21, "replays.x.to",
	 "server is missing, as in { client: PORT, server: PORT }"},
	{ENDS("file: f, to: { server: a }"), 8, 21, "replays.x.to", "client is missing"},
	{ENDS("file: f, to: { client: a, server: a }"), 8, 42, "replays.x.to.server",
	 "a is the clients' port, too; name another, or write to: a"},
	{ENDS("file: f, to: { client: a, server: r }"), 8, 42, "replays.x.to.server",
	 "server: nothing can leave through port r"},
	{ENDS("file: f, to: { client: g, server: a }") GROUP, 8, 31, "replays.x.to.client",
	 "client: \"g\" is a group"},
	{ENDS("file: f, to: { client: a, server: b, as: w }"), 8, 49, "replays.x.to.as",
	 "write { as: PORT } alone"},
	{ENDS("file: f, to: { clint: a }"), 8, 23, "replays.x.to.clint",
	 "did you mean \"client\"?"},
	{REPLAY(", clients: 10.0.0.0/8"), 8, 33, "replays.x.clients",
	 "write to: { client: PORT, server: PORT }, or leave clients out"},
	{ENDS("file: f, to: { client: a, server: b }, clients: x"), 8, 56, "replays.x.clients",
	 "an IPv4 or IPv6 prefix"},

	/* Edits. */
	{REPLAY(", edits: 3"), 8, 31, "replays.x.edits",
	 "a list of edits such as [ { set: { ttl: 64 } }, { slice: 1514 } ]"},
	{REPLAY(", edits: []"), 8, 31, "replays.x.edits", "edits: an empty list; leave it out"},
	{REPLAY(", edits: [drop]"), 8, 32, "replays.x.edits[0]",
	 "edits: a replay's list has edits; drop ends a rule and stands in its list"},
	{REPLAY(", edits: [{ sample: 3 }]"), 8, 42, "replays.x.edits[0].sample",
	 "sample is a gate"},
	{REPLAY(", edits: [{ mirror: a }]"), 8, 42, "replays.x.edits[0].mirror",
	 "mirror stands in a rule's list"},
	{REPLAY(", edits: [{ edit: e }]"), 8, 40, "replays.x.edits[0].edit",
	 "edit: there is no list \"e\""},
	{REPLAY(", edits: [{ slice: 10 }, { mask: { from: 20 } }]"), 8, 47, "replays.x.edits[1]",
	 "mask: slice cut off all"},
	{REPLAY(", unique-per-loop: 3"), 8, 41, "replays.x.unique-per-loop",
	 "expected false or true"},

	/* How fast, how often. */
	{REPLAY(", pace: fast"), 8, 30, "replays.x.pace", "expected original, 2x, 0.25x, 1.5Mpps"},
	{REPLAY(", pace: 1.5mpp"), 8, 30, "replays.x.pace", "did you mean \"1.5Mpps\"?"},
	{REPLAY(", pace: 0x"), 8, 30, "replays.x.pace", "never send a packet"},
	{REPLAY(", pace: { }"), 8, 30, "replays.x.pace", "or top, not a mapping"},
	{REPLAY(", loops: 0"), 8, 31, "replays.x.loops", "from 1 to 1000000000000, or forever"},
	{REPLAY(", loops: 1000000000001"), 8, 31, "replays.x.loops", "from 1 to 1000000000000"},
	{REPLAY(", loops: 1.5"), 8, 31, "replays.x.loops", "or forever, not \"1.5\""},
	{REPLAY(", loops: for-ever"), 8, 31, "replays.x.loops", "did you mean \"forever\"?"},
	{REPLAY(", loops:"), 8, 24, "replays.x.loops", "not nothing"},
	{REPLAY(", gap: 5"), 8, 29, "replays.x.gap", "a duration such as 60s, 1.5s, 200ms"},
	{REPLAY(", gap: -5ms"), 8, 29, "replays.x.gap", "gap: expected a duration"},
	{REPLAY(", max-gap: 5"), 8, 33, "replays.x.max-gap", "max-gap: expected a duration"},
	{REPLAY(", max-gap: 0s"), 8, 33, "replays.x.max-gap", "such as 5s, or write pace: top"},
	{REPLAY(", max_gap: 5s"), 8, 24, "replays.x.max_gap", "did you mean \"max-gap\"?"},
	{REPLAY(", start: now"), 8, 31, "replays.x.start", "expected auto or manual"},
	{REPLAY(", tolerance: 0.5ns"), 8, 35, "replays.x.tolerance", "tolerance: \"0.5ns\" is too"},

	/* Which part. */
	{REPLAY(", from: 17"), 8, 30, "replays.x.from", "a packet's number such as \"#17\""},
	{REPLAY(", from: '#0'"), 8, 30, "replays.x.from", "counted from \"#1\" on"},
	{HEAD "replays:\n  x:\n    file: f\n    to: a\n    from: #17\n", 11, 5, "replays.x.from",
	 "in quotes, since a bare # begins a comment), not nothing"},
	{REPLAY(", until: 0s"), 8, 31, "replays.x.until", "nothing lies before 0s"},
	{REPLAY(", until: '#1', from: 5s"), 8, 31, "replays.x.until", "nothing lies before #1"},
	{REPLAY(", until: 5s, from: 5s"), 8, 31, "replays.x.until", "5s does not lie behind from"},
	{REPLAY(", from: '#9', until: '#3'"), 8, 43, "replays.x.until", "behind from, #9, so"},
	{REPLAY(", filter: 'udp prt 53'"), 8, 32, "replays.x.filter", "libpcap says: "},
	{REPLAY(", filter: ''"), 8, 32, "replays.x.filter", "expected a pcap filter"},

	/* What else. */
	{REPLAY(", late: catchup"), 8, 30, "replays.x.late", "did you mean \"catch-up\"?"},
	{REPLAY(", truncated: zero"), 8, 35, "replays.x.truncated", "drop, send or pad, not"},
	{REPLAY(", flows: split"), 8, 31, "replays.x.flows", "expected keep or single"},
	{REPLAY(", memory: 256"), 8, 32, "replays.x.memory", "a size such as 256MiB or 1.5GiB"},
	{REPLAY(", memory: 256MB"), 8, 32, "replays.x.memory", "did you mean \"256MiB\"?"},
	{REPLAY(", memory: 7.9MiB"), 8, 32, "replays.x.memory",
	 "from 8MiB to 1TiB, not \"7.9MiB\""},
	{REPLAY(", memory: 1025GiB"), 8, 32, "replays.x.memory", "from 8MiB to 1TiB"},
};

static void
test_cases(void **state)
{
	assert_config_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

static void
test_all_at_once(void **state)
{
	static const char text[] = HEAD "replays:\n"
					"  x: { pace: 5, loops: no, memory: 1, lat: drop }\n"
					"  y: { file: [1, {}], to: zz, until: '#1' }\n";
	static const struct config_place places[] = {{8, 6},  {8, 6},  {8, 14}, {8, 24}, {8, 36},
						     {8, 39}, {9, 18}, {9, 27}, {9, 38}};

	assert_config_places(text, places, sizeof(places) / sizeof(places[0]));
}

/* A port with a mistake of its own is no reason for another finding; nor are ports that are not there. */
static void
test_no_echo(void **state)
{
	static const char *const texts[] = {
		"version: 1\nports: { a: { pcap: {} } }\nreplays: { x: { file: f, to: a } }\n",
		"version: 1\nreplays: { x: { file: f, to: a } }\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error_list errors;
		struct config *config;

		error_list_init(&errors, NULL);
		config_parse(texts[i], strlen(texts[i]), NULL, &config, &errors);
		assert_int_equal(errors.count, 1);
		error_list_clear(&errors);
	}
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

	fputs(HEAD "replays:\n  r: { to: a, file: [f0", out);
	for (unsigned i = 1; i <= CONFIG_FILES_MAX; i++)
		fprintf(out, ", f%u", i);
	fputs("] }\n", out);
	for (unsigned i = 1; i <= CONFIG_REPLAYS_MAX; i++)
		fprintf(out, "  r%u: { to: a, file: f }\n", i);
	fclose(out);
	error_list_init(&errors, NULL);
	config_parse(text, size, NULL, &config, &errors);
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.items[0].message,
			    "file: too many; 1 to 4096 files may be named, or a directory");
	assert_string_equal(errors.items[1].message, "replays: more than 64");
	assert_int_equal(errors.items[1].line, 8 + CONFIG_REPLAYS_MAX);
	error_list_clear(&errors);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_no_echo),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
