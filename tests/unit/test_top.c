/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the screen that `sluice top` draws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "top/act.h"
#include "top/brief.h"
#include "top/figures.h"
#include "top/keys.h"
#include "top/layout.h"
#include "top/screenful.h"
#include "view/value.h"

#include "core/banned.h"

static void
test_brief(void **state)
{
	static const struct {
		double number;
		const char *text;
	} numbers[] = {
		{0, "0"},           {-1, "0"},          {0.4, "0.4"},     {1, "1"},
		{9.94, "9.9"},      {42, "42"},         {999, "999"},     {999.4, "999"},
		{999.6, "1.00k"},   {1234, "1.23k"},    {12345, "12.3k"}, {123456, "123k"},
		{999700, "1.00M"},  {1234567, "1.23M"}, {1e9, "1.00G"},   {9.81e9, "9.81G"},
		{18.4e18, "18.4E"}, {4e21, "4000E"},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_string_equal(brief_number(numbers[i].number).text, numbers[i].text);
		assert_true(strlen(numbers[i].text) <= 6);
	}
	assert_string_equal(brief_share(0).text, "0 %");
	assert_string_equal(brief_share(0.0003).text, "<0.1 %");
	assert_string_equal(brief_share(0.003).text, "0.3 %");
	assert_string_equal(brief_share(0.9996).text, "100 %");
	assert_string_equal(brief_ns(850).text, "850ns");
	assert_string_equal(brief_ns(1234).text, "1.2us");
	assert_string_equal(brief_ns(45.6e6).text, "46ms");
	assert_string_equal(brief_ns(12e9).text, "12s");
}

static void
check_share(const unsigned *wants, unsigned count, unsigned room, const unsigned *expected)
{
	unsigned given[8];

	layout_share(wants, given, count, room);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(given[i], expected[i]);
}

static void
test_layout(void **state)
{
	/* All get what they want; what is left is nobody's. */
	check_share((unsigned[]){4, 3, 2}, 3, 20, (unsigned[]){4, 3, 2});
	/* Nobody gets more than others who want more, but what others leave. */
	check_share((unsigned[]){100, 3, 100}, 3, 22, (unsigned[]){10, 3, 9});
	check_share((unsigned[]){100, 100, 100}, 3, 9, (unsigned[]){3, 3, 3});
	/* No room: from the first on a row below each head; of the next there is the head. */
	check_share((unsigned[]){100, 100, 100}, 3, 5, (unsigned[]){2, 2, 1});
	check_share((unsigned[]){100, 1, 100}, 3, 3, (unsigned[]){2, 1, 0});
	check_share((unsigned[]){100}, 1, 1, (unsigned[]){1});
	check_share((unsigned[]){100, 100}, 2, 0, (unsigned[]){0, 0});
}

static void
test_scroll(void **state)
{
	assert_int_equal(layout_scroll(0, 3, 10, 5), 0);
	assert_int_equal(layout_scroll(0, 5, 10, 5), 1);
	assert_int_equal(layout_scroll(4, 2, 10, 5), 2);
	/* Rows went away; or all have room. */
	assert_int_equal(layout_scroll(8, 9, 10, 5), 5);
	assert_int_equal(layout_scroll(3, 3, 4, 5), 0);
	assert_int_equal(layout_scroll(0, 0, 0, 5), 0);
}

