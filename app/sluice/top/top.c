/* SPDX-License-Identifier: BSD-3-Clause */
/* top: what is going on, on one screen; or once, for a script. */
#include <stdlib.h>
#include <string.h>

#include "core/now.h"
#include "core/terminal.h"
#include "sluice.h"
#include "top/act.h"
#include "top/explainer.h"
#include "top/feed.h"
#include "top/keys.h"
#include "top/talkers.h"
#include "top/tapper.h"
#include "top/tty.h"
#include "view/value.h"
#include "watch.h"

#include "core/banned.h"

#define SECONDS 1.0
#define COLUMNS 80 /* where there is no terminal */
/* A signal may come just before it is waited for. */
#define WAIT_MS_MAX 250
#define WAIT_MS_TAP 100
#define TYPED_MAX 32
#define LOOKS_FIRST 3

struct top {
	const struct options *options;
	struct screenful screenful;
	struct feed feed;
	struct talkers talkers;
	struct explainer explainer;
	char wish[SHEET_TEXT_MAX]; /* the talker that is to be explained; "": who sends most */
	bool wishes;               /* there is none yet */
	struct tapper tapper;
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
	int most = tapper_is_on(&top->tapper) ? WAIT_MS_TAP : WAIT_MS_MAX;

	return left < 0 ? 1 : left > most ? most : (int)left + 1;
}

static const char *
marked(const struct top *top, unsigned pane)
{
	return top->screenful.panes[pane].name;
}

/* Of the talker that was marked; until a packet of it is known, it is waited for. */
static void
explain(struct top *top)
{
	const struct screenful_pane *talkers = &top->screenful.panes[PANE_TALKERS];
	bool none = !*top->wish && *talkers->filter;
	const json_t *packet = none ? NULL : talkers_packet(&top->talkers, top->wish);
	char text[SHEET_TEXT_MAX + 64];

	top->wishes = !none && !packet && !*top->talkers.why;
	if (packet) {
		explainer_want(&top->explainer, packet);
		return;
	}
	snprintf(text, sizeof(text), "waiting for a packet%s%s", *top->wish ? " of " : "",
		 top->wish);
	over_say(&top->screenful.over, strdup(none ? "there is no talker of that name"
					      : *top->talkers.why ? top->talkers.why
								  : text));
}

static void
begin_to_explain(struct top *top)
{
	snprintf(top->wish, sizeof(top->wish), "%s", marked(top, PANE_TALKERS));
	explain(top);
}

static void
tap(struct top *top)
{
	unsigned pane = top->screenful.focus;
	const char *name = marked(top, pane);
	struct aim aim =
		aim_at(pane, name, top->screenful.figures, talkers_packet(&top->talkers, name));

	tapper_want(&top->tapper, &aim);
}

/* What is shown over the panes is that which guests have, and they have nothing to do once it is
 * not. */
static void
attend(struct top *top)
{
	struct over *over = &top->screenful.over;

	if (over->kind == OVER_EXPLAIN && top->wishes)
		explain(top);
	else if (over->kind != OVER_EXPLAIN && top->explainer.packet)
		explainer_want(&top->explainer, NULL);
	if (over->kind != OVER_TAP && top->tapper.aim.terms)
		tapper_want(&top->tapper, NULL);
	top->tapper.paused = top->screenful.paused;
	if (over->kind == OVER_EXPLAIN && top->explainer.text) {
		over_say(over, top->explainer.text);
		top->explainer.text = NULL;
		top->changed = true;
	}
	if (over->kind == OVER_TAP && top->tapper.news) {
		over_say(over, tapper_text(&top->tapper));
		top->changed = true;
	}
}

static void
draw(struct top *top)
{
	char *text;

	top->screenful.clock = time(NULL);
	text = screenful_make(&top->screenful, top->columns, top->rows);

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
		if (act == ACT_EXPLAIN)
			begin_to_explain(top);
		else if (act == ACT_TAP)
			tap(top);
		top->changed |= act != ACT_NOTHING;
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
		attend(top);
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
	top->screenful.clock = time(NULL);
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

/* Who answers a key is asked before what goes on by itself. */
static void
invite(struct top *top)
{
	const struct feed_guest guests[] = {explainer_guest(&top->explainer),
					    tapper_guest(&top->tapper),
					    talkers_guest(&top->talkers)};

	for (unsigned i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		feed_invite(&top->feed, &guests[i]);
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
	invite(&top);
	if (ret == EXIT_DONE) {
		watch_begin();
		if (!options->once && !options->json && tty_begin())
			ret = run_screen(&top);
		else
			ret = run_plain(&top);
	}
	feed_end(&top.feed);
	explainer_end(&top.explainer);
	tapper_end(&top.tapper);
	talkers_end(&top.talkers);
	screenful_end(&top.screenful);
	return ret;
}
