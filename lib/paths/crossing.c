/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/crossing.h"

#include <string.h>

#include "paths/fit.h"
#include "paths/paths.h"
#include "paths/row.h"
#include "paths/way.h"

#include "core/banned.h"

static const char *const job_names[WAY_JOBS] = {"frames", "datagrams", "stream"};

/* Both ways at the sizes that both have. */
struct pair {
	unsigned count, sizes[PATHS_SIZES_MAX];
	/* Medians, and the spread: what speaks most for the copying way, and what least. */
	double copying[PATHS_SIZES_MAX], copying_least[PATHS_SIZES_MAX],
		copying_most[PATHS_SIZES_MAX];
	double without[PATHS_SIZES_MAX], without_least[PATHS_SIZES_MAX],
		without_most[PATHS_SIZES_MAX];
	double copied;
};

static const json_t *
find_row(const json_t *rows, const char *job, const char *way, json_int_t size)
{
	size_t i;
	const json_t *row;

	json_array_foreach (rows, i, row) {
		if (strcmp(row_word(row, "job"), job) == 0 &&
		    strcmp(row_word(row, "way"), way) == 0 &&
		    json_integer_value(json_object_get(row, "size")) == size &&
		    json_object_get(row, "cpu_ns"))
			return row;
	}
	return NULL;
}

static void
gather(const json_t *rows, const struct way *way, struct pair *pair)
{
	size_t i;
	const json_t *row;

	json_array_foreach (rows, i, row) {
		json_int_t size = json_integer_value(json_object_get(row, "size"));
		const json_t *other;
		unsigned at = pair->count;

		if (strcmp(row_word(row, "job"), job_names[way->job]) != 0 ||
		    strcmp(row_word(row, "way"), way->name) != 0 || !json_object_get(row, "cpu_ns"))
			continue;
		other = find_row(rows, job_names[way->job], way->copying, size);
		if (!other || at == PATHS_SIZES_MAX)
			continue;
		pair->sizes[at] = (unsigned)size;
		pair->copying[at] = row_figure(other, "cpu_ns", "median");
		pair->copying_least[at] = row_figure(other, "cpu_ns", "least");
		pair->copying_most[at] = row_figure(other, "cpu_ns", "most");
		pair->without[at] = row_figure(row, "cpu_ns", "median");
		pair->without_least[at] = row_figure(row, "cpu_ns", "least");
		pair->without_most[at] = row_figure(row, "cpu_ns", "most");
		pair->copied += row_figure(json_object_get(row, "copied"), "times", "median");
		pair->count++;
	}
}

static json_t *
size_json(enum fit fit, double size)
{
	if (fit == FIT_CROSSES)
		return json_real(size);
	return json_string(fit == FIT_ALWAYS ? "all" : "none");
}

static void
add_sizes(json_t *crossing, const struct way *way, const struct pair *pair, double copy_ns)
{
	double size, copies = 1;
	enum fit fit;

	for (unsigned i = 0; way_at(i); i++) {
		if (way_at(i)->job == way->job && strcmp(way_at(i)->name, way->copying) == 0)
			copies = way_at(i)->copies;
	}
	fit = fit_crossing(pair->sizes, pair->copying, pair->without, pair->count, &size);
	json_object_set_new(crossing, "measured", size_json(fit, size));
	fit = fit_crossing(pair->sizes, pair->copying_most, pair->without_least, pair->count,
			   &size);
	json_object_set_new(crossing, "least", size_json(fit, size));
	fit = fit_crossing(pair->sizes, pair->copying_least, pair->without_most, pair->count,
			   &size);
	json_object_set_new(crossing, "most", size_json(fit, size));
	fit = fit_model(pair->sizes[0], pair->copying[0], pair->without[0], copies, copy_ns, &size);
	json_object_set_new(crossing, "model", size_json(fit, size));
}

json_t *
crossings(const json_t *rows, double copy_ns_per_byte)
{
	json_t *result = json_array();

	for (unsigned i = 0; way_at(i); i++) {
		const struct way *way = way_at(i);
		struct pair pair = {0};
		json_t *crossing;

		if (!way->copying)
			continue;
		gather(rows, way, &pair);
		crossing = json_pack("{s:s, s:s, s:s, s:n}", "job", job_names[way->job], "way",
				     way->name, "copying", way->copying, "reason");
		if (pair.count == 0)
			json_object_set_new(crossing, "reason", json_string("not supported here"));
		else if (pair.copied > 0)
			json_object_set_new(
				crossing, "reason",
				json_string("the kernel copied what it delivered here"));
		else if (pair.count < 2)
			json_object_set_new(crossing, "reason",
					    json_string("measured at one size alone"));
		else
			add_sizes(crossing, way, &pair, copy_ns_per_byte);
		json_array_append_new(result, crossing);
	}
	return result;
}
