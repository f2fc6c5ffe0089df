/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <string.h>

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

static void
put_lines(const struct view *view, const char *name, const char *what, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach (lines, i, line)
		fprintf(view->out, "%s%s: %s%s\n", i ? "" : "\n", name, what,
			json_string_value(line));
}

void
view_returns(const struct view *view)
{
	struct table *table = table_new("RETURN|REPLAY|BY|>SENT|>BACK|>LOST|>CHANGED|>TWICE|>"
					"REORDERED|>LATE|>UNKNOWN|>p50|>p99|>p99.9|>MAX|VERDICT");
	const char *name;
	json_t *back;

	json_object_foreach (json_object_get(view->now, "returns"), name, back) {
		const json_t *latency = json_object_get(back, "latency_ns");

		table_cell(table, "%s", name);
		table_cell(table, "%s", value_text(back, "replay"));
		table_cell(table, "%s", value_text(back, "by"));
		cell_count(table, back, "sent");
		cell_count(table, back, "back");
		cell_count(table, back, "lost");
		cell_count(table, back, "changed");
		cell_count(table, back, "duplicated");
		cell_count(table, back, "reordered");
		cell_count(table, back, "late");
		cell_count(table, back, "unknown");
		table_cell(table, "%s", units_ns(value_number(latency, "p50")).text);
		table_cell(table, "%s", units_ns(value_number(latency, "p99")).text);
		table_cell(table, "%s", units_ns(value_number(latency, "p99.9")).text);
		table_cell(table, "%s", units_ns(value_number(latency, "max")).text);
		table_cell(table, "%s", value_text(back, "verdict"));
	}
	table_print(table, view->out);
	json_object_foreach (json_object_get(view->now, "returns"), name, back) {
		put_lines(view, name, "", json_object_get(back, "why"));
		put_lines(view, name, "changed: ", json_object_get(back, "changes"));
	}
}
