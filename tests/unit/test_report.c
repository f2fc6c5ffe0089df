/* SPDX-License-Identifier: BSD-3-Clause */
/* The words and numbers of the report and of the reading methods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "control/print.h"
#include "control/report.h"
#include "fake_engine.h"

#include "core/banned.h"

static struct engine *engine;
static struct snapshot *snapshot;

static int
set_up(void **state)
{
	engine = fake_engine(FAKE_YAML);
	snapshot = engine_snapshot(engine);
	return 0;
}

static int
tear_down(void **state)
{
	snapshot_free(snapshot);
	engine_free(engine);
	return 0;
}

/* The value at a path like "ports.a.rx_packets". */
static const json_t *
at(const json_t *value, const char *path)
{
	while (value && *path) {
		size_t length = strcspn(path, ".");

		value = json_object_getn(value, path, length);
		path += length + (path[length] == '.');
	}
	return value;
}

static void
number(const json_t *object, const char *path, uint64_t expected)
{
	const json_t *value = at(object, path);

	if (!json_is_integer(value))
		fail_msg("%s is no integer", path);
	assert_int_equal(json_integer_value(value), expected);
}

static void
keys(const json_t *object, const char *expected)
{
	char text[512] = "";
	const char *key;
	json_t *value;

	assert_true(json_is_object(object));
	json_object_foreach ((json_t *)object, key, value)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", key);
	assert_string_equal(text, expected);
}

static void
report_has_the_contract_s_words(void **state)
{
	json_t *report = report_json(snapshot);

	keys(report, "version ports rules drops replays copies ledger leaked cycles retired ");
	keys(at(report, "ports"), "a b ");
	keys(at(report, "ports.a"), "rx_packets rx_bytes tx_packets tx_bytes truncated empty "
				    "too_long skipped converted cut ");
	keys(at(report, "rules"), "dns default ");
	keys(at(report, "rules.dns"), "packets bytes policed ");
	keys(at(report, "rules.default"), "packets bytes ");
	keys(at(report, "ledger"), "in out dropped held balanced ");
	assert_int_equal(json_object_size(at(report, "drops")), DROP_REASONS);
	assert_int_equal(json_object_size(at(report, "copies")), COPY_REASONS);
	assert_int_equal(json_object_size(at(report, "replays")), 0);
	number(report, "version", 1);
	number(report, "leaked", 0);
	number(report, "rules.default.packets", 101);
	number(report, "drops.default", DROP_DEFAULT);
	assert_true(json_is_true(at(report, "ledger.balanced")));
	json_decref(report);
}

static void
large_numbers_stay_whole(void **state)
{
	json_t *report = report_json(snapshot), *again;
	char *text = json_dumps(report, JSON_COMPACT);

	again = json_loads(text, 0, NULL);
	number(again, "ports.a.rx_packets", FAKE_BIG);
	number(again, "ports.b.rx_packets", FAKE_BIG + 1);
	number(again, "ports.a.rx_bytes", 64 * FAKE_BIG);
	number(again, "ledger.out", FAKE_BIG - 3);
	free(text);
	json_decref(again);
	json_decref(report);
}

static void
one_snapshot_is_one_text(void **state)
{
	json_t *one = report_json(snapshot), *other = report_json(snapshot);
	char *one_text = json_dumps(one, 0), *other_text = json_dumps(other, 0);

	assert_string_equal(one_text, other_text);
	free(one_text);
	free(other_text);
	json_decref(one);
	json_decref(other);
}

static void
views_say_more(void **state)
{
	json_t *status = report_status(snapshot), *ports = report_ports(snapshot);
	json_t *rules = report_all_rules(snapshot), *workers = report_workers(snapshot);
	json_t *drops = report_drops(snapshot), *memory = report_memory(snapshot);

	assert_string_equal(json_string_value(at(status, "state")), "running");
	number(status, "ports.a.rx_packets", FAKE_BIG);
	assert_true(json_number_value(at(status, "uptime")) == 1.5);
	assert_string_equal(json_string_value(at(ports, "ports.a.mac")), "00:00:00:00:00:00");
	number(ports, "ports.a.speed", 10000);
	number(ports, "ports.a.missed", 4);
	assert_string_equal(json_string_value(at(ports, "ports.a.state")), "up");
	number(ports, "ports.a.link_changes", 6);
	number(ports, "ports.b.checksum_checked", 100);
	number(ports, "ports.b.checksum_wrong", 1);
	number(drops, "ports.a.before.missed", 4);
	number(drops, "before.no-mbuf", 16);
	assert_string_equal(json_string_value(at(rules, "dns.filter")), "jit");
	number(json_array_get(at(workers, "workers"), 0), "cache.hits", 800);
	assert_int_equal(json_array_size(at(json_array_get(at(workers, "workers"), 0), "fill")),
			 TALLY_FILL_STEPS);
	number(drops, "ports.a.drops.rule", 5);
	number(drops, "ports.a.mirrored", 2);
	assert_int_equal(json_object_size(at(drops, "reasons")), DROP_REASONS);
	number(json_array_get(at(memory, "pools"), 0), "in_use", 191);
	json_decref(status);
	json_decref(ports);
	json_decref(rules);
	json_decref(workers);
	json_decref(drops);
	json_decref(memory);
}

static char *
printed(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report_print(snapshot, out);
	fclose(out);
	return text;
}

static void
people_are_told_what_matters(void **state)
{
	char *text = printed();

	assert_non_null(strstr(text, "9,007,199,254,740,993"));
	assert_non_null(strstr(text, "dns"));
	assert_non_null(strstr(text, ": balanced\n"));
	assert_non_null(strstr(text, "every packet is back in its pool"));
	assert_null(strstr(text, "cycles per packet")); /* start and captures are in them */
	assert_null(strstr(text, "\033"));
	assert_null(strstr(text, " \n"));
	free(text);

	snapshot->ledger.balanced = false;
	snapshot->leaked = 2;
	text = printed();
	assert_non_null(strstr(text, ": NOT BALANCED\n"));
	assert_non_null(strstr(text, "2 packets LEAKED"));
	free(text);
}

/* The report has no such key as long as there is nothing to say; the status always tells. */
static void
what_is_unsafe_is_told(void **state)
{
	json_t *status = report_status(snapshot), *report;
	char *text = printed();

	assert_true(json_is_false(at(status, "unsafe")));
	assert_null(strstr(text, "UNSAFE"));
	json_decref(status);
	free(text);

	snapshot->unsafe = true;
	status = report_status(snapshot);
	report = report_json(snapshot);
	text = printed();
	assert_true(json_is_true(at(status, "unsafe")));
	assert_true(json_is_true(at(report, "unsafe")));
	assert_non_null(strstr(text, "UNSAFE: started with --unsafe-no-iommu"));
	json_decref(status);
	json_decref(report);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_has_the_contract_s_words),
		cmocka_unit_test(large_numbers_stay_whole),
		cmocka_unit_test(one_snapshot_is_one_text),
		cmocka_unit_test(views_say_more),
		cmocka_unit_test(people_are_told_what_matters),
		cmocka_unit_test(what_is_unsafe_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
