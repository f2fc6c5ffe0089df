/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <string.h>

#include "edit/op.h"

#include "core/banned.h"

#define MACS (CONFIG_SET_SRC_MAC | CONFIG_SET_DST_MAC)
#define TAG (CONFIG_SET_VLAN | CONFIG_SET_PCP)
#define TAG_END (EDIT_MACS + EDIT_TAG)
#define NETWORK                                                                        \
	(CONFIG_SET_SRC | CONFIG_SET_DST | CONFIG_SET_SRC_PORT | CONFIG_SET_DST_PORT | \
	 CONFIG_SET_DSCP | CONFIG_SET_TTL)

/* A tag is its type and TCI: IEEE 802.1Q section 9.6, priority in the upper 3 bits, identifier in
 * the lower 12. */
#define PCP_SHIFT 13
#define VLAN_BITS 0xfff

void
edit_make_bits(const struct config_prefix *prefix, struct edit_bits *bits)
{
	uint8_t keep[16];

	memset(keep, 0xff, sizeof(keep));
	for (unsigned bit = 0; bit < prefix->length; bit++)
		keep[bit / 8] &= ~(0x80 >> bit % 8);
	memcpy(bits->keep, keep, sizeof(keep));
	memcpy(bits->value, prefix->address, sizeof(bits->value));
}

static void
make_ports(const struct config_set_edit *from, struct edit_set *set)
{
	uint16_t keep[2] = {0xffff, 0xffff}, value[2] = {0, 0};

	if (from->given & CONFIG_SET_SRC_PORT) {
		keep[0] = 0;
		value[0] = rte_cpu_to_be_16(from->src_port);
	}
	if (from->given & CONFIG_SET_DST_PORT) {
		keep[1] = 0;
		value[1] = rte_cpu_to_be_16(from->dst_port);
	}
	memcpy(&set->ports_keep, keep, sizeof(keep));
	memcpy(&set->ports_value, value, sizeof(value));
}

void
edit_make_set(const struct config_action *action, struct edit_op *op)
{
	const struct config_set_edit *from = action->set;
	struct edit_set *set = &op->values.set;
	uint16_t replaced = 0;

	set->given = from->given;
	memcpy(set->macs[0], from->dst_mac, 6);
	memcpy(set->macs[1], from->src_mac, 6);
	if (from->given & CONFIG_SET_VLAN)
		replaced |= VLAN_BITS;
	if (from->given & CONFIG_SET_PCP)
		replaced |= 7 << PCP_SHIFT;
	set->tag_keep = rte_cpu_to_be_16((uint16_t)~replaced);
	set->tag_value = rte_cpu_to_be_16((from->vlan | from->pcp << PCP_SHIFT) & replaced);
	if (from->given & CONFIG_SET_SRC) {
		set->family[0] = from->src.family;
		edit_make_bits(&from->src, &set->address[0]);
	}
	if (from->given & CONFIG_SET_DST) {
		set->family[1] = from->dst.family;
		edit_make_bits(&from->dst, &set->address[1]);
	}
	make_ports(from, set);
	set->dscp = from->dscp;
	set->ttl_least = from->ttl_relative ? 1 : from->ttl;
	set->ttl_most = from->ttl_relative ? 255 : from->ttl;
	set->ttl_added = from->ttl_relative ? from->ttl : 0;
	op->parses = from->given & ~MACS;
	op->writes = true;
	op->quick = true;
	op->common = !(from->given & TAG) && set->family[0] != 6 && set->family[1] != 6;
}

void
edit_look_set(const struct edit_op *op, struct frame *frames, unsigned count)
{
	const struct edit_set *set = &op->values.set;

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		bool found = false;

		if (op->parses)
			edit_layout(frame);
		if ((set->given & MACS) && frame->length >= EDIT_ETHER) {
			edit_deepen(frame, EDIT_MACS);
			found = true;
		}
		if ((set->given & TAG) && frame->tagged && frame->length >= TAG_END) {
			edit_deepen(frame, TAG_END);
			found = true;
		}
		if (set->given & NETWORK)
			found |= edit_needs_network(set, frame);
		if (!found)
			frame->idle |= op->bit;
	}
}

static void
set_macs(const struct edit_set *set, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (frame->length < EDIT_ETHER)
			continue;
		if (set->given & CONFIG_SET_DST_MAC)
			memcpy(frame->start, set->macs[0], 6);
		if (set->given & CONFIG_SET_SRC_MAC)
			memcpy(frame->start + 6, set->macs[1], 6);
	}
}

static void
set_tag(const struct edit_set *set, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint16_t tag;

		if (!frame->tagged || frame->depth < TAG_END)
			continue;
		memcpy(&tag, frame->start + EDIT_ETHER, sizeof(tag));
		tag = (tag & set->tag_keep) | set->tag_value;
		memcpy(frame->start + EDIT_ETHER, &tag, sizeof(tag));
	}
}

void
edit_run_set(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	     unsigned count)
{
	const struct edit_set *set = &op->values.set;

	if (set->given & MACS)
		set_macs(set, frames, count);
	if (set->given & TAG)
		set_tag(set, frames, count);
	if (set->given & NETWORK)
		edit_set_network(set, frames, count);
}
