/* SPDX-License-Identifier: BSD-3-Clause */
#include "returns/judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/amount.h"

#include "core/banned.h"

static const struct {
	const char *name;
	unsigned share, of; /* 0: the greatest */
} quantiles[CONFIG_LATENCIES] = {{"p50", 50, 100},
				 {"p99", 99, 100},
				 {"p99.9", 999, 1000},
				 {"p99.99", 9999, 10000},
				 {"max", 0, 0}};

static void __attribute__((format(printf, 2, 3))) find(struct judge *judge, const char *format, ...)
{
	size_t used = strlen(judge->why), room = sizeof(judge->why) - used;
	va_list arguments;
	int length;

	judge->verdict = JUDGE_FAIL;
	va_start(arguments, format);
	length = vsnprintf(judge->why + used, room, format, arguments);
	va_end(arguments);
	/* A line stands whole, or not at all. */
	if (length < 0 || (size_t)length + 1 >= room)
		length = 0;
	else
		judge->why[used + length++] = '\n';
	judge->why[used + length] = 0;
}

static bool
tolerates(const struct config_tolerated *tolerated, uint64_t count, uint64_t sent)
{
	switch (tolerated->how) {
	case CONFIG_TOLERATE_ANY:
		return true;
	case CONFIG_TOLERATE_SHARE:
		return (unsigned __int128)count * CONFIG_TOLERATED_ALL <=
		       (unsigned __int128)sent * tolerated->value;
	default:
		return count <= tolerated->value;
	}
}

static void
judge_counts(const struct config_tolerance *tolerance, struct judge *judge)
{
	const struct match_numbers *numbers = &judge->numbers;
	const struct {
		const char *text;
		uint64_t count;
	} counts[CONFIG_COUNTS] = {
		[CONFIG_COUNT_LOST] = {"lost", numbers->lost},
		[CONFIG_COUNT_CHANGED] = {"changed", numbers->changed},
		[CONFIG_COUNT_DUPLICATED] = {"duplicated", numbers->duplicated},
		[CONFIG_COUNT_REORDERED] = {"reordered", numbers->reordered},
		[CONFIG_COUNT_LATE] = {"late", numbers->late},
		[CONFIG_COUNT_UNKNOWN] = {"unknown: the replay did not send them",
					  numbers->unknown},
	};

	for (unsigned i = 0; i < CONFIG_COUNTS; i++) {
		if (!tolerates(&tolerance->counts[i], counts[i].count, numbers->sent))
			find(judge, "%" PRIu64 " %s", counts[i].count, counts[i].text);
	}
}

static void
judge_latencies(const struct config_tolerance *tolerance, struct judge *judge)
{
	for (unsigned i = 0; i < CONFIG_LATENCIES; i++) {
		char is[CONFIG_AMOUNT_TEXT_MAX], may[CONFIG_AMOUNT_TEXT_MAX];

		if (tolerance->latencies[i] == 0 || judge->quantiles[i] <= tolerance->latencies[i])
			continue;
		config_duration_format(judge->quantiles[i], is, sizeof(is));
		config_duration_format(tolerance->latencies[i], may, sizeof(may));
		find(judge, "%s is %s, more than %s", quantiles[i].name, is, may);
	}
}

static void
judge_own(const struct back *back, struct judge *judge)
{
	if (judge->missed)
		find(judge,
		     "%" PRIu64 " packets could not be looked at: the return fell behind, so "
		     "nothing else of this is sure",
		     judge->missed);
	if (judge->numbers.crowded)
		find(judge,
		     "%" PRIu64 " packets were given up before their time: more are on their way "
		     "than `memory` of return %s has room for",
		     judge->numbers.crowded, back->name);
}

void
judge(struct back *back, const struct config_tolerance *tolerance, struct judge *out)
{
	const struct match_numbers *numbers = &out->numbers;

	memset(out, 0, sizeof(*out));
	back_lock(back);
	match_tell(back->match, &out->numbers);
	match_latencies(back->match, &out->latencies);
	out->missed = back_missed(back);
	out->settled = back_is_idle(back) && numbers->waiting + numbers->pending == 0;
	back_unlock(back);
	for (unsigned i = 0; i < CONFIG_LATENCIES; i++)
		out->quantiles[i] =
			quantiles[i].of ? histogram_quantile(&out->latencies, quantiles[i].share,
							     quantiles[i].of)
					: out->latencies.max;
	if (numbers->sent == 0) {
		snprintf(out->why, sizeof(out->why), "its replay has sent nothing yet\n");
		return;
	}
	out->verdict = JUDGE_PASS;
	judge_own(back, out);
	judge_counts(tolerance, out);
	judge_latencies(tolerance, out);
}
