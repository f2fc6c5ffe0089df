/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <stdbool.h>

#include "view/cell.h"
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
		cell_count(table, drops, reason);
		cell_packet_rate(table, view, drops, before, reason);
		cell_text(table, json_object_get(view->now, "reasons"), reason);
	}
	if (json_object_size(drops) == 0) {
		table_cell(table, "nothing");
		table_cell(table, "0");
		if (view->before)
			table_cell(table, "%s", "");
		table_cell(table, "%s", "");
	}
	table_print(table, view->out);
	if (!view->named)
		fprintf(view->out, "\n");
}

/* Where packets of a port came from. */
struct origins {
	uint64_t received, replayed, mirrored;
};

static void
ledger_cells(struct table *table, const char *name, const struct origins *origins, bool replays,
	     const json_t *ledger)
{
	table_cell(table, "%s", name);
	table_cell(table, "%s", units_count(origins->received).text);
	if (replays)
		table_cell(table, "%s", units_count(origins->replayed).text);
	table_cell(table, "%s", units_count(origins->mirrored).text);
	cell_count(table, ledger, "out");
	cell_count(table, ledger, "dropped");
	cell_count(table, ledger, "held");
	table_cell(table, "%s",
		   json_is_true(json_object_get(ledger, "balanced")) ? "balanced" : "NOT BALANCED");
}

static struct origins
origins_of(const json_t *port)
{
	return (struct origins){
		.received = value_number(port, "received"),
		.replayed = value_number(port, "replayed"),
		.mirrored = value_number(port, "mirrored"),
	};
}

/* Of ports that no config has any more. */
static struct origins
origins_of_ended(const json_t *ended)
{
	struct origins origins = origins_of(ended);

	origins.received = value_number(ended, "rx_packets");
	return origins;
}

static struct origins
sum_of(const json_t *ports, struct origins sum)
{
	const char *name;
	json_t *port;

	json_object_foreach ((json_t *)ports, name, port) {
		struct origins origins = origins_of(port);

		sum.received += origins.received;
		sum.replayed += origins.replayed;
		sum.mirrored += origins.mirrored;
	}
	return sum;
}

static void
print_ports(const struct view *view)
{
	const json_t *ports = json_object_get(view->now, "ports");
	const json_t *ended = json_object_get(view->now, "ended");
	struct origins gone = origins_of_ended(ended);
	struct origins all = sum_of(ports, gone);
	bool replays = all.replayed > 0;
	struct table *table = table_new(
		replays ? "PACKETS OF|>RECEIVED|>REPLAYED|>MIRRORED|>OUT|>DROPPED|>HELD|LEDGER"
			: "PACKETS OF|>RECEIVED|>MIRRORED|>OUT|>DROPPED|>HELD|LEDGER");
	const char *name;
	json_t *port;

	json_object_foreach ((json_t *)ports, name, port) {
		struct origins origins = origins_of(port);

		ledger_cells(table, name, &origins, replays, json_object_get(port, "ledger"));
	}
	if (value_number(ended, "ports"))
		ledger_cells(table, "(ended)", &gone, replays, json_object_get(ended, "ledger"));
	table_line(table);
	ledger_cells(table, "all", &all, replays, json_object_get(view->now, "ledger"));
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

/* What NICs dropped before sluice had it, where they did. */
static void
print_before(const struct view *view)
{
	const json_t *all = json_object_get(view->now, "before");
	const char *name;
	struct table *table;
	json_t *port;

	if (value_number(all, "missed") + value_number(all, "no-mbuf") == 0)
		return;
	table = table_new("LOST BEFORE|>MISSED|>NO-MBUF|MEANS");
	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		const json_t *before = json_object_get(port, "before");
		uint64_t missed = value_number(before, "missed");
		uint64_t no_mbuf = value_number(before, "no-mbuf");

		if (missed + no_mbuf == 0)
			continue;
		table_cell(table, "%s", name);
		table_cell(table, "%s", units_count(missed).text);
		table_cell(table, "%s", units_count(no_mbuf).text);
		table_cell(table, "%s",
			   no_mbuf ? "the pool was empty: raise memory.packets"
				   : "the receive ring was full");
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

void
view_drops(const struct view *view)
{
	print_reasons(view);
	if (view->named)
		return;
	print_ports(view);
	print_before(view);
	value_print_copies(view->out, json_object_get(view->now, "copies"));
	value_print_ledger(view->out, json_object_get(view->now, "ledger"));
}
