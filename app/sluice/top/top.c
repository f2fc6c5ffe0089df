/* SPDX-License-Identifier: BSD-3-Clause */
/* top: what is going on, on one screen; or once, for a script. */
#include <stdlib.h>

#include "core/now.h"
#include "core/terminal.h"
#include "sluice.h"
#include "top/act.h"
#include "top/feed.h"
#include "top/keys.h"
#include "top/tty.h"
#include "view/value.h"
#include "watch.h"

#include "core/banned.h"

#define SECONDS 1.0
#define COLUMNS 80 /* where there is no terminal */
/* A signal may come just before it is waited for. */
#define WAIT_MS_MAX 250
#define TYPED_MAX 32
#define LOOKS_FIRST 3

struct top {
	const struct options *options;
	struct screenful screenful;
	struct feed feed;
	struct talkers talkers;
	struct keys keys;
	bool changed; /* what is shown is not what there is */
	unsigned columns, rows;
};

static bool
wants_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	return terminal_of(stdout).obeys && !(no_color && *no_color);
}

/* The figures are taken over. */
static void
take(struct top *top, json_t *figures)
{
	struct screenful *screenful = &top->screenful;

	if (screenful->paused && screenful->figures) {
		json_decref(figures);
		return;
	}
	top->changed = true;
	trail_add(&screenful->trail, figures);
	json_decref(screenful->figures);
	screenful->figures = figures;
}

static void
look(struct top *top)
{
	json_t *figures = feed_step(&top->feed, now_seconds());

	if (figures)
		take(top, figures);
	top->changed |= top->feed.news;
	top->feed.news = false;
	top->screenful.why = top->feed.why;
}

static int
wait_ms(const struct top *top)
{
	double left = (top->feed.next - now_seconds()) * 1000;

	return left < 0 ? 1 : left > WAIT_MS_MAX ? WAIT_MS_MAX : (int)left + 1;
}

static void
draw(struct top *top)
{
	char *text = screenful_make(&top->screenful, top->columns, top->rows);

	if (text)
		tty_draw(text, top->rows);
	free(text);
	top->changed = false;
}

static void
measure(struct top *top)
{
	struct terminal terminal = terminal_of(stdout);

	if (terminal.columns == top->columns && terminal.rows == top->rows)
		return;
	top->columns = terminal.columns;
	top->rows = terminal.rows;
	top->changed = true;
	tty_forget();
}

/* False: enough. */
static bool
obey(struct top *top)
{
	char typed[TYPED_MAX];
	int got = tty_read(typed, sizeof(typed)), key;

	if (got < 0)
		return false;
	keys_add(&top->keys, typed, (size_t)got);
	while (keys_take(&top->keys, got == 0, &key)) {
		enum act act = act_on(&top->screenful, key);

		if (act == ACT_QUIT)
			return false;
		top->changed |= act == ACT_DRAW;
	}
	return true;
}

static int
run_screen(struct top *top)
{
	while (!watch_ended()) {
		look(top);
		measure(top);
		if (!obey(top))
			break;
		if (top->changed && !tty_is_behind())
			draw(top);
		if (!tty_flush())
			break;
		tty_wait(feed_fd(&top->feed), wait_ms(top));
	}
	tty_end(false);
	return EXIT_DONE;
}

static void
print(struct top *top)
{
	unsigned columns = terminal_of(stdout).columns;
	char *text;

	if (top->options->json) {
		daemon_print_result(top->screenful.figures);
		return;
	}
	text = screenful_make(&top->screenful, columns ? columns : COLUMNS, 0);
	if (text)
		fputs(text, stdout);
	free(text);
}

/* Rates need two looks, and what is sampled follows from rates: these are not shown. */
static int
run_plain(struct top *top)
{
	unsigned looks = 0;

	top->screenful.plain = true;
	while (!watch_ended()) {
		top->changed = false;
		look(top);
		if (*top->feed.why)
			return feed_failed(&top->feed);
		if (top->changed && ++looks >= LOOKS_FIRST) {
			if (looks > LOOKS_FIRST && !top->options->json)
				printf("\n");
			print(top);
			if (top->options->once || finish_output(EXIT_DONE) != EXIT_DONE ||
			    ferror(stdout))
				return EXIT_DONE;
		}
		tty_wait(feed_fd(&top->feed), wait_ms(top));
	}
	return EXIT_DONE;
}

int
run_top(const struct command *command, const struct options *options, char *const *arguments)
{
	struct top top = {.options = options};
	int ret;

	top.screenful.seconds = options->watch > 0 ? options->watch : SECONDS;
	top.screenful.paint = (struct paint){wants_colours(), terminal_speaks_utf8()};
	screenful_begin(&top.screenful);
	if (talkers_begin(&top.talkers, TALKERS_FLOW, !options->once) < 0)
		return say_failed(EXIT_FAILED, "out of memory");
	ret = feed_begin(&top.feed, options, top.screenful.seconds);
	top.feed.talkers = &top.talkers;
	if (ret == EXIT_DONE) {
		watch_begin();
		if (!options->once && !options->json && tty_begin())
			ret = run_screen(&top);
		else
			ret = run_plain(&top);
	}
	feed_end(&top.feed);
	talkers_end(&top.talkers);
	screenful_end(&top.screenful);
	return ret;
}
