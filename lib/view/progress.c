/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/progress.h"

#include <string.h>

#include "core/now.h"
#include "core/table.h"
#include "core/terminal.h"
#include "core/units.h"
#include "view/value.h"

#include "core/banned.h"

#define LINE_SECONDS 1.0 /* between lines where none can be rewritten */
#define BAR_WIDTH 20
#define LONG_WAIT 1.0 /* seconds without a packet that are told of */
#define LINE_SIZE 512

static bool
is_state(const json_t *replay, const char *state)
{
	return strcmp(value_text(replay, "state"), state) == 0;
}

/* Counts the time that the replay ran at the pace it has, so that the remaining time can be told
 * from it where no schedule tells: at top pace. */
static void
take_time(struct progress *progress, const json_t *replay, const json_t *before, double seconds)
{
	double share = value_real(replay, "progress");

	if (!before || share < value_real(before, "progress") ||
	    strcmp(value_text(replay, "pace"), value_text(before, "pace")) != 0) {
		progress->elapsed = 0;
		progress->share = share;
	} else if (is_state(replay, "running")) {
		progress->elapsed += seconds;
	}
}

/* Negative when it can't be told. */
static double
remaining(const struct progress *progress, const json_t *replay)
{
	double share = value_real(replay, "progress"), made = share - progress->share;
	const json_t *scheduled = json_object_get(replay, "remaining_ns");

	if (json_is_number(scheduled))
		return json_number_value(scheduled) / 1e9;
	if (!json_is_number(json_object_get(replay, "progress")) || made <= 0)
		return -1;
	return progress->elapsed * (1 - share) / made;
}

/* Where the text goes beyond so many columns, or its end; *columns is how many of them it fills. */
static const char *
fill(const char *text, unsigned width, unsigned *columns)
{
	for (*columns = 0; *text; text++) {
		bool begins = ((unsigned char)*text & 0xc0) != 0x80; /* RFC 3629, section 3 */

		if (begins && *columns == width)
			return text;
		*columns += begins;
	}
	return text;
}

static void
compose(const struct progress *progress, const struct view *view, const json_t *replay, char *line,
	size_t size)
{
	const json_t *before = value_in(view->before, "replays", progress->name);
	const json_t *known = json_object_get(replay, "progress");
	double left = remaining(progress, replay), share = json_number_value(known);
	double next = value_real(replay, "next_in_ns") / 1e9;
	const json_t *starts = json_object_get(replay, "starts_in_ns");
	size_t used = 0;

	if (json_is_number(known)) {
		struct table_bar bar = table_bar(share, 1, BAR_WIDTH);
		unsigned columns;

		fill(bar.text, BAR_WIDTH, &columns);
		used = (size_t)snprintf(line, size, "%5.1f %% [%s%*s]  ", 100 * share, bar.text,
					(int)(BAR_WIDTH - columns), "");
	} else {
		used = (size_t)snprintf(line, size, "loop %s  ",
					units_count(value_number(replay, "loops") + 1).text);
	}
	used += (size_t)snprintf(line + used, size - used, "%s sent",
				 units_count(value_number(replay, "sent")).text);
	if (before)
		used += (size_t)snprintf(
			line + used, size - used, "  %s",
			units_rate(value_rate(view, replay, before, "sent"), "pps").text);
	if (*value_text(replay, "return"))
		used += (size_t)snprintf(line + used, size - used, "  %s lost  p99 %s",
					 units_count(value_number(replay, "lost")).text,
					 units_ns(value_number(replay, "latency_p99_ns")).text);
	if (is_state(replay, "waiting"))
		snprintf(line + used, size - used, "  starts in %s",
			 units_duration(json_number_value(starts) / 1e9).text);
	else if (!is_state(replay, "running"))
		snprintf(line + used, size - used, "  %s", value_text(replay, "state"));
	else if (left >= 0)
		used += (size_t)snprintf(line + used, size - used, "  %s left",
					 units_duration(left).text);
	if (next >= LONG_WAIT)
		snprintf(line + used, size - used, "  next packet in %s",
			 units_duration(next).text);
}

/* The cursor rests below the line, so that whatever is said meanwhile does not run into it. */
static void
show(struct progress *progress, const struct view *view, const json_t *replay)
{
	struct terminal terminal = terminal_of(stdout);
	char line[LINE_SIZE];
	unsigned columns;

	if (!terminal.obeys && progress->shown &&
	    progress->at - progress->shown_at < LINE_SECONDS - PROGRESS_SECONDS / 2)
		return;
	compose(progress, view, replay, line, sizeof(line));
	if (terminal.obeys) {
		/* A line that wraps can't be written over. */
		const char *end = fill(line, terminal.columns - 1, &columns);

		printf("%s\r%.*s\033[K\n", progress->shown ? "\033[A" : "", (int)(end - line),
		       line);
	} else {
		printf("%s\n", line);
	}
	progress->shown = true;
	progress->shown_at = progress->at;
}

bool
progress_look(struct progress *progress, json_t *result)
{
	const json_t *replay = value_in(result, "replays", progress->name);
	struct view view = {.now = result, .before = progress->last, .out = stdout};
	double now = now_seconds();

	if (!replay)
		return false;
	view.seconds = now - progress->at;
	take_time(progress, replay, progress_replay(progress), view.seconds);
	progress->at = now;
	if (!progress->quiet)
		show(progress, &view, replay);
	json_decref(progress->last);
	progress->last = json_incref(result);
	return true;
}

const json_t *
progress_replay(const struct progress *progress)
{
	return value_in(progress->last, "replays", progress->name);
}

bool
progress_ended(const struct progress *progress)
{
	return json_is_true(json_object_get(progress_replay(progress), "ended"));
}

bool
progress_failed(const struct progress *progress)
{
	const json_t *replay = progress_replay(progress);
	const json_t *verdict = json_object_get(replay, "verdict");

	return is_state(replay, "failed") || strcmp(value_text(verdict, "result"), "fail") == 0;
}

void
progress_clear(struct progress *progress)
{
	json_decref(progress->last);
	progress->last = NULL;
}
