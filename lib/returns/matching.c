/* SPDX-License-Identifier: BSD-3-Clause */
/* What the matcher of a return does with what is in the rings. */
#include <rte_mbuf.h>

#include "core/now.h"
#include "packet/contiguous.h"
#include "port/time.h"
#include "returns/back.h"

#include "core/banned.h"

#define SCRATCH 65536
/* A port takes a burst in microseconds. A worker that the kernel keeps off its core is waited for
 * in rounds: whoever wants the lock waits for one. */
#define SETTLE_NS 1000000

/* Up to where the rings are looked at in a round: what comes meanwhile is for the next one, or a
 * round would never end while workers are faster. */
struct reach {
	uint64_t sent[CONFIG_WORKERS_MAX], back[CONFIG_WORKERS_MAX];
};

/* Packets that are on their way to the matcher. */
struct batch {
	struct match_packet packets[MATCH_BATCH];
	struct rte_mbuf *mbufs[MATCH_BATCH];
	unsigned count;
	bool scratch; /* the last one's bytes lie there */
};

static void
count_copied(struct back *back, uint32_t bytes)
{
	atomic_fetch_add_explicit(&back->books->copied, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&back->books->copied_bytes, bytes, memory_order_relaxed);
}

static void
add(struct back *back, struct batch *batch, struct rte_mbuf *packet, uint64_t at_ns)
{
	struct match_packet *next = &batch->packets[batch->count];
	const struct match_manner manner = {.automatic = back->config.automatic,
					    .ignoring = back->config.ignoring};
	uint32_t copied;

	*next = (struct match_packet){.time_ns = at_ns};
	next->bytes = packet_contiguous(packet, back->scratch, SCRATCH, &next->length, &copied);
	match_key(&manner, next->bytes, next->length, next->length, &next->keys);
	if (copied)
		count_copied(back, copied);
	batch->scratch = copied > 0;
	batch->mbufs[batch->count++] = packet;
}

static void
flush_sent(struct back *back, struct batch *batch)
{
	match_sent(back->match, batch->packets, batch->count);
	rte_pktmbuf_free_bulk(batch->mbufs, batch->count);
	batch->count = 0;
}

static void
flush_back(struct back *back, struct batch *batch)
{
	match_back(back->match, batch->packets, batch->count, NULL);
	atomic_fetch_add_explicit(&back->given, batch->count, memory_order_relaxed);
	batch->count = 0;
}

/* The lane whose next packet left first, or NULL. */
static struct handed *
foremost(struct back *back, const struct reach *reach, const struct handed_packet **next)
{
	struct handed *first = NULL;

	*next = NULL;
	for (unsigned i = 0; i < back->workers; i++) {
		const struct handed_packet *one = handed_peek(back->sent[i], 0, reach->sent[i]);

		if (one && (!*next || one->at_ns < (*next)->at_ns)) {
			*next = one;
			first = back->sent[i];
		}
	}
	return first;
}

/* What was sent before is another run's. */
static void
begin_run(struct back *back, uint64_t run)
{
	match_reset(back->match);
	kept_clear(&back->kept);
	atomic_fetch_add_explicit(&back->since, back_missed(back), memory_order_relaxed);
	atomic_store_explicit(&back->run, run, memory_order_release);
}

/* What was sent in this run. Returns the first packet of the next one, or NULL. */
static const struct handed_packet *
note_sent(struct back *back, const struct reach *reach, unsigned *count)
{
	uint64_t run = atomic_load_explicit(&back->run, memory_order_relaxed);
	const struct handed_packet *next;
	struct batch batch = {.count = 0};
	struct handed *sent;

	while ((sent = foremost(back, reach, &next)) && next->run == run) {
		add(back, &batch, next->packet, next->at_ns);
		batch.packets[batch.count - 1].number = back->kept.packets;
		count_copied(back, kept_put(&back->kept, next->packet));
		handed_drop(sent, 1);
		++*count;
		if (batch.count == MATCH_BATCH || batch.scratch)
			flush_sent(back, &batch);
	}
	flush_sent(back, &batch);
	return next;
}

/* Packets of a batch are gone, and out. */
static void
let_go(struct back *back, struct batch *batch, const uint32_t *slots)
{
	unsigned count = batch->count;

	flush_back(back, batch);
	rte_pktmbuf_free_bulk(batch->mbufs, count);
	for (unsigned i = 0; i < count; i++)
		atomic_fetch_add_explicit(&back->books->out[slots[i]], 1, memory_order_relaxed);
}

/* What came back before so late. */
static unsigned
match_taken(struct back *back, const struct reach *reach, uint64_t before_ns)
{
	struct batch batch = {.count = 0};
	uint32_t slots[MATCH_BATCH] = {0};
	unsigned count = 0;

	for (;;) {
		const struct taken_packet *next = NULL;
		struct taken *taken = NULL;

		for (unsigned i = 0; i < back->workers; i++) {
			const struct taken_packet *one = taken_peek(back->taken[i], reach->back[i]);

			if (one && (!next || one->at_ns < next->at_ns)) {
				next = one;
				taken = back->taken[i];
			}
		}
		if (!next || next->at_ns >= before_ns)
			break;
		slots[batch.count] = next->slot;
		add(back, &batch, next->packet, next->at_ns);
		taken_drop(taken);
		count++;
		if (batch.count == MATCH_BATCH || batch.scratch)
			let_go(back, &batch, slots);
	}
	let_go(back, &batch, slots);
	return count;
}

/* Whether all that is back by now is noted to have left; see stage/handed.h. */
static bool
settle(struct back *back, struct reach *reach)
{
	uint64_t until_ns = now_ns() + SETTLE_NS;
	bool all = true;

	for (unsigned i = 0; i < back->workers; i++)
		reach->back[i] = taken_end(back->taken[i]);
	for (unsigned i = 0; i < back->workers; i++) {
		uint64_t at_ns = now_ns();

		all &= handed_settle(back->sent[i], at_ns < until_ns ? until_ns - at_ns : 0);
	}
	return all;
}

unsigned
back_round(struct back *back)
{
	/* What came back before is in the rings as it is looked where they end. */
	uint64_t began_ns = back->live ? now_ns() : 0;
	const struct handed_packet *next;
	struct reach reach;
	unsigned count = 0;
	bool settled;

	settled = back->live && settle(back, &reach);
	/* When it ends workers stand still. */
	settled |= atomic_load_explicit(&back->ends, memory_order_acquire);
	for (unsigned i = 0; i < back->workers; i++)
		reach.sent[i] = handed_end(back->sent[i]);
	/* A run that begins is not told of what came back before. */
	while ((next = note_sent(back, &reach, &count))) {
		if (back->live && settled)
			count += match_taken(back, &reach, next->at_ns);
		begin_run(back, next->run);
	}
	if (back->live && settled) {
		count += match_taken(back, &reach, UINT64_MAX);
		match_tick(back->match, began_ns);
	}
	return count;
}

void
back_match(struct back *back, struct rte_mbuf **packets, uint16_t count)
{
	struct batch batch = {.count = 0};

	for (uint16_t i = 0; i < count; i++) {
		add(back, &batch, packets[i], packet_time(packets[i]));
		if (batch.count == MATCH_BATCH || batch.scratch)
			flush_back(back, &batch);
	}
	flush_back(back, &batch);
}
