/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

/* Since the last look, or since the start. */
static uint64_t
since(const json_t *now, const json_t *before, const char *key)
{
	uint64_t first = value_number(before, key), after = value_number(now, key);

	return after >= first ? after - first : after;
}

static void
worker_cells(struct table *table, const struct view *view, const json_t *worker,
	     const json_t *before)
{
	const json_t *cache = json_object_get(worker, "cache");
	const json_t *cache_before = json_object_get(before, "cache");
	uint64_t busy = since(worker, before, "busy_cycles");
	uint64_t idle = since(worker, before, "idle_cycles");
	uint64_t packets = since(worker, before, "packets");
	uint64_t bursts = since(worker, before, "bursts");
	int stalled = json_is_true(json_object_get(worker, "stalled"));
	int stale = json_is_false(json_object_get(worker, "fresh"));

	table_cell(table, "%u", (unsigned)value_number(worker, "core"));
	cell_count(table, worker, "packets");
	cell_packet_rate(table, view, worker, before, "packets");
	table_cell(table, "%s", units_share(busy, busy + idle).text);
	if (packets)
		table_cell(table, "%.1f", (double)busy / (double)packets);
	else
		table_cell(table, "-");
	if (bursts)
		table_cell(table, "%.1f", (double)packets / (double)bursts);
	else
		table_cell(table, "-");
	table_cell(table, "%s",
		   units_share(since(cache, cache_before, "hits"),
			       since(cache, cache_before, "lookups"))
			   .text);
	table_cell(table, "%s", units_duration(value_real(worker, "sleep_ns") / 1e9).text);
	table_cell(table, "%s",
		   units_count(value_number(worker, "minor_faults") +
			       value_number(worker, "major_faults"))
			   .text);
	if (stale)
		table_cell(table, "%s; its numbers are %s old",
			   stalled ? "STALLED: it does not move" : "did not answer in time",
			   units_duration(value_real(worker, "age_ns") / 1e9).text);
	else
		table_cell(table, "%s", stalled ? "STALLED: it did not move" : "");
}

/* Bursts by the packets in them: how much each round finds says how far a worker is from its
 * limit. */
static void
print_fill(const struct view *view, const json_t *workers)
{
	static const char *const steps[] = {"1", "2-3", "4-7", "8-15", "16-31", "32-63", "64+"};
	struct table *table = table_new(">CORE|>1|>2-3|>4-7|>8-15|>16-31|>32-63|>64+");
	json_t *worker;
	size_t index;

	fprintf(view->out, "\nbursts by packets in them\n");
	json_array_foreach (workers, index, worker) {
		const json_t *fill = json_object_get(worker, "fill");

		table_cell(table, "%u", (unsigned)value_number(worker, "core"));
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			table_cell(
				table, "%s",
				units_count((uint64_t)json_integer_value(json_array_get(fill, i)))
					.text);
	}
	table_print(table, view->out);
}

static void
rate_cell(struct table *table, const json_t *headroom, const char *key, const char *before)
{
	if (json_is_integer(json_object_get(headroom, key)))
		table_cell(table, "%s%s", before,
			   units_rate(value_real(headroom, key), "pps").text);
	else
		table_cell(table, "-");
}

/* What each could take, and how long the last of so many packets that come at once waits. */
static void
print_headroom(const struct view *view, const json_t *workers)
{
	static const char *const packets[] = {"1", "32", "256", "1024", "4096"};
	struct table *table = NULL;
	json_t *worker;
	size_t index;

	json_array_foreach (workers, index, worker) {
		const json_t *headroom = json_object_get(worker, "headroom");
		const json_t *delays = json_object_get(headroom, "delay_ns");
		const char *least =
			json_is_true(json_object_get(headroom, "at_least"))    ? "at least "
			: json_is_true(json_object_get(headroom, "rehearsed")) ? "rehearsed: "
									       : "";

		if (!json_is_integer(json_object_get(headroom, "pps")))
			continue;
		if (!table)
			table = table_new(">CORE|>TAKES|>SEEN|>COULD TAKE|>ROOM|>LOST|>OF 1|>32|"
					  ">256|>1,024|>4,096");
		table_cell(table, "%u", (unsigned)value_number(worker, "core"));
		rate_cell(table, headroom, "now_pps", "");
		rate_cell(table, headroom, "seen_pps", "");
		rate_cell(table, headroom, "pps", least);
		if (json_is_real(json_object_get(headroom, "room")))
			table_cell(table, "%.1fx", value_real(headroom, "room"));
		else
			table_cell(table, "-");
		table_cell(table, "%.1f %%", value_real(headroom, "lost") * 100);
		for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
			table_cell(table, "%s", units_ns(value_number(delays, packets[i])).text);
	}
	if (!table)
		return;
	fprintf(view->out, "\nwhat each could take, and how long the last of packets waits that "
			   "come at once\n");
	table_print(table, view->out);
}

void
view_workers(const struct view *view)
{
	struct table *table = table_new(
		view->before ? ">CORE|>PACKETS|>NOW|>BUSY|>CYCLES/PACKET|>PACKETS/BURST|>CACHE "
			       "HITS|>SLEPT|>PAGE FAULTS|"
			     : ">CORE|>PACKETS|>BUSY|>CYCLES/PACKET|>PACKETS/BURST|>CACHE "
			       "HITS|>SLEPT|>PAGE FAULTS|");
	const json_t *workers = json_object_get(view->now, "workers");
	const json_t *before = json_object_get(view->before, "workers");
	json_t *worker;
	size_t index;

	json_array_foreach (workers, index, worker)
		worker_cells(table, view, worker, json_array_get(before, index));
	table_print(table, view->out);
	print_fill(view, workers);
	print_headroom(view, workers);
}
