/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Op: one step of a program of edits, over the frames of a group. Each op is asked twice.
 *
 * Looking, it sees the packets as they are, and says what it will do: which bytes fall away in
 * front (edit_remove), how deep it will write, how much it will put in front. Nothing is written
 * yet, since others may hold the packets. Then each packet is made one's own (packet/own.h), and
 * ops are run on bytes that may be written.
 */
#ifndef EDIT_OP_H
#define EDIT_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "config/action.h"
#include "packet/view.h"

struct rte_mbuf;

#define EDIT_MACS 12 /* bytes of both addresses */
#define EDIT_ETHER 14
#define EDIT_TAG 4
#define EDIT_TAGS_MAX 2 /* that are looked through, as views have it */
/* A header of Ethernet with two tags, rounded up. */
#define EDIT_LINK_MAX 24
/* Ethernet, IPv6, GRE with a sequence, and ERSPAN III, rounded up. */
#define EDIT_AROUND_MAX 80
#define EDIT_SESSIONS 1024 /* of ERSPAN */

/* A packet in the hands of a program. Offsets are from the frame's start; length is what the frame
 * has, whatever the packet behind it still has. */
struct frame {
	struct rte_mbuf *packet;
	uint8_t *start;  /* while ops run: depth bytes may be written */
	uint64_t loop;   /* of a replay; 0: none */
	uint32_t skip;   /* while they look: where in the packet the frame begins */
	uint32_t length; /* the frame's own */
	uint32_t wire;   /* what it had on the wire, at first */
	int32_t grown;   /* by what was put in front or behind, less what was stripped */
	/* How deep will be written, and how much put in front, and behind: of the latter, length
	 * knows once ops run. */
	uint16_t depth, front, back;
	uint32_t fill_from, fill_to; /* what is written over whole; 0 and 0: nothing */
	/* And what that changes of checksums, as in sum.h. */
	uint32_t header_change, change, sctp_change;
	/* Of set and mask: where the packet of SCTP ends whose CRC must follow; 0: there is
	 * none. */
	uint32_t sctp_end;
	/* What the frame begins with, in the place of as many of the packet's bytes. */
	uint8_t link_length;
	uint8_t link[EDIT_LINK_MAX];
	uint8_t from;  /* which of the group's packets it was */
	bool alone;    /* nobody else has the packet */
	uint64_t idle; /* bits of ops that found nothing to do */
	/* Layout: the rest is valid once edit_layout was called, and until something is
	 * stripped. */
	bool known, tagged, fragment;
	uint8_t kind, protocol;
	uint16_t l3, l4;   /* 0: there is none */
	uint16_t sum;      /* the transport's checksum; 0: none, or the frame ends before */
	bool pseudo, zero; /* addresses are part of it; 0 means that there is none */
	/* Of nat: where ARP begins, and the packet that an ICMP error quotes; in that packet where
	 * its transport's header begins, and the checksum with its addresses in it. 0: there is
	 * none. */
	uint16_t arp, quote, quoted_l4, quoted_sum;
	bool quoted_zero; /* as in zero */
	/* Of push: a hash of the flow, for a tunnel's port; where MPLS is put in, and whether
	 * nothing of it follows. 0: there is none. */
	uint16_t flow;
	uint8_t label;
	bool bottom;
};

/* An address that is replaced, or the first bits of one; words as they lie in memory. */
struct edit_bits {
	uint32_t keep[4], value[4];
};

/* Of nat: what is in from, by the bits that to does not keep, is in to afterwards. */
struct edit_pair {
	uint32_t from[4];
	struct edit_bits to;
	uint8_t family;
};

#define EDIT_VALUES_MAX 128

union edit_values {
	uint8_t bytes[EDIT_VALUES_MAX]; /* to be compared: all zeros but for what an edit has */
	struct edit_set {
		uint32_t given;               /* enum config_set_field */
		uint8_t macs[2][6];           /* destination, source: as in a frame */
		uint16_t tag_keep, tag_value; /* of the outermost tag, network order */
		uint8_t family[2];            /* source, destination; 0: neither */
		struct edit_bits address[2];
		uint32_t ports_keep, ports_value; /* both, as they lie in memory */
		uint8_t dscp;
		int16_t ttl_least, ttl_most, ttl_added;
	} set;
	struct config_strip strip;
	struct config_slice slice;
	struct {
		uint32_t after, from, bytes; /* enum config_after; as in struct config_mask */
		uint8_t with;
	} mask;
	struct {
		uint32_t dedups; /* see edit_tell */
		uint16_t device;
		uint8_t number; /* of the program's stamps, from 1 */
	} stamp;
	struct {
		enum config_push_kind kind;
		uint32_t word; /* a VLAN tag as it lies in a frame; a label in host order */
		struct edit_around {
			uint8_t bytes[EDIT_AROUND_MAX];
			uint8_t length;
			uint8_t l3, udp, erspan; /* offsets; 0: there is none */
			uint8_t version;
			bool own_dst, own_src; /* the packet's addresses */
			uint16_t session;
		} around; /* a tunnel's headers */
	} push;
};

