/* SPDX-License-Identifier: BSD-3-Clause */
#include "look/eye.h"

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "look/names.h"

#include "core/banned.h"

/* What looking may cost: a hundredth of the time, which is measured a hundred times a second. So it
 * is a fiftieth at most with what nobody can measure: passing over the other bursts, and caches
 * that hold something else afterwards. */
#define SHARE 100
#define WINDOWS 100
#define STRIDE_MAX (1U << 16)
/* A single step of looking that took longer than one in so many parts of a second was none: the
 * worker had lost its core. */
#define STEPS 10000
#define NOBODY UINT8_MAX /* made of no packet of those that came in */

static int mark_offset = -1;

int
look_register(void)
{
	static const struct rte_mbuf_dynfield mark = {
		.name = "sluice_look",
		.size = sizeof(uint64_t),
		.align = sizeof(uint64_t),
	};

	mark_offset = rte_mbuf_dynfield_register(&mark);
	return mark_offset < 0 ? log_fail(rte_errno, "no room in the mbuf for a look's mark") : 0;
}

static inline uint64_t *
mark_of(struct rte_mbuf *packet)
{
	return RTE_MBUF_DYNFIELD(packet, mark_offset, uint64_t *);
}

static inline unsigned
find(const struct look_eye *eye, struct rte_mbuf *packet)
{
	uint64_t index = *mark_of(packet) - eye->mark;

	return index < eye->count ? (unsigned)index : NOBODY;
}

static void
add_cost(struct look_eye *eye, uint64_t begun)
{
	uint64_t cost = rte_rdtsc() - begun;

	eye->cost += RTE_MIN(cost, rte_get_tsc_hz() / STEPS);
}

static void
leaving(struct sight *sight, const struct burst *burst, unsigned slot,
	struct rte_mbuf *const *packets, uint16_t count)
{
	struct look_eye *eye = (struct look_eye *)sight;
	uint64_t begun = rte_rdtsc();

	for (unsigned i = 0; i < count; i++)
		eye->index[i] = find(eye, packets[i]);
	for (unsigned j = 0; j < eye->set->count; j++) {
		struct look *look = eye->set->looks[j];
		struct look_part *part = &look->parts[eye->worker];

		part->leaving = 0;
		if (!(look->terms.out >> slot & 1))
			continue;
		for (uint32_t mask = look_choose(&look->terms, part, count); mask;
		     mask &= mask - 1) {
			unsigned i = __builtin_ctz(mask);

			if (look_keep(look, part, eye->burst, packets[i], true, i))
				part->leaving |= UINT32_C(1) << i;
		}
	}
	add_cost(eye, begun);
}

/* Tells a look of packet i of those that left. */
static void
write_left(struct look_eye *eye, const struct look *look, struct look_part *part, unsigned slot,
	   unsigned i)
{
	struct look_record what = {.worker = eye->worker,
				   .leaves = true,
				   .slot = slot,
				   .out = UINT64_C(1) << slot,
				   .ns = eye->now_ns};
	struct look_names names = {.used = 0};

	if (eye->index[i] != NOBODY)
		look_names_find(eye, eye->index[i], &names);
	if (*look->terms.rule && !look_names_have(&names, look->terms.rule))
		return;
	what.names = names.used;
	look_write(look, part, &what, names.text, i, eye->begun_tsc);
}

static void
left(struct sight *sight, unsigned slot, uint16_t sent)
{
	struct look_eye *eye = (struct look_eye *)sight;
	uint32_t those = (uint32_t)((UINT64_C(1) << sent) - 1);
	uint64_t begun = rte_rdtsc();

	for (unsigned j = 0; j < eye->set->count; j++) {
		struct look *look = eye->set->looks[j];
		struct look_part *part = &look->parts[eye->worker];

		for (uint32_t mask = part->leaving & those; mask; mask &= mask - 1)
			write_left(eye, look, part, slot, __builtin_ctz(mask));
		part->leaving = 0;
	}
	for (unsigned i = 0; i < sent; i++) {
		if (eye->index[i] != NOBODY)
			eye->out[eye->index[i]] |= UINT64_C(1) << slot;
	}
	add_cost(eye, begun);
}

