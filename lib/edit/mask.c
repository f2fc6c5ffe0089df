/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"
#include "packet/checksum.h"
#include "packet/sum.h"

#include "core/banned.h"

#define IPV4_ADDRESS 4
#define IPV6_ADDRESS 16
#define ROUTING_SEGMENTS 4 /* the type of RFC 8754, whose addresses stand from last to first */

/* Bytes of a frame, from the first to before the last. */
struct range {
	uint32_t from, to;
};

static uint16_t
sum_of_same(uint8_t byte, uint32_t count)
{
	const uint8_t odd[2] = {byte, 0};
	uint16_t word = byte << 8 | byte, last = 0;

	if (count % 2)
		memcpy(&last, odd, sizeof(last));
	return sum_fold(sum_fold(count / 2 * word) + last);
}

/* What it changes of a sum over a range that those of its bytes which are masked are others. */
static uint32_t
masked(const struct frame *frame, uint8_t with, struct range range)
{
	uint32_t from = RTE_MAX(frame->fill_from, range.from);
	uint32_t to = RTE_MIN(frame->fill_to, range.to);
	uint16_t before, after;

	if (from >= to || !checksum_add_up(frame->packet, frame->skip + from, to - from, &before))
		return 0;
	after = sum_of_same(with, to - from);
	if ((from - range.from) % 2) {
		before = rte_bswap16(before);
		after = rte_bswap16(after);
	}
	return sum_word(0, before, after);
}

/* Where the address stands to which an IPv6 packet goes in the end: RFC 8200 section 8.1. */
static uint32_t
final_of(const struct frame *frame)
{
	uint32_t at = frame->l3 + IPV6_HEADER, final = at - IPV6_ADDRESS;
	uint8_t spare[EDIT_READ_MAX], next;
	const uint8_t *header = edit_read(frame, frame->l3 + IPV6_NEXT, 1, spare);

	next = header ? header[0] : IPPROTO_NONE;
	while (at + 8 <= frame->l4) {
		uint32_t length;

		header = edit_read(frame, at, 8, spare);
		if (!header)
			break;
		length = next == IPPROTO_AH         ? (header[1] + 2) * 4u
			 : next == IPPROTO_FRAGMENT ? 8
						    : (header[1] + 1) * 8u;
		if (next == IPPROTO_ROUTING && header[ROUTING_LEFT] && length >= 8 + IPV6_ADDRESS)
			final = header[2] == ROUTING_SEGMENTS
					? at + 8
					: at + 8 + (length - 8) / IPV6_ADDRESS * IPV6_ADDRESS -
						  IPV6_ADDRESS;
		next = header[0];
		at += length;
	}
	return final;
}

/* The same of IPv4: the last address of a source route that is not at its end, RFC 791 section
 * 3.1. */
static uint32_t
final_of_ipv4(const struct frame *frame)
{
	uint32_t address = frame->l3 + IPV4_HEADER - IPV4_ADDRESS, length = frame->l4 - frame->l3;
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *ip = edit_read(frame, frame->l3, length, spare);
	uint32_t last = ip ? edit_route_end(ip, length) : 0;

	return last ? frame->l3 + last - IPV4_ADDRESS : address;
}

static uint32_t
masked_addresses(const struct frame *frame, uint8_t with)
{
	uint32_t ip = frame->l3, final;

	if (!edit_is_ipv6(frame)) {
		final = final_of_ipv4(frame);
		return masked(frame, with,
			      (struct range){ip + IPV4_SRC, ip + IPV4_SRC + IPV4_ADDRESS}) +
		       masked(frame, with, (struct range){final, final + IPV4_ADDRESS});
	}
	final = final_of(frame);
	return masked(frame, with, (struct range){ip + IPV6_SRC, ip + IPV6_SRC + IPV6_ADDRESS}) +
	       masked(frame, with, (struct range){final, final + IPV6_ADDRESS});
}

/* Where the bytes end that the transport's checksum is over: a length that denies the transport's
 * header is no judge of it. */
