/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/match.h"

#include <stdlib.h>

#include "match/number.h"
#include "match/order.h"
#include "match/pending.h"
#include "match/sent.h"

#include "core/banned.h"

struct match {
	struct match_options options;
	struct sent sent;
	struct pending pending;
	struct order order;
	uint64_t near;   /* which was sent, of those that came back, came last */
	uint64_t due_ns; /* nothing is to be decided before; UINT64_MAX: nothing waits */
	struct match_changes changes;
	struct match_numbers numbers;
	struct histogram latencies;
};

static uint32_t
power_of_two(uint32_t number)
{
	uint32_t power = MATCH_HELD_MIN;

	while (power < number && power < MATCH_HELD_MAX)
		power *= 2;
	return power;
}

struct match *
match_new(const struct match_options *options)
{
	struct match *match = calloc(1, sizeof(*match));
	uint32_t room = power_of_two(options->held);

	if (!match)
		return NULL;
	match->options = *options;
	if (!sent_open(&match->sent, room, options->manner.automatic ? MATCH_LEVELS : 1) ||
	    !pending_make(&match->pending, options->pending ? options->pending : room) ||
	    !order_make(&match->order)) {
		match_free(match);
		return NULL;
	}
	match_reset(match);
	return match;
}

void
match_free(struct match *match)
{
	if (!match)
		return;
	sent_close(&match->sent);
	pending_free(&match->pending);
	order_free(&match->order);
	match_changes_clear(&match->changes);
	free(match);
}

void
match_reset(struct match *match)
{
	sent_reset(&match->sent);
	pending_reset(&match->pending);
	order_reset(&match->order);
	match_changes_clear(&match->changes);
	match->near = 0;
	match->due_ns = UINT64_MAX;
	for (size_t i = 0; i < sizeof(match->numbers) / sizeof(uint64_t); i++)
		number_set((uint64_t *)&match->numbers + i, 0);
	match->numbers.latency_min_ns = UINT64_MAX;
	histogram_clear(&match->latencies);
}

static void
note_change(struct match *match, const struct sent_packet *one, const struct pending_packet *became,
	    const uint8_t *old, uint32_t old_length)
{
	if (!old || !became->bytes) {
		match->changes.unseen++;
		return;
	}
	match_changes_add(&match->changes, &(struct match_example){
						   .number = one->number,
						   .loop = one->loop,
						   .back_number = became->number,
						   .sent_ns = one->time_ns,
						   .back_ns = became->time_ns,
						   .old = (uint8_t *)old,
						   .old_length = old_length,
						   .new = became->bytes,
						   .new_length = became->kept,
					   });
}

static uint64_t
end_of(const struct match *match, uint64_t from_ns)
{
	uint64_t within = match->options.within_ns;

	return from_ns > UINT64_MAX - within ? UINT64_MAX : from_ns + within;
}

/* One that waits no longer: what has become of it. */
static void
decide(struct match *match, uint64_t number)
{
	struct sent_packet *one = sent_at(&match->sent, number);
	const struct sent_rest *rest = &match->sent.rest[number & (match->sent.room - 1)];
	struct pending_lost lost = {
		.flow = rest->flow,
		.payload = rest->payload,
		.length = rest->length,
		.sent = number,
		.from_ns = match->options.within_ns == UINT64_MAX ? 0 : one->time_ns,
		.until_ns = end_of(match, one->time_ns),
	};
	struct pending_packet *became = NULL;

	if (one->state != SENT_WAITING)
		return;
	if (!pending_is_empty(&match->pending)) {
		bool asks = match->options.bytes &&
			    pending_has_near(&match->pending, lost.length, number);

		if (asks)
			lost.bytes = match->options.bytes(match->options.context, one->number,
							  one->loop, &lost.kept);
		became = pending_take(&match->pending, &lost);
		if (became && !asks && match->options.bytes)
			lost.bytes = match->options.bytes(match->options.context, one->number,
							  one->loop, &lost.kept);
	}
	one->state = became ? SENT_CHANGED : SENT_LOST;
	number_add(became ? &match->numbers.changed : &match->numbers.lost, 1);
	if (became)
		note_change(match, one, became, lost.bytes, lost.kept);
}