/* Which of the burst's targets it is; LOOK_TARGETS_MAX: there were too many before. */
static unsigned
number_of(struct look_eye *eye, const struct config_target *target)
{
	unsigned i = 0;

	while (i < eye->target_count &&
	       (eye->targets[i].kind != target->kind || eye->targets[i].index != target->index))
		i++;
	if (i == eye->target_count && i < LOOK_TARGETS_MAX)
		eye->targets[eye->target_count++] = *target;
	return i;
}

static void
taken(struct sight *sight, struct config_target target, struct rte_mbuf *const *packets,
      uint16_t count)
{
	struct look_eye *eye = (struct look_eye *)sight;
	uint64_t begun = rte_rdtsc();
	unsigned number = number_of(eye, &target);

	for (unsigned i = 0; i < count && number < LOOK_TARGETS_MAX; i++) {
		unsigned index = find(eye, packets[i]);

		if (index != NOBODY)
			eye->taken[index] |= UINT32_C(1) << number;
	}
	add_cost(eye, begun);
}

static void
dropped(struct sight *sight, struct rte_mbuf *const *packets, uint16_t count,
	enum drop_reason reason)
{
	struct look_eye *eye = (struct look_eye *)sight;
	uint64_t begun = rte_rdtsc();

	for (unsigned i = 0; i < count; i++) {
		unsigned index = find(eye, packets[i]);

		if (index != NOBODY)
			eye->drops[index] |= UINT32_C(1) << reason;
	}
	add_cost(eye, begun);
}

struct look_set *
look_set_make(struct look *const *looks, unsigned count, unsigned workers)
{
	size_t size = sizeof(struct look_set) + workers * sizeof(struct look_eye);
	struct look_set *set = aligned_alloc(64, RTE_ALIGN(size, 64));

	if (!set)
		return NULL;
	memset(set, 0, size);
	for (unsigned i = 0; i < count; i++)
		set->looks[i] = looks[i];
	set->count = count;
	set->workers = workers;
	for (unsigned i = 0; i < workers; i++)
		set->eyes[i] = (struct look_eye){
			.sight = {leaving, left, taken, dropped},
			.set = set,
			.worker = i,
			.stride = 1,
			.window_tsc = rte_rdtsc(),
		};
	return set;
}

/* After a window: at once as few bursts as may be where it cost too much, and slowly more again
 * where it costs little. */
static void
weigh(struct look_eye *eye, uint64_t tsc)
{
	uint64_t passed = tsc - eye->window_tsc, most = passed / SHARE;

	if (passed < rte_get_tsc_hz() / WINDOWS)
		return;
	if (eye->cost < most / 4 && eye->stride > 1)
		eye->stride /= 2;
	for (uint64_t cost = eye->cost; cost > most && eye->stride < STRIDE_MAX; cost /= 2)
		eye->stride *= 2;
	eye->cost = 0;
	eye->window_tsc = tsc;
}

static inline bool
looks_in(const struct look *look, unsigned slot, const struct config *config)
{
	return config && look->terms.in >> slot & 1;
}

static void
count_unseen(const struct look_set *set, unsigned worker, unsigned slot,
	     const struct config *config, unsigned count)
{
	for (unsigned i = 0; i < set->count; i++) {
		struct look_counts *counts = &set->looks[i]->parts[worker].counts;
		uint64_t before = atomic_load_explicit(&counts->unseen, memory_order_relaxed);

		if (set->looks[i]->terms.out || looks_in(set->looks[i], slot, config))
			atomic_store_explicit(&counts->unseen, before + count,
					      memory_order_relaxed);
	}
}