_Static_assert(sizeof(union edit_values) == EDIT_VALUES_MAX, "no value is longer than bytes");

/* What may follow what in one pass over the packets; an op of an earlier kind begins another one,
 * which looks anew. */
enum edit_phase {
	EDIT_STRIPS,
	EDIT_WRITES, /* into headers as they were found */
	EDIT_FILLS,  /* and behind them; one of these */
	EDIT_FRONTS, /* in front */
	EDIT_BACKS,  /* behind; each begins a pass, since it must know where the frame ends */
};

struct edit_op;
struct edit_group;

/* What ops know beside the frames. */
struct edit_moment {
	const uint64_t *times; /* ns since the epoch, by frame.from; NULL: packets have them */
	const uint64_t *loops; /* of a replay, likewise; NULL: none */
	uint16_t in_port;
	uint8_t duplicate;   /* the number of the first stamp that knows them for such; 0: none */
	uint32_t *sequences; /* the worker's own, of each session of ERSPAN */
};

/* When a frame came in, ns since the epoch. */
uint64_t edit_time(const struct edit_moment *moment, const struct frame *frame);

/* A verb's row. */
struct edit_kind {
	/* Values from the config's. The op is all zeros, so that ops can be compared. */
	void (*make)(const struct config_action *action, struct edit_op *op);
	void (*look)(const struct edit_op *op, struct frame *frames, unsigned count);
	/* Or NULL. */
	void (*run)(const struct edit_op *op, const struct edit_moment *moment,
		    struct frame *frames, unsigned count);
	enum edit_phase phase;
	/* Cuts the frame, which may be done in any phase up to this one. */
	bool cuts;
	/* Or NULL: see quick.h. */
	uint32_t (*fits)(const struct edit_op *op, const struct edit_group *group, uint32_t which);
	void (*quick)(const struct edit_op *op, const struct edit_group *group, uint32_t which);
	/* How deep the quick way writes into those packets, at least; NULL: it cuts, or packets
	 * must be one's own before. */
	void (*deepen)(const struct edit_op *op, const struct edit_group *group, uint32_t which,
		       uint16_t *depths);
};

struct edit_op {
	const struct edit_kind *kind;
	uint64_t bit;   /* its own, in frame.idle: 1 << its place in the program */
	uint16_t front; /* bytes that it puts in front */
	uint16_t back;  /* and behind */
	uint16_t takes; /* and takes away in front, where it is done the quick way */
	bool parses;
	bool writes;
	bool anew;  /* must see what the ones before it wrote */
	bool types; /* may write over the type of what is in the frame */
	bool timed;
	bool unique; /* nat, and what addresses become is told by the frame's loop */
	bool quick;  /* has the quick way, if its kind has */
	bool common; /* and it needs no views of packets that are common */
	union edit_values values;
	struct edit_pair *pairs; /* of nat; the op's own */
	unsigned pair_count;
};

static inline bool
edit_is_ipv6(const struct frame *frame)
{
	return frame->kind & PACKET_WIDE;
}

static inline bool
edit_has_ports(const struct frame *frame)
{
	return frame->kind == PACKET_IPV4_PORTS || frame->kind == PACKET_IPV6_PORTS;
}

/* Whether an Ethernet type is a VLAN tag's, as matching has it. */
static inline bool
edit_is_tag(const uint8_t type[2])
{
	uint16_t value = type[0] << 8 | type[1];

	return value == 0x8100 || value == 0x88a8 || value == 0x9100;
}

/* How far a program goes. */
struct edit_reach {
	uint16_t front, back; /* bytes that are put in front and behind, at most */
	/* What the quick way leaves of a packet, UINT32_MAX: all, and what it adds to that. */
	uint32_t most;
	int16_t grows;
	bool writes; /* bytes of packets, or in front of them; else a window does */
	bool parses; /* views are wanted */
	bool timed;  /* times are */
	bool cuts;   /* what is behind somewhere falls away */
};

/* Of an edit's verb. */
const struct edit_kind *edit_kind(enum config_verb verb);

/* Makes addresses others in each loop; the op is all zeros. */
void edit_make_unique(struct edit_op *op);

