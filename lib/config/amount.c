/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/amount.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "config/decimal.h"
#include "core/text.h"

#include "core/banned.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The first WRITTEN of them are those that are written. */
static const struct decimal_unit durations[] = {
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000000},
	{"s", 1000000000},
	{"\u00b5s", 1000},
	{"min", UINT64_C(60) * 1000000000},
	{"h", UINT64_C(3600) * 1000000000},
};
#define DURATIONS_WRITTEN 4

static const struct decimal_unit sizes[] = {
	{"KiB", UINT64_C(1) << 10},
	{"MiB", UINT64_C(1) << 20},
	{"GiB", UINT64_C(1) << 30},
	{"TiB", UINT64_C(1) << 40},
};

static int
refuse(const char *text, const char *forms, const struct decimal_unit *units, unsigned count,
       char *reason, size_t size)
{
	char right[DECIMAL_TEXT_MAX];

	if (decimal_suggest(text, units, count, right, sizeof(right)))
		snprintf(reason, size, "expected %s, not %s; did you mean \"%s\"?", forms,
			 text_quote(text).text, right);
	else
		snprintf(reason, size, "expected %s, not %s", forms, text_quote(text).text);
	return -EINVAL;
}

static int
parse_duration(const char *text, const char *forms, uint64_t *ns, char *reason, size_t size)
{
	struct decimal decimal;
	int ret = decimal_parse(text, durations, COUNT(durations), &decimal);

	if (ret == -EINVAL)
		return refuse(text, forms, durations, COUNT(durations), reason, size);
	if (ret < 0 || decimal.den > 1 || decimal.num > CONFIG_DURATION_MAX) {
		snprintf(reason, size,
			 "%s is too long, or too fine: a duration is a whole number of "
			 "nanoseconds, and at most 87600h",
			 text_quote(text).text);
		return -EINVAL;
	}
	*ns = decimal.num;
	return 0;
}

int
config_duration_parse(const char *text, uint64_t *ns, char *reason, size_t reason_size)
{
	return parse_duration(text, CONFIG_DURATION_FORMS, ns, reason, reason_size);
}

void
config_duration_format(uint64_t ns, char *out, size_t size)
{
	unsigned unit = ns ? 0 : DURATIONS_WRITTEN - 1;

	while (unit + 1 < DURATIONS_WRITTEN && ns >= durations[unit + 1].factor)
		unit++;
	decimal_format(ns, 1, &durations[unit], out, size);
}

int
config_size_parse(const char *text, uint64_t *bytes, char *reason, size_t reason_size)
{
	struct decimal decimal;
	int ret = decimal_parse(text, sizes, COUNT(sizes), &decimal);

	if (ret == -EINVAL)
		return refuse(text, CONFIG_SIZE_FORMS, sizes, COUNT(sizes), reason, reason_size);
	if (ret < 0) {
		snprintf(reason, reason_size, "%s has too many digits; write %s",
			 text_quote(text).text, CONFIG_SIZE_FORMS);
		return -EINVAL;
	}
	*bytes = decimal.num / decimal.den + (decimal.num % decimal.den != 0);
	return 0;
}

void
config_size_format(uint64_t bytes, char *out, size_t size)
{
	unsigned unit = 0;

	while (unit + 1 < COUNT(sizes) && bytes % sizes[unit + 1].factor == 0 && bytes)
		unit++;
	decimal_format(bytes, 1, &sizes[unit], out, size);
}

int
config_moment_parse(const char *text, struct config_moment *out, char *reason, size_t reason_size)
{
	out->kind = CONFIG_MOMENT_TIME;
	if (text[0] != '#')
		return parse_duration(text, CONFIG_MOMENT_FORMS, &out->value, reason, reason_size);
	out->kind = CONFIG_MOMENT_PACKET;
	if (text_number(text + 1, UINT64_MAX - 1, &out->value) == 0 && out->value > 0)
		return 0;
	snprintf(reason, reason_size,
		 "%s is no packet's number; packets are counted from \"#1\" on",
		 text_quote(text).text);
	return -EINVAL;
}

void
config_moment_format(const struct config_moment *moment, char *out, size_t size)
{
	if (moment->kind == CONFIG_MOMENT_PACKET)
		snprintf(out, size, "#%" PRIu64, moment->value);
	else
		config_duration_format(moment->value, out, size);
}
