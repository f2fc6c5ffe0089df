/* SPDX-License-Identifier: BSD-3-Clause */
/* rehearse: what workers could take, found out by leaving packets waiting for a moment. */
#include <string.h>
#include <time.h>

#include "config/amount.h"
#include "core/table.h"
#include "core/units.h"
#include "daemon.h"
#include "view/value.h"
#include "watch.h"

#include "core/banned.h"

#define PAUSE_NS 100000000

/* The answer's result, to be given up; NULL: it was refused, as said on stderr. */
static json_t *
ask(struct daemon *daemon, const struct options *options, const char *method, json_t *params,
    int *ret)
{
	json_t *answer = NULL, *result;

	*ret = daemon_call(daemon, method, params, false, &answer);
	result = json_incref(json_object_get(answer, "result"));
	if (*ret == EXIT_DONE && !result)
		*ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	return result;
}

static bool
is_over(const json_t *workers)
{
	json_t *worker;
	size_t i;

	json_array_foreach (workers, i, worker) {
		if (json_is_true(json_object_get(json_object_get(worker, "headroom"), "rehearses")))
			return false;
	}
	return true;
}

/* Until no worker rehearses: `workers` as it is then; NULL: ret says why not. */
static json_t *
await(struct daemon *daemon, const struct options *options, int *ret)
{
	for (;;) {
		json_t *result = ask(daemon, options, "workers", NULL, ret);

		if (!result || is_over(json_object_get(result, "workers")))
			return result;
		json_decref(result);
		if (watch_ended()) {
			*ret = EXIT_FAILED;
			return NULL;
		}
		nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
	}
}

/* What came of it is added to what was begun. */
static bool
add_found(json_t *begun, const json_t *found)
{
	json_t *worker;
	bool all = true;
	size_t i;

	json_array_foreach (begun, i, worker) {
		const json_t *headroom = json_object_get(json_array_get(found, i), "headroom");
		bool rehearsed = json_is_true(json_object_get(headroom, "rehearsed")) &&
				 value_number(worker, "hold_ns") > 0;

		json_object_set_new(
			worker, "pps",
			rehearsed ? json_integer((json_int_t)value_number(headroom, "pps"))
				  : json_null());
		json_object_set(worker, "room",
				rehearsed ? json_object_get(headroom, "room") : json_null());
		if (!rehearsed && value_number(worker, "hold_ns") > 0)
			json_object_set_new(worker, "why",
					    json_string("too few bursts were full; once more, or "
							"for longer"));
		all &= rehearsed;
	}
	return all;
}

static void
print(const json_t *workers)
{
	struct table *table = table_new(">CORE|>LEFT WAITING|>COULD TAKE|>ROOM|");
	json_t *worker;
	size_t i;

	json_array_foreach (workers, i, worker) {
		const char *why = json_string_value(json_object_get(worker, "why"));

		table_cell(table, "%u", (unsigned)value_number(worker, "core"));
		table_cell(table, "%s",
			   value_number(worker, "hold_ns")
				   ? units_ns(value_number(worker, "hold_ns")).text
				   : "-");
		if (json_is_integer(json_object_get(worker, "pps")))
			table_cell(table, "%s", units_rate(value_real(worker, "pps"), "pps").text);
		else
			table_cell(table, "-");
		if (json_is_real(json_object_get(worker, "room")))
			table_cell(table, "%.1fx", value_real(worker, "room"));
		else
			table_cell(table, "-");
		table_cell(table, "%s", why ? why : "");
	}
	table_print(table, stdout);
}

static int
tell(const struct options *options, json_t *begun, const json_t *found)
{
	json_t *workers = json_object_get(begun, "workers");
	bool all = add_found(workers, json_object_get(found, "workers"));

	if (options->json)
		daemon_print_result(begun);
	else
		print(workers);
	return all ? EXIT_DONE : EXIT_FAILED;
}

int
run_rehearse(const struct command *command, const struct options *options, char *const *arguments)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	json_t *params = NULL, *begun, *found = NULL;
	struct daemon daemon;
	uint64_t ns;
	int ret;

	if (arguments[0] && config_duration_parse(arguments[0], &ns, reason, sizeof(reason)) < 0)
		return say_failed(EXIT_USAGE, "%s", reason);
	ret = daemon_open(&daemon, options, false);
	if (ret != EXIT_DONE)
		return ret;
	if (arguments[0])
		params = json_pack("{s:I}", "most_ns", (json_int_t)ns);
	watch_begin();
	begun = ask(&daemon, options, command->method, params, &ret);
	if (begun)
		found = await(&daemon, options, &ret);
	if (found)
		ret = tell(options, begun, found);
	json_decref(found);
	json_decref(begun);
	daemon_close(&daemon);
	return ret;
}
