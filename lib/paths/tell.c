/* SPDX-License-Identifier: BSD-3-Clause */
/* A result as tables: of each job the cost by way and size, what arrived, and what was copied. */
#include <stdlib.h>
#include <string.h>

#include "core/table.h"
#include "paths/paths.h"
#include "paths/row.h"

#include "core/banned.h"

#define HEADS_MAX 256

static const struct job {
	const char *name, *title;
} jobs[] = {
	{"frames", "frames from memory, to a MAC that nobody has"},
	{"datagrams", "UDP datagrams from memory, to a MAC that nobody has"},
	{"stream", "a file in memory, into TCP, received here: sends of so many bytes"},
};

static bool
is_of(const json_t *row, const char *job, const char *way)
{
	return strcmp(row_word(row, "job"), job) == 0 && strcmp(row_word(row, "way"), way) == 0;
}

/* "median ±half the spread", or a dash. */
static void
cost_cell(struct table *table, const json_t *row)
{
	if (!json_object_get(row, "cpu_ns")) {
		table_cell(table, "-");
		return;
	}
	table_cell(table, "%.0f ±%.0f", row_figure(row, "cpu_ns", "median"),
		   (row_figure(row, "cpu_ns", "most") - row_figure(row, "cpu_ns", "least")) / 2);
}

static void
rate_cell(struct table *table, const json_t *row)
{
	if (!json_object_get(row, "gbps"))
		table_cell(table, "-");
	else
		table_cell(table, "%.2f", row_figure(row, "gbps", "median"));
}

/* One table: a row a way, a column a size; behind them how often a byte was copied. */
static void
print_job(const json_t *rows, const char *job, const char *title, bool rates, FILE *out)
{
	char heads[HEADS_MAX] = "way", *first = NULL;
	struct table *table;
	size_t i, used = strlen(heads);
	const json_t *row;

	json_array_foreach (rows, i, row) {
		if (strcmp(row_word(row, "job"), job) != 0 ||
		    (first && strcmp(row_word(row, "way"), first) != 0))
			continue;
		first = first ? first : (char *)row_word(row, "way");
		used += (size_t)snprintf(
			heads + used, sizeof(heads) - used, "|>%lld",
			(long long)json_integer_value(json_object_get(row, "size")));
	}
	if (!first)
		return;
	snprintf(heads + used, sizeof(heads) - used, "|>copied");
	fprintf(out, "%s: %s\n", title, rates ? "Gbit/s at the far end" : "ns of CPU each");
	table = table_new(heads);
	for (i = 0; i < json_array_size(rows);) {
		const json_t *begin = json_array_get(rows, i);
		const json_t *copied = NULL;

		if (strcmp(row_word(begin, "job"), job) != 0) {
			i++;
			continue;
		}
		table_cell(table, "%s", row_word(begin, "way"));
		for (; (row = json_array_get(rows, i)) && is_of(row, job, row_word(begin, "way"));
		     i++) {
			if (rates)
				rate_cell(table, row);
			else
				cost_cell(table, row);
			if (json_object_get(row, "copied"))
				copied = json_object_get(row, "copied");
		}
		if (copied)
			table_cell(table, "%.2f%s", row_figure(copied, "times", "median"),
				   strstr(row_word(copied, "how"), "told") ? " told" : "");
		else
			table_cell(table, "-");
	}
	table_print(table, out);
	fprintf(out, "\n");
}

/* One line for all sizes of a way that have the same reason. */
static void
print_reasons(const json_t *rows, FILE *out)
{
	size_t i;
	const json_t *row, *before = NULL;

	json_array_foreach (rows, i, row) {
		if (json_is_string(json_object_get(row, "reason")) &&
		    !(before && is_of(before, row_word(row, "job"), row_word(row, "way")) &&
		      strcmp(row_word(before, "reason"), row_word(row, "reason")) == 0))
			fprintf(out, "%s, %s, from %lld bytes: %s\n", row_word(row, "job"),
				row_word(row, "way"),
				(long long)json_integer_value(json_object_get(row, "size")),
				row_word(row, "reason"));
		before = row;
	}
}

static void
size_cell(struct table *table, const json_t *size)
{
	if (json_is_string(size))
		table_cell(table, "%s", json_string_value(size));
	else if (size)
		table_cell(table, "%.0f", json_number_value(size));
	else
		table_cell(table, "-");
}

static void
print_crossings(const json_t *result, FILE *out)
{
	struct table *table =
		table_new("without copies|instead of|>from bytes|>least|>most|>model|");
	size_t i;
	const json_t *crossing;

	fprintf(out,
		"\nFrom which size on zero-copy pays (all: at every size; none: at no size)\n");
	json_array_foreach (json_object_get(result, "crossings"), i, crossing) {
		table_cell(table, "%s, %s", row_word(crossing, "job"), row_word(crossing, "way"));
		table_cell(table, "%s", row_word(crossing, "copying"));
		size_cell(table, json_object_get(crossing, "measured"));
		size_cell(table, json_object_get(crossing, "least"));
		size_cell(table, json_object_get(crossing, "most"));
		size_cell(table, json_object_get(crossing, "model"));
		table_cell(table, "%s", row_word(crossing, "reason"));
	}
	table_print(table, out);
}

void
paths_table(const json_t *result, FILE *out)
{
	const json_t *rows = json_object_get(result, "rows");
	const json_t *machine = json_object_get(result, "machine");

	fprintf(out, "%s, %lld cores, Linux %s, %s; medians of %lld, ± half of what they span\n\n",
		row_word(machine, "processor"),
		(long long)json_integer_value(json_object_get(machine, "cores")),
		row_word(machine, "kernel"), row_word(machine, "date"),
		(long long)json_integer_value(json_object_get(result, "repeats")));
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		print_job(rows, jobs[i].name, jobs[i].title, false, out);
		print_job(rows, jobs[i].name, jobs[i].title, true, out);
	}
	print_reasons(rows, out);
	print_crossings(result, out);
	fprintf(out,
		"\nCopied: how often each byte was copied on its way to the driver, as the kernel "
		"told "
		"where it says so,\nelse by construction. Ways whose spans overlap have no order. "
		"Copying a byte costs %.3f ns here;\nthe model is the cost at the smallest size, "
		"and "
		"that for each byte more.\n",
		json_number_value(json_object_get(result, "copy_ns_per_byte")));
}
