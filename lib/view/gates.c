/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <string.h>

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

static void
rate_cell(struct table *table, const json_t *policer)
{
	double rate = (double)value_number(policer, "rate");

	table_cell(table, "%s",
		   strcmp(value_text(policer, "unit"), "packets") == 0
			   ? units_rate(rate, "pps").text
			   : units_rate(rate, "bit/s").text);
}

void
view_policers(const struct view *view)
{
	struct table *table =
		table_new(view->before ? "POLICER|>RATE|>PASSED|>NOW|>NOW|>OVER|>BYTES OVER"
				       : "POLICER|>RATE|>PASSED|>BYTES|>OVER|>BYTES OVER");
	const char *name;
	json_t *policer;

	json_object_foreach (json_object_get(view->now, "policers"), name, policer) {
		const json_t *before = value_in(view->before, "policers", name);

		table_cell(table, "%s", name);
		rate_cell(table, policer);
		cell_count(table, policer, "passed");
		if (view->before) {
			cell_packet_rate(table, view, policer, before, "passed");
			cell_bit_rate(table, view, policer, before, "passed_bytes");
		} else {
			cell_bytes(table, policer, "passed_bytes");
		}
		cell_count(table, policer, "over");
		cell_bytes(table, policer, "over_bytes");
	}
	table_print(table, view->out);
}

void
view_dedups(const struct view *view)
{
	struct table *table = table_new(
		view->before ? "DEDUP|>LOOKED AT|>DUPLICATES|>NOW|>SAME PORT|>p50 BEHIND|>p99|>"
			       "USED|>OVERWRITTEN"
			     : "DEDUP|>LOOKED AT|>DUPLICATES|>SAME PORT|>p50 BEHIND|>p99|>USED|>"
			       "OVERWRITTEN");
	const char *name;
	json_t *dedup;

	json_object_foreach (json_object_get(view->now, "dedups"), name, dedup) {
		const json_t *lag = json_object_get(dedup, "lag_ns");

		table_cell(table, "%s", name);
		cell_count(table, dedup, "looked_at");
		cell_count(table, dedup, "duplicates");
		cell_packet_rate(table, view, dedup, value_in(view->before, "dedups", name),
				 "duplicates");
		cell_count(table, dedup, "same_port");
		table_cell(table, "%s", units_ns(value_number(lag, "p50")).text);
		table_cell(table, "%s", units_ns(value_number(lag, "p99")).text);
		table_cell(table, "%.1f %%", 100 * value_real(dedup, "used"));
		cell_count(table, dedup, "overwritten");
	}
	table_print(table, view->out);
}
