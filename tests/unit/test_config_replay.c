/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "config_cases.h"
#include "config_kit.h"

#include "core/banned.h"

#define HEAD CONFIG_HEAD
#define GROUP "groups: { g: { ports: [a, b] } }\n"
/* One replay behind the head, in line 8; what follows stands from column 22 on. */
#define REPLAY(rest) HEAD "replays:\n  x: { file: f, to: a" rest " }\n"
#define ENDS(rest) HEAD "replays:\n  x: { " rest " }\n"

#define S UINT64_C(1000000000)

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
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, NULL);
	config_parse(text, strlen(text), NULL, &config, &errors);
	assert_null(config);
	assert_int_equal(errors.count, sizeof(places) / sizeof(places[0]));
	for (unsigned i = 0; i < errors.count; i++) {
		assert_int_equal(errors.items[i].line, places[i].line);
		assert_int_equal(errors.items[i].column, places[i].column);
	}
	error_list_clear(&errors);
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

static void
test_defaults(void **state)
{
	struct config *config = config_of(HEAD "replays:\n  a: { file: f.pcap, to: b }\n");
	const struct config_replay *replay;

	assert_non_null(config);
	assert_int_equal(config->replay_count, 1);
	replay = config->replays;
	assert_string_equal(replay->name, "a"); /* as a port is, which does no harm */
	assert_int_equal(replay->in.file_count, 1);
	assert_string_equal(replay->in.files[0], "/etc/f.pcap");
	assert_false(replay->as);
	assert_int_equal(replay->port, 1);
	assert_int_equal(replay->pace.kind, CONFIG_PACE_ORIGINAL);
	assert_int_equal(replay->pace.num, 1);
	assert_int_equal(replay->pace.den, 1);
	assert_int_equal(replay->loops, 1);
	assert_false(replay->gap_given);
	assert_int_equal(replay->max_gap_ns, 0);
	assert_true(replay->start_auto);
	assert_int_equal(replay->from.kind, CONFIG_MOMENT_NONE);
	assert_int_equal(replay->until.kind, CONFIG_MOMENT_NONE);
	assert_null(replay->filter);
	assert_int_equal(replay->late, CONFIG_LATE_CATCH_UP);
	assert_int_equal(replay->truncated, CONFIG_TRUNCATED_DROP);
	assert_int_equal(replay->memory, 256 << 20);
	assert_int_equal(replay->flows, CONFIG_FLOWS_KEEP);
	assert_false(replay->tolerance_given);
	assert_int_equal(replay->place.line, 8);
	assert_int_equal(replay->place.column, 3);
	config_free(config);
}

static const char every_key[] =
	HEAD "replays:\n"
	     "  7: { file: [f.pcap, /g.pcapng], to: { as: w }, pace: 0.250x,\n"
	     "       loops: forever, gap: 5000us, max-gap: 60s, order: sequential, other-links: "
	     "convert, start: manual, from: 1.5min,\n"
	     "       until: '#17', filter: udp, late: shift, truncated: pad,\n"
	     "       memory: 1023MiB, flows: single, tolerance: 0.000001s }\n";

static void
test_every_key(void **state)
{
	struct config *config = config_of(every_key);
	const struct config_replay *replay;

	assert_non_null(config);
	replay = config->replays;
	assert_int_equal(replay->in.file_count, 2);
	assert_string_equal(replay->in.files[1], "/g.pcapng");
	assert_true(replay->as);
	assert_int_equal(replay->port, 3);
	assert_int_equal(replay->pace.num, 1);
	assert_int_equal(replay->pace.den, 4);
	assert_int_equal(replay->loops, 0);
	assert_true(replay->gap_given);
	assert_int_equal(replay->gap_ns, 5000000);
	assert_int_equal(replay->max_gap_ns, 60 * S);
	assert_false(replay->start_auto);
	assert_int_equal(replay->from.kind, CONFIG_MOMENT_TIME);
	assert_int_equal(replay->from.value, 90 * S);
	assert_int_equal(replay->until.kind, CONFIG_MOMENT_PACKET);
	assert_int_equal(replay->until.value, 17);
	assert_string_equal(replay->filter, "udp");
	assert_int_equal(replay->late, CONFIG_LATE_SHIFT);
	assert_int_equal(replay->truncated, CONFIG_TRUNCATED_PAD);
	assert_int_equal(replay->memory, UINT64_C(1) << 30);
	assert_int_equal(replay->flows, CONFIG_FLOWS_SINGLE);
	assert_true(replay->tolerance_given);
	assert_int_equal(replay->tolerance_ns, 1000);
	config_free(config);
}

static void
test_two_ports(void **state)
{
	struct config *config = config_of(ENDS("file: f, to: { server: a, client: b }, clients: "
					       "[10.0.0.0/8, 'fd00::/8', 10.1.0.0/16]"));
	const struct config_replay *replay;

	assert_non_null(config);
	replay = config->replays;
	assert_true(replay->pair);
	assert_false(replay->as);
	assert_int_equal(replay->port, 1);
	assert_int_equal(replay->server, 0);
	assert_int_equal(replay->clients.count, 2);
	config_free(config);
}

