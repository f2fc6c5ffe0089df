/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include "view/value.h"

#include "core/banned.h"

static void
print_reasons(const struct view *view)
{
	struct table *table =
		table_new(view->before ? "REASON|>PACKETS|>NOW|MEANS" : "REASON|>PACKETS|MEANS");
	const json_t *before = json_object_get(view->before, "drops");
	const json_t *drops = json_object_get(view->now, "drops");
	const char *reason;
	json_t *count;

	json_object_foreach ((json_t *)drops, reason, count) {
		table_cell(table, "%s", reason);
		table_cell(table, "%s", units_count((uint64_t)json_integer_value(count)).text);
		if (view->before)
			table_cell(table, "%s",
				   value_packet_rate(view, drops, before, reason).text);
		table_cell(table, "%s", value_text(json_object_get(view->now, "reasons"), reason));
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

static void
ledger_cells(struct table *table, const char *name, uint64_t received, uint64_t mirrored,
	     const json_t *ledger)
{
	table_cell(table, "%s", name);
	table_cell(table, "%s", units_count(received).text);
	table_cell(table, "%s", units_count(mirrored).text);
	table_cell(table, "%s", units_count(value_number(ledger, "out")).text);
	table_cell(table, "%s", units_count(value_number(ledger, "dropped")).text);
	table_cell(table, "%s", units_count(value_number(ledger, "held")).text);
	table_cell(table, "%s",
		   json_is_true(json_object_get(ledger, "balanced")) ? "balanced" : "NOT BALANCED");
}

static void
print_ports(const struct view *view)
{
	struct table *table =
		table_new("PACKETS OF|>RECEIVED|>MIRRORED|>OUT|>DROPPED|>HELD|LEDGER");
	uint64_t received = 0, mirrored = 0;
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		received += value_number(port, "received");
		mirrored += value_number(port, "mirrored");
		ledger_cells(table, name, value_number(port, "received"),
			     value_number(port, "mirrored"), json_object_get(port, "ledger"));
	}
	table_line(table);
	ledger_cells(table, "all", received, mirrored, json_object_get(view->now, "ledger"));
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

void
view_drops(const struct view *view)
{
	print_reasons(view);
	print_ports(view);
	value_print_copies(view->out, json_object_get(view->now, "copies"));
	value_print_ledger(view->out, json_object_get(view->now, "ledger"));
}