static void
test_spark(void **state)
{
	struct spark spark = {.count = 0};

	assert_string_equal(spark_draw(&spark, 10, true).text, "");
	spark_add(&spark, 0);
	assert_string_equal(spark_draw(&spark, 10, true).text, "\xe2\x96\x81");
	spark_add(&spark, 7);
	spark_add(&spark, 3.5);
	assert_string_equal(spark_draw(&spark, 10, false).text, "_#=");
	/* The last ones, and by the highest of these. */
	assert_string_equal(spark_draw(&spark, 1, false).text, "#");
	for (unsigned i = 0; i < 2 * SPARK_VALUES; i++)
		spark_add(&spark, i);
	assert_int_equal(spark.count, SPARK_VALUES);
	assert_true(spark.values[SPARK_VALUES - 1] == 2 * SPARK_VALUES - 1);
	assert_int_equal(strlen(spark_draw(&spark, SPARK_VALUES, true).text), 3 * SPARK_VALUES);
	assert_string_equal(spark_bar(0.5, 4, false).text, "##");
	assert_string_equal(spark_bar(2, 4, false).text, "####");
	assert_string_equal(spark_bar(0, 4, true).text, "");
	/* What is not nothing is to be seen. */
	assert_string_equal(spark_bar(0.0001, 4, true).text, "\xe2\x96\x8f");
	assert_string_equal(spark_bar(0.375, 4, true).text, "\xe2\x96\x88\xe2\x96\x8c");
}

static void
check_keys(const char *typed, const int *expected, size_t count)
{
	struct keys keys = {.used = 0};
	int key = KEY_NONE;

	/* Byte by byte, as a slow line brings them. */
	for (size_t taken = 0; *typed || taken < count;) {
		if (*typed)
			keys_add(&keys, typed++, 1);
		while (keys_take(&keys, !*typed, &key)) {
			assert_int_equal(key, taken < count ? expected[taken] : -1);
			taken++;
		}
	}
	assert_int_equal(keys.used, 0);
}

static void
test_keys(void **state)
{
	check_keys("1q", (int[]){'1', 'q'}, 2);
	check_keys("\033[A\033OB\033[5~\033[6~\033[Zx",
		   (int[]){KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_BACK_TAB, 'x'}, 6);
	check_keys("\033[1;5Cx", (int[]){KEY_NONE, 'x'}, 2);
	check_keys("\033", (int[]){KEY_ESCAPE}, 1);
	check_keys("\033q", (int[]){KEY_ESCAPE, 'q'}, 2);
	check_keys("\r\n\b", (int[]){KEY_ENTER, KEY_ENTER, KEY_RUBOUT}, 3);
}

/* More than there is room for must not stop what comes behind. */
static void
test_keys_flood(void **state)
{
	struct keys keys = {.used = 0};
	char flood[3 * KEYS_BYTES_MAX];
	int key;

	memset(flood, '0', sizeof(flood));
	flood[0] = '\033';
	flood[1] = '[';
	keys_add(&keys, flood, sizeof(flood));
	while (keys_take(&keys, false, &key))
		;
	assert_int_equal(keys.used, 0);
	keys_add(&keys, "q", 1);
	assert_true(keys_take(&keys, false, &key));
	assert_int_equal(key, 'q');
}

/* Two moments, half a second of the daemon's clock apart. */
static json_t *
moment(double uptime, int packets, int busy, int lost)
{
	return json_pack(
		"{s:s, s:f, s:i, s:{s:b}, s:{s:{s:s, s:b, s:i, s:i, s:{s:i}, s:{s:i, s:i}}},"
		" s:{s:{s:i, s:i}}, s:{s:i, s:i}, s:[{s:i, s:i, s:i, s:i}], s:{s:i, s:i},"
		" s:{s:i}, s:f, s:i}",
		"state", "running", "uptime", uptime, "applied", 1, "ledger", "balanced", 1,
		"ports", "wan", "state", "up", "up", 1, "rx_packets", packets, "rx_bytes",
		100 * packets, "before", "missed", lost, "drops", "rule", packets, "tx-full", lost,
		"rules", "web", "packets", 3 * packets, "bytes", 300 * packets, "default",
		"packets", packets, "bytes", 100 * packets, "workers", "core", 2, "packets",
		packets, "busy_cycles", busy, "idle_cycles", 0, "drops", "rule", packets, "tx-full",
		lost, "before", "missed", lost, "tsc_hz", 1000.0, "rule_count", 2);
}

