/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <string.h>

#include "edit/program.h"
#include "edit/quick.h"
#include "port/cut.h"
#include "port/time.h"

#include "core/banned.h"

/* Makes the packets those that may be written, as ops have said. Returns how many frames are
 * left. */
static unsigned
take(struct edit_local *local, unsigned count, unsigned manner)
{
	struct frame *frames = local->frames;
	unsigned ready = 0;

	for (unsigned i = 0; i < count; i++) {
		struct frame *frame = &frames[i];
		uint16_t depth = RTE_MAX(frame->depth, frame->link_length);
		struct own_part part = {
			.skip = frame->skip,
			.length = RTE_MAX(frame->length, depth),
			.depth = depth,
			.front = frame->front,
			.back = frame->back,
			.fill_from = frame->fill_from,
			.fill_to = frame->fill_to,
		};
		struct rte_mbuf *packet = own_take(&local->own, frame->packet, &part,
						   manner | (frame->alone ? OWN_ALONE : 0));

		if (unlikely(!packet)) {
			local->failed[local->failed_count] = frame->packet;
			local->failed_from[local->failed_count++] = frame->from;
			continue;
		}
		frame->alone |= packet != frame->packet;
		frame->packet = packet;
		frame->start = rte_pktmbuf_mtod(packet, uint8_t *);
		frame->length += frame->back;
		frame->grown += frame->back;
		memcpy(frame->start, frame->link, frame->link_length);
		if (unlikely(ready != i))
			frames[ready] = *frame;
		ready++;
	}
	return ready;
}

/* Cuts off what is too much, and makes frames what the next pass begins with. */
static void
end_pass(struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		edit_trim(frame);
		frame->skip = 0;
		frame->depth = 0;
		frame->front = 0;
		frame->back = 0;
		frame->fill_from = frame->fill_to = 0;
		frame->link_length = 0;
		frame->known = false;
	}
}

/* A record in a capture has the length on the wire, which edits but a slice change. */
static void
tell_length(const struct frame *frame, unsigned manner)
{
	if (packet_wire_length_offset >= 0 && frame->grown)
		packet_wire_length_set(frame->packet,
				       packet_wire_length(frame->packet) + frame->grown);
	else if ((manner & EDIT_TELLS) && packet_cut_flag &&
		 frame->wire + frame->grown > frame->packet->pkt_len)
		packet_cut_tell(frame->packet, frame->wire + frame->grown);
}

/* The same of those that went the quick way, whose lengths these were before. */
static __rte_noinline void
tell_cuts(struct rte_mbuf *const *packets, const uint32_t *lengths, int grows, uint32_t which)
{
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);

		packet_cut_tell(packets[i], lengths[i] + grows);
	}
}

/* The long way. */
static uint16_t
run_in_frames(const struct edit *edit, struct edit_local *local, struct rte_mbuf **packets,
	      uint8_t *from, const struct packet_view *views, uint16_t count, unsigned manner,
	      struct edit_idle *idle)
{
	struct frame *frames = local->frames;
	unsigned ready = count;

	idle->packets = 0;
	local->failed_count = 0;
	local->moment.sequences = local->sequences;
	for (unsigned i = 0; i < count; i++) {
		frames[i] = (struct frame){
			.packet = packets[i],
			.length = packets[i]->pkt_len,
			.wire = packet_wire_length_offset >= 0 ? packet_wire_length(packets[i])
							       : packets[i]->pkt_len,
			.from = from[i],
			.alone = manner & OWN_ALONE,
			.loop = local->moment.loops ? local->moment.loops[from[i]] : 0,
		};
		if (views && edit->reach.parses)
			edit_layout_of(&frames[i], &views[from[i]]);
	}
	for (const struct pass *pass = edit->passes; pass < edit->passes + edit->pass_count;
	     pass++) {
		const struct edit_op *first = &edit->ops[pass->first], *end = first + pass->count;

		for (const struct edit_op *op = first; op < end; op++)
			op->kind->look(op, frames, ready);
		ready = take(local, ready, manner & ~(unsigned)OWN_ALONE);
		for (const struct edit_op *op = first; op < end; op++) {
			if (op->kind->run)
				op->kind->run(op, &local->moment, frames, ready);
		}
		end_pass(frames, ready);
	}
	for (unsigned i = 0; i < ready; i++) {
		tell_length(&frames[i], manner);
		packets[i] = frames[i].packet;
		from[i] = frames[i].from;
		if (!frames[i].idle)
			continue;
		idle->packets |= 1u << i;
		idle->ops[i] = frames[i].idle;
	}
	for (unsigned i = 0; i < local->failed_count; i++) {
		packets[ready + i] = local->failed[i];
		from[ready + i] = local->failed_from[i];
	}
	return ready;
}

