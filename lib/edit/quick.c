/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/quick.h"

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <string.h>

#include "port/time.h"
#include "stage/burst.h"

#include "core/banned.h"

#define TAG_END (EDIT_MACS + EDIT_TAG)
#define MACS (CONFIG_SET_SRC_MAC | CONFIG_SET_DST_MAC)
#define TAG (CONFIG_SET_VLAN | CONFIG_SET_PCP)

bool
edit_is_quick(const struct edit_op *ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		/* What stands behind something that was stripped is not where views say. */
		if (!ops[i].kind->quick || !ops[i].quick ||
		    (ops[i].kind->phase == EDIT_STRIPS && count > 1))
			return false;
	}
	return true;
}

/* Those that may be written, with room in front, and a header of Ethernet. */
static uint32_t
find_own(struct rte_mbuf *const *packets, unsigned count, uint16_t front)
{
	uint32_t which = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct rte_mbuf *packet = packets[i];
		bool own = rte_mbuf_refcnt_read(packet) == 1 && packet->nb_segs == 1 &&
			   RTE_MBUF_DIRECT(packet) && packet->data_off >= front &&
			   packet->data_len >= EDIT_ETHER;

		rte_prefetch0(rte_pktmbuf_mtod(packet, const uint8_t *));
		which |= (uint32_t)own << i;
	}
	return which;
}

/* As capture records have it. */
static void
tell_lengths(const struct edit_group *group, uint32_t which, const uint16_t *before)
{
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		struct rte_mbuf *packet = group->packets[i];
		uint32_t wire = packet_wire_length(packet);

		packet_wire_length_set(packet, wire + packet->data_len - before[i]);
	}
}

uint32_t
edit_quick(const struct edit_op *ops, unsigned op_count, uint16_t front,
	   const struct edit_group *group, unsigned count)
{
	uint32_t which = find_own(group->packets, count, front);
	bool tells = packet_wire_length_offset >= 0;
	uint16_t before[BURST_MAX];

	for (unsigned i = 0; i < op_count; i++)
		which = ops[i].kind->fits(&ops[i], group, which);
	for (unsigned i = 0; unlikely(tells) && i < count; i++)
		before[i] = group->packets[i]->data_len;
	for (unsigned i = 0; i < op_count; i++)
		ops[i].kind->quick(&ops[i], group, which);
	if (unlikely(tells))
		tell_lengths(group, which, before);
	return which;
}

/* A tag that a view knows lies whole in the frame. */
static bool
fits_set(const struct edit_set *set, const struct rte_mbuf *packet, const struct packet_view *view)
{
	if ((set->given & TAG) && view->vlan == PACKET_NO_VLAN)
		return false;
	return !(set->given & ~(MACS | TAG)) || edit_fits_network(set, view, packet->data_len);
}

uint32_t
edit_fits_set(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	if (!op->parses)
		return which;
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		if (unlikely(!fits_set(&op->values.set, group->packets[i], edit_view(group, i))))
			which &= ~(1u << i);
	}
	return which;
}

static inline void
set_macs(const struct edit_set *set, uint8_t *start)
{
	if (set->given & CONFIG_SET_DST_MAC)
		memcpy(start, set->macs[0], 6);
	if (set->given & CONFIG_SET_SRC_MAC)
		memcpy(start + 6, set->macs[1], 6);
}

static inline void
set_tag(const struct edit_set *set, uint8_t *start)
{
	uint16_t tag;

	memcpy(&tag, start + EDIT_ETHER, sizeof(tag));
	tag = (tag & set->tag_keep) | set->tag_value;
	memcpy(start + EDIT_ETHER, &tag, sizeof(tag));
}

void
edit_quick_set(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	const struct edit_set *set = &op->values.set;

	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		uint8_t *start = rte_pktmbuf_mtod(group->packets[i], uint8_t *);

		if (set->given & MACS)
			set_macs(set, start);
		if (set->given & TAG)
			set_tag(set, start);
		if (set->given & ~(MACS | TAG))
			edit_quick_network(set, edit_view(group, i), start);
	}
}

uint32_t
edit_fits_push(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN)
		return which;
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		if (unlikely(!edit_fits_around(&op->values.push.around, group->packets[i]->data_len,
					       op->parses ? edit_view(group, i) : NULL)))
			which &= ~(1u << i);
	}
	return which;
}

static void
push_vlans(uint32_t tag, const struct edit_group *group, uint32_t which)
{
	for (; which; which &= which - 1) {
		struct rte_mbuf *packet = group->packets[__builtin_ctz(which)];
		uint8_t *start = edit_prepend(packet, EDIT_TAG);

		memmove(start, start + EDIT_TAG, EDIT_MACS);
		memcpy(start + EDIT_MACS, &tag, sizeof(tag));
	}
}

void
edit_quick_push(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN) {
		push_vlans(op->values.push.word, group, which);
		return;
	}
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);

		edit_quick_around(&op->values.push.around, group->packets[i],
				  op->parses ? edit_view(group, i) : NULL);
	}
}

/* Of one tag. */
uint32_t
edit_fits_strip(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);
		const struct rte_mbuf *packet = group->packets[i];
		const uint8_t *start = rte_pktmbuf_mtod(packet, const uint8_t *);

		if (unlikely(packet->data_len < TAG_END + 2 || !edit_is_tag(start + EDIT_MACS)))
			which &= ~(1u << i);
	}
	return which;
}

void
edit_quick_strip(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	for (; which; which &= which - 1) {
		struct rte_mbuf *packet = group->packets[__builtin_ctz(which)];
		uint8_t *start = rte_pktmbuf_mtod(packet, uint8_t *);

		memmove(start + EDIT_TAG, start, EDIT_MACS);
		packet->data_off += EDIT_TAG;
		packet->data_len -= EDIT_TAG;
		packet->pkt_len -= EDIT_TAG;
	}
}
