/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of counters: added up, written as JSON, and in the docs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/report_counters.h"
#include "engine/snapshot.h"
#include "stage/reasons.h"

#include "core/banned.h"

struct sample {
	uint64_t large, least, unknown, known, ns;
	uint32_t middle;
	uint16_t small;
	uint8_t tiny, mac[6];
	int below;
	bool flag;
	double real, share, no_share;
	const char *text, *no_text, *remark, *no_remark;
	char words[8];
	uint64_t drops[DROP_REASONS], list[2];
	struct {
		uint64_t count;
	} part;
};

#define ROW(kind, name, member, sum) COUNTER(struct sample, kind, name, member, sum)

static const struct counter inner[] = {
	ROW(WORDS, "words", words, APART),
	ROW(KNOWN, "known", known, APART),
	{0},
};

static const struct counter part_rows[] = {
	{"count", COUNTER_NUMBER, COUNTER_APART, 0, sizeof(uint64_t), NULL},
	{0},
};

static const struct counter rows[] = {
	ROW(NUMBER, "large", large, ADD),     ROW(NUMBER, "least", least, LEAST),
	ROW(NUMBER, "middle", middle, APART), ROW(NUMBER, "small", small, APART),
	ROW(NUMBER, "tiny", tiny, APART),     ROW(KNOWN, "unknown", unknown, APART),
	COUNTER_OBJECT("inner", inner),       ROW(SECONDS, "seconds", ns, APART),
	ROW(FLAG, "flag", flag, APART),       ROW(REAL, "real", real, APART),
	ROW(SHARE, "share", share, APART),    ROW(SHARE, "no-share", no_share, APART),
	ROW(GIVEN, "given", known, APART),    ROW(GIVEN, "not-given", unknown, APART),
	ROW(TEXT, "text", text, APART),       ROW(TEXT, "no-text", no_text, APART),
	ROW(SIGNED, "below", below, APART),   ROW(MAC, "mac", mac, APART),
	ROW(LIST, "list", list, APART),       COUNTER_PART(struct sample, "part", part, part_rows),
	ROW(REMARK, "remark", remark, APART), ROW(REMARK, "no-remark", no_remark, APART),
	ROW(DROPS, "drops", drops, ADD),      {0},
};

static struct sample
sample(void)
{
	return (struct sample){
		.large = (UINT64_C(1) << 53) + 1,
		.least = 7,
		.unknown = COUNTER_UNKNOWN,
		.known = 0,
		.ns = 1500000000,
		.middle = UINT32_MAX,
		.small = UINT16_MAX,
		.tiny = UINT8_MAX,
		.flag = true,
		.mac = {2, 0, 0, 0, 0, 255},
		.below = -1,
		.list = {8, 9},
		.part = {6},
		.real = 0.25,
		.share = 0,
		.no_share = -1,
		.text = "a",
		.remark = "b",
		.words = "c",
		.drops = {[DROP_RULE] = 3, [DROP_REASONS - 1] = 4},
	};
}

static void
every_kind_has_its_json(void **state)
{
	static const char expected[] =
		"{\"large\":9007199254740993,\"least\":7,\"middle\":4294967295,\"small\":65535,"
		"\"tiny\":255,\"unknown\":null,\"inner\":{\"words\":\"c\",\"known\":0},"
		"\"seconds\":1.5,\"flag\":true,\"real\":0.25,\"share\":0.0,\"no-share\":null,"
		"\"given\":0,"
		"\"text\":\"a\",\"no-text\":null,\"below\":-1,\"mac\":\"02:00:00:00:00:ff\","
		"\"list\":[8,9],\"part\":{\"count\":6},\"remark\":\"b\"}";
	struct sample from = sample();
	json_t *object = json_object(), *drops;
	char *text;

	report_counters(object, rows, &from);
	drops = json_incref(json_object_get(object, "drops"));
	json_object_del(object, "drops");
	text = json_dumps(object, JSON_COMPACT);
	assert_string_equal(text, expected);
	assert_int_equal(json_object_size(drops), DROP_REASONS);
	assert_int_equal(json_integer_value(json_object_get(drops, "rule")), 3);
	free(text);
	json_decref(drops);
	json_decref(object);
}

static void
parts_are_added_as_rows_say(void **state)
{
	struct sample sum = sample(), part = sample();

	part.large = 2;
	part.least = 5;
	part.drops[DROP_RULE] = 10;
	counters_add(rows, &sum, &part);
	part.least = 6;
	counters_add(rows, &sum, &part);
	assert_int_equal(sum.large, (UINT64_C(1) << 53) + 5);
	assert_int_equal(sum.least, 5);
	assert_int_equal(sum.drops[DROP_RULE], 23);
	assert_int_equal(sum.drops[DROP_REASONS - 1], 12);
	assert_int_equal(sum.middle, UINT32_MAX);
	assert_int_equal(sum.ns, 1500000000);
}

/* The page from a title to the next of its kind. */
static char *
section(const char *title)
{
	char *text = NULL, *begin, *result;
	size_t size = 0;
	FILE *in = fopen(DOCS "/socket.md", "r");

	assert_non_null(in);
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	begin = strstr(text, title);
	assert_non_null(begin);
	begin += strlen(title);
	result = strndup(begin, strstr(begin, "\n### ") - begin);
	free(text);
	return result;
}

static void
are_told(const char *page, const struct counter *table)
{
	char word[64];

	for (; table->kind != COUNTER_END; table++) {
		snprintf(word, sizeof(word), "`%s`", table->name);
		if (!strstr(page, word))
			fail_msg("docs/socket.md does not tell of %s", word);
		if (table->kind == COUNTER_TABLE)
			are_told(page, table->table);
	}
}

static void
docs_tell_of_every_row(void **state)
{
	char *page = section("\n### replay.list\n");

	are_told(page, replay_counts);
	are_told(page, replay_details);
	free(page);
	page = section("\n### memory\n");
	are_told(page, replay_memory);
	are_told(page, snapshot_pool_counts);
	free(page);
	page = section("\n### ports\n");
	are_told(page, snapshot_port_details);
	free(page);
	page = section("\n### status\n");
	are_told(page, snapshot_port_counts);
	free(page);
	page = section("\n### rules\n");
	are_told(page, snapshot_rule_counts);
	are_told(page, snapshot_acted_counts);
	free(page);
	page = section("\n### workers\n");
	are_told(page, snapshot_worker_counts);
	free(page);
	page = section("\n### drops\n");
	are_told(page, snapshot_port_account);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_json),
		cmocka_unit_test(parts_are_added_as_rows_say),
		cmocka_unit_test(docs_tell_of_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
