/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <string.h>

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void
view_captures(const struct view *view)
{
	struct table *table =
		table_new(view->before ? "CAPTURE|STATE|>STORED|>NOW|>NOW|>HELD|>LOST|>USED|FILE"
				       : "CAPTURE|STATE|>STORED|>BYTES|>HELD|>LOST|>PASSED|>FILES|"
					 ">USED|FILE");
	const char *name;
	json_t *capture;

	json_object_foreach (json_object_get(view->now, "captures"), name, capture) {
		const json_t *drops = json_object_get(capture, "drops");
		const json_t *before = value_in(view->before, "captures", name);
		uint64_t lost =
			value_number(drops, "capture-full") + value_number(drops, "capture-failed");

		table_cell(table, "%s", name);
		cell_text(table, capture, "state");
		cell_count(table, capture, "packets");
		if (view->before) {
			cell_packet_rate(table, view, capture, before, "packets");
			cell_bit_rate(table, view, capture, before, "bytes");
		} else {
			cell_bytes(table, capture, "bytes");
		}
		cell_count(table, capture, "held");
		table_cell(table, "%s", units_count(lost).text);
		if (!view->before) {
			cell_count(table, drops, "capture-passed");
			cell_count(table, capture, "files");
		}
		table_cell(table, "%.0f %%",
			   100 * json_number_value(json_object_get(capture, "used")));
		table_cell(table, "%s", base_of(value_text(capture, "file")));
	}
	table_print(table, view->out);
	json_object_foreach (json_object_get(view->now, "captures"), name, capture) {
		const json_t *full = json_object_get(capture, "full");
		uint64_t queue = value_number(full, "queue"), memory = value_number(full, "memory");

		if (json_object_get(capture, "reason"))
			fprintf(view->out, "%s: %s\n", name, value_text(capture, "reason"));
		if (queue + memory > 0)
			fprintf(view->out,
				"%s: %s packet%s found its queue full, and %s its memory\n", name,
				units_count(queue).text, units_plural(queue),
				units_count(memory).text);
	}
}

void
view_capture_files(const struct view *view)
{
	struct table *table = table_new("FILE|FIRST|LAST|>PACKETS|>BYTES|");
	size_t i;
	json_t *file;

	json_array_foreach (json_object_get(view->now, "files"), i, file) {
		bool whole = json_is_true(json_object_get(file, "whole"));
		bool lacks = json_is_true(json_object_get(file, "lacks"));

		cell_text(table, file, "name");
		cell_text(table, file, "first");
		cell_text(table, file, "last");
		cell_count(table, file, "packets");
		cell_bytes(table, file, "bytes");
		table_cell(table, "%s%s%s", whole ? "" : "not whole", !whole && lacks ? ", " : "",
			   lacks ? "packets are missing" : "");
	}
	table_print(table, view->out);
}
