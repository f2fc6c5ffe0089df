/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "replay_kit.h"

#include "core/banned.h"

#define S UINT64_C(1000000000)

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),  cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_two_ports), cmocka_unit_test(test_values),
		cmocka_unit_test(test_canonical), cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
