/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <string.h>

#include "core/ethertype.h"
#include "edit/fields.h"
#include "edit/quick.h"
#include "packet/flow.h"
#include "packet/sum.h"
#include "packet/window.h"

#include "core/banned.h"

#define HOPS 64
#define DATAGRAM_MAX 65535

#define PORT_VXLAN 4789  /* RFC 7348 section 5 */
#define PORT_GENEVE 6081 /* RFC 8926 section 3.3 */
#define GRE_KEY 0x2000   /* RFC 2890 */
#define GRE_SEQUENCE 0x1000
#define ERSPAN_TAG_KEPT 0x1800       /* of type II: a tag is in the frame */
#define ERSPAN_CUT 0x400             /* of both: T */
#define ERSPAN_FRAME 0x8000          /* type III: what is mirrored is an Ethernet frame */
#define ERSPAN_TICK UINT64_C(100000) /* ns, of a type III timestamp with granularity 0 */

/* Dynamic ports, RFC 6335 section 6: of them one by flow, as RFC 7348 and RFC 8926 want. */
#define PORT_FIRST 0xc000

static uint8_t *
add(struct edit_around *around, const void *bytes, unsigned length)
{
	uint8_t *at = around->bytes + around->length;

	if (bytes)
		memcpy(at, bytes, length);
	around->length += length;
	return at;
}

static void
add16(struct edit_around *around, uint16_t value)
{
	value = rte_cpu_to_be_16(value);
	add(around, &value, sizeof(value));
}

static void
add32(struct edit_around *around, uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	add(around, &value, sizeof(value));
}

/* All but lengths, and the checksum with a length of 0. */
static void
add_ip(struct edit_around *around, const struct config_push *push, uint8_t protocol)
{
	uint32_t change = 0;
	uint16_t word, sum;
	uint8_t *ip;

	around->l3 = around->length;
	if (push->src.family == 6) {
		add32(around, UINT32_C(6) << 28);
		add16(around, 0);
		add(around, (const uint8_t[]){protocol, HOPS}, 2);
		add(around, push->src.address, 16);
		add(around, push->dst.address, 16);
		return;
	}
	/* Not to be fragmented, so that no identification is needed: RFC 6864 section 4. */
	ip = add(around, (const uint8_t[]){0x45, 0, 0, 0, 0, 0, 0x40, 0, HOPS, protocol, 0, 0}, 12);
	add(around, push->src.address, 4);
	add(around, push->dst.address, 4);
	for (unsigned i = 0; i < IPV4_HEADER; i += sizeof(word)) {
		memcpy(&word, ip + i, sizeof(word));
		change += word;
	}
	sum = ~sum_fold(change);
	memcpy(ip + IPV4_SUM, &sum, sizeof(sum));
}

/* The checksum is 0, none: RFC 7348 section 5, RFC 6935. */
static void
add_udp(struct edit_around *around, const struct config_push *push, uint16_t port)
{
	add_ip(around, push, IPPROTO_UDP);
	around->udp = around->length;
	add16(around, PORT_FIRST);
	add16(around, port);
	add32(around, 0);
}

static void
add_erspan(struct edit_around *around, const struct config_push *push)
{
	around->session = push->id;
	add_ip(around, push, IPPROTO_GRE);
	add16(around, GRE_SEQUENCE);
	add16(around, push->version == 3 ? TYPE_ERSPAN3 : TYPE_ERSPAN2);
	add32(around, 0);
	around->erspan = around->length;
	around->version = push->version;
	add16(around, (push->version == 3 ? 2 : 1) << 12);
	add16(around, push->id);
	add32(around, 0);
	if (push->version == 3) {
		add16(around, 0);
		add16(around, ERSPAN_FRAME);
	}
}

void
edit_make_around(const struct config_push *push, struct edit_around *around)
{
	around->own_dst = !push->dst_mac_given;
	around->own_src = !push->src_mac_given;
	add(around, push->dst_mac, 6);
	add(around, push->src_mac, 6);
	add16(around, push->src.family == 6 ? TYPE_IPV6 : TYPE_IPV4);
	switch (push->kind) {
	case CONFIG_PUSH_VXLAN:
		add_udp(around, push, PORT_VXLAN);
		add32(around, UINT32_C(0x08000000));
		add32(around, push->id << 8);
		break;
	case CONFIG_PUSH_GENEVE:
		add_udp(around, push, PORT_GENEVE);
		add32(around, TYPE_BRIDGED);
		add32(around, push->id << 8);
		break;
	case CONFIG_PUSH_GRE:
		add_ip(around, push, IPPROTO_GRE);
		add16(around, push->id_given ? GRE_KEY : 0);
		add16(around, TYPE_BRIDGED);
		if (push->id_given)
			add32(around, push->id);
		break;
	case CONFIG_PUSH_ERSPAN:
		add_erspan(around, push);
		break;
	case CONFIG_PUSH_VLAN:
	case CONFIG_PUSH_MPLS:
		break;
	}
}

/* A frame that has no addresses to be taken over, or is too long for a datagram, stays as it is. */
static bool
holds(const struct edit_around *around, uint32_t length)
{
	return length >= EDIT_ETHER && length + around->length - around->l3 <= DATAGRAM_MAX;
}

void
edit_look_around(const struct edit_op *op, struct frame *frames, unsigned count)
{
	const struct edit_around *around = &op->values.push.around;

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (!holds(around, frame->length + frame->front)) {
			frame->idle |= op->bit;
			continue;
		}
		/* Both addresses, and a tag. */
		edit_deepen(frame, RTE_MIN(frame->length, EDIT_ETHER + 2u));
		frame->front += around->length;
		if (around->udp)
			frame->flow = edit_flow(frame);
	}
}

