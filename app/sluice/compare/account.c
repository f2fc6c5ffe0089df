/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "changed.h"
#include "core/table.h"
#include "core/units.h"

#include "core/banned.h"

static const struct {
	const char *word;
	uint64_t numerator, denominator;
} shares[] = {
	{"p50", 50, 100},     {"p90", 90, 100},        {"p99", 99, 100},
	{"p99.9", 999, 1000}, {"p99.99", 9999, 10000},
};
#define SHARES (sizeof(shares) / sizeof(shares[0]))

static const char *const counts[] = {"lost", "changed", "duplicated", "reordered",
				     "late", "unknown", "ambiguous"};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static void
put(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

static uint64_t
get(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static json_t *
file_of(const struct side *side)
{
	json_t *file = json_object();

	json_object_set_new(file, "file", json_string(side->path));
	put(file, "packets", side->packets);
	put(file, "cut", side->cut);
	put(file, "others", side->others);
	json_object_set_new(file, "broken_off", json_boolean(side->broken_off));
	return file;
}

static json_t *
latencies_of(const struct sides *sides)
{
	json_t *latency = json_object();

	for (size_t i = 0; i < SHARES; i++)
		put(latency, shares[i].word,
		    histogram_quantile(&sides->latencies, shares[i].numerator,
				       shares[i].denominator));
	put(latency, "max", sides->latencies.max);
	put(latency, "min",
	    sides->numbers.matched + sides->numbers.late
		    ? (uint64_t)(sides->least_ns - sides->offset_ns)
		    : 0);
	return latency;
}

static json_t *
reordering_of(const struct match_numbers *numbers)
{
	uint64_t came = numbers->matched + numbers->late;
	json_t *reordering = json_object(), *n = json_array();

	json_object_set_new(reordering, "ratio",
			    json_real(came ? (double)numbers->reordered / (double)came : 0));
	put(reordering, "extent_max", numbers->extent_max);
	json_object_set_new(reordering, "extent_mean",
			    json_real(numbers->reordered ? (double)numbers->extent_sum /
								   (double)numbers->reordered
							 : 0));
	for (unsigned i = 0; i < MATCH_N_MAX; i++)
		json_array_append_new(n, json_integer((json_int_t)numbers->n[i]));
	json_object_set_new(reordering, "n", n);
	return reordering;
}

/* The words of what is ignored, or how many were matched by which level. */
static void
put_manner(json_t *account, const struct sides *sides)
{
	const struct match_numbers *numbers = &sides->numbers;
	json_t *ignoring = json_array(), *levels = json_object();
	unsigned loosest = 0;

	if (!sides->manner.automatic) {
		for (unsigned i = 0; match_ignoring_word(i); i++) {
			if (sides->manner.ignoring & (1u << i))
				json_array_append_new(ignoring,
						      json_string(match_ignoring_word(i)));
		}
		json_object_set_new(account, "ignoring", ignoring);
		json_decref(levels);
		return;
	}
	json_decref(ignoring);
	for (unsigned i = 0; i < MATCH_LEVELS; i++) {
		put(levels, match_level_word(i), numbers->by[i]);
		loosest = numbers->by[i] ? i : loosest;
	}
	/* What it took to know all that were known. */
	json_object_set_new(account, "by", json_string(match_level_word(loosest)));
	json_object_set_new(account, "levels", levels);
}

json_t *
account_make(const struct sides *sides)
{
	const struct match_numbers *numbers = &sides->numbers;
	json_t *account = json_object();
	int64_t least = numbers->matched + numbers->late ? sides->least_ns : 0;

	json_object_set_new(account, "sent_file", file_of(&sides->sent));
	json_object_set_new(account, "back_file", file_of(&sides->back));
	put(account, "sent", numbers->sent);
	put(account, "back", numbers->back);
	put(account, "matched", numbers->matched);
	put(account, "lost", numbers->lost);
	put(account, "changed", numbers->changed);
	put(account, "duplicated", numbers->duplicated);
	put(account, "reordered", numbers->reordered);
	put(account, "late", numbers->late);
	put(account, "unknown", numbers->unknown);
	put(account, "ambiguous", numbers->ambiguous);
	put_manner(account, sides);
	json_object_set_new(account, "latency_ns", latencies_of(sides));
	/* As the clocks have it; and what latencies are relative to. */
	json_object_set_new(account, "raw_latency_min_ns", json_integer(least));
	json_object_set_new(account, "offset_ns", json_integer(sides->offset_ns));
	json_object_set_new(account, "reordering", reordering_of(numbers));
	json_object_set_new(account, "changes", changed_make(match_changes(sides->match)));
	return account;
}

static void
print_file(const json_t *account, const char *which, const char *what, FILE *out)
{
	const json_t *file = json_object_get(account, which);

	fprintf(out, "%s: %s, %s packet%s", what, json_string_value(json_object_get(file, "file")),
		units_count(get(file, "packets")).text, units_plural(get(file, "packets")));
	if (get(file, "cut"))
		fprintf(out, ", %s of them cut short", units_count(get(file, "cut")).text);
	if (get(file, "others"))
		fprintf(out, "; %s record%s without one", units_count(get(file, "others")).text,
			units_plural(get(file, "others")));
	if (json_is_true(json_object_get(file, "broken_off")))
		fprintf(out, "; ends in the middle of a record");
	fprintf(out, "\n");
}

static void
print_manner(const json_t *account, FILE *out)
{
	const json_t *levels = json_object_get(account, "levels");
	const json_t *ignoring = json_object_get(account, "ignoring"), *word;
	const char *separator = "";
	size_t i;

	fprintf(out, levels ? "matched by: " : "matched ignoring: ");
	for (unsigned level = 0; levels && level < MATCH_LEVELS; level++) {
		uint64_t by = get(levels, match_level_word(level));

		if (by == 0)
			continue;
		fprintf(out, "%s%s (%s)", separator, match_level_word(level), units_count(by).text);
		separator = ", ";
	}
	json_array_foreach (ignoring, i, word) {
		fprintf(out, "%s%s", separator, json_string_value(word));
		separator = ", ";
	}
	fprintf(out, "%s\n", *separator ? "" : "nothing");
}

static void
print_latency(const json_t *account, FILE *out)
{
	const json_t *latency = json_object_get(account, "latency_ns");
	int64_t offset = json_integer_value(json_object_get(account, "offset_ns"));

	if (get(account, "matched") == 0)
		return;
	fprintf(out, "latency: ");
	for (size_t i = 0; i < SHARES; i++)
		fprintf(out, "%s %s, ", shares[i].word,
			units_ns(get(latency, shares[i].word)).text);
	fprintf(out, "max %s, min %s\n", units_ns(get(latency, "max")).text,
		units_ns(get(latency, "min")).text);
	if (offset < 0)
		fprintf(out,
			"  The clocks differ: by them the quickest came %s before it was sent. "
			"Latencies are those above its.\n",
			units_ns((uint64_t)-offset).text);
}

static void
print_reordering(const json_t *account, FILE *out)
{
	const json_t *reordering = json_object_get(account, "reordering");
	const json_t *n = json_object_get(reordering, "n");

	if (get(account, "reordered") == 0)
		return;
	fprintf(out,
		"reordering: ratio %.4g %%, extent %s at most and %.4g in the mean, "
		"3-reordered %s\n",
		100 * json_real_value(json_object_get(reordering, "ratio")),
		units_count(get(reordering, "extent_max")).text,
		json_real_value(json_object_get(reordering, "extent_mean")),
		units_count((uint64_t)json_integer_value(json_array_get(n, 2))).text);
}

static void
print_verdict(const json_t *account, FILE *out)
{
	const char *verdict = json_string_value(json_object_get(account, "verdict"));
	const json_t *why = json_object_get(account, "why"), *word;
	size_t i;

	if (!verdict)
		return;
	fprintf(out, "verdict: %s", verdict);
	json_array_foreach (why, i, word)
		fprintf(out, "%s%s", i ? "; " : ": ", json_string_value(word));
	fprintf(out, "\n");
}

void
account_print(const json_t *account, FILE *out)
{
	struct table *table = table_new("|>packets|>of sent");
	uint64_t sent = get(account, "sent");

	print_file(account, "sent_file", "sent", out);
	print_file(account, "back_file", "back", out);
	print_manner(account, out);
	table_cell(table, "matched");
	table_cell(table, "%s", units_count(get(account, "matched")).text);
	table_cell(table, "%s", units_share(get(account, "matched"), sent).text);
	for (size_t i = 0; i < COUNTS; i++) {
		table_cell(table, "%s", counts[i]);
		table_cell(table, "%s", units_count(get(account, counts[i])).text);
		table_cell(table, "%s", units_share(get(account, counts[i]), sent).text);
	}
	table_print(table, out);
	print_latency(account, out);
	print_reordering(account, out);
	changed_print(json_object_get(account, "changes"), out);
	print_verdict(account, out);
}
