/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Axis: one field of packets, cut wherever some rule's list begins or ends. All values of a piece
 * are in the same lists, so each piece has one row: a bit a rule, which is clear where the rule's
 * list leaves the piece out. Pieces that are in the same lists share a row. So lists add: whatever
 * rules have, an axis has at most two pieces for each value of their lists, and one more.
 *
 * Made by a control thread, immutable afterwards, read by any worker.
 */
#ifndef CLASSIFY_AXIS_H
#define CLASSIFY_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classify/row.h"
#include "classify/acl.h"

enum axis_field {
	AXIS_SRC4,
	AXIS_DST4,
	AXIS_SRC6,
	AXIS_DST6,
	AXIS_SRC_PORT,
	AXIS_DST_PORT,
	AXIS_VLAN,
	AXIS_PROTOCOL,
	AXIS_TYPE,
	AXIS_FIELDS
};

/* An IPv6 address in host order. */
struct axis_address {
	uint64_t high, low;
};

struct axis {
	enum axis_field field;
	struct row_shape shape;
	uint64_t *rows;

	/* Of fields of up to 16 bits, by value. */
	uint16_t *row_of_value;

	/* Of addresses: where each piece begins, rising from 0, and its row. */
	uint32_t piece_count;
	uint32_t *begin4;
	struct axis_address *begin6;
	uint32_t *row_of_piece;
};

/* The kinds whose packets have the field, and are to be looked up in its axis. */
unsigned axis_kinds(enum axis_field field);

/* Makes the axis of a field for up to ROW_RULES_MAX rules. True in *made when one of them has a
 * list of it; otherwise there is nothing to look up. -E2BIG when its rows take more than most
 * bytes. */
int axis_make(enum axis_field field, const struct acl_entry *rules, uint32_t count, size_t most,
	      struct axis *axis, bool *made);

void axis_free(struct axis *axis);

/* The rows of at most BURST_MAX packets that have the field. Worker. */
void axis_find(const struct axis *axis, const struct packet_view *const *views, unsigned count,
	       const uint64_t **rows);

#endif