static void
put_erspan(const struct edit_around *around, uint8_t *start, const uint8_t *inner, uint32_t length,
	   const struct edit_moment *moment, const struct frame *frame)
{
	uint8_t *erspan = start + around->erspan;

	/* The sequence of each session is a worker's own. */
	put_be32(erspan - 4, moment->sequences[around->session]++);
	if (length >= EDIT_ETHER + 2 && edit_is_tag(inner + EDIT_MACS)) {
		uint16_t tag = inner[EDIT_ETHER] << 8 | inner[EDIT_ETHER + 1];

		erspan[0] |= tag >> 8 & 0xf;
		erspan[1] = tag & 0xff;
		erspan[2] |= (tag >> 13) << 5;
		if (around->version == 2)
			erspan[2] |= ERSPAN_TAG_KEPT >> 8;
	}
	/* T: it is not all of the frame. */
	if (frame->wire + frame->grown > frame->length)
		erspan[2] |= ERSPAN_CUT >> 8;
	if (around->version == 3)
		put_be32(erspan + 4, edit_time(moment, frame) / ERSPAN_TICK);
}

/* What is put around frames, as a loop keeps it: bytes that are written might be the template's,
 * for all that a compiler knows. */
struct wrap {
	const uint8_t *bytes;
	unsigned length, l3, udp;
	bool ipv6, own_dst, own_src;
	uint16_t sum;
};

static struct wrap
wrap_of(const struct edit_around *around)
{
	struct wrap wrap = {around->bytes, around->length, around->l3, around->udp};

	wrap.ipv6 = around->bytes[around->l3] >> 4 == 6;
	wrap.own_dst = around->own_dst;
	wrap.own_src = around->own_src;
	memcpy(&wrap.sum, around->bytes + around->l3 + IPV4_SUM, sizeof(wrap.sum));
	return wrap;
}

/* In words of 16 bytes, of which the last two may overlap: every template is longer, and what
 * stands behind it isn't touched. */
static inline void
put_template(const struct wrap *wrap, uint8_t *start)
{
	unsigned last = wrap->length - 16;

	for (unsigned at = 0; at < last; at += 16)
		memcpy(start + at, wrap->bytes + at, 16);
	memcpy(start + last, wrap->bytes + last, 16);
}

static inline void
put_lengths(const struct wrap *wrap, uint8_t *start, uint32_t length)
{
	uint8_t *ip = start + wrap->l3;
	uint16_t sum, here;

	if (wrap->ipv6) {
		put_be16(ip + IPV6_LENGTH, length - wrap->l3 - IPV6_HEADER);
	} else {
		here = rte_cpu_to_be_16(length - wrap->l3);
		memcpy(ip + IPV4_LENGTH, &here, sizeof(here));
		sum = sum_adjust(wrap->sum, sum_word(0, 0, here));
		memcpy(ip + IPV4_SUM, &sum, sizeof(sum));
	}
	if (wrap->udp)
		put_be16(start + wrap->udp + UDP_LENGTH, length - wrap->udp);
}

/* All but what ERSPAN has of its own, of length bytes in all. */
static inline void
put_around(const struct wrap *wrap, uint8_t *start, uint32_t length, uint32_t flow)
{
	const uint8_t *inner = start + wrap->length;

	put_template(wrap, start);
	if (wrap->own_dst)
		memcpy(start, inner, 6);
	if (wrap->own_src)
		memcpy(start + 6, inner + 6, 6);
	put_lengths(wrap, start, length);
	if (wrap->udp)
		put_be16(start + wrap->udp, PORT_FIRST | (flow & ~PORT_FIRST));
}

/* What is put in front before leaves it short of this. Addresses, by which a flow goes that is not
 * IP's, may have been set since the packet came in. */
uint32_t
edit_fits_around(const struct edit_around *around, const struct edit_group *group, uint32_t which)
{
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		bool fits =
			holds(around, group->packets[i]->data_len + WINDOW_ROOM) &&
			(!around->udp || !group->views || edit_view(group, i)->kind >= PACKET_IPV4);

		which &= ~((uint32_t)!fits << i);
	}
	return which;
}

static inline uint32_t
flow_of(const struct edit_group *group, unsigned i)
{
	const struct rte_mbuf *packet = group->packets[i];

	return group->views ? packet_flow_hash(packet, edit_view(group, i))
			    : packet_flow_hash_common(rte_pktmbuf_mtod(packet, const uint8_t *));
}

void
edit_quick_around(const struct edit_around *around, const struct edit_group *group, uint32_t which)
{
	const struct wrap wrap = wrap_of(around);

	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		struct rte_mbuf *packet = group->packets[i];
		uint32_t flow = wrap.udp ? flow_of(group, i) : 0;
		uint8_t *start = edit_prepend(packet, wrap.length);

		put_around(&wrap, start, packet->pkt_len, flow);
	}
}

void
edit_run_around(const struct edit_around *around, const struct edit_moment *moment,
		struct frame *frames, unsigned count)
{
	const struct wrap wrap = wrap_of(around);

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint32_t inside = frame->length;
		const uint8_t *inner = frame->start;
		uint8_t *start;

		if (!holds(around, inside))
			continue;
		start = edit_put_front(frame, around->length);
		put_around(&wrap, start, frame->length, frame->flow);
		if (around->erspan)
			put_erspan(around, start, inner, inside, moment, frame);
	}
}
