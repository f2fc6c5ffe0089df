/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick: most packets that are edited lie in one segment, nobody else has them, and all that an
 * edit looks for is there. To those a program is done at once, where they lie, if each of its ops
 * has a way for it: without frames, and without looking at all packets before the first is written.
 * The others, and all on which an op finds nothing to do, go the long way, and what comes of both
 * is the same, to the byte.
 */
#ifndef EDIT_QUICK_H
#define EDIT_QUICK_H

#include <rte_mbuf.h>
#include <string.h>

#include "edit/op.h"
#include "packet/own.h"

/* Packets of a group, at most BURST_MAX; views as edit_run has them. */
struct edit_group {
	struct rte_mbuf **packets;
	const uint8_t *from;
	/* By from. NULL: no op parses, or one does, and all packets are common (packet/common.h),
	 * with all of the header of their transport. */
	const struct packet_view *views;
};

static inline const struct packet_view *
edit_view(const struct edit_group *group, unsigned i)
{
	return &group->views[group->from[i]];
}

/* What an mbuf says of itself in one word, from data_off on. */
#define EDIT_HELD_ONCE (UINT64_C(1) << 16 | UINT64_C(1) << 32) /* refcnt and nb_segs */
#define EDIT_HELD UINT64_C(0xffffffff0000)

_Static_assert(offsetof(struct rte_mbuf, refcnt) == offsetof(struct rte_mbuf, data_off) + 2 &&
		       offsetof(struct rte_mbuf, nb_segs) ==
			       offsetof(struct rte_mbuf, data_off) + 4,
	       "as the word has it");

/* Whether a packet of one segment may be written. */
static inline bool
edit_is_own(const struct rte_mbuf *packet)
{
	uint64_t word;

	memcpy(&word, &packet->data_off, sizeof(word));
	return (word & EDIT_HELD) == EDIT_HELD_ONCE && RTE_MBUF_DIRECT(packet);
}

/* Makes a packet longer in front, where it has the room; returns where it begins then. */
static inline uint8_t *
edit_prepend(struct rte_mbuf *packet, uint16_t bytes)
{
	packet->data_off -= bytes;
	packet->data_len += bytes;
	packet->pkt_len += bytes;
	return rte_pktmbuf_mtod(packet, uint8_t *);
}

/* Whether a program has the quick way, of which all ops see the packets as they came in: of one
 * pass. Any thread. */
bool edit_is_quick(const struct edit_op *ops, unsigned count);

/* Does them to a group at once, in place. */
void edit_quick_do(const struct edit_op *ops, unsigned op_count, const struct edit_reach *reach,
		   const struct edit_group *group, uint32_t which);

/* Does them to those packets to which it can, and returns which, as bits; the others are as they
 * were. Worker. */
uint32_t edit_quick(const struct edit_op *ops, unsigned op_count, const struct edit_reach *reach,
		    const struct edit_group *group, unsigned count);

/* The same for packets that others may hold: those in which, as bits, to which it can be done
 * become new ones, whose first bytes alone are copied, as own_take has it. */
struct edit_taking {
	struct own *own;
	unsigned manner; /* as edit_run has it */
	bool *chained;   /* some have two segments now */
};
bool edit_is_quick_apart(const struct edit_op *ops, unsigned count);
uint32_t edit_quick_apart(const struct edit_op *ops, unsigned op_count,
			  const struct edit_reach *reach, const struct edit_group *group,
			  uint32_t which, const struct edit_taking *taking);

/* Ways of single ops. First, of the packets in which, as bits, those to which it can be done: they
 * are asked as they came in, before any op wrote, and are of 14 bytes or more. Then doing it to the
 * ones of which all ops said so. (Both in one pass are slower: a short loop keeps more packets
 * going.) Worker. */
uint32_t edit_fits_set(const struct edit_op *op, const struct edit_group *group, uint32_t which);
void edit_quick_set(const struct edit_op *op, const struct edit_group *group, uint32_t which);
uint32_t edit_fits_push(const struct edit_op *op, const struct edit_group *group, uint32_t which);
void edit_quick_push(const struct edit_op *op, const struct edit_group *group, uint32_t which);
void edit_deepen_set(const struct edit_op *op, const struct edit_group *group, uint32_t which,
		     uint16_t *depths);
void edit_deepen_push(const struct edit_op *op, const struct edit_group *group, uint32_t which,
		      uint16_t *depths);
uint32_t edit_fits_slice(const struct edit_op *op, const struct edit_group *group, uint32_t which);
void edit_quick_slice(const struct edit_op *op, const struct edit_group *group, uint32_t which);
uint32_t edit_fits_strip(const struct edit_op *op, const struct edit_group *group, uint32_t which);
void edit_quick_strip(const struct edit_op *op, const struct edit_group *group, uint32_t which);

/* The parts of these that stand elsewhere. */
uint32_t edit_fits_network(const struct edit_set *set, const struct edit_group *group,
			   uint32_t which);
void edit_quick_network(const struct edit_set *set, const struct edit_group *group, uint32_t which);
void edit_deepen_network(const struct edit_set *set, const struct edit_group *group, uint32_t which,
			 uint16_t *depths);
uint32_t edit_fits_around(const struct edit_around *around, const struct edit_group *group,
			  uint32_t which);
void edit_quick_around(const struct edit_around *around, const struct edit_group *group,
		       uint32_t which);

#endif
