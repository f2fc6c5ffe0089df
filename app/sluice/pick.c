/* SPDX-License-Identifier: BSD-3-Clause */
#include "pick.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "view/value.h"

#include "core/banned.h"

#define COLUMNS_MAX 16

/* What a table can be sorted by. Numbers are sorted from the largest on, names and cores from the
 * smallest. */
struct column {
	const char *method, *word;
	const char *member; /* NULL: the name */
	enum { NUMBER, RATE, FIRST } kind;
};

static const struct column columns[] = {
	{"rules", "name", NULL, FIRST},
	{"rules", "packets", "packets", NUMBER},
	{"rules", "bytes", "bytes", NUMBER},
	{"rules", "now", "packets", RATE},
	{"rules", "unedited", "unedited", NUMBER},
	{"rules", "policed", "policed", NUMBER},
	{"rules", "duplicate", "duplicate", NUMBER},
	{"rules", "sampled-out", "sampled_out", NUMBER},
	{"drops", "name", NULL, FIRST},
	{"drops", "packets", "", NUMBER},
	{"drops", "now", "", RATE},
	{"ports", "name", NULL, FIRST},
	{"ports", "in", "rx_packets", NUMBER},
	{"ports", "in-bytes", "rx_bytes", NUMBER},
	{"ports", "in-now", "rx_packets", RATE},
	{"ports", "out", "tx_packets", NUMBER},
	{"ports", "out-bytes", "tx_bytes", NUMBER},
	{"ports", "out-now", "tx_packets", RATE},
	{"ports", "missed", "missed", NUMBER},
	{"ports", "truncated", "truncated", NUMBER},
	{"policers", "name", NULL, FIRST},
	{"policers", "passed", "passed", NUMBER},
	{"policers", "over", "over", NUMBER},
	{"policers", "now", "passed", RATE},
	{"captures", "name", NULL, FIRST},
	{"captures", "stored", "packets", NUMBER},
	{"captures", "held", "held", NUMBER},
	{"captures", "now", "packets", RATE},
	{"dedups", "name", NULL, FIRST},
	{"dedups", "looked-at", "looked_at", NUMBER},
	{"dedups", "duplicates", "duplicates", NUMBER},
	{"dedups", "now", "duplicates", RATE},
	{"returns", "name", NULL, FIRST},
	{"returns", "sent", "sent", NUMBER},
	{"returns", "lost", "lost", NUMBER},
	{"workers", "core", "core", FIRST},
	{"workers", "packets", "packets", NUMBER},
	{"workers", "now", "packets", RATE},
	{"workers", "busy", "busy_cycles", NUMBER},
	{"workers", "slept", "sleep_ns", NUMBER},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* A row of the answer. */
struct row {
	const char *name; /* NULL in a list */
	json_t *now, *before;
	size_t place; /* in the answer */
	double key;
};

/* The column of a word, or NULL with those that there are in known. */
static const struct column *
find_column(const char *method, const char *word, const char **known, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < COLUMNS; i++) {
		if (strcmp(columns[i].method, method) != 0)
			continue;
		if (word && strcasecmp(columns[i].word, word) == 0)
			return &columns[i];
		known[(*count)++] = columns[i].word;
	}
	return NULL;
}

struct pick_text
pick_columns(const char *method)
{
	struct pick_text all = {""};
	const char *known[COLUMNS_MAX];
	size_t count, used = 0;

	find_column(method, NULL, known, &count);
	for (size_t i = 0; i < count && used < sizeof(all.text); i++)
		used += (size_t)snprintf(all.text + used, sizeof(all.text) - used, "%s%s",
					 i ? ", " : "", known[i]);
	return all;
}

int
pick_check(const struct command *command, const struct options *options)
{
	const char *known[COLUMNS_MAX], *nearest;
	size_t count;
	bool asked = options->sort || options->top || options->nonzero;

	if (!asked)
		return EXIT_DONE;
	if (!command->picks)
		return say_failed(EXIT_USAGE,
				  "--sort, --top and --nonzero are for the tables of rules, "
				  "policers, dedups, returns, drops, ports and workers");
	if (options->json)
		return say_failed(EXIT_USAGE,
				  "--json prints the answer as it came; --sort, --top and "
				  "--nonzero are for tables");
	if (!options->sort || find_column(command->method, options->sort, known, &count))
		return EXIT_DONE;
	nearest = text_nearest(options->sort, known, count);
	return say_failed(EXIT_USAGE, "%s has no column %s%s%s%s; --sort takes %s", command->words,
			  text_quote(options->sort).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "",
			  pick_columns(command->method).text);
}

