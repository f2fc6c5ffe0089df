/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/gauges.h"

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

static bool
has_received(const json_t *port)
{
	const json_t *upper = value_in(port, "latency", "upper_ns");

	return json_is_integer(json_object_get(upper, "max"));
}

static void
times_cells(struct table *table, const json_t *port, const char *bound)
{
	static const char *const keys[] = {"p50", "p99", "max"};
	const json_t *times = value_in(port, "latency", bound);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		table_cell(table, "%s", units_ns(value_number(times, keys[i])).text);
}

static void
peak_cells(struct table *table, const json_t *port, const char *key)
{
	const json_t *peak = json_object_get(port, key);

	cell_count(table, peak, "packets");
	table_cell(table, "%s", units_rate(value_real(peak, "pps"), "pps").text);
}

void
gauges_backlog_cell(struct table *table, const json_t *share)
{
	if (json_is_number(share))
		table_cell(table, "%.0f %%", 100 * json_number_value(share));
	else
		table_cell(table, "not told");
}

static void
backlog_cell(struct table *table, const json_t *port, const char *key)
{
	gauges_backlog_cell(table, value_in(port, "backlog", key));
}

/* One row of a port, or several cells of it. */
typedef void row_put(struct table *table, const json_t *port);

static void
print_each(const struct view *view, const char *heads, row_put *put)
{
	struct table *table = NULL;
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		if (!has_received(port))
			continue;
		if (!table)
			table = table_new(heads);
		table_cell(table, "%s", name);
		put(table, port);
	}
	if (!table)
		return;
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

static void
put_brief(struct table *table, const json_t *port)
{
	times_cells(table, port, "upper_ns");
	peak_cells(table, port, "peak_1ms");
	backlog_cell(table, port, "peak");
	cell_count(table, port, "bursts");
}

static void
known_ns_cell(struct table *table, const json_t *ns)
{
	if (json_is_integer(ns))
		table_cell(table, "%s", units_ns((uint64_t)json_integer_value(ns)).text);
	else
		table_cell(table, "-");
}

static void
put_times(struct table *table, const json_t *port)
{
	times_cells(table, port, "lower_ns");
	times_cells(table, port, "upper_ns");
	known_ns_cell(table, value_in(port, "latency", "model_ns"));
	cell_count(table, json_object_get(port, "latency"), "saturated");
}

static void
put_crowds(struct table *table, const json_t *port)
{
	peak_cells(table, port, "peak_1ms");
	peak_cells(table, port, "peak_100us");
	backlog_cell(table, port, "now");
	backlog_cell(table, port, "peak");
	cell_count(table, port, "bursts");
	known_ns_cell(table, value_in(port, "survives", "now_ns"));
	known_ns_cell(table, value_in(port, "survives", "peak_ns"));
}

void
gauges_print_brief(const struct view *view)
{
	print_each(view, "PORT|>AT MOST p50|>p99|>MAX|>IN 1 ms|>PEAK|>BACKLOG|>BURSTS", put_brief);
}

void
gauges_print(const struct view *view)
{
	print_each(view, "PORT|>IN BOX p50|>p99|>MAX|>AT MOST p50|>p99|>MAX|>MODEL|>BEHIND",
		   put_times);
	print_each(view,
		   "PORT|>IN 1 ms|>PEAK|>IN 100 us|>PEAK|>BACKLOG|>MOST|>BURSTS|>FULL IN|>AT PEAK",
		   put_crowds);
}