/* Packets of a group that go the long way. */
struct rest {
	struct rte_mbuf *packets[BURST_MAX];
	uint8_t from[BURST_MAX];
	uint16_t count, ready;
	struct edit_idle idle;
};

/* Puts them back between those to which all was done, each in its place; behind all, those for
 * which there was no memory. */
static uint16_t
merge(struct rte_mbuf **packets, uint8_t *from, uint16_t count, uint32_t done,
      const struct rest *rest, struct edit_idle *idle)
{
	uint16_t ready = 0, good = 0;

	for (unsigned i = 0; i < count; i++) {
		if (done >> i & 1) {
			packets[ready] = packets[i];
			from[ready++] = from[i];
		} else if (good < rest->ready && rest->from[good] == from[i]) {
			if (rest->idle.packets >> good & 1) {
				idle->packets |= 1u << ready;
				idle->ops[ready] = rest->idle.ops[good];
			}
			packets[ready] = rest->packets[good++];
			from[ready++] = from[i];
		}
	}
	for (unsigned i = ready; i < count; i++, good++) {
		packets[i] = rest->packets[good];
		from[i] = rest->from[good];
	}
	return ready;
}

static __rte_noinline uint16_t
run_rest(const struct edit *edit, struct edit_local *local, struct rte_mbuf **packets,
	 uint8_t *from, const struct packet_view *views, uint16_t count, unsigned manner,
	 uint32_t done, struct edit_idle *idle)
{
	struct rest rest;

	rest.count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (done >> i & 1)
			continue;
		rest.packets[rest.count] = packets[i];
		rest.from[rest.count++] = from[i];
	}
	rest.ready = run_in_frames(edit, local, rest.packets, rest.from, views, rest.count, manner,
				   &rest.idle);
	return merge(packets, from, count, done, &rest, idle);
}

/* Returns which it was done to, as bits. */
static inline uint32_t
run_quick(const struct edit *edit, struct edit_local *local, const struct edit_group *group,
	  unsigned count, unsigned manner)
{
	const struct edit_taking taking = {&local->own, manner, &local->chained};
	const uint32_t all = (UINT64_C(1) << count) - 1;
	uint32_t done = 0;

	if (manner & OWN_ALONE)
		done = edit_quick(edit->ops, edit->op_count, &edit->reach, group, count);
	if (done != all && edit->quick_apart)
		done |= edit_quick_apart(edit->ops, edit->op_count, &edit->reach, group,
					 all & ~done, &taking);
	return done;
}

uint16_t
edit_run(const struct edit *edit, struct edit_local *local, struct rte_mbuf **packets,
	 uint8_t *from, const struct packet_view *views, uint16_t count, unsigned manner,
	 struct edit_idle *idle)
{
	const uint32_t all = (UINT64_C(1) << count) - 1;
	bool tells = unlikely(manner & EDIT_TELLS) && packet_cut_flag;
	uint32_t lengths[BURST_MAX];
	uint32_t done = 0;

	local->evenly = local->chained = false;
	idle->packets = 0;
	for (unsigned i = 0; tells && i < count; i++)
		lengths[i] = packets[i]->pkt_len;
	if (edit->quick && (views || !edit->reach.parses))
		done = run_quick(edit, local, &(struct edit_group){packets, from, views}, count,
				 manner);
	if (tells)
		tell_cuts(packets, lengths, edit->reach.grows, done);
	local->evenly = done == all;
	if (likely(done == all))
		return count;
	if (done == 0)
		return run_in_frames(edit, local, packets, from, views, count, manner, idle);
	return run_rest(edit, local, packets, from, views, count, manner, done, idle);
}

void
edit_count_copies(struct edit_local *local, struct tally_copy copies[COPY_REASONS])
{
	static const enum copy_reason reasons[OWN_WAYS] = {
		[OWN_HEADERS] = COPY_EDIT_HEADERS,
		[OWN_SHORT] = COPY_EDIT_SHORT,
		[OWN_FLAT] = COPY_EDIT_FLAT,
		[OWN_DEEP] = COPY_EDIT_DEEP,
	};

	for (unsigned way = 0; way < OWN_WAYS; way++) {
		copies[reasons[way]].packets += local->own.copies[way].packets;
		copies[reasons[way]].bytes += local->own.copies[way].bytes;
	}
	memset(local->own.copies, 0, sizeof(local->own.copies));
}
