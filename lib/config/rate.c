/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/gate.h"

#include <errno.h>
#include <stdio.h>

#include "config/decimal.h"
#include "config/unit.h"
#include "core/text.h"

#include "core/banned.h"

/* What a bucket holds where nobody says: what comes in 10 ms, and a few packets at least. */
#define BURSTS_A_SECOND 100
#define BURST_BYTES_MIN 16384
#define BURST_PACKETS_MIN 16

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of packets and of bits the smallest first. */
static const struct decimal_unit units[] = {
	{"pps", 1}, {"kpps", 1000}, {"Mpps", 1000000}, {"Gpps", 1000000000},
	{"bps", 1}, {"kbps", 1000}, {"Mbps", 1000000}, {"Gbps", 1000000000},
};
#define BITS 4 /* from here on */

static int
refuse(const char *text, char *reason, size_t size)
{
	char right[DECIMAL_TEXT_MAX];

	if (unit_is_bytes(text))
		snprintf(reason, size,
			 "expected " CONFIG_RATE_FORMS ", not %s: that is bytes a second, and a "
			 "rate counts bits; write eight times as many",
			 text_quote(text).text);
	else if (decimal_suggest(text, units, COUNT(units), right, sizeof(right)))
		snprintf(reason, size,
			 "expected " CONFIG_RATE_FORMS ", not %s; did you mean \"%s\"?",
			 text_quote(text).text, right);
	else
		snprintf(reason, size, "expected " CONFIG_RATE_FORMS ", not %s",
			 text_quote(text).text);
	return -EINVAL;
}

static uint64_t
burst_of(const struct config_rate *rate)
{
	uint64_t least = rate->packets ? BURST_PACKETS_MIN : BURST_BYTES_MIN;
	uint64_t burst = rate->rate / BURSTS_A_SECOND / (rate->packets ? 1 : 8);

	return burst > least ? burst : least;
}

int
config_rate_parse(const char *text, struct config_rate *out, char *reason, size_t reason_size)
{
	struct decimal decimal;
	int ret = unit_parse(text, units, COUNT(units), &decimal);

	if (ret == -EINVAL)
		return refuse(text, reason, reason_size);
	if (ret < 0 || decimal.den > 1 || decimal.num > CONFIG_RATE_MAX) {
		snprintf(reason, reason_size,
			 "%s is too large, or too fine: a rate is a whole number of bits or "
			 "packets a second, and at most 10^13",
			 text_quote(text).text);
		return -EINVAL;
	}
	if (decimal.num == 0) {
		snprintf(reason, reason_size,
			 "%s lets nothing pass, or everything; a rate is more than 0",
			 text_quote(text).text);
		return -EINVAL;
	}
	*out = (struct config_rate){
		.rate = decimal.num, .packets = decimal.unit < BITS, .policer = -1};
	out->burst = burst_of(out);
	return 0;
}

/* In the largest unit of which it is at least one. */
void
config_rate_format(const struct config_rate *rate, char *out, size_t size)
{
	unsigned unit = rate->packets ? 0 : BITS;
	unsigned end = unit + BITS;

	while (unit + 1 < end && rate->rate >= units[unit + 1].factor)
		unit++;
	decimal_format(rate->rate, 1, &units[unit], out, size);
}
