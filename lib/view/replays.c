/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <stdbool.h>
#include <string.h>

#include "view/cell.h"
#include "view/records.h"
#include "view/unsent.h"
#include "view/value.h"

#include "core/banned.h"

#define BAR_WIDTH 12
/* A replay that seems to stand still is told to be waiting. */
#define LONG_WAIT_NS 1000000000

static void
loops_cell(struct table *table, const json_t *replay)
{
	uint64_t asked = value_number(replay, "loops_asked");

	table_cell(table, "%s/%s", units_count(value_number(replay, "loops")).text,
		   asked ? units_count(asked).text : "forever");
}

/* A share, and a bar of it; what goes on for ever has neither. */
static void
progress_cells(struct table *table, const json_t *replay)
{
	const json_t *progress = json_object_get(replay, "progress");
	double share = json_number_value(progress);

	if (json_is_number(progress)) {
		table_cell(table, "%.1f %%", 100 * share);
		table_cell(table, "%s", table_bar(share, 1, BAR_WIDTH).text);
	} else {
		table_cell(table, "-");
		table_cell(table, "%s", "");
	}
}

/* What is known of it as long as nothing was sent, or while the run may still turn out
 * otherwise. */
static void
verdict_cells(struct table *table, const json_t *replay)
{
	const json_t *verdict = json_object_get(replay, "verdict");
	const json_t *error = json_object_get(verdict, "error_ns");
	bool ended = json_is_true(json_object_get(replay, "ended"));
	bool began = value_number(replay, "packet") > 0 ||
		     strcmp(value_text(replay, "state"), "failed") == 0;

	table_cell(table, "%s",
		   value_number(error, "max") ? units_ns(value_number(error, "p99")).text : "-");
	table_cell(table, "%s", ended && began ? value_text(verdict, "result") : "-");
}

static void
row(struct table *table, const struct view *view, const char *name, const json_t *replay)
{
	const char *server = value_text(replay, "server_port");

	table_cell(table, "%s", name);
	table_cell(table, "%s%s%s%s", json_is_true(json_object_get(replay, "as")) ? "as " : "",
		   value_text(replay, "port"), *server ? ", " : "", server);
	cell_text(table, replay, "state");
	cell_text(table, replay, "pace");
	progress_cells(table, replay);
	cell_count(table, replay, "sent");
	cell_packet_rate(table, view, replay, value_in(view->before, "replays", name), "sent");
	cell_bytes(table, replay, "bytes");
	loops_cell(table, replay);
	cell_count(table, replay, "late");
	verdict_cells(table, replay);
}

/* On a virtual clock every packet leaves at its time: there is nothing to judge. */
static void
short_row(struct table *table, const char *name, const json_t *replay)
{
	table_cell(table, "%s", name);
	cell_count(table, replay, "sent");
	cell_bytes(table, replay, "bytes");
	cell_count(table, replay, "loops");
	cell_count(table, replay, "late");
	cell_count(table, replay, "truncated");
}

static void
print_start(FILE *out, const char *name, const json_t *replay)
{
	uint64_t left_ns = value_number(replay, "starts_in_ns");

	fprintf(out, "%s: %s at %s, in %s\n", name,
		strcmp(value_text(replay, "state"), "paused") == 0 ? "is paused, and would start"
								   : "starts",
		value_text(replay, "starts_at"), units_duration((double)left_ns / 1e9).text);
}

/* Why replays failed, whose files came too slowly, and why packets did not leave: none is to go by
 * unseen. */
static void
print_notes(FILE *out, const json_t *replays)
{
	const struct table_style *style = table_style(out);
	const char *name;
	json_t *replay;

	json_object_foreach ((json_t *)replays, name, replay) {
		const char *reason = value_text(replay, "reason");
		uint64_t next_ns = value_number(replay, "next_in_ns");
		uint64_t underruns = value_number(replay, "underruns");
		uint64_t waiting = value_number(replay, "waiting");
		struct value_list unsent = unsent_all(replay), records = {""}, unedited = {""};
		const char *server = value_text(replay, "server_port");

		if (json_is_number(json_object_get(replay, "starts_in_ns")))
			print_start(out, name, replay);
		if (waiting)
			fprintf(out, "%s: %s packet%s for room in %s%s%s\n", name,
				units_count(waiting).text, waiting == 1 ? " waits" : "s wait",
				value_text(replay, "port"), *server ? " or " : "", server);
		if (*unsent.text)
			fprintf(out, "%s: not sent: %s\n", name, unsent.text);
		records_changed(&records, replay);
		if (*records.text)
			fprintf(out, "%s: records: %s\n", name, records.text);
		records_unedited(&unedited, replay);
		if (*unedited.text)
			fprintf(out, "%s: unedited: %s\n", name, unedited.text);
		if (*reason)
			fprintf(out, "%s%s failed%s: %s\n", style->bad, name, style->plain, reason);
		if (next_ns >= LONG_WAIT_NS)
			fprintf(out, "%s: the next packet is due in %s\n", name,
				units_duration((double)next_ns / 1e9).text);
		if (underruns)
			fprintf(out, "%s%s: %s underrun%s%s: its files were not read fast enough\n",
				style->bad, name, units_count(underruns).text,
				underruns == 1 ? "" : "s", style->plain);
	}
}

static bool
are_judged(const json_t *replays)
{
	const char *name;
	json_t *replay;

	json_object_foreach ((json_t *)replays, name, replay) {
		if (json_object_get(replay, "verdict"))
			return true;
	}
	return false;
}

void
view_replays(const struct view *view)
{
	const json_t *replays = json_object_get(view->now, "replays");
	bool judged = are_judged(replays);
	struct table *table;
	const char *name;
	json_t *replay;

	if (json_object_size(replays) == 0) {
		fprintf(view->out, "the config has no replays\n");
		return;
	}
	table = table_new(
		!judged        ? "REPLAY|>SENT|>BYTES|>LOOPS|>LATE|>TRUNCATED"
		: view->before ? "REPLAY|TO|STATE|PACE|>PROGRESS||>SENT|>NOW|>BYTES|>LOOPS|>LATE|"
				 ">ERROR p99|VERDICT"
			       : "REPLAY|TO|STATE|PACE|>PROGRESS||>SENT|>BYTES|>LOOPS|>LATE|"
				 ">ERROR p99|VERDICT");
	json_object_foreach ((json_t *)replays, name, replay) {
		if (judged)
			row(table, view, name, replay);
		else
			short_row(table, name, replay);
	}
	table_print(table, view->out);
	print_notes(view->out, replays);
}
