/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <string.h>

#include "exit/exit.h"
#include "replay/lane.h"

#include "core/banned.h"

/* What a port may take nothing for, before it is taken to refuse the packets. */
#define REFUSED_NS UINT64_C(1000000000)
/* A worker tries every round; so long without means that it didn't. */
#define TRIES_APART_NS UINT64_C(200000000)

void
replay_lane_handed(struct replay_lane *lane, uint16_t count, uint64_t bytes, uint64_t at_ns)
{
	struct lane_tally *tally = &lane->tally;
	bool timed = lane->schedule.kind != CONFIG_PACE_TOP && !lane->plan->stamp;

	if (count == 0)
		return;
	if (lane->plan->stamp)
		at_ns = lane->dues[count - 1];
	if (tally->sent == 0) {
		tally->first_ns = at_ns;
		tally->first_due_ns = lane->dues[0];
	}
	tally->sent += count;
	tally->bytes += bytes;
	if (unlikely(lane->serves)) {
		tally->server_sent += count;
		tally->server_bytes += bytes;
	}
	tally->last_ns = at_ns;
	tally->last_due_ns = lane->dues[count - 1];
	for (unsigned i = 0; timed && i < count; i++) {
		/* The clock is read once a burst, after the last packet was found to be due. */
		uint64_t error = at_ns - lane->dues[i];

		histogram_add(&lane->errors, error);
		if (error > lane->plan->late_ns)
			tally->late++;
	}
}

void
replay_lane_lost(struct replay_lane *lane, const uint64_t before[DROP_REASONS],
		 const uint64_t after[DROP_REASONS])
{
	for (unsigned i = 0; i < DROP_REASONS; i++)
		lane->tally.drops[i] += after[i] - before[i];
}

/* Drops what the port can't send. The dues of the lane go with their packets. */
static void
sift(struct replay_lane *lane, struct burst *burst, const struct port *port)
{
	uint32_t dropped = exit_sift(port, burst, burst->packets, burst->count, &burst->bytes);
	uint16_t kept = 0;

	if (likely(dropped == 0))
		return;
	for (uint16_t i = 0; i < burst->count; i++) {
		if (!(dropped >> i & 1))
			lane->dues[kept++] = lane->dues[i];
	}
	tally_count(&burst->in->replayed, burst->count - kept);
	burst->count = kept;
	lane->tally.waiting = 0;
}

/* Whether the port has taken nothing of the same packets for so long, with a link and room, that it
 * never will. A lane that paused between has not tried. */
static bool
is_refused(struct replay_lane *lane, const struct burst *burst, struct port *port, uint64_t now_ns)
{
	if (lane->refused_ns == 0 || now_ns - lane->tried_ns > TRIES_APART_NS)
		lane->refused_ns = now_ns;
	lane->tried_ns = now_ns;
	return now_ns - lane->refused_ns > REFUSED_NS && port_has_room(port, burst->worker);
}

/* Told apart from runs of a replay that was in its place, too. */
static uint64_t
run_of(const struct replay_lane *lane)
{
	return (uint64_t)lane->plan->opened << 32 | lane->tally.run;
}

/* Hands over what the port takes of packets with these dues, as exit_offer, and notes them where
 * somebody wants to know. */
static uint16_t
offer(struct replay_lane *lane, struct burst *burst, struct port *port, struct rte_mbuf **packets,
      const uint64_t *dues, uint16_t count, uint64_t *bytes, uint64_t now_ns)
{
	struct handed *sent = atomic_load_explicit(&lane->sent, memory_order_acquire);
	struct rte_mbuf *copies[BURST_MAX];
	uint16_t held, left;

	if (likely(!sent))
		return exit_offer(port, burst, packets, count, bytes);
	memcpy(copies, packets, count * sizeof(struct rte_mbuf *));
	held = handed_hold(sent, copies, count);
	left = exit_offer(port, burst, packets, count, bytes);
	handed_note(sent, copies, held, left, lane->plan->stamp ? dues : NULL, now_ns,
		    run_of(lane));
	return left;
}

