/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <stdbool.h>

#include "view/value.h"

#include "core/banned.h"

/* A packet that no rule decides is the default's, so those that decide add up to what came in. */
static bool
decides(const json_t *rule)
{
	return !json_is_false(json_object_get(rule, "decides"));
}

static json_t *
add_up(const json_t *result)
{
	const json_t *retired = json_object_get(result, "retired");
	/* Those that the client did not choose to show. */
	const json_t *others = json_object_get(result, "others");
	uint64_t packets = value_number(retired, "packets") + value_number(others, "packets");
	uint64_t bytes = value_number(retired, "bytes") + value_number(others, "bytes");
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get(result, "rules"), name, rule) {
		if (!decides(rule))
			continue;
		packets += value_number(rule, "packets");
		bytes += value_number(rule, "bytes");
	}
	return json_pack("{s:I, s:I}", "packets", (json_int_t)packets, "bytes", (json_int_t)bytes);
}

static void
rule_cells(struct table *table, const struct view *view, const char *name, const json_t *rule,
	   const json_t *before, uint64_t all)
{
	uint64_t packets = value_number(rule, "packets");

	table_cell(table, "%s", name);
	table_cell(table, "%s", units_count(packets).text);
	table_cell(table, "%s", units_bytes(value_number(rule, "bytes")).text);
	table_cell(table, "%s", units_share(packets, all).text);
	if (view->before) {
		table_cell(table, "%s", value_packet_rate(view, rule, before, "packets").text);
		table_cell(table, "%s", value_bit_rate(view, rule, before, "bytes").text);
	}
	table_cell(table, "%s", value_text(rule, "actions"));
	table_cell(table, "%s", value_text(rule, "filter"));
}

void
view_rules(const struct view *view)
{
	struct table *table =
		table_new(view->before ? "RULE|>PACKETS|>BYTES|>SHARE|>NOW|>NOW|ACTIONS|FILTER"
				       : "RULE|>PACKETS|>BYTES|>SHARE|ACTIONS|FILTER");
	const json_t *retired = json_object_get(view->now, "retired");
	const json_t *others = json_object_get(view->now, "others");
	json_t *sum = add_up(view->now), *sum_before = add_up(view->before);
	uint64_t all = value_number(sum, "packets");
	const char *name;
	char text[48];
	json_t *rule;

	json_object_foreach (json_object_get(view->now, "rules"), name, rule)
		rule_cells(table, view, name, rule, value_in(view->before, "rules", name), all);
	if (others) {
		snprintf(text, sizeof(text), "(%s other%s)",
			 units_count(value_number(others, "count")).text,
			 units_plural(value_number(others, "count")));
		rule_cells(table, view, text, others, json_object_get(view->before, "others"), all);
	}
	if (value_number(retired, "packets"))
		rule_cells(table, view, "(rules of earlier configs)", retired,
			   json_object_get(view->before, "retired"), all);
	table_line(table);
	rule_cells(table, view, "decided", sum, sum_before, all);
	table_print(table, view->out);
	json_decref(sum);
	json_decref(sum_before);
}