/* Which packets looks want to see of a burst; false: none. */
static bool
choose(const struct look_set *set, unsigned worker, unsigned slot, const struct config *config,
       unsigned count)
{
	bool wanted = false;

	for (unsigned i = 0; i < set->count; i++) {
		const struct look *look = set->looks[i];
		struct look_part *part = &set->looks[i]->parts[worker];

		part->wanted =
			looks_in(look, slot, config) ? look_choose(&look->terms, part, count) : 0;
		wanted |= part->wanted || look->terms.out;
	}
	return wanted;
}

/* Copies those; false: none is kept, and nobody waits for what leaves. */
static bool
keep(struct look_eye *eye)
{
	struct burst *burst = eye->burst;
	bool wanted = false;

	for (unsigned i = 0; i < eye->set->count; i++) {
		struct look *look = eye->set->looks[i];
		struct look_part *part = &look->parts[eye->worker];

		for (uint32_t mask = part->wanted; mask; mask &= mask - 1) {
			unsigned j = __builtin_ctz(mask);

			if (!look_keep(look, part, burst, burst->packets[j], false, j))
				part->wanted &= ~(UINT32_C(1) << j);
		}
		wanted |= part->wanted || look->terms.out;
	}
	return wanted;
}

static void
mark(struct look_eye *eye)
{
	struct burst *burst = eye->burst;

	eye->count = burst->count;
	/* Of no other burst: no two begin at once on a worker; there are 64 of these at most. */
	eye->mark = (eye->begun_tsc << 6 | eye->worker) * BURST_MAX;
	for (unsigned i = 0; i < burst->count; i++)
		*mark_of(burst->packets[i]) = eye->mark + i;
	memset(eye->out, 0, sizeof(eye->out));
	memset(eye->drops, 0, sizeof(eye->drops));
	memset(eye->taken, 0, sizeof(eye->taken));
	eye->target_count = 0;
}

/* Of nearly all bursts the clock is not even read, which would take as long as a packet. */
struct sight *
look_open(struct look_set *set, struct burst *burst, unsigned slot, const struct config *config)
{
	struct look_eye *eye = &set->eyes[burst->worker];
	bool kept;

	if (++eye->turn < eye->stride) {
		count_unseen(set, eye->worker, slot, config, burst->count);
		return NULL;
	}
	eye->turn = 0;
	if (!choose(set, eye->worker, slot, config, burst->count))
		return NULL;
	eye->begun_tsc = rte_rdtsc();
	weigh(eye, eye->begun_tsc);
	eye->burst = burst;
	eye->config = config;
	eye->slot = slot;
	eye->now_ns = clock_now(burst->clock);
	kept = keep(eye);
	if (kept)
		mark(eye);
	add_cost(eye, eye->begun_tsc);
	return kept ? &eye->sight : NULL;
}

/* Tells a look of packet i of those that came in. */
static void
write_in(const struct look_eye *eye, const struct look *look, struct look_part *part, unsigned i)
{
	struct look_record what = {.worker = eye->worker,
				   .slot = eye->slot,
				   .out = eye->out[i],
				   .drops = eye->drops[i],
				   .ns = eye->now_ns};
	struct look_names names;

	if (look->terms.drops && !(look->terms.drops & eye->drops[i]))
		return;
	look_names_find(eye, i, &names);
	if (*look->terms.rule && !look_names_have(&names, look->terms.rule))
		return;
	what.names = names.used;
	look_names_add_targets(eye, i, &names);
	what.targets = names.used - what.names;
	what.names = names.used;
	look_write(look, part, &what, names.text, i, eye->begun_tsc);
}

void
look_close(struct look_set *set, struct burst *burst)
{
	struct look_eye *eye = &set->eyes[burst->worker];
	uint64_t begun = rte_rdtsc();

	for (unsigned i = 0; i < set->count; i++) {
		struct look *look = set->looks[i];
		struct look_part *part = &look->parts[eye->worker];

		for (uint32_t mask = part->wanted; mask; mask &= mask - 1)
			write_in(eye, look, part, __builtin_ctz(mask));
	}
	burst->sight = NULL;
	add_cost(eye, begun);
}
