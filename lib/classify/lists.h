/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists: rules whose lists would make too many combinations for a table. They are looked up field
 * by field (axis.h): each field says in which rules' lists it is, and what all fields say holds. So
 * the lists of one rule add, in memory and in time to build.
 *
 * Rules stand in parts of up to ROW_RULES_MAX; a part whose lists lie across each other so much
 * that its rows take more than LISTS_AXIS_BYTES is halved. A look-up costs as much as there are
 * parts, and hardly more for a part of many rules than for one of few.
 *
 * Made by a control thread, immutable afterwards, read by any worker.
 */
#ifndef CLASSIFY_LISTS_H
#define CLASSIFY_LISTS_H

#include "classify/axis.h"
#include "config/config.h"

/* 16 parts, 2,000 cycles a packet or so. */
#define LISTS_RULES_MAX 65536

/* Rows of one axis; what lists commonly need is some kilobytes. */
#define LISTS_AXIS_BYTES ((size_t)16 << 20)

struct lists_part {
	uint32_t count;
	uint32_t *values; /* by bit; rising */
	struct row_shape shape;
	uint64_t *kinds; /* a row each: the rules that can hold in packets of that kind */
	uint64_t *ports; /* and on each port */
	unsigned axis_count;
	struct axis axes[AXIS_FIELDS];
};

struct lists {
	uint32_t part_count;
	struct lists_part *parts;
};

/* Rules in the order of their values. *out is NULL when there are none. */
int lists_make(const struct acl_entry *rules, uint32_t count, struct lists **out);

void lists_free(struct lists *lists);

/* For at most BURST_MAX views, all received on one port: lowers values[i] to the least value among
 * those of rules that hold, if that is less. Worker. */
void lists_find_first(const struct lists *lists, const struct packet_view *const *views,
		      unsigned count, uint16_t in_port, uint32_t *values);

/* Appends to each view's list, of which there is one each stride values, the values of all rules
 * that hold. Worker. */
void lists_find_all(const struct lists *lists, const struct packet_view *const *views,
		    unsigned count, uint16_t in_port, uint32_t *values, size_t stride,
		    uint32_t *counts);

#endif