/* Of drops the row is the number itself. */
static double
number_of(const json_t *row, const char *member)
{
	return json_number_value(*member ? json_object_get(row, member) : row);
}

/* Negated where the largest is to be first. */
static double
key_of(const struct row *row, const struct column *column)
{
	double now;

	if (!column || !column->member)
		return 0;
	now = number_of(row->now, column->member);
	if (column->kind == RATE && row->before)
		now -= number_of(row->before, column->member);
	return column->kind == FIRST ? now : -now;
}

/* Whether a row has counted anything. */
static bool
has_counted(const struct row *row)
{
	static const char *const counters[] = {"packets",   "rx_packets", "tx_packets", "missed",
					       "rx_errors", "tx_errors",  "rx_nombuf",  "truncated",
					       "passed",    "over",       "looked_at"};

	if (json_is_number(row->now))
		return json_number_value(row->now) > 0;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (number_of(row->now, counters[i]) > 0)
			return true;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->key != other->key)
		return one->key < other->key ? -1 : 1;
	return one->place < other->place ? -1 : one->place > other->place;
}

static int
compare_names(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	return one->name && other->name ? strcmp(one->name, other->name) : compare(a, b);
}

/* The rows of an answer that are to be shown, in their order; *count is how many. */
static struct row *
rows_of(const struct options *options, const struct column *column, const json_t *all,
	const json_t *all_before, size_t *count)
{
	size_t size = json_is_array(all) ? json_array_size(all) : json_object_size(all);
	struct row *rows = calloc(size ? size : 1, sizeof(*rows));
	void *at = json_object_iter((json_t *)all);

	*count = 0;
	for (size_t i = 0; rows && i < size; i++) {
		struct row *row = &rows[*count];

		row->place = i;
		if (json_is_array(all)) {
			row->now = json_array_get(all, i);
			row->before = json_array_get(all_before, i);
		} else {
			row->name = json_object_iter_key(at);
			row->now = json_object_iter_value(at);
			row->before = json_object_get(all_before, row->name);
			at = json_object_iter_next((json_t *)all, at);
		}
		row->key = key_of(row, column);
		*count += !options->nonzero || has_counted(row);
	}
	if (rows && column)
		qsort(rows, *count, sizeof(*rows), column->member ? compare : compare_names);
	return rows;
}

/* What is left out still counts where a table has a sum: rules that decided. */
static json_t *
others(const struct row *rows, size_t count, bool before)
{
	uint64_t packets = 0, bytes = 0;

	for (size_t i = 0; i < count; i++) {
		const json_t *row = before ? rows[i].before : rows[i].now;

		if (json_is_false(json_object_get(row, "decides")))
			continue;
		packets += value_number(row, "packets");
		bytes += value_number(row, "bytes");
	}
	return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)count, "packets",
			 (json_int_t)packets, "bytes", (json_int_t)bytes);
}

/* The answer with the first of the rows alone. */
static json_t *
answer_of(const json_t *answer, const char *member, const struct row *rows, size_t shown,
	  size_t count, bool before)
{
	bool list = json_is_array(json_object_get(answer, member));
	json_t *copy = json_copy((json_t *)answer);
	json_t *picked = list ? json_array() : json_object();

	for (size_t i = 0; i < shown; i++) {
		json_t *row = before ? rows[i].before : rows[i].now;

		/* Lists are compared place by place, so what was not there has a place too. */
		if (list)
			json_array_append_new(picked, row ? json_incref(row) : json_null());
		else if (row)
			json_object_set(picked, rows[i].name, row);
	}
	json_object_set_new(copy, member, picked);
	if (shown < count)
		json_object_set_new(copy, "others", others(rows + shown, count - shown, before));
	return copy;
}

void
pick_rows(const struct command *command, const struct options *options, const struct view *view,
	  json_t **now, json_t **before)
{
	const char *member = command->picks;
	const struct column *column = NULL;
	const char *known[COLUMNS_MAX];
	size_t count, shown;
	struct row *rows;

	if (options->sort)
		column = find_column(command->method, options->sort, known, &count);
	rows = rows_of(options, column, json_object_get(view->now, member),
		       json_object_get(view->before, member), &count);
	shown = options->top && options->top < count ? options->top : count;
	*now = answer_of(view->now, member, rows, shown, count, false);
	*before = view->before ? answer_of(view->before, member, rows, shown, count, true) : NULL;
	free(rows);
}
