/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/quick.h"

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <string.h>

#include "packet/own_many.h"
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
		/* What stands behind something that was stripped is not where views say, and a cut
		 * is the last, so that the others are asked of what they see. */
		if (!ops[i].kind->quick || !ops[i].quick ||
		    (ops[i].kind->phase == EDIT_STRIPS && count > 1) ||
		    (i < count - 1 && ops[i].kind->cuts))
			return false;
	}
	return true;
}

bool
edit_is_quick_apart(const struct edit_op *ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!ops[i].kind->deepen && !ops[i].kind->cuts)
			return false;
	}
	return edit_is_quick(ops, count);
}

/* Those that may be written, with room in front, and a header of Ethernet. */
static uint32_t
find_own(struct rte_mbuf *const *packets, unsigned count, uint16_t front)
{
	uint32_t which = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct rte_mbuf *packet = packets[i];
		uint16_t offset = packet->data_off;
		bool own = edit_is_own(packet) && offset >= front && packet->data_len >= EDIT_ETHER;

		__builtin_prefetch((const char *)packet->buf_addr + offset - front, 1);
		which |= (uint32_t)own << i;
	}
	return which;
}

/* As capture records have it. */
static void
tell_lengths(const struct edit_group *group, uint32_t which, int grows)
{
	for (; which; which &= which - 1) {
		struct rte_mbuf *packet = group->packets[__builtin_ctz(which)];

		packet_wire_length_set(packet, packet_wire_length(packet) + grows);
	}
}

static uint32_t
find_fit(const struct edit_op *ops, unsigned count, const struct edit_group *group, uint32_t which)
{
	for (unsigned i = 0; i < count; i++)
		which = ops[i].kind->fits(&ops[i], group, which);
	return which;
}

void
edit_quick_do(const struct edit_op *ops, unsigned op_count, const struct edit_reach *reach,
	      const struct edit_group *group, uint32_t which)
{
	for (unsigned i = 0; i < op_count; i++)
		ops[i].kind->quick(&ops[i], group, which);
	if (unlikely(packet_wire_length_offset >= 0))
		tell_lengths(group, which, reach->grows);
}

uint32_t
edit_quick(const struct edit_op *ops, unsigned op_count, const struct edit_reach *reach,
	   const struct edit_group *group, unsigned count)
{
	uint32_t which = find_own(group->packets, count, reach->front);

	which = find_fit(ops, op_count, group, which);
	edit_quick_do(ops, op_count, reach, group, which);
	return which;
}

static uint32_t
find_framed(struct rte_mbuf *const *packets, uint32_t which)
{
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		which &= ~((uint32_t)(packets[i]->data_len < EDIT_ETHER) << i);
	}
	return which;
}

uint32_t
edit_quick_apart(const struct edit_op *ops, unsigned op_count, const struct edit_reach *reach,
		 const struct edit_group *group, uint32_t which, const struct edit_taking *taking)
{
	uint16_t depths[BURST_MAX] = {0};
	struct own_many many = {reach->writes ? depths : NULL, reach->most, reach->front,
				taking->manner};

	which = find_framed(group->packets, which);
	which = find_fit(ops, op_count, group, which);
	for (unsigned i = 0; i < op_count; i++) {
		if (ops[i].kind->deepen)
			ops[i].kind->deepen(&ops[i], group, which, depths);
	}
	which = own_many_can(taking->own, group->packets, which, &many);
	if (which == 0 ||
	    !own_many_take(taking->own, group->packets, which, &many, taking->chained))
		return 0;
	edit_quick_do(ops, op_count, reach, group, which);
	return which;
}

/* A tag that a view knows lies whole in the frame. */
static uint32_t
fits_tag(const struct edit_group *group, uint32_t which)
{
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		which &= ~((uint32_t)(edit_view(group, i)->vlan == PACKET_NO_VLAN) << i);
	}
	return which;
}

uint32_t
edit_fits_set(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	const struct edit_set *set = &op->values.set;

	if (set->given & TAG)
		which = fits_tag(group, which);
	return set->given & ~(MACS | TAG) ? edit_fits_network(set, group, which) : which;
}

static void
set_both_macs(const struct edit_set *set, const struct edit_group *group, uint32_t which)
{
	struct rte_mbuf *const *packets = group->packets;
	uint64_t first;
	uint32_t last;

	memcpy(&first, set->macs, sizeof(first));
	memcpy(&last, (const uint8_t *)set->macs + sizeof(first), sizeof(last));
	for (; which; which &= which - 1) {
		uint8_t *start = rte_pktmbuf_mtod(packets[__builtin_ctz(which)], uint8_t *);

		memcpy(start, &first, sizeof(first));
		memcpy(start + sizeof(first), &last, sizeof(last));
	}
}

