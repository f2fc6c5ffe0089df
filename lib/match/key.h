/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key: a number that a packet has before a device and behind it, whatever the device is allowed to
 * change. Made of contiguous bytes from the Ethernet header on. Pure, so whoever has the bytes at
 * hand makes the keys, and hands these on alone.
 *
 * Covered is a frame up to the end of what it carries: of IP as its length says, of ARP its
 * addresses, of 802.3 its length; of other ether-types all but zeros at the end of frames of no
 * more than 60 bytes and their tags. So it does not matter whether a short frame was padded. What
 * follows an IP packet is not covered, nor are trailers.
 */
#ifndef MATCH_KEY_H
#define MATCH_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* What may differ. */
enum match_ignoring {
	MATCH_MAC = 1 << 0,
	MATCH_VLAN = 1 << 1, /* all tags in front of the network header: number and contents */
	MATCH_TTL = 1 << 2,  /* IPv6's hop limit too. The IPv4 header's checksum goes with it */
	MATCH_DSCP = 1 << 3, /* all eight bits of it. The IPv4 header's checksum goes with it */
	/* IPv4's, TCP's, UDP's, ICMP's and SCTP's, of the outermost headers. */
	MATCH_CHECKSUMS = 1 << 4,
	/* Addresses, ports and all checksums, and of IP all but the protocol and where a fragment
	 * belongs. Left are TCP's sequence numbers, flags and window, UDP's length, ICMP's type,
	 * identifier and sequence, and the payload; of an ICMP error what it is about, by those. */
	MATCH_NAT = 1 << 5,
};
#define MATCH_IGNORING_COUNT 6

/* The word of the configuration and of --ignoring: "mac", "vlan"...; NULL behind the last. */
const char *match_ignoring_word(unsigned bit);

/* The ways to match, strictest first. A matcher has one (what was asked for), or these three. */
enum match_level {
	MATCH_FRAME,   /* nothing may differ */
	MATCH_NETWORK, /* what routers change: mac, vlan, ttl, dscp, checksums */
	MATCH_OVER_NAT,
	MATCH_LEVELS,
};

/* "frame", "network", "nat". */
const char *match_level_word(enum match_level level);

/* How keys are made; everywhere the same for one matcher. */
struct match_manner {
	bool automatic;    /* all three levels; else one, by ignoring */
	unsigned ignoring; /* bits of enum match_ignoring */
	/* Of frames that are longer only so many bytes are covered, and with them how long they
	 * were: for captures that kept no more. 0: all. At least 64. */
	uint32_t snap;
};

#define MATCH_SNAP_MIN 64

struct match_keys {
	/* One, or in the order of enum match_level. */
	uint64_t of[MATCH_LEVELS];
	/* What a packet is recognised by though other bytes of it changed: its flow with IPv4's
	 * identification, TCP's sequence number or ICMP's identifier and sequence; and its
	 * payload. 0: it has none such, or too little of it. */
	uint32_t flow, payload;
	uint32_t length; /* of what is covered */
};

/* bytes: length of them, of which wire_length (not less) were on the wire. Any bytes will do, none
 * too. */
void match_key(const struct match_manner *manner, const uint8_t *bytes, uint32_t length,
	       uint32_t wire_length, struct match_keys *keys);

#endif