static void
find_due(struct match *match)
{
	const struct sent *sent = &match->sent;

	match->due_ns = sent->decided < sent->next
				? end_of(match, sent_at(sent, sent->decided)->time_ns)
				: UINT64_MAX;
}

/* Decides over all whose time is over by now. */
static void
decide_until(struct match *match, uint64_t now_ns)
{
	struct sent *sent = &match->sent;

	while (now_ns > match->due_ns) {
		decide(match, sent->decided++);
		find_due(match);
	}
}

/* What came back before any that is waiting was sent has become nothing of what is lost. */
static void
pass_pending(struct match *match, uint64_t now_ns)
{
	uint64_t within = match->options.within_ns;

	if (!pending_is_empty(&match->pending) && now_ns > within)
		number_add(&match->numbers.unknown, pending_pass(&match->pending, now_ns - within));
}

void
match_tick(struct match *match, uint64_t now_ns)
{
	decide_until(match, now_ns);
	pass_pending(match, now_ns);
}

/* Makes room for one that is sent now. */
static void
forget(struct match *match, uint64_t now_ns)
{
	struct sent *sent = &match->sent;

	if (sent->decided == sent->first) {
		if (sent_at(sent, sent->first)->state == SENT_WAITING && now_ns <= match->due_ns)
			number_add(&match->numbers.crowded, 1);
		decide(match, sent->decided++);
		find_due(match);
	}
	sent_forget(sent);
}

void
match_sent(struct match *match, const struct match_packet *packets, unsigned count)
{
	struct sent *sent = &match->sent;

	for (unsigned done = 0; done < count;) {
		unsigned some = count - done < MATCH_BATCH ? count - done : MATCH_BATCH;

		for (unsigned i = 0; i < some; i++) {
			const struct sent_packet *oldest = sent_at(sent, sent->next + i);
			bool full = sent->next + i - sent->first >= sent->room;

			for (unsigned level = 0; level < sent->levels; level++) {
				table_prefetch(&sent->tables[level],
					       packets[done + i].keys.of[level]);
				if (full)
					table_prefetch(&sent->tables[level],
						       (uint64_t)oldest->links[level].tag << 32);
			}
		}
		for (unsigned i = 0; i < some; i++) {
			const struct match_packet *packet = &packets[done + i];

			if (sent->next - sent->first == sent->room)
				forget(match, packet->time_ns);
			sent_add(sent, packet);
			if (match->due_ns == UINT64_MAX)
				find_due(match);
		}
		done += some;
		number_add(&match->numbers.sent, some);
	}
}

/* One that was sent is here. */
static void
arrive(struct match *match, const struct match_packet *packet, struct sent_packet *one,
       struct match_found *found)
{
	uint64_t number = sent_number(&match->sent, one);
	bool was_lost = one->state == SENT_LOST;

	found->latency_ns = (int64_t)(packet->time_ns - one->time_ns);
	one->state = SENT_BACK;
	match->near = number;
	if (was_lost) {
		number_set(&match->numbers.lost, match->numbers.lost - 1);
		found->is = MATCH_IS_LATE;
	} else {
		uint64_t latency = found->latency_ns > 0 ? (uint64_t)found->latency_ns : 0;

		found->is = MATCH_IS_MATCHED;
		histogram_add(&match->latencies, latency);
		if (latency < match->numbers.latency_min_ns)
			number_set(&match->numbers.latency_min_ns, latency);
	}
	order_came(&match->order, number, &match->numbers);
}

