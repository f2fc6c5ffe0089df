/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "view/records.h"
#include "view/unsent.h"
#include "view/value.h"

#include "core/banned.h"

static void
label(FILE *out, const char *text)
{
	const struct table_style *style = table_style(out);

	fprintf(out, "%s%-9s%s", style->bold, text, style->plain);
}

static void
print_state(FILE *out, const char *name, const json_t *replay)
{
	const struct table_style *style = table_style(out);
	uint64_t asked = value_number(replay, "loops_asked"), loops = value_number(replay, "loops");

	fprintf(out, "%sreplay %s%s %s: %s packet%s, %s, ", style->bold, name, style->plain,
		value_text(replay, "state"), units_count(value_number(replay, "sent")).text,
		units_plural(value_number(replay, "sent")),
		units_bytes(value_number(replay, "bytes")).text);
	if (asked)
		fprintf(out, "%s of %s loop%s\n", units_count(loops).text, units_count(asked).text,
			units_plural(asked));
	else
		fprintf(out, "%s loop%s\n", units_count(loops).text, units_plural(loops));
}

static void
print_times(FILE *out, const json_t *replay, const json_t *verdict)
{
	const json_t *asked = json_object_get(verdict, "asked");
	const json_t *achieved = json_object_get(verdict, "achieved");
	double wanted = value_real(asked, "elapsed"), taken = value_real(achieved, "elapsed");

	label(out, "asked");
	if (wanted > 0)
		fprintf(out, "%s for %.6f s\n", units_rate(value_real(asked, "pps"), "pps").text,
			wanted);
	else
		fprintf(out, "%s\n",
			strcmp(value_text(replay, "pace"), "top") == 0 ? "as fast as it goes"
								       : "one moment");
	label(out, "achieved");
	if (taken > 0)
		fprintf(out, "%s for %.6f s", units_rate(value_real(achieved, "pps"), "pps").text,
			taken);
	else
		fprintf(out, "one moment");
	if (wanted > 0)
		fprintf(out, ", %s (%.4f %%) %s",
			units_ns((uint64_t)(fabs(taken - wanted) * 1e9 + 0.5)).text,
			100 * fabs(taken - wanted) / wanted, taken < wanted ? "shorter" : "longer");
	fprintf(out, "\n");
}

static void
print_error(FILE *out, const json_t *verdict)
{
	const json_t *error = json_object_get(verdict, "error_ns");

	label(out, "error");
	if (value_number(error, "max") == 0) {
		fprintf(out, "not measured: packets had no times\n");
		return;
	}
	fprintf(out, "p50 %s, p99 %s, p99.9 %s, max %s, %s\n",
		units_ns(value_number(error, "p50")).text,
		units_ns(value_number(error, "p99")).text,
		units_ns(value_number(error, "p99.9")).text,
		units_ns(value_number(error, "max")).text, value_text(verdict, "measured"));
}

/* Where it was to start at a time of the wall clock. */
static void
print_start(FILE *out, const json_t *verdict)
{
	const json_t *start = json_object_get(verdict, "start");

	if (!json_is_string(json_object_get(start, "at")))
		return;
	label(out, "start");
	fprintf(out, "%s", value_text(start, "at"));
	if (json_is_number(json_object_get(start, "error_ns")))
		fprintf(out, ", %s late by this clock; within %s of the true time",
			units_ns(value_number(start, "error_ns")).text,
			units_ns(value_number(start, "bound_ns")).text);
	fprintf(out, "\n");
}

/* What was not sent as the capture has it: late, dropped and underruns always, the others when
 * there are any. */
static void
print_losses(FILE *out, const json_t *replay)
{
	uint64_t underruns = value_number(replay, "underruns");
	struct value_list unsent = unsent_all(replay), records = {""}, unedited = {""};

	label(out, "late");
	fprintf(out, "%s; %s dropped, %s underrun%s\n",
		units_count(value_number(replay, "late")).text,
		units_count(value_number(replay, "dropped")).text, units_count(underruns).text,
		underruns == 1 ? "" : "s");
	if (*unsent.text) {
		label(out, "not sent");
		fprintf(out, "%s\n", unsent.text);
	}
	records_changed(&records, replay);
	if (*records.text) {
		label(out, "records");
		fprintf(out, "%s\n", records.text);
	}
	records_unedited(&unedited, replay);
	if (*unedited.text) {
		label(out, "unedited");
		fprintf(out, "%s\n", unedited.text);
	}
}

