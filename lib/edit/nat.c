/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_common.h>
#include <stdlib.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"
#include "edit/unique.h"
#include "packet/sum.h"

#include "core/banned.h"

/* RFC 826, RFC 792, RFC 4443 */
#define ARP_FIXED 8u /* behind it the sender's two addresses, then the target's */
#define ARP_HARDWARE_LENGTH 4
#define ARP_IPV4 4u
#define ICMP_HEADER 8

void
edit_make_nat(const struct config_action *action, struct edit_op *op)
{
	const struct config_nat *nat = action->nat;

	op->parses = op->writes = op->anew = true;
	op->pairs = calloc(nat->count, sizeof(*op->pairs));
	if (!op->pairs)
		return;
	op->pair_count = nat->count;
	for (unsigned i = 0; i < nat->count; i++) {
		struct edit_pair *pair = &op->pairs[i];

		pair->family = nat->pairs[i].from.family;
		edit_make_bits(&nat->pairs[i].to, &pair->to);
		memcpy(pair->from, nat->pairs[i].from.address, sizeof(pair->from));
	}
}

/* The first pair that an address, of so many words, lies in; NULL: there is none. */
static const struct edit_pair *
find(const struct edit_op *op, const uint8_t *address, unsigned words)
{
	for (const struct edit_pair *pair = op->pairs; pair < op->pairs + op->pair_count; pair++) {
		uint32_t differs = pair->family != (words == 4 ? 6 : 4);

		for (unsigned i = 0; i < words; i++) {
			uint32_t word;

			memcpy(&word, address + i * 4, sizeof(word));
			differs |= (word & ~pair->to.keep[i]) ^ pair->from[i];
		}
		if (!differs)
			return pair;
	}
	return NULL;
}

/* Whether an address is to be another. */
static bool
is_meant(const struct edit_op *op, const struct frame *frame, const uint8_t *address,
	 unsigned words)
{
	return op->unique ? unique_moves(address, words, frame->loop)
			  : find(op, address, words) != NULL;
}

/* Returns what it changes. */
static uint64_t
translate(const struct edit_op *op, const struct frame *frame, uint8_t *address, unsigned words)
{
	static const uint32_t nothing[4];
	const struct edit_pair *pair;

	if (op->unique) {
		uint32_t value[4];

		if (!unique_moves(address, words, frame->loop))
			return 0;
		memcpy(value, address, words * 4);
		unique_move((uint8_t *)value, words, frame->loop);
		return edit_put_words(address, nothing, value, words);
	}
	pair = find(op, address, words);
	return pair ? edit_put_words(address, pair->to.keep, pair->to.value, words) : 0;
}

static bool
is_in(const struct edit_op *op, const struct frame *frame, uint32_t offset, unsigned words)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at = edit_read(frame, offset, words * 4, spare);

	return at && is_meant(op, frame, at, words);
}

/* Whether the source or the destination is in a pair, of the IP packet at an offset. */
static bool
has_some(const struct edit_op *op, const struct frame *frame, uint32_t ip)
{
	unsigned words = edit_is_ipv6(frame) ? 4 : 1;
	uint32_t addresses = ip + (words == 4 ? IPV6_SRC : IPV4_SRC);

	return is_in(op, frame, addresses, words) || is_in(op, frame, addresses + words * 4, words);
}

/* Where the packet begins that an ICMP error quotes, of which the header is there; 0: there is
 * none. */
