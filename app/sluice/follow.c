/* SPDX-License-Identifier: BSD-3-Clause */
#include "follow.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/table.h"
#include "core/terminal.h"
#include "core/units.h"
#include "view/value.h"
#include "watch.h"

#include "core/banned.h"

/* Each look asks every worker for its numbers: seldom enough not to be felt. */
#define LOOK_SECONDS 0.2
#define LINE_SECONDS 1.0 /* between lines where none can be rewritten */
#define BAR_WIDTH 20
#define LONG_WAIT 1.0 /* seconds without a packet that are told of */
#define LINE_SIZE 512

struct following {
	const char *name;
	bool terminal; /* one line, written again and again */
	bool shown;    /* there is a line */
	double shown_at;
	json_t *last; /* the last answer; NULL before the first */
	double at;    /* its time */
	double elapsed,
		share; /* since the replay began or jumped: time that it ran, and its progress then */
};

static double
now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
is_state(const json_t *replay, const char *state)
{
	return strcmp(value_text(replay, "state"), state) == 0;
}

/* Counts the time that the replay ran at the pace it has, so that the remaining time can be told from it where no schedule
 * tells: at top pace. */
static void
take_time(struct following *following, const json_t *replay, const json_t *before, double seconds)
{
	double share = value_real(replay, "progress");

	if (!before || share < value_real(before, "progress") ||
	    strcmp(value_text(replay, "pace"), value_text(before, "pace")) != 0) {
		following->elapsed = 0;
		following->share = share;
	} else if (is_state(replay, "running")) {
		following->elapsed += seconds;
	}
}

/* Negative when it can't be told. */
static double
remaining(const struct following *following, const json_t *replay)
{
	double share = value_real(replay, "progress"), made = share - following->share;
	const json_t *scheduled = json_object_get(replay, "remaining_ns");

	if (json_is_number(scheduled))
		return json_number_value(scheduled) / 1e9;
	if (!json_is_number(json_object_get(replay, "progress")) || made <= 0)
		return -1;
	return following->elapsed * (1 - share) / made;
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
compose(const struct following *following, const struct view *view, const json_t *replay,
	char *line, size_t size)
{
	const json_t *before = value_in(view->before, "replays", following->name);
	const json_t *progress = json_object_get(replay, "progress");
	double left = remaining(following, replay), share = json_number_value(progress);
	double next = value_real(replay, "next_in_ns") / 1e9;
	const json_t *starts = json_object_get(replay, "starts_in_ns");
	size_t used = 0;

	if (json_is_number(progress)) {
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
		used += (size_t)snprintf(line + used, size - used, "  %s",
					 value_packet_rate(view, replay, before, "sent").text);
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
show(struct following *following, const struct view *view, const json_t *replay)
{
	char line[LINE_SIZE];
	unsigned columns;

	if (!following->terminal && following->shown &&
	    following->at - following->shown_at < LINE_SECONDS - LOOK_SECONDS / 2)
		return;
	compose(following, view, replay, line, sizeof(line));
	if (following->terminal) {
		/* A line that wraps can't be written over. */
		const char *end = fill(line, terminal_of(stdout).columns - 1, &columns);

		printf("%s\r%.*s\033[K\n", following->shown ? "\033[A" : "", (int)(end - line),
		       line);
	} else {
		printf("%s\n", line);
	}
	following->shown = true;
	following->shown_at = following->at;
}

/* Looks once. Returns -1 to go on. */
static int
look(struct following *following, struct daemon *daemon, const struct options *options)
{
	struct view view = {.out = stdout, .before = json_object_get(following->last, "result")};
	const json_t *before = value_in(view.before, "replays", following->name), *replay;
	json_t *answer;
	int ret = daemon_call(daemon, "replay.list", NULL, false, &answer);
	double now = now_seconds();

	if (ret != EXIT_DONE)
		return ret < 0 ? -1 : ret;
	view.now = json_object_get(answer, "result");
	view.seconds = now - following->at;
	replay = value_in(view.now, "replays", following->name);
	if (!replay) {
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
		json_decref(answer);
		return ret;
	}
	take_time(following, replay, before, view.seconds);
	following->at = now;
	if (!options->json)
		show(following, &view, replay);
	json_decref(following->last);
	following->last = answer;
	return json_is_true(json_object_get(replay, "ended")) ? EXIT_DONE : -1;
}

static int
conclude(const struct following *following, const struct options *options)
{
	const json_t *result = json_object_get(following->last, "result");
	const json_t *replay = value_in(result, "replays", following->name);
	const char *word = value_text(json_object_get(replay, "verdict"), "result");

	if (options->json)
		daemon_print_result(result);
	else
		view_verdict(stdout, following->name, replay);
	return is_state(replay, "failed") || strcmp(word, "fail") == 0 ? EXIT_FAILED : EXIT_DONE;
}

int
follow(struct daemon *daemon, const struct options *options, const char *name)
{
	struct following following = {
		.name = name,
		.terminal = isatty(STDOUT_FILENO),
	};
	int ret;

	watch_begin();
	do {
		ret = look(&following, daemon, options);
		if (ret < 0 && finish_output(EXIT_DONE) != EXIT_DONE)
			ret = EXIT_FAILED;
		if (ret >= 0 || ferror(stdout))
			break;
		watch_sleep(LOOK_SECONDS);
	} while (!watch_ended());
	if (ret == EXIT_DONE) {
		ret = conclude(&following, options);
	} else if (ret < 0) {
		ret = say_failed(EXIT_FAILED,
				 "no longer followed, and no verdict yet: replay %s goes on; "
				 "`sluice replay stop %s` ends it",
				 name, name);
	}
	json_decref(following.last);
	return ret;
}