/* What the run did not keep. */
static void
print_faults(FILE *out, const json_t *replay, const json_t *verdict)
{
	uint64_t p99 = value_number(json_object_get(verdict, "error_ns"), "p99");
	uint64_t tolerance = value_number(verdict, "tolerance_ns");
	uint64_t dropped = value_number(replay, "dropped");
	uint64_t refused = value_number(replay, "refused");
	uint64_t underruns = value_number(replay, "underruns");
	bool exact = json_is_integer(json_object_get(verdict, "tolerance_ns"));
	const char *separator = ": ";

	if (*value_text(replay, "reason")) {
		fprintf(out, "%snot all of its files could be read", separator);
		separator = ", ";
	}
	if (exact && p99 > tolerance) {
		fprintf(out, "%sp99 is more than %s", separator, units_ns(tolerance).text);
		separator = ", ";
	}
	if (exact && dropped) {
		fprintf(out, "%s%s dropped", separator, units_count(dropped).text);
		separator = ", ";
	}
	if (refused) {
		fprintf(out, "%s%s not taken by %s (%s)", separator, units_count(refused).text,
			json_is_true(json_object_get(replay, "as")) ? "the ports behind its rules"
			: *value_text(replay, "server_port")        ? "the ports"
								    : "the port",
			unsent_lost(replay).text);
		separator = ", ";
	}
	if (exact && underruns) {
		fprintf(out, "%s%s underrun%s", separator, units_count(underruns).text,
			underruns == 1 ? "" : "s");
		separator = ", ";
	}
	if (*value_text(replay, "return_why"))
		fprintf(out, "%sreturn %s: %s", separator, value_text(replay, "return"),
			value_text(replay, "return_why"));
	fprintf(out, "\n");
}

static void
print_return(FILE *out, const json_t *replay)
{
	if (!*value_text(replay, "return"))
		return;
	label(out, "return");
	fprintf(out, "%s: %s lost, %s changed, p99 %s\n", value_text(replay, "return"),
		units_count(value_number(replay, "lost")).text,
		units_count(value_number(replay, "changed")).text,
		units_ns(value_number(replay, "latency_p99_ns")).text);
}

static void
print_result(FILE *out, const json_t *replay, const json_t *verdict)
{
	const struct table_style *style = table_style(out);
	const char *result = value_text(verdict, "result"), *reason = value_text(replay, "reason");
	bool passed = strcmp(result, "pass") == 0;

	label(out, "verdict");
	if (strcmp(result, "not judged") == 0) {
		fprintf(out, "%s: %s\n", result,
			json_is_integer(json_object_get(verdict, "tolerance_ns"))
				? "it has not run"
				: "the replay has no tolerance");
	} else {
		fprintf(out, "%s%s%s", passed ? style->good : style->bad, result, style->plain);
		if (passed && !json_is_integer(json_object_get(verdict, "tolerance_ns")))
			fprintf(out, ": return %s passes\n", value_text(replay, "return"));
		else if (passed)
			fprintf(out, ": p99 is within %s, nothing dropped, no underrun\n",
				units_ns(value_number(verdict, "tolerance_ns")).text);
		else
			print_faults(out, replay, verdict);
	}
	if (*reason)
		fprintf(out, "%sfailed%s   %s\n", style->bad, style->plain, reason);
}

void
view_verdict(FILE *out, const char *name, const json_t *replay)
{
	const json_t *verdict = json_object_get(replay, "verdict");

	print_state(out, name, replay);
	print_start(out, verdict);
	print_times(out, replay, verdict);
	print_error(out, verdict);
	print_losses(out, replay);
	print_return(out, replay);
	print_result(out, replay, verdict);
}
