/* SPDX-License-Identifier: BSD-3-Clause */
#include "tolerance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "core/text.h"
#include "core/units.h"

#include "core/banned.h"

struct tolerance_row {
	const char *word; /* in "latency_ns", if it is a time */
	bool time;
	bool strict; /* has to be 0 where nothing else was typed */
};

static const struct tolerance_row rows[] = {
	{"lost", .strict = true},
	{"changed", .strict = true},
	{"duplicated", .strict = true},
	{"reordered", .strict = true},
	{"late", .strict = true},
	{"unknown", .strict = true},
	{"ambiguous"},
	{"p50", .time = true},
	{"p90", .time = true},
	{"p99", .time = true},
	{"p99.9", .time = true},
	{"p99.99", .time = true},
	{"max", .time = true},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct tolerance_row *
find(const char *word, const char **nearest)
{
	const char *words[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
		words[i] = rows[i].word;
	}
	*nearest = text_nearest(word, words, ROWS);
	return NULL;
}

static bool
wrong_word(const char *word, const char *nearest, char *reason, size_t size)
{
	snprintf(reason, size, "%s is nothing that can be bounded%s%s%s; there are ",
		 text_quote(word).text, nearest ? "; did you mean `" : "", nearest ? nearest : "",
		 nearest ? "`?" : "");
	for (size_t i = 0; i < ROWS; i++) {
		size_t used = strlen(reason);

		snprintf(reason + used, size - used, "%s%s", i ? ", " : "", rows[i].word);
	}
	return false;
}

/* "5", or "0.5%". */
static bool
parse_count(struct tolerance_limit *limit, const char *text, char *reason, size_t size)
{
	uint64_t count;
	char *end;

	if (text_number(text, INT64_MAX, &count) == 0) {
		limit->most = (double)count;
		return true;
	}
	if (*text >= '0' && *text <= '9' && strspn(text, "0123456789.") + 1 == strlen(text)) {
		limit->most = strtod(text, &end) / 100;
		limit->share = true;
		if (strcmp(end, "%") == 0 && limit->most <= 1)
			return true;
	}
	snprintf(reason, size, "%s takes a number of packets, or a share such as 0.5%%, not %s",
		 limit->row->word, text_quote(text).text);
	return false;
}

static bool
parse_time(struct tolerance_limit *limit, const char *text, char *reason, size_t size)
{
	char why[CONFIG_AMOUNT_REASON_MAX];
	uint64_t ns;

	if (config_duration_parse(text, &ns, why, sizeof(why)) == 0) {
		limit->most = (double)ns;
		return true;
	}
	snprintf(reason, size, "%s: %s", limit->row->word, why);
	return false;
}

static bool
parse_one(struct tolerance *tolerance, char *text, char *reason, size_t size)
{
	struct tolerance_limit *limit = &tolerance->limits[tolerance->count];
	char *value = strchr(text, '=');
	const char *nearest = NULL;

	if (!value) {
		snprintf(reason, size, "%s is no bound such as lost=0, reordered=0.1%% or p99=50us",
			 text_quote(text).text);
		return false;
	}
	*value++ = 0;
	*limit = (struct tolerance_limit){.row = find(text, &nearest)};
	if (!limit->row)
		return wrong_word(text, nearest, reason, size);
	for (unsigned i = 0; i < tolerance->count; i++) {
		if (tolerance->limits[i].row != limit->row)
			continue;
		snprintf(reason, size, "%s is bounded twice", text);
		return false;
	}
	snprintf(limit->text, sizeof(limit->text), "%s", value);
	tolerance->count++;
	return limit->row->time ? parse_time(limit, value, reason, size)
				: parse_count(limit, value, reason, size);
}

bool
tolerance_parse(struct tolerance *tolerance, const char *text, char *reason, size_t size)
{
	char *copy, *rest, *part;
	bool good = true;

	*tolerance = (struct tolerance){.count = 0};
	if (!text) {
		for (size_t i = 0; i < ROWS; i++) {
			if (rows[i].strict)
				tolerance->limits[tolerance->count++] =
					(struct tolerance_limit){.row = &rows[i], .text = "0"};
		}
		return true;
	}
	copy = rest = strdup(text);
	if (!copy) {
		snprintf(reason, size, "out of memory");
		return false;
	}
	while (good && (part = strsep(&rest, ",")))
		good = parse_one(tolerance, part, reason, size);
	free(copy);
	return good;
}

static bool
judge(const struct tolerance_limit *limit, const json_t *numbers, json_t *why)
{
	const struct tolerance_row *row = limit->row;
	const json_t *of = row->time ? json_object_get(numbers, "latency_ns") : numbers;
	const json_t *told = json_object_get(of, row->word);
	uint64_t found = (uint64_t)json_integer_value(told);
	uint64_t sent = (uint64_t)json_integer_value(json_object_get(numbers, "sent"));
	char text[160];

	if (!told) {
		snprintf(text, sizeof(text), "%s is not told", row->word);
		json_array_append_new(why, json_string(text));
		return false;
	}
	if (limit->share ? (double)found <= limit->most * (double)sent
			 : (double)found <= limit->most)
		return true;
	if (row->time)
		snprintf(text, sizeof(text), "%s is %s, more than %s", row->word,
			 units_ns(found).text, limit->text);
	else if (limit->share)
		snprintf(text, sizeof(text), "%s %s of %s sent, %.4g %%, more than %s",
			 units_count(found).text, row->word, units_count(sent).text,
			 100 * (double)found / (double)(sent ? sent : 1), limit->text);
	else
		snprintf(text, sizeof(text), "%s %s, more than %s", units_count(found).text,
			 row->word, limit->text);
	json_array_append_new(why, json_string(text));
	return false;
}

bool
tolerance_judge(const struct tolerance *tolerance, json_t *numbers)
{
	json_t *why = json_array();
	bool passed = true;

	for (unsigned i = 0; i < tolerance->count; i++)
		passed &= judge(&tolerance->limits[i], numbers, why);
	json_object_set_new(numbers, "verdict", json_string(passed ? "pass" : "fail"));
	json_object_set_new(numbers, "why", why);
	return passed;
}
