/* SPDX-License-Identifier: BSD-3-Clause */
/* Microbursts of ports, in the order in which they began. */
#include "view/view.h"

#include <string.h>

#include "view/cell.h"
#include "view/gauges.h"
#include "view/value.h"

#include "core/banned.h"

#define MONTH 5 /* in "2026-11-29T15:00:00.000000000Z" */
#define HOUR 11

static void
start_cell(struct table *table, const json_t *burst)
{
	const char *start = value_text(burst, "start");

	if (strlen(start) > HOUR)
		table_cell(table, "%.5s %.12s", start + MONTH, start + HOUR);
	else
		table_cell(table, "%s", "");
}

static void
lasted_cell(struct table *table, const json_t *burst)
{
	struct units_text lasted = units_ns(value_number(burst, "duration_ns"));

	table_cell(table, "%s%s", lasted.text,
		   json_is_true(json_object_get(burst, "goes_on")) ? "+" : "");
}

static void
known_cell(struct table *table, const json_t *object, const char *key)
{
	if (json_is_integer(json_object_get(object, key)))
		cell_count(table, object, key);
	else
		table_cell(table, "-");
}

/* How many times what came in a second before it, on average. */
static void
mean_cell(struct table *table, const json_t *burst)
{
	double mean = value_real(burst, "mean_pps");
	double peak = value_real(json_object_get(burst, "peak_1ms"), "pps");

	if (mean > 0 && peak > 0)
		table_cell(table, "%.*fx", peak < 10 * mean, peak / mean);
	else
		table_cell(table, "-");
}

static void
burst_cells(struct table *table, const char *port, const json_t *burst)
{
	table_cell(table, "%s", port);
	start_cell(table, burst);
	lasted_cell(table, burst);
	known_cell(table, burst, "packets");
	known_cell(table, json_object_get(burst, "peak_1ms"), "packets");
	mean_cell(table, burst);
	if (json_is_null(json_object_get(burst, "packets")))
		table_cell(table, "-");
	else
		gauges_backlog_cell(table, json_object_get(burst, "backlog"));
	cell_count(table, burst, "lost");
}

void
view_bursts(const struct view *view)
{
	struct table *table = NULL;
	const char *name;
	json_t *bursts, *burst;
	size_t i;

	json_object_foreach (json_object_get(view->now, "bursts"), name, bursts) {
		json_array_foreach (bursts, i, burst) {
			if (!table)
				table = table_new("PORT|START (UTC)|>LASTED|>PACKETS|>IN 1 ms|"
						  ">OF MEAN|>BACKLOG|>LOST");
			burst_cells(table, name, burst);
		}
	}
	if (table)
		table_print(table, view->out);
	else
		fprintf(view->out, "no microburst\n");
}
