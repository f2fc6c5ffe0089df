/* SPDX-License-Identifier: BSD-3-Clause */
#include "returns/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

/* Of a range that changed so many bytes are shown, and of a packet so many ranges. */
#define BYTES_SHOWN 12
#define RANGES_SHOWN 4

#define TELL(kind, name, member) COUNTER(struct tell, kind, name, member, APART)
#define NUMBER(member) TELL(NUMBER, #member, numbers.member)
#define LATENCY(name, member) COUNTER(struct tell_latency, NUMBER, name, member, APART)
#define ORDER(kind, name, member) COUNTER(struct tell_reordering, kind, name, member, APART)

static const struct counter latency_counts[] = {
	LATENCY("min", min),
	LATENCY("p50", p50),
	LATENCY("p99", p99),
	LATENCY("p99.9", p99_9),
	LATENCY("p99.99", p99_99),
	LATENCY("max", max),
	{0},
};

static const struct counter reordering_counts[] = {
	ORDER(REAL, "ratio", ratio),
	ORDER(NUMBER, "extent_max", extent_max),
	ORDER(REAL, "extent_mean", extent_mean),
	ORDER(LIST, "n", n),
	{0},
};

const struct counter tell_counts[] = {
	TELL(WORDS, "replay", replay),
	TELL(NUMBER, "run", run),
	TELL(NUMBER, "taken", taken),
	NUMBER(sent),
	NUMBER(back),
	NUMBER(waiting),
	NUMBER(matched),
	NUMBER(lost),
	NUMBER(changed),
	NUMBER(duplicated),
	NUMBER(reordered),
	NUMBER(late),
	NUMBER(unknown),
	NUMBER(pending),
	NUMBER(ambiguous),
	NUMBER(crowded),
	TELL(NUMBER, "missed", missed),
	TELL(WORDS, "by", by),
	COUNTER_PART(struct tell, "latency_ns", latency, latency_counts),
	COUNTER_PART(struct tell, "latency_histogram_ns", latencies, counters_histogram),
	COUNTER_PART(struct tell, "reordering", reordering, reordering_counts),
	TELL(FLAG, "settled", settled),
	TELL(TEXT, "verdict", verdict),
	TELL(LINES, "why", why),
	TELL(LINES, "changes", changes),
	{0},
};

/* The level that most packets were recognised by, or what was ignored. */
static void
tell_by(const struct config_return *config, const struct match_numbers *numbers, char *by,
	size_t size)
{
	unsigned most = 0, used = 0;

	for (unsigned i = 1; i < MATCH_LEVELS && config->automatic; i++)
		most = numbers->by[i] > numbers->by[most] ? i : most;
	if (config->automatic || !config->ignoring) {
		snprintf(by, size, "%s", match_level_word(most));
		return;
	}
	for (unsigned i = 0; match_ignoring_word(i) && used < size; i++) {
		if (config->ignoring >> i & 1)
			used += snprintf(by + used, size - used, "%s%s", used ? ", " : "ignoring ",
					 match_ignoring_word(i));
	}
}

static void
put_bytes(FILE *out, const uint8_t *bytes, uint32_t whole, uint32_t at, uint32_t length)
{
	if (length == 0)
		fputs("nothing", out);
	for (uint32_t i = 0; i < length && i < BYTES_SHOWN && at + i < whole; i++)
		fprintf(out, "%02x", bytes[at + i]);
	if (length > BYTES_SHOWN)
		fputs("...", out);
}

static void
put_example(FILE *out, const struct match_example *example)
{
	const struct match_difference *difference = &example->difference;

	fprintf(out, "packet %" PRIu64, example->number + 1);
	for (unsigned i = 0; i < difference->ranges && i < RANGES_SHOWN; i++) {
		const struct match_range *range = &difference->range[i];

		fprintf(out, "%s byte %" PRIu32 ": ", i ? "," : "", range->old_at);
		put_bytes(out, example->old, example->old_length, range->old_at, range->old_length);
		fputs(" -> ", out);
		put_bytes(out, example->new, example->new_length, range->new_at, range->new_length);
	}
	fprintf(out, "%s\n", difference->ranges > RANGES_SHOWN || difference->more ? ", ..." : "");
}

/* "ttl: 12 packets", and the first few of them below. */
static void
put_changes(FILE *out, const struct match_changes *changes)
{
	for (unsigned i = 0; i < changes->kinds; i++) {
		const struct match_kind *kind = &changes->kind[i];
		const char *before = "";

		for (unsigned field = 0; field < MATCH_FIELDS; field++) {
			if (!(kind->fields >> field & 1))
				continue;
			fprintf(out, "%s%s", before, match_field_word(field));
			before = ", ";
		}
		fprintf(out, ": %" PRIu64 " packet%s\n", kind->packets,
			kind->packets == 1 ? "" : "s");
		for (unsigned j = 0; j < kind->examples; j++)
			put_example(out, &kind->example[j]);
	}
	if (changes->others)
		fprintf(out, "otherwise: %" PRIu64 "\n", changes->others);
	if (changes->unseen)
		fprintf(out, "not to be shown any more: %" PRIu64 "\n", changes->unseen);
}

/* What does not fit is left out by lines. */
static void
tell_changes(struct back *back, char *into, size_t size)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	back_lock(back);
	put_changes(out, match_changes(back->match));
	back_unlock(back);
	text = text_close(out, &text);
	if (!text)
		return;
	snprintf(into, size, "%s", text);
	if (strlen(text) >= size && strrchr(into, '\n'))
		strrchr(into, '\n')[1] = 0;
	free(text);
}

void
tell_return(struct back *back, const struct config_tolerance *tolerance, struct tell *out)
{
	static const char *const verdicts[] = {
		[JUDGE_NONE] = "none", [JUDGE_PASS] = "pass", [JUDGE_FAIL] = "fail"};
	const struct match_numbers *numbers = &out->numbers;
	struct judge found;
	uint64_t there;

	judge(back, tolerance, &found);
	out->numbers = found.numbers;
	there = numbers->matched + numbers->late;
	snprintf(out->replay, sizeof(out->replay), "%s", back->replay);
	out->run = (uint32_t)atomic_load_explicit(&back->run, memory_order_relaxed);
	out->taken = atomic_load_explicit(&back->given, memory_order_relaxed);
	out->missed = found.missed;
	tell_by(&back->config, numbers, out->by, sizeof(out->by));
	out->latency = (struct tell_latency){
		numbers->latency_min_ns == UINT64_MAX ? 0 : numbers->latency_min_ns,
		found.quantiles[0],
		found.quantiles[1],
		found.quantiles[2],
		found.quantiles[3],
		found.quantiles[4],
	};
	histogram_sum(&found.latencies, &out->latencies);
	out->reordering.ratio = there ? (double)numbers->reordered / (double)there : 0;
	out->reordering.extent_max = numbers->extent_max;
	out->reordering.extent_mean =
		numbers->reordered ? (double)numbers->extent_sum / (double)numbers->reordered : 0;
	memcpy(out->reordering.n, numbers->n, sizeof(out->reordering.n));
	out->settled = found.settled;
	out->verdict = verdicts[found.verdict];
	memcpy(out->why, found.why, sizeof(out->why));
	if (numbers->changed)
		tell_changes(back, out->changes, sizeof(out->changes));
}
