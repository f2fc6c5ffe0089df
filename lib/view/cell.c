/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/cell.h"

#include "view/value.h"

#include "core/banned.h"

void
cell_text(struct table *table, const json_t *object, const char *key)
{
	table_cell(table, "%s", value_text(object, key));
}

void
cell_count(struct table *table, const json_t *object, const char *key)
{
	table_cell(table, "%s", units_count(value_number(object, key)).text);
}

void
cell_bytes(struct table *table, const json_t *object, const char *key)
{
	table_cell(table, "%s", units_bytes(value_number(object, key)).text);
}

void
cell_packet_rate(struct table *table, const struct view *view, const json_t *now,
		 const json_t *before, const char *key)
{
	if (view->before)
		table_cell(table, "%s", units_rate(value_rate(view, now, before, key), "pps").text);
}

void
cell_bit_rate(struct table *table, const struct view *view, const json_t *now, const json_t *before,
	      const char *key)
{
	if (view->before)
		table_cell(table, "%s",
			   units_rate(8 * value_rate(view, now, before, key), "bit/s").text);
}