static double
real_at(const json_t *json, const char *one, const char *two, const char *three)
{
	json_t *value = json_object_get(json_object_get(json, one), two);

	value = three ? json_object_get(value, three) : value;
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void
test_figures(void **state)
{
	json_t *before = moment(10, 1000, 100, 5), *now = moment(10.5, 1500, 200, 7);
	json_t *figures = figures_make(now, before), *worker;

	assert_non_null(figures);
	assert_true(real_at(figures, "ports", "wan", "rx_pps") == 1000);
	assert_true(real_at(figures, "ports", "wan", "rx_bps") == 800000);
	/* What the config asks for is no loss; what did not come in is. */
	assert_true(real_at(figures, "ports", "wan", "lost") == 14);
	assert_true(real_at(figures, "ports", "wan", "lost_pps") == 8);
	assert_true(real_at(figures, "rules", "web", "pps") == 3000);
	assert_true(real_at(figures, "rules", "web", "share") == 0.75);
	assert_true(real_at(figures, "rules", "default", "share") == 0.25);
	assert_true(real_at(figures, "drops", "tx-full", "pps") == 4);
	/* 100 cycles of the 500 of half a second: it slept in between. */
	worker = json_array_get(json_object_get(figures, "workers"), 0);
	assert_true(json_number_value(json_object_get(worker, "busy")) == 0.2);
	assert_true(json_number_value(json_object_get(worker, "room")) == 5);
	assert_true(json_number_value(json_object_get(worker, "cycles_per_packet")) == 0.2);
	assert_true(json_is_true(json_object_get(worker, "room_at_least")));
	/* Both rules were asked for. */
	assert_int_equal(json_integer_value(json_object_get(figures, "rules_omitted")), 0);
	assert_true(json_is_null(json_object_get(
		json_object_get(json_object_get(figures, "ports"), "wan"), "backlog")));
	json_decref(figures);
	/* A daemon that began anew counts from 0: there are no rates. */
	figures = figures_make(before, now);
	assert_true(json_number_value(json_object_get(figures, "seconds")) == 0);
	assert_true(real_at(figures, "ports", "wan", "rx_pps") == 0);
	json_decref(figures);
	json_decref(before);
	json_decref(now);
}

/* What a daemon of today tells besides. */
static void
test_figures_of_more(void **state)
{
	static const char told[] =
		"{'ports': {'wan': {'writes': 'a/b.pcap', 'tx_packets': 2000, 'tx_bytes': 90000,"
		" 'backlog': {'now': 0.25, 'peak': 0.9}, 'peak_1ms': {'pps': 2500, 'packets': 2},"
		" 'latency': {'lower_ns': {'p50': 100}, 'upper_ns': {'p50': 200}}}},"
		" 'workers': [{'headroom': {'room': 1.5, 'at_least': false}}],"
		" 'replays': {'one': {'port': 'wan', 'as': true, 'sent': 1050, 'bytes': 10500},"
		"             'two': {'port': 'wan', 'as': false, 'sent': 5000, 'bytes': 50000}},"
		" 'energy': {'joules': 10.5, 'per_million_packets': 7, 'why': null},"
		" 'rule_count': 10}";
	json_t *before = moment(10, 1000, 100, 5), *now = moment(10.5, 1500, 200, 7);
	struct screenful screenful = {.paint.utf8 = true, .seconds = 1};
	json_t *more, *figures, *wan;
	char *text = strdup(told);

	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	more = json_loads(text, 0, NULL);
	json_array_extend(json_object_get(more, "workers"), json_object_get(now, "workers"));
	json_object_update(json_array_get(json_object_get(now, "workers"), 0),
			   json_array_get(json_object_get(more, "workers"), 0));
	json_object_del(more, "workers");
	json_object_update_recursive(now, more);
	json_object_set_new(before, "replays",
			    json_pack("{s:{s:i, s:i}}", "one", "sent", 1000, "bytes", 10000));
	json_object_set_new(before, "energy",
			    json_pack("{s:f, s:f}", "joules", 10.0, "per_million_packets", 6.0));
	figures = figures_make(now, before);
	/* Half a joule for 500 packets. */
	assert_true(real_at(figures, "energy", "joules_per_million", NULL) == 1000);
	wan = json_object_get(json_object_get(figures, "ports"), "wan");
	/* A replay that goes out is nothing that comes in. */
	assert_true(value_real(wan, "replayed_pps") == 100);
	assert_true(value_real(wan, "replayed_bps") == 8000);
	assert_true(value_real(wan, "backlog") == 0.25 && value_real(wan, "backlog_peak") == 0.9);
	assert_true(value_real(wan, "peak_1ms_pps") == 2500 &&
		    value_real(wan, "peak_ratio") == 2.5);
	assert_true(real_at(wan, "lower_ns", "p50", NULL) == 100);
	assert_true(real_at(wan, "upper_ns", "p50", NULL) == 200);
	assert_true(real_at(figures, "captures", "wan", "packets") == 2000);
	assert_true(real_at(figures, "captures", "wan", "pps") == 4000);
	assert_int_equal(json_integer_value(json_object_get(figures, "rules_omitted")), 8);
	wan = json_array_get(json_object_get(figures, "workers"), 0);
	assert_true(value_real(wan, "room") == 1.5);
	assert_true(json_is_false(json_object_get(wan, "room_at_least")));
	free(text);
	screenful_begin(&screenful);
	screenful.figures = figures;
	text = screenful_make(&screenful, 80, 24);
	assert_non_null(strstr(text, "J for 1M  1.00k "));
	free(text);
	screenful_end(&screenful);
	json_decref(more);
	json_decref(before);
	json_decref(now);
}

/* Each line has its width, at any size, and there are as many as the screen has rows. */
static void
check_screen(struct screenful *screenful, unsigned columns, unsigned rows)
{
	char *text = screenful_make(screenful, columns, rows);
	unsigned lines = 1;

	assert_non_null(text);
	assert_true(text_is_utf8(text));
	for (char *line = text, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		assert_true(sheet_width(line) <= columns);
		lines += end != NULL;
	}
	assert_true(lines <= (rows > 2 ? rows : 2));
	free(text);
}

static void
test_any_size(void **state)
{
	static const int typed[] = {'2',     's',        's',       KEY_DOWN, 'u',          '2',
				    '?',     KEY_ESCAPE, '/',       'w',      KEY_ENTER,    '5',
				    's',     KEY_END,    KEY_TAB,   'p',      KEY_BACK_TAB, '?',
				    KEY_END, KEY_UP,     KEY_ESCAPE};
	json_t *before = moment(10, 1000, 100, 5), *now = moment(10.5, 1500, 200, 7);
	struct screenful screenful = {.paint.utf8 = true, .seconds = 1};

	screenful_begin(&screenful);
	check_screen(&screenful, 80, 24);
	screenful.figures = figures_make(now, before);
	trail_add(&screenful.trail, screenful.figures);
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		for (unsigned columns = 1; columns < 200; columns += 7) {
			for (unsigned rows = 1; rows < 60; rows += 3)
				check_screen(&screenful, columns, rows);
		}
		assert_int_equal(act_on(&screenful, typed[i]), ACT_DRAW);
	}
	assert_int_equal(act_on(&screenful, KEY_NONE), ACT_NOTHING);
	assert_int_equal(act_on(&screenful, 'e'), ACT_EXPLAIN);
	check_screen(&screenful, 80, 24);
	assert_int_equal(act_on(&screenful, 'e'), ACT_EXPLAIN);
	assert_int_equal(act_on(&screenful, 't'), ACT_NOTHING);
	assert_int_equal(act_on(&screenful, KEY_ESCAPE), ACT_DRAW);
	assert_int_equal(act_on(&screenful, 't'), ACT_TAP);
	assert_int_equal(act_on(&screenful, 't'), ACT_DRAW);
	assert_int_equal(screenful.over.kind, OVER_NONE);
	assert_int_equal(act_on(&screenful, 'q'), ACT_QUIT);
	screenful_end(&screenful);
	json_decref(before);
	json_decref(now);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_scroll),
		cmocka_unit_test(test_spark),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_keys_flood),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_any_size),
		cmocka_unit_test(test_figures_of_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
