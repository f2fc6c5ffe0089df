/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cell: a table's next cell with what a member of an answer says, as people read it.
 */
#ifndef VIEW_CELL_H
#define VIEW_CELL_H

#include "core/table.h"
#include "view/view.h"

void cell_text(struct table *table, const json_t *object, const char *key);
void cell_count(struct table *table, const json_t *object, const char *key);
void cell_bytes(struct table *table, const json_t *object, const char *key);

/* "1.20 Mpps" and "3.40 Gbit/s" of a counter of packets or bytes; no cell in the first look. */
void cell_packet_rate(struct table *table, const struct view *view, const json_t *now,
		      const json_t *before, const char *key);
void cell_bit_rate(struct table *table, const struct view *view, const json_t *now,
		   const json_t *before, const char *key);

#endif