static uint32_t
find_quote(const struct frame *frame, uint32_t end)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *type, *first;
	uint32_t quote = frame->l4 + ICMP_HEADER, length;
	bool error, wide = edit_is_ipv6(frame);

	if (frame->l4 == 0 || frame->protocol != (wide ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return 0;
	type = edit_read(frame, frame->l4, 1, spare);
	if (!type)
		return 0;
	/* RFC 792: unreachable, quench, redirect, time exceeded, parameter problem; RFC 4443
	 * section 2.1. */
	error = wide ? type[0] >= 1 && type[0] <= 4
		     : (type[0] >= 3 && type[0] <= 5) || type[0] == 11 || type[0] == 12;
	first = error ? edit_read(frame, quote, 1, spare) : NULL;
	if (!first || first[0] >> 4 != (wide ? 6 : 4))
		return 0;
	length = wide ? IPV6_HEADER : RTE_MAX((first[0] & 0xf) * 4u, IPV4_HEADER);
	return quote + length <= end ? quote : 0;
}

/* Ethernet and IPv4: RFC 826. Whatever the hardware's addresses are, the length of one of them is
 * in length. */
static uint32_t
find_arp(struct frame *frame, uint32_t *length)
{
	static const uint8_t type[] = {0x08, 0x06};
	uint8_t spare[EDIT_READ_MAX];
	uint32_t link = edit_end_of(frame, CONFIG_AFTER_LINK);
	const uint8_t *at;

	if (link > EDIT_LINK_MAX)
		return 0;
	at = edit_read(frame, link - 2, 2 + ARP_FIXED, spare);
	if (!at || memcmp(at, type, sizeof(type)) != 0 || at[4] != 0x08 || at[5] != 0x00 ||
	    at[7] != ARP_IPV4)
		return 0;
	*length = at[6];
	return link + ARP_FIXED + 2 * (*length + ARP_IPV4) <= frame->length ? link : 0;
}

static bool
look_arp(const struct edit_op *op, struct frame *frame)
{
	uint32_t hardware = 0, arp = find_arp(frame, &hardware);
	uint32_t sender = arp + ARP_FIXED + hardware;
	uint32_t target = sender + ARP_IPV4 + hardware;

	if (arp == 0 || (!is_in(op, frame, sender, 1) && !is_in(op, frame, target, 1)))
		return false;
	frame->arp = arp;
	edit_deepen(frame, target + ARP_IPV4);
	return true;
}

/* As deep as the quoted packet's header and the checksum with its addresses in it. */
static void
look_quote(struct frame *frame, uint32_t end)
{
	uint32_t header = edit_is_ipv6(frame) ? IPV6_HEADER : IPV4_HEADER;
	struct frame quoted;

	edit_layout_quoted(frame, end, &quoted);
	frame->quoted_l4 = quoted.l4;
	frame->quoted_sum = quoted.pseudo ? quoted.sum : 0;
	frame->quoted_zero = quoted.zero;
	edit_deepen(frame, frame->quote + RTE_MAX(header, frame->quoted_sum + 2u));
}

static bool
look_ip(const struct edit_op *op, struct frame *frame)
{
	uint32_t end = edit_end_of_datagram(frame), header;
	bool found = has_some(op, frame, frame->l3), quoted;

	frame->quote = find_quote(frame, end);
	quoted = frame->quote && has_some(op, frame, frame->quote);
	if (quoted)
		look_quote(frame, end);
	else
		frame->quote = 0;
	if (!found && !quoted)
		return false;
	header = edit_is_ipv6(frame) ? IPV6_HEADER : IPV4_HEADER;
	edit_deepen(frame, frame->l3 + header);
	if (frame->sum)
		edit_deepen(frame, frame->sum + 2);
	return true;
}

void
edit_look_nat(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		bool found;

		edit_layout(frame);
		frame->arp = frame->quote = 0;
		found = frame->kind < PACKET_IPV4 ? look_arp(op, frame) : look_ip(op, frame);
		/* In its first loop all stays as it is. */
		if (!found && !op->unique)
			frame->idle |= op->bit;
	}
}

/* Returns what it changes of a sum over the checksum. */
static uint64_t
adjust(uint8_t *at, uint64_t change, bool zero)
{
	uint16_t before, after;

	memcpy(&before, at, sizeof(before));
	after = zero ? sum_adjust_udp(before, change) : sum_adjust(before, change);
	memcpy(at, &after, sizeof(after));
	return sum_word(0, before, after);
}

/* What a packet's addresses change of a sum over its header, and of one over its pseudo-header. */
struct moved {
	uint64_t header, pseudo;
};

/* The IP packet at ip, whose transport's header is so many bytes behind; 0: it has none, or none
 * with a checksum. */
static struct moved
translate_ip(const struct edit_op *op, const struct frame *frame, uint8_t *ip, uint32_t transport)
{
	bool wide = edit_is_ipv6(frame);
	unsigned words = wide ? 4 : 1;
	uint8_t *address = ip + (wide ? IPV6_SRC : IPV4_SRC);
	uint64_t source = translate(op, frame, address, words);
	uint64_t destination = translate(op, frame, address + words * 4, words);
	struct moved moved = {source + destination, source + destination};

	if (!wide)
		moved.header += adjust(ip + IPV4_SUM, moved.header, false);
	if (edit_is_routed(ip, transport))
		moved.pseudo = source;
	return moved;
}

/* Returns what it changes of the bytes that are quoted, checksums with them. */
static uint64_t
translate_quote(const struct edit_op *op, const struct frame *frame)
{
	uint8_t *ip = frame->start + frame->quote;
	uint32_t transport = frame->quoted_sum ? frame->quoted_l4 : 0;
	struct moved moved = translate_ip(op, frame, ip, transport);

	if (frame->quoted_sum == 0)
		return moved.header;
	return moved.header + adjust(ip + frame->quoted_sum, moved.pseudo, frame->quoted_zero);
}

static void
run_ip(const struct edit_op *op, const struct frame *frame)
{
	bool wide = edit_is_ipv6(frame);
	uint32_t transport = frame->sum ? frame->l4 - frame->l3 : 0;
	struct moved moved;
	uint64_t change;

	if (frame->depth < frame->l3 + (wide ? IPV6_HEADER : IPV4_HEADER))
		return;
	moved = translate_ip(op, frame, frame->start + frame->l3, transport);
	change = frame->pseudo ? moved.pseudo : 0;
	if (frame->quote)
		change += translate_quote(op, frame);
	if (frame->sum)
		adjust(frame->start + frame->sum, change, frame->zero);
}

static void
run_arp(const struct edit_op *op, const struct frame *frame)
{
	uint8_t *arp = frame->start + frame->arp, hardware = arp[ARP_HARDWARE_LENGTH];
	uint8_t *sender = arp + ARP_FIXED + hardware;

	translate(op, frame, sender, 1);
	translate(op, frame, sender + ARP_IPV4 + hardware, 1);
}

void
edit_run_nat(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	     unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (frame->kind >= PACKET_IPV4)
			run_ip(op, frame);
		else if (frame->arp)
			run_arp(op, frame);
	}
}
