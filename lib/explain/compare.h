/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare: what another config would do otherwise with the packets that it is shown. Each goes
 * through the tables, the gates and the lists of both, as if it were the first packet that comes:
 * buckets are full, no duplicate is known, every port has a link. A packet is the same where the
 * rule that decides has the same name and list, and so have those that mirror it on their way, and
 * the same bytes leave through the same ports or it is dropped for the same reasons. Where nothing
 * but the member of a group is another it has moved. Memory is bounded, however many packets there
 * are. One thread.
 */
#ifndef EXPLAIN_COMPARE_H
#define EXPLAIN_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct compare;
struct explain;

/* So many kinds of change are told apart; packets of others are counted together. */
#define COMPARE_KINDS 1000

struct compare_packet {
	const uint8_t *bytes; /* of the frame: 1 to 65,535 */
	uint32_t length, wire_length;
	uint64_t time_ns;
	const char *port;    /* where it comes in, by its name in both */
	const char *capture; /* what it is of, which outlives the comparison */
	uint64_t record;     /* its number there, from 1 */
	const char *rule;    /* that was seen to decide it, by the old config; NULL: not known */
};

/* Both outlive it, and answer nobody else meanwhile. NULL: no memory. */
struct compare *compare_make(struct explain *old, struct explain *new);
void compare_free(struct compare *compare); /* NULL is fine */

/* -ENOMEM, or -ENOENT: one of them has no such port. */
int compare_add(struct compare *compare, const struct compare_packet *packet);

/* What came of it, as docs/seeing.md has it, once: nothing is added behind it. A new reference, or
 * NULL without memory. */
json_t *compare_result(struct compare *compare);

/* Whether all packets were the same, and none moved. */
bool compare_same(const struct compare *compare);

/* Packets that the old config gives to another rule than was seen to decide them. */
uint64_t compare_strange(const struct compare *compare);

#endif
