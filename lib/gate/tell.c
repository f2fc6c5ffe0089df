/* SPDX-License-Identifier: BSD-3-Clause */
/* What policers and dedups count, as it is told. */
#include "core/histogram.h"
#include "gate/dedup_set.h"
#include "gate/plan.h"
#include "stage/counters.h"

#include "core/banned.h"

struct policer_told {
	uint64_t rate, burst;
	const char *unit; /* "bits" or "packets" */
	uint64_t passed, passed_bytes, over, over_bytes;
	double shares[CONFIG_WORKERS_MAX + 1];
};

struct lag_told {
	uint64_t p50, p99, max;
};

struct dedup_told {
	uint64_t looked_at, duplicates, same_port, cross_port;
	struct lag_told lag;
	struct histogram_sums lags;
	uint64_t slots;
	double used;
	uint64_t overwritten;
};

#define POLICER(kind, name, member) COUNTER(struct policer_told, kind, name, member, APART)
static const struct counter policer_counts[] = {
	POLICER(NUMBER, "rate", rate),
	POLICER(TEXT, "unit", unit),
	POLICER(NUMBER, "burst", burst),
	POLICER(NUMBER, "passed", passed),
	POLICER(NUMBER, "passed_bytes", passed_bytes),
	POLICER(NUMBER, "over", over),
	POLICER(NUMBER, "over_bytes", over_bytes),
	POLICER(SHARES, "shares", shares),
	{0},
};

#define LAG(name, member) COUNTER(struct lag_told, NUMBER, name, member, APART)
static const struct counter lag_counts[] = {
	LAG("p50", p50),
	LAG("p99", p99),
	LAG("max", max),
	{0},
};

#define DEDUP(kind, name, member) COUNTER(struct dedup_told, kind, name, member, APART)
static const struct counter dedup_counts[] = {
	DEDUP(NUMBER, "looked_at", looked_at),
	DEDUP(NUMBER, "duplicates", duplicates),
	DEDUP(NUMBER, "same_port", same_port),
	DEDUP(NUMBER, "cross_port", cross_port),
	COUNTER_PART(struct dedup_told, "lag_ns", lag, lag_counts),
	COUNTER_PART(struct dedup_told, "lag_histogram_ns", lags, counters_histogram),
	DEDUP(NUMBER, "slots", slots),
	DEDUP(REAL, "used", used),
	DEDUP(NUMBER, "overwritten", overwritten),
	{0},
};

static unsigned
count_policers(const void *state)
{
	return ((const struct gate_plan *)state)->policer_count;
}

static const char *
name_policer(const void *state, unsigned index)
{
	return ((const struct gate_plan *)state)->meters[index]->name;
}

/* What each worker took of all that passed; alike where nothing did. */
static void
tell_shares(const struct meter *meter, struct policer_told *told)
{
	bool bytes = !meter->packets;
	uint64_t all = bytes ? told->passed_bytes : told->passed;

	for (unsigned i = 0; i < meter->workers; i++) {
		const struct meter_part *part = &meter->parts[i];
		uint64_t own = tally_look(bytes ? &part->passed_bytes : &part->passed);

		told->shares[i] = all ? (double)own / (double)all : 1.0 / meter->workers;
	}
	told->shares[meter->workers] = -1;
}

static void
look_at_policer(const void *state, unsigned index, void *numbers)
{
	const struct gate_plan *plan = state;
	const struct meter *meter = plan->meters[index];
	const struct config_rate *rate = &plan->policers[index].rate;
	struct policer_told *told = numbers;

	told->rate = rate->rate;
	told->burst = rate->burst;
	told->unit = rate->packets ? "packets" : "bits";
	for (unsigned i = 0; i < meter->workers; i++) {
		const struct meter_part *part = &meter->parts[i];

		told->passed += tally_look(&part->passed);
		told->passed_bytes += tally_look(&part->passed_bytes);
		told->over += tally_look(&part->over);
		told->over_bytes += tally_look(&part->over_bytes);
	}
	tell_shares(meter, told);
}

static unsigned
count_dedups(const void *state)
{
	return ((const struct gate_plan *)state)->dedup_count;
}

static const char *
name_dedup(const void *state, unsigned index)
{
	return ((const struct gate_plan *)state)->dedups[index]->name;
}

static void
look_at_dedup(const void *state, unsigned index, void *numbers)
{
	const struct gate_plan *plan = state;
	const struct dedup *dedup = plan->dedups[index];
	struct dedup_told *told = numbers;
	struct histogram lag = {0};

	for (unsigned i = 0; i < dedup->workers; i++) {
		const struct dedup_part *part = &dedup->parts[i];

		told->looked_at += tally_look(&part->looked_at);
		told->duplicates += tally_look(&part->duplicates);
		told->same_port += tally_look(&part->same_port);
		told->cross_port += tally_look(&part->cross_port);
		told->overwritten += tally_look(&part->overwritten);
		histogram_merge(&lag, &part->lag);
	}
	told->lag = (struct lag_told){histogram_quantile(&lag, 50, 100),
				      histogram_quantile(&lag, 99, 100), lag.max};
	histogram_sum(&lag, &told->lags);
	told->slots = dedup->set_count * DEDUP_SLOTS;
	told->used = (double)dedup_used(dedup, plan->windows[index]) / (double)told->slots;
}

const struct stage_section gate_sections[] = {
	{"policers", policer_counts, sizeof(struct policer_told), count_policers, name_policer,
	 look_at_policer},
	{"dedups", dedup_counts, sizeof(struct dedup_told), count_dedups, name_dedup,
	 look_at_dedup},
	{0},
};