void
replay_lane_enters(struct replay_lane *lane, const struct burst *burst, uint64_t at_ns)
{
	struct handed *sent = atomic_load_explicit(&lane->sent, memory_order_acquire);

	if (likely(!sent))
		return;
	handed_note(sent, burst->packets, handed_hold(sent, burst->packets, burst->count),
		    burst->count, lane->plan->stamp ? lane->dues : NULL, at_ns, run_of(lane));
}

/* Offers them one by one: most often it is the first alone that keeps the others from leaving. */
static void
give_up(struct replay_lane *lane, struct burst *burst, struct port *port, uint64_t now_ns)
{
	uint16_t sent = 0;
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < burst->count; i++) {
		uint64_t length = burst->packets[i]->pkt_len;

		if (offer(lane, burst, port, &burst->packets[i], &lane->dues[i], 1, &length,
			  now_ns) == 0) {
			exit_drop(burst, &burst->packets[i], 1, DROP_REFUSED);
			continue;
		}
		lane->dues[sent++] = lane->dues[i];
		bytes += length;
	}
	tally_count(&burst->in->replayed, burst->count);
	replay_lane_handed(lane, sent, bytes, now_ns);
	lane->tally.waiting = 0;
	lane->refused_ns = 0;
}

void
replay_lane_send(struct replay_lane *lane, struct burst *burst, struct port *port, uint64_t now_ns)
{
	uint16_t sent;

	sift(lane, burst, port);
	if (burst->count == 0)
		return;
	sent = offer(lane, burst, port, burst->packets, lane->dues, burst->count, &burst->bytes,
		     now_ns);
	if (likely(sent > 0)) {
		lane->refused_ns = 0;
	} else if (is_refused(lane, burst, port, now_ns)) {
		give_up(lane, burst, port, now_ns);
		return;
	}
	tally_count(&burst->in->replayed, sent);
	replay_lane_handed(lane, sent, burst->bytes, now_ns);
	lane->waiting = burst->count - sent;
	lane->tally.waiting = lane->waiting;
	if (lane->waiting) {
		memcpy(lane->held, burst->packets + sent,
		       lane->waiting * sizeof(struct rte_mbuf *));
		memmove(lane->dues, lane->dues + sent, lane->waiting * sizeof(*lane->dues));
	}
}

void
replay_lane_part(struct replay_lane *lane, const struct burst *burst, struct lane_parts *parts)
{
	parts->count = burst->count;
	parts->next = 0;
	memcpy(parts->packets, burst->packets, burst->count * sizeof(struct rte_mbuf *));
	memcpy(parts->dues, lane->dues, burst->count * sizeof(parts->dues[0]));
}

/* Behind those that wait. */
static void
hold(struct replay_lane *lane, const struct lane_parts *parts)
{
	uint16_t count = parts->count - parts->next;

	memcpy(lane->held + lane->waiting, parts->packets + parts->next,
	       count * sizeof(struct rte_mbuf *));
	memcpy(lane->dues + lane->waiting, parts->dues + parts->next,
	       count * sizeof(parts->dues[0]));
	lane->waiting += count;
	lane->tally.waiting = lane->waiting;
}

bool
replay_lane_next_part(struct replay_lane *lane, struct burst *burst, struct lane_parts *parts,
		      uint16_t *port)
{
	uint16_t first = parts->next, count = 0;

	if (lane->waiting)
		hold(lane, parts);
	if (lane->waiting || first == parts->count)
		return false;
	*port = parts->packets[first]->port;
	while (first + count < parts->count && parts->packets[first + count]->port == *port)
		count++;
	memcpy(burst->packets, parts->packets + first, count * sizeof(struct rte_mbuf *));
	memcpy(lane->dues, parts->dues + first, count * sizeof(parts->dues[0]));
	burst->count = count;
	parts->next += count;
	lane->serves = *port == lane->server;
	return true;
}
