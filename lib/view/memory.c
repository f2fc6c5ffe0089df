/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

/* Replays keep their files' bytes in memory of their own; their mbufs only point there. */
static void
print_replays(const struct view *view)
{
	struct table *table;
	const char *name;
	json_t *replay;

	if (json_object_size(json_object_get(view->now, "replays")) == 0)
		return;
	table = table_new("REPLAY|>MEMORY|FILES|>HEADERS|>FREE|>IN USE");
	json_object_foreach (json_object_get(view->now, "replays"), name, replay) {
		table_cell(table, "%s", name);
		table_cell(table, "%s", units_memory(value_number(replay, "bytes")).text);
		table_cell(table, "%s",
			   json_is_true(json_object_get(replay, "resident")) ? "whole in it"
									     : "stream through");
		cell_count(table, replay, "headers");
		cell_count(table, replay, "free");
		cell_count(table, replay, "in_use");
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

void
view_memory(const struct view *view)
{
	struct table *table = table_new("POOL|>PACKETS|>FREE|>IN USE||>ROOM EACH|>MEMORY|>NUMA");
	uint64_t size = 0, unused = 0, bytes = 0;
	const json_t *pools = json_object_get(view->now, "pools");
	json_t *pool;
	size_t index;

	json_array_foreach (pools, index, pool) {
		size += value_number(pool, "size");
		unused += value_number(pool, "free");
		bytes += value_number(pool, "bytes");
		cell_text(table, pool, "name");
		cell_count(table, pool, "size");
		cell_count(table, pool, "free");
		cell_count(table, pool, "in_use");
		table_cell(
			table, "%s",
			units_share(value_number(pool, "in_use"), value_number(pool, "size")).text);
		table_cell(table, "%s", units_memory(value_number(pool, "packet_size")).text);
		table_cell(table, "%s", units_memory(value_number(pool, "bytes")).text);
		table_cell(table, "%d", (int)value_number(pool, "numa"));
	}
	if (json_array_size(pools) > 1) {
		table_line(table);
		table_cell(table, "all");
		table_cell(table, "%s", units_count(size).text);
		table_cell(table, "%s", units_count(unused).text);
		table_cell(table, "%s", units_count(size - unused).text);
		table_cell(table, "%s", units_share(size - unused, size).text);
		table_cell(table, "%s", "");
		table_cell(table, "%s", units_memory(bytes).text);
		table_cell(table, "%s", "");
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
	print_replays(view);
	fprintf(view->out, "hugepages: %s\n",
		json_is_true(json_object_get(view->now, "hugepages")) ? "yes" : "no");
	fprintf(view->out, "copy-break: %u bytes%s\n",
		(unsigned)value_number(json_object_get(view->now, "copy_break"), "bytes"),
		json_is_true(json_object_get(json_object_get(view->now, "copy_break"), "measured"))
			? ", as measured"
			: "");
}