static void
recognise(struct match *match, const struct match_packet *packet, struct match_found *found)
{
	struct match_numbers *numbers = &match->numbers;
	struct sent_found of = {.is = SENT_NONE};
	unsigned level;

	for (level = 0; level < match->sent.levels; level++) {
		of = sent_find(&match->sent, level, packet->keys.of[level]);
		if (of.is != SENT_NONE)
			break;
	}
	if (of.is == SENT_NONE) {
		uint64_t gone = pending_add(&match->pending, packet, match->near);

		*found = (struct match_found){.is = MATCH_IS_PENDING};
		number_add(&numbers->unknown, gone);
		number_add(&numbers->unasked, gone);
		return;
	}
	*found = (struct match_found){.is = MATCH_IS_DUPLICATE,
				      .level = level,
				      .number = of.packet->number,
				      .loop = of.packet->loop};
	if (of.is == SENT_ALL_BACK) {
		number_add(&numbers->duplicated, 1);
		return;
	}
	found->ambiguous = of.ambiguous || of.is == SENT_FOUND_OWED;
	if (of.is == SENT_FOUND_OWED) {
		/* Which of its twins it is nobody knows, so it has no place in any order. */
		of.packet->owed--;
		number_set(&numbers->lost, numbers->lost - 1);
		found->is = MATCH_IS_LATE;
		found->latency_ns = (int64_t)(packet->time_ns - of.packet->time_ns);
	} else {
		arrive(match, packet, of.packet, found);
	}
	number_add(found->is == MATCH_IS_LATE ? &numbers->late : &numbers->matched, 1);
	number_add(&numbers->by[level], 1);
	if (found->ambiguous)
		number_add(&numbers->ambiguous, 1);
}

void
match_back(struct match *match, const struct match_packet *packets, unsigned count,
	   struct match_found *found)
{
	const struct sent *sent = &match->sent;
	struct match_found spare;

	for (unsigned done = 0; done < count;) {
		unsigned some = count - done < MATCH_BATCH ? count - done : MATCH_BATCH;

		/* Of most packets the strictest key is known, and the others are not asked for. */
		for (unsigned i = 0; i < some; i++)
			table_prefetch(&sent->tables[0], packets[done + i].keys.of[0]);
		for (unsigned i = 0; i < some; i++) {
			uint32_t last = table_peek(&sent->tables[0], packets[done + i].keys.of[0]);

			if (last != TABLE_NONE)
				__builtin_prefetch(&sent->ring[last], 1);
			for (unsigned level = 1; last == TABLE_NONE && level < sent->levels;
			     level++)
				table_prefetch(&sent->tables[level],
					       packets[done + i].keys.of[level]);
		}
		for (unsigned i = 0; i < some; i++) {
			decide_until(match, packets[done + i].time_ns);
			recognise(match, &packets[done + i], found ? found + done + i : &spare);
		}
		done += some;
		number_add(&match->numbers.back, some);
	}
	if (count)
		pass_pending(match, packets[count - 1].time_ns);
}

void
match_end(struct match *match)
{
	while (match->sent.decided < match->sent.next)
		decide(match, match->sent.decided++);
	match->due_ns = UINT64_MAX;
	number_add(&match->numbers.unknown, pending_pass(&match->pending, UINT64_MAX));
}

static uint64_t
rest_of(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

void
match_tell(const struct match *match, struct match_numbers *numbers)
{
	const uint64_t *from = (const uint64_t *)&match->numbers;
	uint64_t *to = (uint64_t *)numbers, here;

	_Static_assert(sizeof(*numbers) % sizeof(*to) == 0, "they are all 64 bits");
	for (size_t i = 0; i < sizeof(*numbers) / sizeof(*to); i++)
		to[i] = number_read(from + i);
	here = numbers->matched + numbers->late + numbers->changed;
	numbers->waiting = rest_of(numbers->sent, here + numbers->lost);
	numbers->pending = rest_of(numbers->back, here + numbers->duplicated + numbers->unknown);
}

void
match_latencies(const struct match *match, struct histogram *sum)
{
	histogram_merge(sum, &match->latencies);
}

const struct match_changes *
match_changes(const struct match *match)
{
	return &match->changes;
}