static uint32_t
end_of_sum(struct frame *frame)
{
	uint32_t header = RTE_MIN(edit_end_of(frame, CONFIG_AFTER_TRANSPORT), frame->length);

	return RTE_MAX(edit_end_of_datagram(frame), header);
}

static void
find_changes(struct frame *frame, uint8_t with)
{
	frame->header_change = frame->change = frame->sctp_change = 0;
	if (frame->kind < PACKET_IPV4)
		return;
	if (!edit_is_ipv6(frame)) {
		uint32_t end = edit_end_of(frame, CONFIG_AFTER_NETWORK);

		frame->header_change = masked(frame, with, (struct range){frame->l3, end});
	}
	frame->sctp_end = edit_sctp_end(frame);
	if (frame->sctp_end)
		frame->sctp_change = edit_sctp_masked(frame, with);
	if (frame->sum == 0)
		return;
	if (frame->pseudo)
		frame->change = masked_addresses(frame, with);
	frame->change += masked(frame, with, (struct range){frame->l4, end_of_sum(frame)});
}

void
edit_make_mask(const struct config_action *action, struct edit_op *op)
{
	op->values.mask.after = action->mask->after;
	op->values.mask.from = action->mask->from;
	op->values.mask.bytes = action->mask->bytes;
	op->values.mask.with = action->mask->with;
	op->parses = true;
	/* A payload is behind whatever is set. */
	op->anew = action->mask->after != CONFIG_AFTER_TRANSPORT;
	op->types = action->mask->after == CONFIG_AFTER_NOTHING;
	op->writes = true;
}

void
edit_look_mask(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint32_t end = edit_end_of(frame, op->values.mask.after), left;

		edit_layout(frame);
		if (end >= frame->length || op->values.mask.from >= frame->length - end) {
			frame->idle |= op->bit;
			continue;
		}
		frame->fill_from = end + op->values.mask.from;
		left = frame->length - frame->fill_from;
		if (op->values.mask.bytes)
			left = RTE_MIN(left, op->values.mask.bytes);
		frame->fill_to = frame->fill_from + left;
		/* The bytes themselves are gone once the packet is one's own. */
		find_changes(frame, op->values.mask.with);
		if (frame->header_change)
			edit_deepen(frame, frame->l3 + IPV4_SUM + 2);
		if (frame->change)
			edit_deepen(frame, frame->sum + 2);
		if (frame->sctp_change)
			edit_deepen(frame, frame->l4 + SCTP_HEADER);
	}
}

static void
fill(const struct frame *frame, uint8_t with)
{
	uint32_t offset = frame->fill_from, left = frame->fill_to - offset;

	for (struct rte_mbuf *segment = frame->packet; left; segment = segment->next) {
		uint32_t part;

		if (offset >= segment->data_len) {
			offset -= segment->data_len;
			continue;
		}
		part = RTE_MIN(segment->data_len - offset, left);
		memset(rte_pktmbuf_mtod_offset(segment, void *, offset), with, part);
		left -= part;
		offset = 0;
	}
}

/* A checksum that is masked itself is what it is masked with. */
static void
adjust(const struct frame *frame, uint32_t offset, uint32_t change, bool zero)
{
	uint8_t *at = frame->start + offset;
	uint16_t sum;

	if (change == 0 || (offset + 2 > frame->fill_from && offset < frame->fill_to))
		return;
	memcpy(&sum, at, sizeof(sum));
	sum = zero ? sum_adjust_udp(sum, change) : sum_adjust(sum, change);
	memcpy(at, &sum, sizeof(sum));
}

void
edit_run_mask(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	      unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (frame->fill_to == 0)
			continue;
		fill(frame, op->values.mask.with);
		adjust(frame, frame->l3 + IPV4_SUM, frame->header_change, false);
		adjust(frame, frame->sum, frame->change, frame->zero);
		if (unlikely(frame->sctp_change))
			edit_sctp_adjust(frame, frame->sctp_change);
	}
}
