/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Own: a packet, or a part of one, whose first bytes may be written, though others may hold the
 * packet too. What lies behind those bytes is shown through windows and not copied, but where the
 * packet is short, or its target takes one segment alone.
 */
#ifndef PACKET_OWN_H
#define PACKET_OWN_H

#include <stdint.h>

#include "packet/window.h"

/* The copy-break where nothing is measured. */
#define OWN_BREAK 256

/* Why bytes were copied. */
enum own_way {
	OWN_HEADERS, /* those that are written, and no others */
	OWN_DEEP,    /* the same, and they are more than WINDOW_HEADERS */
	OWN_SHORT,   /* all */
	OWN_FLAT,    /* all */
	OWN_WAYS
};

/* How a packet may be taken, bits. */
enum own_manner {
	/* Nobody else is to have the packet: it may be written where it lies. Who says so must know
	 * it of all packets alike; the mbuf is asked, too, since a device may have brought one that
	 * others hold. */
	OWN_ALONE = 1 << 0,
	OWN_ONE_SEGMENT = 1 << 1, /* whoever gets it takes no chains */
};

/* From this bit of a manner on: how many segments he takes; 0: any number. */
#define OWN_SEGMENTS 8

/* A worker's. */
struct own {
	struct rte_mempool *packets; /* whole copies, and long headers */
	struct rte_mempool *headers; /* of window_pool */
	/* Of packets of fewer bytes all are copied: two mbufs cost more than they do. */
	uint32_t copy_break;
	struct own_copies {
		uint64_t packets, bytes;
	} copies[OWN_WAYS]; /* whoever adds them up empties them */
};

/* What is wanted of a packet. */
struct own_part {
	/* The bytes that are shown: length of 1 or more, within the packet. Of these, depth will be
	 * written, from their start; it is at most length. */
	uint32_t skip, length;
	uint16_t depth;
	/* As many will be put in front, at most WINDOW_ROOM, and none where depth is 0; and as many
	 * follow behind them, at most WINDOW_HEADERS. */
	uint16_t front, back;
	/* Of the bytes that are shown, those that will be written over, all of them: they are not
	 * copied. from is not beyond to, which is at most length; 0 and 0: none. */
	uint32_t fill_from, fill_to;
};

/* The part of a packet as a packet: depth bytes, and front before them, lie in its first segment,
 * back in its last one; port, time and the other dynamic fields are the packet's. Takes over the
 * reference that came in. Where there is nothing to do, it is the packet itself. NULL without
 * memory: the packet is as it was, and the caller's. Worker. */
struct rte_mbuf *own_take(struct own *own, struct rte_mbuf *packet, const struct own_part *part,
			  unsigned manner);

/* The length, a multiple of 64, from which on a whole copy costs more on this machine than headers
 * and a window. Takes some of the pools' mbufs for a few milliseconds, and gives them back.
 * OWN_BREAK if there are too few. Control thread. */
uint32_t own_measure(struct rte_mempool *packets, struct rte_mempool *headers);

/* Cuts a packet that own_take gave to so many bytes, 1 or more and not more than it has. Worker. */
void own_cut(struct rte_mbuf *packet, uint32_t length);

#endif
