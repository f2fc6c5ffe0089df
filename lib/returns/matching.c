/* SPDX-License-Identifier: BSD-3-Clause */
/* What the matcher of a return does with what is in the rings. */
#include <rte_mbuf.h>
#include <rte_prefetch.h>

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

/* Packets that are on their way to the matcher: their memory is fetched while others are added. */
struct batch {
	struct match_packet packets[MATCH_BATCH];
	struct rte_mbuf *mbufs[MATCH_BATCH];
	uint32_t slots[MATCH_BATCH]; /* of what came back: of the ports that it came in on */
	unsigned count;
};

static void
count_copied(struct back *back, uint32_t packets, uint64_t bytes)
{
	atomic_fetch_add_explicit(&back->books->copied, packets, memory_order_relaxed);
	atomic_fetch_add_explicit(&back->books->copied_bytes, bytes, memory_order_relaxed);
}

static void
add(struct batch *batch, struct rte_mbuf *packet, uint64_t at_ns, uint32_t slot)
{
	rte_prefetch0(packet);
	/* The rest is make_key's and flush_sent's; of what came back there is no more. */
	batch->packets[batch->count].time_ns = at_ns;
	batch->packets[batch->count].number = 0;
	batch->packets[batch->count].loop = 0;
	batch->mbufs[batch->count] = packet;
	batch->slots[batch->count++] = slot;
}

static void
fetch(const struct batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(batch->mbufs[i], const void *));
}

/* Of one of the batch. True: its bytes lie in scratch. */
static bool
make_key(struct back *back, struct batch *batch, unsigned i)
{
	struct match_packet *packet = &batch->packets[i];
	const struct match_manner manner = {.automatic = back->config.automatic,
					    .ignoring = back->config.ignoring};
	uint32_t copied;

	packet->bytes = packet_contiguous(batch->mbufs[i], back->scratch, SCRATCH, &packet->length,
					  &copied);
	match_key(&manner, packet->bytes, packet->length, packet->length, &packet->keys);
	if (copied)
		count_copied(back, 1, copied);
	return copied > 0;
}

static void
flush_sent(struct back *back, struct batch *batch)
{
	uint64_t kept = 0;

	if (batch->count == 0)
		return;
	fetch(batch);
	for (unsigned i = 0; i < batch->count; i++) {
		make_key(back, batch, i);
		batch->packets[i].number = back->kept.packets;
		kept += kept_put(&back->kept, batch->mbufs[i]);
	}
	match_sent(back->match, batch->packets, batch->count);
	rte_pktmbuf_free_bulk(batch->mbufs, batch->count);
	count_copied(back, batch->count, kept);
	batch->count = 0;
}

static void
flush_back(struct back *back, struct batch *batch)
{
	unsigned done = 0;

	fetch(batch);
	for (unsigned i = 0; i < batch->count; i++) {
		/* There is one scratch. */
		if (!make_key(back, batch, i) && i + 1 < batch->count)
			continue;
		match_back(back->match, batch->packets + done, i + 1 - done, NULL);
		done = i + 1;
	}
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
	struct handed *sent;
	struct batch batch;

	batch.count = 0;
	while ((sent = foremost(back, reach, &next)) && next->run == run) {
		add(&batch, next->packet, next->at_ns, 0);
		handed_drop(sent, 1);
		++*count;
		if (batch.count == MATCH_BATCH)
			flush_sent(back, &batch);
	}
	flush_sent(back, &batch);
	return next;
}

/* Packets of a batch are gone, and out: of one port mostly. */
static void
let_go(struct back *back, struct batch *batch)
{
	unsigned count = batch->count;

	if (count == 0)
		return;
	flush_back(back, batch);
	rte_pktmbuf_free_bulk(batch->mbufs, count);
	for (unsigned from = 0, i = 1; i <= count; i++) {
		if (i < count && batch->slots[i] == batch->slots[from])
			continue;
		atomic_fetch_add_explicit(&back->books->out[batch->slots[from]], i - from,
					  memory_order_relaxed);
		from = i;
	}
}

/* What came back before so late. */
static unsigned
match_taken(struct back *back, const struct reach *reach, uint64_t before_ns)
{
	struct batch batch;
	unsigned count = 0;

	batch.count = 0;
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
		add(&batch, next->packet, next->at_ns, next->slot);
		taken_drop(taken);
		count++;
		if (batch.count == MATCH_BATCH)
			let_go(back, &batch);
	}
	let_go(back, &batch);
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
	struct reach reach = {.sent = {0}};
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
	struct batch batch;

	batch.count = 0;
	for (uint16_t i = 0; i < count; i++) {
		add(&batch, packets[i], packet_time(packets[i]), 0);
		if (batch.count == MATCH_BATCH)
			flush_back(back, &batch);
	}
	flush_back(back, &batch);
}
