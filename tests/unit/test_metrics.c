/* SPDX-License-Identifier: BSD-3-Clause */
/* Prometheus' text of answers that no daemon gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/histogram.h"
#include "metrics/metrics.h"
#include "metrics/table.h"

#include "core/banned.h"

/* To be freed. */
static char *
text_of(const char *json)
{
	json_t *snapshot = json ? json_loads(json, 0, NULL) : NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_true(!json || snapshot);
	metrics_put(out, snapshot, 0.25);
	fclose(out);
	json_decref(snapshot);
	return text;
}

static void
has_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	if (!found || (found != text && found[-1] != '\n') || found[strlen(line)] != '\n')
		fail_msg("no line \"%s\" in:\n%s", line, text);
}

static void
whoever_does_not_answer_is_down(void **state)
{
	char *text = text_of(NULL);

	has_line(text, "sluice_up 0");
	assert_null(strstr(text, "\nsluice_up 1"));
	assert_null(strstr(text, "sluice_ledger"));
	assert_null(strstr(text, "rules_omitted"));
	free(text);
}

static void
labels_are_escaped(void **state)
{
	char *text = text_of("{\"rules\":{\"a\\\"b\\\\c\\nd\":{\"packets\":1},\"\":{\"packets\":2},"
			     "\"\\u00e4{},=\":{\"packets\":3}}}");

	has_line(text, "sluice_rule_packets_total{rule=\"a\\\"b\\\\c\\nd\"} 1");
	has_line(text, "sluice_rule_packets_total{rule=\"\"} 2");
	has_line(text, "sluice_rule_packets_total{rule=\"\xc3\xa4{},=\"} 3");
	free(text);
}

static void
the_default_is_told_with_any_number_of_rules(void **state)
{
	char *text = text_of("{\"rules\":{},\"default\":{\"packets\":7,\"bytes\":8},"
			     "\"rule_count\":10001}");

	has_line(text, "sluice_rule_packets_total{rule=\"default\"} 7");
	has_line(text, "sluice_rules 10001");
	has_line(text, "sluice_exporter_rules_omitted 10000");
	free(text);
	text = text_of("{\"rules\":{\"default\":{\"packets\":7}},\"default\":{\"packets\":8},"
		       "\"rule_count\":1}");
	has_line(text, "sluice_rule_packets_total{rule=\"default\"} 7");
	has_line(text, "sluice_exporter_rules_omitted 0");
	free(text);
}

/* Of other types than they should be, of a daemon to come. */
static void
what_is_odd_is_left_out(void **state)
{
	static const char *const odd[] = {
		"{}",
		"{\"rules\":7,\"ports\":[1],\"workers\":{\"a\":1}}",
		"{\"pools\":[null,3],\"ledger\":\"x\"}",
		"{\"rules\":{\"a\":null,\"b\":[],\"c\":{\"packets\":\"1\"}},\"state\":null}",
		"{\"rules\":{},\"workers\":[{\"core\":null,\"fill\":[],\"cache\":1}],\"tsc_hz\":0}",
		"{\"replays\":{\"a\":{\"error_histogram_ns\":{\"below\":[1],\"counts\":[1]}}}}",
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char *text = text_of(odd[i]);

		assert_non_null(strstr(text, "\nsluice_up "));
		assert_null(strstr(text, "rule=\"c\""));
		assert_null(strstr(text, "_bucket"));
		free(text);
	}
}

