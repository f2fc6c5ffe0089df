/* SPDX-License-Identifier: BSD-3-Clause */
/* talkers: who sends most, from a sample of some seconds. */
#include "top/talkers.h"

#include <stdlib.h>
#include <string.h>

#include "core/now.h"
#include "core/table.h"
#include "core/text.h"
#include "core/units.h"
#include "looking.h"
#include "top/feed.h"
#include "top/tty.h"
#include "view/value.h"
#include "watch.h"

#include "core/banned.h"

#define SECONDS 5.0
#define ROWS 10
#define ROWS_MAX HEAVY_ENTRIES
#define STEP_SECONDS 0.5 /* the ring of a look has room for more */
#define WAIT_MS 50

static int
take_by(const char *word, enum talkers_by *by)
{
	const char *nearest;

	*by = TALKERS_FLOW;
	for (unsigned i = 0; word && i < TALKERS_WAYS; i++) {
		if (strcmp(word, talkers_words[i]) == 0) {
			*by = i;
			return EXIT_DONE;
		}
	}
	if (!word)
		return EXIT_DONE;
	nearest = text_nearest(word, talkers_words, TALKERS_WAYS);
	return say_failed(EXIT_USAGE,
			  "--by takes flow, source, destination, port or rule, not %s%s%s%s",
			  text_quote(word).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "");
}

static int
take_rows(const char *word, unsigned *rows)
{
	uint64_t number = ROWS;

	if (word && (text_number(word, ROWS_MAX, &number) < 0 || number == 0))
		return say_failed(EXIT_USAGE, "-n takes a number from 1 to %d, not %s", ROWS_MAX,
				  text_quote(word).text);
	*rows = (unsigned)number;
	return EXIT_DONE;
}

/* Looks for so long behind the moment from which it is known how many to look at. */
static int
sample(struct feed *feed, struct talkers *talkers, double seconds)
{
	double until = 0;

	while (!watch_ended() && (until == 0 || now_seconds() < until)) {
		json_decref(feed_step(feed, now_seconds()));
		if (*feed->why)
			return feed_failed(feed);
		if (*talkers->why)
			say_release(false);
		if (*talkers->why)
			return say_failed(EXIT_FAILED, "%s", talkers->why);
		if (until == 0 && talkers->look)
			until = now_seconds() + seconds;
		tty_wait(feed_fd(feed), WAIT_MS);
	}
	return EXIT_DONE;
}

static void
print(const json_t *figures)
{
	struct table *table = table_new("TALKER|>SHARE|>ERROR|>NOW|WENT");
	uint64_t samples = (uint64_t)value_real(figures, "samples");
	json_t *talker;
	size_t i;

	json_array_foreach (json_object_get(figures, "talkers"), i, talker) {
		table_cell(table, "%s", value_text(talker, "name"));
		table_cell(table, "%.1f %%", 100 * value_real(talker, "share"));
		table_cell(table, "%.1f %%", 100 * value_real(talker, "error"));
		table_cell(table, "%s", units_rate(value_real(talker, "pps"), "pps").text);
		table_cell(table, "%s", value_text(talker, "fate"));
	}
	table_print(table, stdout);
	fprintf(stderr, "%s packet%s looked at, one in %s\n", units_count(samples).text,
		samples == 1 ? "" : "s", units_count(value_number(figures, "one_in")).text);
}

static int
look(const struct options *options, struct talkers *talkers, unsigned rows, double seconds)
{
	struct feed feed;
	struct feed_guest guest = talkers_guest(talkers);
	int ret = feed_begin(&feed, options, STEP_SECONDS);
	json_t *figures;

	if (ret != EXIT_DONE)
		return ret;
	feed_invite(&feed, &guest);
	watch_begin();
	ret = sample(&feed, talkers, seconds);
	figures = ret == EXIT_DONE ? talkers_figures(talkers, rows) : NULL;
	if (figures && options->json)
		daemon_print_result(figures);
	else if (figures)
		print(figures);
	json_decref(figures);
	feed_end(&feed);
	return ret;
}

int
run_talkers(const struct command *command, const struct options *options, char *const *arguments)
{
	const struct looking_options *given = &options->looking;
	struct talkers talkers;
	enum talkers_by by;
	double seconds = SECONDS;
	unsigned rows = ROWS;
	int ret = EXIT_DONE;

	if (given->rule || given->dropped || given->snap || given->rate || given->in ||
	    given->out || given->paths || given->why)
		return say_failed(EXIT_USAGE, "`talkers` takes -n, --by and --for alone");
	if (given->seconds) {
		ret = looking_seconds("--for", given->seconds, &seconds);
		seconds -= now_seconds();
	}
	if (ret == EXIT_DONE)
		ret = take_by(options->by, &by);
	if (ret == EXIT_DONE)
		ret = take_rows(given->count, &rows);
	if (ret != EXIT_DONE)
		return ret;
	if (talkers_begin(&talkers, by, false) < 0)
		return say_failed(EXIT_FAILED, "out of memory");
	ret = look(options, &talkers, rows, seconds);
	talkers_end(&talkers);
	return ret;
}
