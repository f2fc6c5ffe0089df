/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics/sample.h"

#include <string.h>

#include "metrics/family.h"
#include "metrics/table.h"
#include "stage/reasons.h"

#include "core/banned.h"

/* Longer than any bound of a histogram. */
#define BOUND_MAX 40

void
sample_number(struct family *family, const json_t *value)
{
	double scale = family->metric->scale;

	if (json_is_boolean(value))
		family_whole(family, "", json_is_true(value));
	else if (json_is_integer(value) && scale == 0)
		family_whole(family, "", json_integer_value(value));
	else if (json_is_number(value))
		family_real(family, "", json_number_value(value) * (scale == 0 ? 1 : scale));
}

void
sample_cycles(struct family *family, const json_t *value)
{
	double hz = json_number_value(json_object_get(family->snapshot, "tsc_hz"));

	if (json_is_number(value) && hz > 0)
		family_real(family, "", json_number_value(value) / hz);
}

/* The member that is called as the first of words. */
static const json_t *
first_of(const json_t *object, const char *words)
{
	return json_object_getn(object, words, family_length(words));
}

void
sample_state(struct family *family, const json_t *value)
{
	const char *words = family->metric->words, *is = json_string_value(value);

	for (; is && words; words = family_next(words)) {
		size_t length = family_length(words);

		family_label_word(family, family->metric->label, words);
		family_whole(family, "", strlen(is) == length && memcmp(words, is, length) == 0);
		family_unlabel(family);
	}
}

void
sample_members(struct family *family, const json_t *value)
{
	const char *words = family->metric->words;

	for (; words; words = family_next(words)) {
		family_label_word(family, family->metric->label, words);
		sample_number(family, first_of(value, words));
		family_unlabel(family);
	}
}

void
sample_each(struct family *family, const json_t *value)
{
	const char *inner = family->metric->words, *key;
	json_t *member;

	json_object_foreach ((json_t *)value, key, member) {
		family_label(family, family->metric->label, key);
		sample_number(family, inner ? json_object_get(member, inner) : member);
		family_unlabel(family);
	}
}

static const char *
kind_of(const struct reason *reason)
{
	if (!reason)
		return "unknown";
	return reason->kind == REASON_LOSS ? "loss" : "policy";
}

void
sample_drops(struct family *family, const json_t *value)
{
	const char *reason = family->metric->label, *kind = family_next(reason), *key;
	json_t *count;

	json_object_foreach ((json_t *)value, key, count) {
		family_label(family, reason, key);
		family_label(family, kind, kind_of(drop_reason_named(key)));
		sample_number(family, count);
		family_unlabel(family);
		family_unlabel(family);
	}
}

void
sample_info(struct family *family, const json_t *value)
{
	const char *words = family->metric->words, *label = family->metric->label;
	unsigned labels = family->labels;

	if (!json_is_object(value))
		return;
	for (; words && label; words = family_next(words), label = family_next(label)) {
		const char *text = json_string_value(first_of(value, words));

		family_label(family, label, text ? text : "");
	}
	family_whole(family, "", 1);
	while (family->labels > labels)
		family_unlabel(family);
}

void
sample_rate(struct family *family, const json_t *value)
{
	const char *unit = json_string_value(json_object_get(value, "unit"));

	if (unit && strcmp(unit, family->metric->words) == 0)
		sample_number(family, json_object_get(value, "rate"));
}

/* Of a bucket: how many values are no more than le; "+Inf": all. */
static void
put_bucket(struct family *family, const char *le, json_int_t count)
{
	family_label(family, "le", le);
	family_whole(family, "_bucket", count);
	family_unlabel(family);
}

void
sample_histogram(struct family *family, const json_t *value)
{
	const json_t *below = json_object_get(value, "below");
	const json_t *counts = json_object_get(value, "counts");
	size_t buckets = json_array_size(below);
	double scale = family->metric->scale;
	json_int_t count = 0;
	char le[BOUND_MAX];

	if (buckets == 0 || json_array_size(counts) != buckets + 1)
		return;
	for (size_t i = 0; i < buckets; i++) {
		snprintf(le, sizeof(le), "%.15g",
			 json_number_value(json_array_get(below, i)) * scale);
		count += json_integer_value(json_array_get(counts, i));
		put_bucket(family, le, count);
	}
	count += json_integer_value(json_array_get(counts, buckets));
	put_bucket(family, "+Inf", count);
	family_real(family, "_sum", json_number_value(json_object_get(value, "sum")) * scale);
	family_whole(family, "_count", count);
}

/* The daemon counts bursts of 1, of 2 to 3, 4 to 7 and so on, of the last size and more. */
void
sample_bursts(struct family *family, const json_t *value)
{
	const json_t *fill = json_object_get(value, "fill");
	size_t steps = json_array_size(fill);
	json_int_t count = 0;
	char le[BOUND_MAX];

	if (steps == 0)
		return;
	for (size_t i = 0; i < steps; i++) {
		count += json_integer_value(json_array_get(fill, i));
		snprintf(le, sizeof(le), "%llu", (2ULL << i) - 1);
		put_bucket(family, i + 1 < steps ? le : "+Inf", count);
	}
	family_whole(family, "_sum", json_integer_value(json_object_get(value, "packets")));
	family_whole(family, "_count", count);
}
