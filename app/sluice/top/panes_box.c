/* SPDX-License-Identifier: BSD-3-Clause */
/* What the box itself does: workers, replays; and who talks. */
#include <string.h>

#include "top/brief.h"
#include "top/pane.h"
#include "view/value.h"

#include "core/banned.h"

#define BUSY 0.8 /* of a worker's time: from here on there is little room */
#define ROOM_MAX 999

/* Of the whole box; a machine that does not count it has no row. */
static void
energy_row(struct sheet *sheet, const json_t *energy)
{
	const json_t *joules = json_object_get(energy, "joules_per_million");

	if (!json_is_number(joules))
		return;
	sheet_cell(sheet, TONE_PLAIN, 0, "J for 1M");
	sheet_cell(sheet, TONE_PLAIN, 0, "%s", brief_number(json_number_value(joules)).text);
	sheet_bar(sheet, TONE_PLAIN, 0);
	sheet_cell(sheet, TONE_PLAIN, 0, "%s", "");
	sheet_cell(sheet, TONE_PLAIN, 0, "%s", "");
}

void
pane_workers(struct sheet *sheet, const struct pane_data *data)
{
	json_t *worker;
	size_t i;

	json_array_foreach (json_object_get(data->figures, "workers"), i, worker) {
		const json_t *cycles = json_object_get(worker, "cycles_per_packet");
		double busy = value_real(worker, "busy"), room = value_real(worker, "room");
		bool least = json_is_true(json_object_get(worker, "room_at_least"));
		bool stalled = json_is_true(json_object_get(worker, "stalled"));
		enum tone tone = busy > BUSY ? TONE_WARN : TONE_PLAIN;

		sheet_cell(sheet, stalled ? TONE_BAD : TONE_PLAIN, 0,
			   stalled ? "core %llu STALLED" : "core %llu",
			   (unsigned long long)value_number(worker, "core"));
		sheet_cell(sheet, tone, busy, "%s", brief_share(busy).text);
		sheet_bar(sheet, tone, busy);
		if (json_is_number(cycles))
			sheet_cell(sheet, TONE_PLAIN, json_number_value(cycles), "%.0f",
				   json_number_value(cycles));
		else
			sheet_cell(sheet, TONE_DIM, 0, "-");
		if (room > ROOM_MAX)
			sheet_cell(sheet, TONE_PLAIN, room, ">%dx", ROOM_MAX);
		else if (room > 0)
			sheet_cell(sheet, tone, room, "%s%sx", least ? ">" : "",
				   brief_number(room).text);
		else
			sheet_cell(sheet, TONE_DIM, 0, "-");
	}
	energy_row(sheet, json_object_get(data->figures, "energy"));
}

static void
time_cell(struct sheet *sheet, const json_t *times, const char *key)
{
	const json_t *ns = json_object_get(times, key);

	if (json_is_number(ns))
		sheet_cell(sheet, TONE_PLAIN, json_number_value(ns), "%s",
			   brief_ns(json_number_value(ns)).text);
	else
		sheet_cell(sheet, TONE_DIM, -1, "-");
}

void
pane_times(struct sheet *sheet, const struct pane_data *data)
{
	static const char *const keys[] = {"p50", "p99", "max"};
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get((json_t *)data->figures, "ports"), name, port) {
		const json_t *lower = json_object_get(port, "lower_ns");

		if (!json_is_number(json_object_get(lower, "max")))
			continue;
		sheet_cell(sheet, TONE_PLAIN, 0, "%s", name);
		for (unsigned i = 0; i < 3; i++)
			time_cell(sheet, lower, keys[i]);
		for (unsigned i = 0; i < 3; i++)
			time_cell(sheet, json_object_get(port, "upper_ns"), keys[i]);
	}
}

void
pane_replays(struct sheet *sheet, const struct pane_data *data)
{
	const char *name;
	json_t *replay;

	json_object_foreach (json_object_get((json_t *)data->figures, "replays"), name, replay) {
		const json_t *progress = json_object_get(replay, "progress");
		const char *state = value_text(replay, "state");
		double number = value_real(replay, data->totals ? "sent" : "pps");
		double late = value_real(replay, "late"), p99 = value_real(replay, "p99_ns");

		sheet_cell(sheet, TONE_PLAIN, 0, "%s", name);
		sheet_cell(sheet, *state == 'f' ? TONE_BAD : TONE_PLAIN, 0, "%s", state);
		if (json_is_number(progress))
			sheet_cell(sheet, TONE_PLAIN, json_number_value(progress), "%s",
				   brief_share(json_number_value(progress)).text);
		else
			sheet_cell(sheet, TONE_DIM, 0, "-");
		sheet_cell(sheet, number > 0 ? TONE_PLAIN : TONE_DIM, number, "%s",
			   brief_number(number).text);
		sheet_cell(sheet, late > 0 ? TONE_WARN : TONE_DIM, late, "%s",
			   brief_number(late).text);
		sheet_cell(sheet, p99 > 0 ? TONE_PLAIN : TONE_DIM, p99, "%s",
			   p99 > 0 ? brief_ns(p99).text : "-");
	}
}

/* Of what a port writes nobody tells how many are held or lost. */
static void
capture_cell(struct sheet *sheet, const json_t *capture, const char *member, enum tone tone)
{
	double number = value_real(capture, member);

	if (json_is_number(json_object_get(capture, member)))
		sheet_cell(sheet, number > 0 ? tone : TONE_DIM, number, "%s",
			   brief_number(number).text);
	else
		sheet_cell(sheet, TONE_DIM, 0, "-");
}

void
pane_captures(struct sheet *sheet, const struct pane_data *data)
{
	const char *name;
	json_t *capture;

	json_object_foreach (json_object_get((json_t *)data->figures, "captures"), name, capture) {
		const char *file = value_text(capture, "file"), *last = strrchr(file, '/');
		bool failed = strcmp(value_text(capture, "state"), "failed") == 0;

		sheet_cell(sheet, failed ? TONE_BAD : TONE_PLAIN, 0, "%s", name);
		capture_cell(sheet, capture, data->totals ? "packets" : "pps", TONE_PLAIN);
		capture_cell(sheet, capture, data->totals ? "bytes" : "bps", TONE_PLAIN);
		capture_cell(sheet, capture, "held", TONE_PLAIN);
		capture_cell(sheet, capture, "lost", TONE_BAD);
		sheet_cell(sheet, failed ? TONE_BAD : TONE_PLAIN, 0, "%s",
			   last    ? last + 1
			   : *file ? file
				   : value_text(capture, "state"));
	}
}

void
pane_talkers(struct sheet *sheet, const struct pane_data *data)
{
	const json_t *talkers = json_object_get(data->figures, "talkers");
	json_t *talker;
	size_t i;

	json_array_foreach (json_object_get(talkers, "talkers"), i, talker) {
		double share = value_real(talker, "share"), error = value_real(talker, "error");
		double pps = value_real(talker, "pps");

		sheet_cell(sheet, TONE_PLAIN, 0, "%s", value_text(talker, "name"));
		sheet_cell(sheet, TONE_PLAIN, share, "%s", brief_share(share).text);
		sheet_cell(sheet, TONE_DIM, error, "%s", brief_share(error).text);
		sheet_cell(sheet, TONE_PLAIN, pps, "%s", brief_number(pps).text);
		sheet_cell(sheet, TONE_PLAIN, 0, "%s", value_text(talker, "fate"));
	}
}