static void
test_values(void **state)
{
	static const char *const good[] = {
		REPLAY(", late: drop, truncated: send, flows: keep, start: auto"),
		REPLAY(", loops: 1000000000000, gap: 0s, tolerance: 0s"),
		REPLAY(", from: 0s, until: 1ns"),
		REPLAY(", from: '#17', until: 1s"),
		REPLAY(", from: 5s, until: '#2'"),
		REPLAY(", memory: 8MiB, pace: top"),
		REPLAY(", memory: 1TiB, pace: 10Gbps-wire"),
		ENDS("file: f, to: w"),
		ENDS("file: f, to: { as: r }"),
		ENDS("file: f, to: { client: a, server: b }"),
		ENDS("file: f, to: { client: b, server: a }, clients: [10.0.0.0/8, 'fd00::/8']"),
		"edits: { e: [ { slice: 99 } ] }\n" ENDS(
			"file: f, to: a, edits: [{ edit: e }, { set: { ttl: 1 } }], "
			"unique-per-loop: true"),
		ENDS("file: r.pcap, to: a"),
		ENDS("file: [f, ./f], to: a"),
		HEAD "replays: {}\n",
		HEAD "replays:\n",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct config *config = config_of(good[i]), *again;
		char *once, *twice;

		assert_non_null(config);
		once = config_emit(config);
		again = config_of(once);
		assert_non_null(again);
		twice = config_emit(again);
		assert_string_equal(once, twice);
		assert_null(config_needs_restart(config, again));
		free(once);
		free(twice);
		config_free(config);
		config_free(again);
	}
}

static void
test_canonical(void **state)
{
	struct config *config = config_of(every_key);
	struct config *plain = config_of(HEAD "replays: { x: { file: f, to: a } }\n");
	char *text = config_emit(config), *plain_text = config_emit(plain);

	assert_string_equal(strstr(text, "replays:"), "replays:\n"
						      "  \"7\":\n"
						      "    file: [\"/etc/f.pcap\", \"/g.pcapng\"]\n"
						      "    to: { as: w }\n"
						      "    unique-per-loop: false\n"
						      "    pace: 0.25x\n"
						      "    loops: forever\n"
						      "    gap: 5ms\n"
						      "    max-gap: 60s\n"
						      "    order: sequential\n"
						      "    other-links: convert\n"
						      "    start: manual\n"
						      "    from: 90s\n"
						      "    until: \"#17\"\n"
						      "    filter: \"udp\"\n"
						      "    late: shift\n"
						      "    truncated: pad\n"
						      "    memory: 1GiB\n"
						      "    flows: single\n"
						      "    tolerance: 1us\n");
	assert_string_equal(strstr(plain_text, "replays:"), "replays:\n"
							    "  x:\n"
							    "    file: \"/etc/f\"\n"
							    "    to: a\n"
							    "    unique-per-loop: false\n"
							    "    pace: original\n"
							    "    loops: 1\n"
							    "    order: merged\n"
							    "    other-links: refuse\n"
							    "    start: auto\n"
							    "    late: catch-up\n"
							    "    truncated: drop\n"
							    "    memory: 256MiB\n"
							    "    flows: keep\n");
	free(text);
	free(plain_text);
	config_free(config);
	config_free(plain);
}

/* Each key makes a difference, which is shown, and none needs a restart. */
static void
test_restart(void **state)
{
	static const char *const changes[] = {
		ENDS("file: g, to: a"),
		ENDS("file: [f, g], to: a"),
		ENDS("file: f, to: b"),
		ENDS("file: f, to: { as: a }"),
		HEAD "replays:\n  y: { file: f, to: a }\n",
		HEAD "replays:\n  x: { file: f, to: a }\n  y: { file: f, to: a }\n",
		HEAD,
		REPLAY(", pace: 2x"),
		REPLAY(", pace: 0.1x"),
		REPLAY(", pace: 1pps"),
		REPLAY(", loops: 2"),
		REPLAY(", gap: 0s"),
		REPLAY(", max-gap: 5s"),
		REPLAY(", order: sequential"),
		REPLAY(", other-links: skip"),
		REPLAY(", start: manual"),
		REPLAY(", from: 0s"),
		REPLAY(", from: '#1'"),
		REPLAY(", until: 1s"),
		REPLAY(", filter: udp"),
		REPLAY(", late: drop"),
		REPLAY(", truncated: pad"),
		REPLAY(", memory: 8MiB"),
		REPLAY(", flows: single"),
		REPLAY(", tolerance: 0s"),
	};
	/* The same, in other words and places. */
	static const char same[] = HEAD "\n\nreplays: { x: { to: a, file: /etc/./f, pace: 1.0x, "
					"memory: 0.25GiB, loops: 1, late: catch-up } }\n";
	struct config *config = config_of(REPLAY("")), *other = config_of(same);
	char *diff = config_diff(config, other);

	assert_null(config_needs_restart(config, other));
	assert_string_equal(diff, "");
	free(diff);
	config_free(other);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		other = config_of(changes[i]);
		assert_non_null(other);
		assert_null(config_needs_restart(config, other));
		diff = config_diff(config, other);
		assert_string_not_equal(diff, "");
		free(diff);
		config_free(other);
	}
	config_free(config);
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
		cmocka_unit_test(test_cases),     cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_no_echo),   cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_key), cmocka_unit_test(test_two_ports),
		cmocka_unit_test(test_values),    cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_restart),   cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
