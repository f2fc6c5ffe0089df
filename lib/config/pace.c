/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/pace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/decimal.h"
#include "config/unit.h"
#include "core/text.h"

#include "core/banned.h"

#define NUM_MAX UINT64_C(1000000000000000)
#define DEN_MAX UINT64_C(1000000000)

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of each kind the smallest first. */
static const struct decimal_unit units[] = {
	{"x", 1},
	{"pps", 1},
	{"kpps", 1000},
	{"Mpps", 1000000},
	{"Gpps", 1000000000},
	{"bps", 1},
	{"kbps", 1000},
	{"Mbps", 1000000},
	{"Gbps", 1000000000},
	{"bps-wire", 1},
	{"kbps-wire", 1000},
	{"Mbps-wire", 1000000},
	{"Gbps-wire", 1000000000},
};

static const enum config_pace_kind kinds[] = {
	CONFIG_PACE_ORIGINAL,   CONFIG_PACE_PACKETS,    CONFIG_PACE_PACKETS,
	CONFIG_PACE_PACKETS,    CONFIG_PACE_PACKETS,    CONFIG_PACE_FRAME_BITS,
	CONFIG_PACE_FRAME_BITS, CONFIG_PACE_FRAME_BITS, CONFIG_PACE_FRAME_BITS,
	CONFIG_PACE_WIRE_BITS,  CONFIG_PACE_WIRE_BITS,  CONFIG_PACE_WIRE_BITS,
	CONFIG_PACE_WIRE_BITS,
};

_Static_assert(COUNT(units) == COUNT(kinds), "each unit has its kind");

static int
refuse(const char *text, char *reason, size_t size)
{
	static const char *const words[] = {"original", "top"};
	const char *nearest = text_nearest(text, words, COUNT(words));
	char right[DECIMAL_TEXT_MAX];

	if (unit_is_bytes(text)) {
		snprintf(reason, size,
			 "expected " CONFIG_PACE_FORMS ", not %s: that is bytes a second, and a "
			 "pace counts bits; write eight times as many",
			 text_quote(text).text);
		return -EINVAL;
	}
	if (nearest)
		snprintf(right, sizeof(right), "%s", nearest);
	if (nearest || decimal_suggest(text, units, COUNT(units), right, sizeof(right)))
		snprintf(reason, size,
			 "expected " CONFIG_PACE_FORMS ", not %s; did you mean \"%s\"?",
			 text_quote(text).text, right);
	else
		snprintf(reason, size, "expected " CONFIG_PACE_FORMS ", not %s",
			 text_quote(text).text);
	return -EINVAL;
}

int
config_pace_parse(const char *text, struct config_pace *out, char *reason, size_t reason_size)
{
	struct decimal decimal;
	int ret;

	*out = (struct config_pace){CONFIG_PACE_ORIGINAL, 1, 1};
	if (strcmp(text, "original") == 0)
		return 0;
	if (strcmp(text, "top") == 0) {
		out->kind = CONFIG_PACE_TOP;
		return 0;
	}
	ret = unit_parse(text, units, COUNT(units), &decimal);
	if (ret == -EINVAL)
		return refuse(text, reason, reason_size);
	if (ret < 0 || decimal.num > NUM_MAX || decimal.den > DEN_MAX) {
		snprintf(reason, reason_size,
			 "%s is too large, or too fine: in times, packets or bits a second 10^15 "
			 "is the most, and 15 digits, 9 of them behind the point, are kept",
			 text_quote(text).text);
		return -EINVAL;
	}
	if (decimal.num == 0) {
		snprintf(reason, reason_size,
			 "%s would never send a packet; a pace is more than 0 (what waits for a "
			 "command has \"start: manual\")",
			 text_quote(text).text);
		return -EINVAL;
	}
	*out = (struct config_pace){kinds[decimal.unit], decimal.num, decimal.den};
	return 0;
}

/* The largest unit of which it is at least one, or else the smallest. */
static const struct decimal_unit *
unit_for(const struct config_pace *pace)
{
	const struct decimal_unit *best = NULL;

	for (unsigned i = 0; i < COUNT(units); i++) {
		if (kinds[i] == pace->kind && (!best || pace->num / pace->den >= units[i].factor))
			best = &units[i];
	}
	return best;
}

void
config_pace_format(const struct config_pace *pace, char *out, size_t size)
{
	if (pace->kind == CONFIG_PACE_TOP)
		snprintf(out, size, "top");
	else if (pace->kind == CONFIG_PACE_ORIGINAL && pace->num == pace->den)
		snprintf(out, size, "original");
	else
		decimal_format(pace->num, pace->den, unit_for(pace), out, size);
}
