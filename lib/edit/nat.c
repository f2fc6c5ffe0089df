/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_common.h>
#include <stdlib.h>
#include <string.h>

#include "edit/op.h"
#include "edit/unique.h"
#include "packet/sum.h"

#include "core/banned.h"

/* Offsets and lengths in headers: RFC 791 section 3.1, RFC 8200 section 3, RFC 826, RFC 792, RFC 4443. */
#define IPV4_SUM 10
#define IPV4_SRC 12
#define IPV4_HEADER 20u
#define IPV6_NEXT 6
#define IPV6_SRC 8
#define IPV6_HEADER 40u
#define ARP_SENDER 14
#define ARP_TARGET 24
#define ARP_LENGTH 28u
#define ICMP_HEADER 8
#define TCP_SUM 16
#define UDP_SUM 6
#define ICMP_SUM 2

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
static uint32_t
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

/* Whether one of two addresses is in a pair. */
static bool
is_in(const struct edit_op *op, const struct frame *frame, uint32_t offset, unsigned step,
      unsigned words)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *at = edit_read(frame, offset, step + words * 4, spare);

	return at && (is_meant(op, frame, at, words) || is_meant(op, frame, at + step, words));
}

/* Where the packet begins that an ICMP error quotes, of which the fixed header is there; 0: there is none. */
static uint32_t
find_quote(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *type, *first;
	uint32_t quote = frame->l4 + ICMP_HEADER;
	bool error, wide = edit_is_ipv6(frame);

	if (frame->l4 == 0 || frame->protocol != (wide ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return 0;
	type = edit_read(frame, frame->l4, 1, spare);
	if (!type)
		return 0;
	/* RFC 792: unreachable, quench, redirect, time exceeded, parameter problem; RFC 4443 section 2.1. */
	error = wide ? type[0] >= 1 && type[0] <= 4
		     : (type[0] >= 3 && type[0] <= 5) || type[0] == 11 || type[0] == 12;
	first = error ? edit_read(frame, quote, wide ? IPV6_HEADER : IPV4_HEADER, spare) : NULL;
	return first && first[0] >> 4 == (wide ? 6 : 4) ? quote : 0;
}

/* How deep the quoted packet's checksums stand, as far as they are there. */
static uint32_t
depth_of_quote(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *first = edit_read(frame, frame->quote, 1, spare);
	uint32_t header = edit_is_ipv6(frame) ? IPV6_HEADER : (first[0] & 0xf) * 4u;

	return RTE_MIN(edit_end_of_datagram(frame), frame->quote + header + TCP_SUM + 2u);
}

/* Ethernet and IPv4: RFC 826. */
static uint32_t
find_arp(struct frame *frame)
{
	static const uint8_t kind[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4};
	uint8_t spare[EDIT_READ_MAX];
	uint32_t link = edit_end_of(frame, CONFIG_AFTER_LINK);
	const uint8_t *at;

	if (link > EDIT_LINK_MAX || link + ARP_LENGTH > frame->length)
		return 0;
	at = edit_read(frame, link - 2, sizeof(kind), spare);
	return at && memcmp(at, kind, sizeof(kind)) == 0 ? link : 0;
}

static bool
look_arp(const struct edit_op *op, struct frame *frame)
{
	uint32_t arp = find_arp(frame);

	if (arp == 0 || !is_in(op, frame, arp + ARP_SENDER, ARP_TARGET - ARP_SENDER, 1))
		return false;
	frame->arp = arp;
	edit_deepen(frame, arp + ARP_LENGTH);
	return true;
}

static bool
look_ip(const struct edit_op *op, struct frame *frame)
{
	unsigned words = edit_is_ipv6(frame) ? 4 : 1;
	uint32_t addresses = words == 4 ? IPV6_SRC : IPV4_SRC;
	bool found = is_in(op, frame, frame->l3 + addresses, words * 4, words);

	frame->quote = find_quote(frame);
	if (frame->quote && is_in(op, frame, frame->quote + addresses, words * 4, words)) {
		edit_deepen(frame, depth_of_quote(frame));
		found = true;
	}
	if (!found)
		return false;
	edit_deepen(frame, frame->l3 + (words == 4 ? IPV6_HEADER : IPV4_HEADER));
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
		frame->idle |= !found && !op->unique;
	}
}

/* A checksum within depth; returns what that changes of a sum over it. */
static uint32_t
adjust(const struct frame *frame, uint32_t offset, uint32_t change, bool zero)
{
	uint8_t *at = frame->start + offset;
	uint16_t before, after;

	if (offset + 2 > frame->depth)
		return 0;
	memcpy(&before, at, sizeof(before));
	after = zero ? sum_adjust_udp(before, change) : sum_adjust(before, change);
	memcpy(at, &after, sizeof(after));
	return sum_word(0, before, after);
}

/* Returns what it changes of the bytes that are quoted, checksums with them. */
static uint32_t
translate_quote(const struct edit_op *op, struct frame *frame)
{
	uint8_t *ip = frame->start + frame->quote;
	uint32_t header = IPV6_HEADER, addresses, change;
	uint8_t protocol = ip[IPV6_NEXT];

	if (edit_is_ipv6(frame)) {
		addresses = translate(op, frame, ip + IPV6_SRC, 4);
		addresses += translate(op, frame, ip + IPV6_SRC + 16, 4);
		change = addresses;
	} else {
		header = (ip[0] & 0xf) * 4;
		protocol = ip[9];
		addresses = translate(op, frame, ip + IPV4_SRC, 1);
		addresses += translate(op, frame, ip + IPV4_SRC + 4, 1);
		change = addresses + adjust(frame, frame->quote + IPV4_SUM, addresses, false);
		if ((ip[6] & 0x1f) | ip[7]) /* a later fragment */
			return change;
	}
	if (protocol == IPPROTO_TCP)
		change += adjust(frame, frame->quote + header + TCP_SUM, addresses, false);
	else if (protocol == IPPROTO_UDP)
		change += adjust(frame, frame->quote + header + UDP_SUM, addresses, true);
	else if (protocol == IPPROTO_ICMPV6 && edit_is_ipv6(frame))
		change += adjust(frame, frame->quote + header + ICMP_SUM, addresses, false);
	return change;
}

static void
run_ip(const struct edit_op *op, struct frame *frame)
{
	bool wide = edit_is_ipv6(frame);
	uint8_t *ip = frame->start + frame->l3;
	uint32_t source, destination, change;

	if (frame->depth < frame->l3 + (wide ? IPV6_HEADER : IPV4_HEADER))
		return;
	if (wide) {
		source = translate(op, frame, ip + IPV6_SRC, 4);
		destination = translate(op, frame, ip + IPV6_SRC + 16, 4);
		if (edit_is_routed(frame))
			destination = 0;
	} else {
		source = translate(op, frame, ip + IPV4_SRC, 1);
		destination = translate(op, frame, ip + IPV4_SRC + 4, 1);
		adjust(frame, frame->l3 + IPV4_SUM, source + destination, false);
	}
	change = frame->pseudo ? source + destination : 0;
	if (frame->quote && frame->depth >= frame->quote + (wide ? IPV6_HEADER : IPV4_HEADER))
		change += translate_quote(op, frame);
	if (frame->sum)
		adjust(frame, frame->sum, change, frame->zero);
}

void
edit_run_nat(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	     unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (frame->kind >= PACKET_IPV4) {
			run_ip(op, frame);
		} else if (frame->arp) {
			translate(op, frame, frame->start + frame->arp + ARP_SENDER, 1);
			translate(op, frame, frame->start + frame->arp + ARP_TARGET, 1);
		}
	}
}
