/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes: in what way packets changed, by the fields in which they did, with the first few of each
 * kind to be shown. One thread.
 */
#ifndef MATCH_CHANGES_H
#define MATCH_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

/* Where a frame differs. */
enum match_field {
	MATCH_FIELD_MAC,
	MATCH_FIELD_VLAN,
	MATCH_FIELD_ETHERTYPE,
	MATCH_FIELD_DSCP, /* with ECN */
	MATCH_FIELD_LENGTH,
	MATCH_FIELD_IDENTIFICATION, /* of IPv4 with its flags and fragment's offset; flow label */
	MATCH_FIELD_TTL,
	MATCH_FIELD_PROTOCOL,
	MATCH_FIELD_CHECKSUM, /* of the IPv4 header */
	MATCH_FIELD_ADDRESSES,
	MATCH_FIELD_OPTIONS, /* IPv4's, IPv6's extension headers, TCP's */
	MATCH_FIELD_PORTS,
	MATCH_FIELD_TCP, /* sequence numbers, flags, window */
	MATCH_FIELD_L4_CHECKSUM,
	MATCH_FIELD_PAYLOAD, /* whatever else is behind the headers that are known */
	MATCH_FIELD_SIZE,    /* one ends before the other */
	MATCH_FIELDS,
};

/* "mac", "vlan", "ttl", "l4-checksum"... */
const char *match_field_word(enum match_field field);

/* Bytes that differ, next to each other; in one of the two there may be none. */
struct match_range {
	uint32_t old_at, new_at; /* from the frame's beginning */
	uint32_t old_length, new_length;
};

#define MATCH_RANGES_MAX 16

struct match_difference {
	uint32_t fields; /* bits 1 << enum match_field; 0: they are equal */
	uint32_t bytes;  /* how many bytes of the longer differ, in all */
	unsigned ranges; /* the first of them; more says that there are others */
	bool more;
	struct match_range range[MATCH_RANGES_MAX];
};

/* Compared are headers with like headers, whatever stands in front of them, and padding of short
 * frames not at all. Pure. */
void match_differ(const uint8_t *old, uint32_t old_length, const uint8_t *new, uint32_t new_length,
		  struct match_difference *difference);

/* So many kinds are told apart, what differs otherwise is counted alone; and so many of each are
 * kept. */
#define MATCH_KINDS_MAX 16
#define MATCH_EXAMPLES_MAX 3
/* So much is kept of each of the two. */
#define MATCH_EXAMPLE_BYTES 2048

struct match_example {
	uint64_t number, back_number; /* what the caller calls the two */
	uint32_t loop;
	uint64_t sent_ns, back_ns;
	struct match_difference difference;
	uint8_t *old, *new; /* the changes' */
	uint32_t old_length, new_length;
	/* What they had; more than what is kept, perhaps. */
	uint32_t old_whole, new_whole;
};

struct match_kind {
	uint32_t fields;
	uint64_t packets;
	unsigned examples;
	struct match_example example[MATCH_EXAMPLES_MAX];
};

struct match_changes {
	unsigned kinds;
	struct match_kind kind[MATCH_KINDS_MAX]; /* in the order they were first seen */
	uint64_t others;                         /* of further kinds */
	uint64_t unseen; /* the bytes that were sent are gone, or those that came not kept */
};

/* Adds one, and keeps it if it is among the first of its kind. example: with numbers, times, bytes
 * (old_length and new_length of them, all there are; copied), the rest is worked out. Without
 * memory it counts alone. */
void match_changes_add(struct match_changes *changes, const struct match_example *example);

/* Frees what is kept; none are there afterwards. */
void match_changes_clear(struct match_changes *changes);

#endif