static void
set_mac(const uint8_t mac[6], unsigned offset, const struct edit_group *group, uint32_t which)
{
	for (; which; which &= which - 1)
		memcpy(rte_pktmbuf_mtod_offset(group->packets[__builtin_ctz(which)], uint8_t *,
					       offset),
		       mac, 6);
}

static void
set_tag(const struct edit_set *set, const struct edit_group *group, uint32_t which)
{
	uint16_t tag;

	for (; which; which &= which - 1) {
		uint8_t *at = rte_pktmbuf_mtod_offset(group->packets[__builtin_ctz(which)],
						      uint8_t *, EDIT_ETHER);

		memcpy(&tag, at, sizeof(tag));
		tag = (tag & set->tag_keep) | set->tag_value;
		memcpy(at, &tag, sizeof(tag));
	}
}

void
edit_quick_set(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	const struct edit_set *set = &op->values.set;

	if ((set->given & MACS) == MACS)
		set_both_macs(set, group, which);
	else if (set->given & CONFIG_SET_DST_MAC)
		set_mac(set->macs[0], 0, group, which);
	else if (set->given & CONFIG_SET_SRC_MAC)
		set_mac(set->macs[1], 6, group, which);
	if (set->given & TAG)
		set_tag(set, group, which);
	if (set->given & ~(MACS | TAG))
		edit_quick_network(set, group, which);
}

static void
deepen(uint16_t depth, uint32_t which, uint16_t *depths)
{
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);

		depths[i] = RTE_MAX(depths[i], depth);
	}
}

void
edit_deepen_set(const struct edit_op *op, const struct edit_group *group, uint32_t which,
		uint16_t *depths)
{
	const struct edit_set *set = &op->values.set;

	if (set->given & ~(MACS | TAG))
		edit_deepen_network(set, group, which, depths);
	else
		deepen(set->given & TAG ? TAG_END : EDIT_MACS, which, depths);
}

uint32_t
edit_fits_push(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	return op->values.push.kind == CONFIG_PUSH_VLAN
		       ? which
		       : edit_fits_around(&op->values.push.around, group, which);
}

/* The two may overlap. */
static inline void
move_macs(uint8_t *to, const uint8_t *from)
{
	uint64_t first;
	uint32_t last;

	memcpy(&first, from, sizeof(first));
	memcpy(&last, from + sizeof(first), sizeof(last));
	memcpy(to, &first, sizeof(first));
	memcpy(to + sizeof(first), &last, sizeof(last));
}

static void
push_vlans(uint32_t tag, const struct edit_group *group, uint32_t which)
{
	for (; which; which &= which - 1) {
		struct rte_mbuf *packet = group->packets[__builtin_ctz(which)];
		uint8_t *start = edit_prepend(packet, EDIT_TAG);

		move_macs(start, start + EDIT_TAG);
		memcpy(start + EDIT_MACS, &tag, sizeof(tag));
	}
}

void
edit_quick_push(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN)
		push_vlans(op->values.push.word, group, which);
	else
		edit_quick_around(&op->values.push.around, group, which);
}

/* Both addresses, and of a tunnel a tag. */
void
edit_deepen_push(const struct edit_op *op, const struct edit_group *group, uint32_t which,
		 uint16_t *depths)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN) {
		deepen(EDIT_MACS, which, depths);
		return;
	}
	for (; which; which &= which - 1) {
		unsigned i = __builtin_ctz(which);
		uint16_t depth = RTE_MIN(group->packets[i]->data_len, EDIT_ETHER + 2);

		depths[i] = RTE_MAX(depths[i], depth);
	}
}

/* Those of which something is cut off. */
uint32_t
edit_fits_slice(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	for (uint32_t left = which; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left);

		which &= ~((uint32_t)(group->packets[i]->data_len <= op->values.slice.bytes) << i);
	}
	return which;
}

/* Others' packets were taken without what is cut off. */
void
edit_quick_slice(const struct edit_op *op, const struct edit_group *group, uint32_t which)
{
	for (; which; which &= which - 1) {
		struct rte_mbuf *packet = group->packets[__builtin_ctz(which)];

		if (packet->nb_segs > 1)
			continue;
		packet->data_len = op->values.slice.bytes;
		packet->pkt_len = op->values.slice.bytes;
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

		move_macs(start + EDIT_TAG, start);
		packet->data_off += EDIT_TAG;
		packet->data_len -= EDIT_TAG;
		packet->pkt_len -= EDIT_TAG;
	}
}
