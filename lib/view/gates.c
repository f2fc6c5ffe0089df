/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <string.h>

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
		table_cell(table, "%s", units_count(value_number(policer, "passed")).text);
		if (view->before) {
			table_cell(table, "%s",
				   value_packet_rate(view, policer, before, "passed").text);
			table_cell(table, "%s",
				   value_bit_rate(view, policer, before, "passed_bytes").text);
		} else {
			table_cell(table, "%s",
				   units_bytes(value_number(policer, "passed_bytes")).text);
		}
		table_cell(table, "%s", units_count(value_number(policer, "over")).text);
		table_cell(table, "%s", units_bytes(value_number(policer, "over_bytes")).text);
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
		table_cell(table, "%s", units_count(value_number(dedup, "looked_at")).text);
		table_cell(table, "%s", units_count(value_number(dedup, "duplicates")).text);
		if (view->before)
			table_cell(table, "%s",
				   value_packet_rate(view, dedup,
						     value_in(view->before, "dedups", name),
						     "duplicates")
					   .text);
		table_cell(table, "%s", units_count(value_number(dedup, "same_port")).text);
		table_cell(table, "%s", units_ns(value_number(lag, "p50")).text);
		table_cell(table, "%s", units_ns(value_number(lag, "p99")).text);
		table_cell(table, "%.1f %%", 100 * value_real(dedup, "used"));
		table_cell(table, "%s", units_count(value_number(dedup, "overwritten")).text);
	}
	table_print(table, view->out);
}