void edit_make_set(const struct config_action *action, struct edit_op *op);
void edit_look_set(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_set(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
		  unsigned count);
/* What of it stands in the network and transport headers. */
void edit_set_network(const struct edit_set *set, struct frame *frames, unsigned count);
bool edit_needs_network(const struct edit_set *set, struct frame *frame);

/* Sets it in a header of IPv6, and returns what that changes of the pseudo-header; transport as in
 * edit_is_routed. */
uint64_t edit_set_ipv6(const struct edit_set *set, uint32_t transport, uint8_t *ip);

/* The words of a prefix that take the place of an address's bits. */
void edit_make_bits(const struct config_prefix *prefix, struct edit_bits *bits);

/* Replaces bits of so many words of 4 bytes; returns what that changes, as in sum.h. */
uint64_t edit_put_words(uint8_t *at, const uint32_t *keep, const uint32_t *value, unsigned words);

/* Whether the destination of the IP packet at ip is one on the way alone, so that another is part
 * of the transport's checksum. transport: how many bytes behind ip the transport's header begins,
 * all of them there; 0: there is none. */
bool edit_is_routed(const uint8_t *ip, uint32_t transport);

/* Of IPv4 with a header of so many bytes: where in it a source route ends that is not at its end;
 * 0: there is none. */
uint32_t edit_route_end(const uint8_t *ip, uint32_t end);

void edit_make_nat(const struct config_action *action, struct edit_op *op);
void edit_look_nat(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_nat(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
		  unsigned count);

void edit_make_push(const struct config_action *action, struct edit_op *op);
void edit_look_push(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_push(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
		   unsigned count);

/* What is put around a frame. */
void edit_make_around(const struct config_push *push, struct edit_around *around);
void edit_look_around(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_around(const struct edit_around *around, const struct edit_moment *moment,
		     struct frame *frames, unsigned count);

void edit_make_strip(const struct config_action *action, struct edit_op *op);
void edit_look_strip(const struct edit_op *op, struct frame *frames, unsigned count);

void edit_make_mask(const struct config_action *action, struct edit_op *op);
void edit_look_mask(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_mask(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
		   unsigned count);

void edit_make_stamp(const struct config_action *action, struct edit_op *op);
void edit_look_stamp(const struct edit_op *op, struct frame *frames, unsigned count);
void edit_run_stamp(const struct edit_op *op, const struct edit_moment *moment,
		    struct frame *frames, unsigned count);

void edit_make_slice(const struct config_action *action, struct edit_op *op);
void edit_look_slice(const struct edit_op *op, struct frame *frames, unsigned count);

/* Where the header that a word names ends; UINT32_MAX where nothing is to be found behind it. */
uint32_t edit_end_of(struct frame *frame, enum config_after after);

/* Where the bytes end that the transport's checksum is over, in a frame with one: behind them is
 * padding. While ops look. */
uint32_t edit_end_of_datagram(const struct frame *frame);

/* Where an SCTP packet ends whose CRC is over all of it; 0: there is none, or not all of it is
 * here. While ops look. */
uint32_t edit_sctp_end(const struct frame *frame);

/* Its CRC follows other ports, as they lie in memory, of a frame with sctp_end. While ops run. */
void edit_sctp_ports(const struct frame *frame, uint32_t before, uint32_t after);

/* What it changes by when bytes are masked, while ops look; and changes it, while they run. */
uint32_t edit_sctp_masked(const struct frame *frame, uint8_t with);
void edit_sctp_adjust(const struct frame *frame, uint32_t change);

/* Looks for headers, unless they are known. While ops look. */
void edit_layout(struct frame *frame);

/* Of the packet that the frame quotes at frame->quote, of which end is the end: as if it were a
 * frame of its own, that begins with IP. While ops look. */
void edit_layout_quoted(const struct frame *frame, uint32_t end, struct frame *quoted);

/* The same from a view of the whole packet, of which nothing was stripped. */
void edit_layout_of(struct frame *frame, const struct packet_view *view);

/* A few bytes of the frame, at most EDIT_READ_MAX; NULL when it ends before. While ops look. */
#define EDIT_READ_MAX 64
const uint8_t *edit_read(const struct frame *frame, uint32_t offset, uint32_t length,
			 uint8_t spare[EDIT_READ_MAX]);

/* Takes length bytes out of the frame, from offset on, which is at most EDIT_LINK_MAX: what was
 * before them is kept. There is at least a byte behind them. While ops look. */
void edit_remove(struct frame *frame, uint32_t offset, uint32_t length);

/* The flow of what is in the frame, as packet_flow_hash has it. While ops look. */
uint32_t edit_flow(struct frame *frame);

/* Puts bytes in front of the frame, for which ops that looked made room; returns where they begin.
 * While ops run. */
uint8_t *edit_put_front(struct frame *frame, uint16_t bytes);

/* Cuts the packet to the frame's length. While ops run. */
void edit_trim(struct frame *frame);

/* So many bytes from the start will be written, if there are as many. */
static inline void
edit_deepen(struct frame *frame, uint32_t depth)
{
	if (depth > frame->depth)
		frame->depth = depth;
}

#endif