static void
histograms_have_all_that_they_need(void **state)
{
	char *text = text_of("{\"rules\":{},\"replays\":{\"one\":{\"error_histogram_ns\":"
			     "{\"below\":[64,256],\"counts\":[3,0,2],\"sum\":2000000000}}},"
			     "\"workers\":[{\"core\":2,\"packets\":40,\"fill\":[1,0,2,0,0,1,0]}]}");
	static const char *const lines[] = {
		"sluice_replay_error_seconds_bucket{replay=\"one\",le=\"6.4e-08\"} 3",
		"sluice_replay_error_seconds_bucket{replay=\"one\",le=\"2.56e-07\"} 3",
		"sluice_replay_error_seconds_bucket{replay=\"one\",le=\"+Inf\"} 5",
		"sluice_replay_error_seconds_sum{replay=\"one\"} 2",
		"sluice_replay_error_seconds_count{replay=\"one\"} 5",
		"sluice_worker_burst_packets_bucket{core=\"2\",le=\"1\"} 1",
		"sluice_worker_burst_packets_bucket{core=\"2\",le=\"3\"} 1",
		"sluice_worker_burst_packets_bucket{core=\"2\",le=\"7\"} 3",
		"sluice_worker_burst_packets_bucket{core=\"2\",le=\"63\"} 4",
		"sluice_worker_burst_packets_bucket{core=\"2\",le=\"+Inf\"} 4",
		"sluice_worker_burst_packets_sum{core=\"2\"} 40",
		"sluice_worker_burst_packets_count{core=\"2\"} 4",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		has_line(text, lines[i]);
	assert_null(strstr(text, "le=\"127\""));
	free(text);
}

static void
units_are_base_units(void **state)
{
	char *text = text_of("{\"rules\":{},\"tsc_hz\":2000000000,"
			     "\"ports\":{\"a\":{\"speed\":10000}},"
			     "\"policers\":{\"p\":{\"rate\":8000,\"unit\":\"bits\"},"
			     "\"q\":{\"rate\":5,\"unit\":\"packets\"}},"
			     "\"workers\":[{\"core\":0,\"busy_cycles\":1000000000,\"age_ns\":5}]}");

	has_line(text, "sluice_port_speed_bytes{port=\"a\"} 1250000000");
	has_line(text, "sluice_policer_rate_bytes{policer=\"p\"} 1000");
	has_line(text, "sluice_policer_rate_packets{policer=\"q\"} 5");
	has_line(text, "sluice_worker_busy_seconds_total{core=\"0\"} 0.5");
	has_line(text, "sluice_worker_age_seconds{core=\"0\"} 5e-09");
	assert_null(strstr(text, "rate_bytes{policer=\"q\"}"));
	free(text);
}

/* Names as Prometheus' own rules have them, each once. */
static void
rows_are_well_named(void **state)
{
	const char *names[256];
	size_t count = 0;

	for (const struct metric_group *group = metrics_groups; group->title; group++) {
		for (const struct metric *metric = group->metrics; metric->name; metric++) {
			size_t length = strlen(metric->name);
			bool total = length > 6 && strcmp(metric->name + length - 6, "_total") == 0;

			assert_true(total == (metric->type == METRIC_COUNTER));
			assert_int_equal(strspn(metric->name, "abcdefghijklmnopqrstuvwxyz_"),
					 length);
			assert_non_null(strchr("01ABCDEFGHIJKLMNOPQRSTUVWXYZ", *metric->help));
			for (size_t i = 0; i < count; i++)
				assert_string_not_equal(names[i], metric->name);
			names[count++] = metric->name;
		}
	}
	assert_true(count > 80);
}

static void
sums_of_a_histogram(void **state)
{
	static struct histogram histogram;
	struct histogram_sums sums;
	uint64_t all = 0, exact = 0;

	/* On both sides of every bound, and far beyond. */
	for (unsigned shift = 0; shift < 50; shift++) {
		uint64_t value = UINT64_C(1) << shift;

		histogram_add(&histogram, value);
		histogram_add(&histogram, value - 1);
		exact += 2 * value - 1;
	}
	histogram_sum(&histogram, &sums);
	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		uint64_t from = i ? sums.below[i - 1] : 0;
		uint64_t to = i < HISTOGRAM_BOUNDS ? sums.below[i] : UINT64_MAX;
		uint64_t count = 0;

		for (unsigned shift = 0; shift < 50; shift++) {
			uint64_t value = UINT64_C(1) << shift;

			count += value >= from && value < to;
			count += value - 1 >= from && value - 1 < to;
		}
		assert_int_equal(sums.counts[i], count);
		all += sums.counts[i];
	}
	assert_int_equal(all, 100);
	assert_true(sums.sum >= exact - exact / 64 && sums.sum <= exact + exact / 64);
	for (unsigned i = 0; i < 4; i++)
		histogram_add(&histogram, UINT64_MAX / 2);
	histogram_sum(&histogram, &sums);
	assert_int_equal(sums.sum, INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_does_not_answer_is_down),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(the_default_is_told_with_any_number_of_rules),
		cmocka_unit_test(what_is_odd_is_left_out),
		cmocka_unit_test(histograms_have_all_that_they_need),
		cmocka_unit_test(units_are_base_units),
		cmocka_unit_test(rows_are_well_named),
		cmocka_unit_test(sums_of_a_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
