/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/act.h"

#include <string.h>

#include "top/keys.h"

#include "core/banned.h"

#define PAGE 10
#define FAR 1000000000 /* rows: more than there are */

#define HELP                                                                                 \
	" sluice top: what is going on right now\n"                                          \
	"\n"                                                                                 \
	"  1-8, tab      the pane that keys are for; its number again or enter: that\n"      \
	"                pane alone; esc: all of them\n"                                     \
	"  up, down      the mark in it (also k, j, page up, page down, home, end)\n"        \
	"  /             only rows whose name has what follows; esc: all\n"                  \
	"  s             sort by the next column, which has a * at its head\n"               \
	"  u             rates, or totals since the start\n"                                 \
	"  p             pause; what happens meanwhile is not lost\n"                        \
	"  e             explain a talker's last packet: why it went where it went. That\n"  \
	"                of the marked one; choose with 8 and the arrows, or with /\n"       \
	"  t             tap the port, rule, reason, replay or talker that is marked: its\n" \
	"                packets, a line each, some of many; no packet waits for it\n"       \
	"  q, ctrl-C     quit\n"                                                             \
	"\n"                                                                                 \
	" IN+OUT   packets in and out at the last looks, the newest on the right\n"          \
	" LOST     what a port could not take in, or let out\n"                              \
	" QUEUE    the part of its fullest receive ring that waits, at least; with u: the\n" \
	"          most of the last minute; -: the driver does not tell\n"                   \
	" PEAK 1ms the most that came within a millisecond, of the last minute, and how\n"   \
	"          many times what comes now that is\n"                                      \
	" IN BOX   of what came in: so long at least from when it was taken; <= at most,\n"  \
	"          as it may have waited since the poll before\n"                            \
	" ROOM     so many times as much a worker could do; >: at least, packets get\n"      \
	"          cheaper where more come at once\n"                                        \
	" DROPPED  policy: the config says so; loss: it should have left; card: it never\n"  \
	"          came in\n"                                                                \
	" TALKER   from a sample; +- is the standard deviation of a share, as a part of\n"   \
	"          it\n"

static void
back(struct screenful *screenful)
{
	struct screenful_pane *pane = &screenful->panes[screenful->focus];

	if (screenful->over.kind) {
		over_end(&screenful->over);
	} else if (screenful->typing) {
		screenful->typing = false;
		*pane->filter = '\0';
	} else if (screenful->alone) {
		screenful->alone = false;
	} else {
		*pane->filter = '\0';
	}
}

static enum act
type(struct screenful *screenful, int key)
{
	char *filter = screenful->panes[screenful->focus].filter;
	size_t length = strlen(filter);

	if (key == KEY_ENTER) {
		screenful->typing = false;
	} else if (key == KEY_ESCAPE) {
		back(screenful);
	} else if (key == KEY_RUBOUT) {
		if (length > 0)
			filter[length - 1] = '\0';
	} else if (key >= ' ' && key < KEY_RUBOUT && length + 1 < FILTER_MAX) {
		filter[length] = (char)key;
		filter[length + 1] = '\0';
	}
	return ACT_DRAW;
}

static void
move(unsigned *at, int by, unsigned rows)
{
	long to = (long)*at + by, last = rows ? (long)rows - 1 : 0;

	*at = (unsigned)(to < 0 ? 0 : to > last ? last : to);
}

/* Rows that the key moves the mark by; 0: it is no such key. */
static int
steps_of(int key)
{
	switch (key) {
	case KEY_UP:
	case 'k':
		return -1;
	case KEY_DOWN:
	case 'j':
		return 1;
	case KEY_PAGE_UP:
		return -PAGE;
	case KEY_PAGE_DOWN:
		return PAGE;
	case KEY_HOME:
		return -FAR;
	case KEY_END:
		return FAR;
	default:
		return 0;
	}
}

static void
focus_on(struct screenful *screenful, unsigned pane)
{
	screenful->alone = pane == screenful->focus ? !screenful->alone : screenful->alone;
	screenful->focus = pane;
}

static void
sort_next(struct screenful *screenful)
{
	struct screenful_pane *pane = &screenful->panes[screenful->focus];
	const struct pane *kind = &panes[screenful->focus];

	do
		pane->sort = pane->sort + 1 < (int)kind->width ? pane->sort + 1 : -1;
	/* What has no head has the numbers of the one before it. */
	while (pane->sort > 0 && !*kind->columns[screenful->totals][pane->sort].head);
}

static enum act
open_over(struct screenful *screenful, enum over_kind kind)
{
	over_begin(&screenful->over, kind);
	if (kind == OVER_HELP)
		over_say(&screenful->over, strdup(HELP));
	return kind == OVER_EXPLAIN ? ACT_EXPLAIN : kind == OVER_TAP ? ACT_TAP : ACT_DRAW;
}

/* What opens it closes it; but what is explained is asked again. */
static enum act
act_over(struct screenful *screenful, int key)
{
	static const char closes[] = {
		[OVER_HELP] = '?', [OVER_EXPLAIN] = KEY_ESCAPE, [OVER_TAP] = 't'};
	enum over_kind kind = screenful->over.kind;
	int steps = steps_of(key);

	if (kind == OVER_EXPLAIN && key == 'e')
		return open_over(screenful, kind);
	if (kind == OVER_TAP && key == 'p')
		screenful->paused = !screenful->paused;
	else if (key == KEY_ESCAPE || key == closes[kind])
		back(screenful);
	else if (steps)
		over_move(&screenful->over, steps);
	else
		return ACT_NOTHING;
	return ACT_DRAW;
}

enum act
act_on(struct screenful *screenful, int key)
{
	struct screenful_pane *pane = &screenful->panes[screenful->focus];
	int steps = steps_of(key);

	if (screenful->typing)
		return type(screenful, key);
	if (key == 'q')
		return ACT_QUIT;
	if (screenful->over.kind)
		return act_over(screenful, key);
	if (key == KEY_ESCAPE)
		back(screenful);
	else if (steps)
		move(&pane->marked, steps, pane->rows);
	else if (key >= '1' && key < '1' + PANES)
		focus_on(screenful, (unsigned)(key - '1'));
	else if (key == KEY_TAB)
		screenful->focus = (screenful->focus + 1) % PANES;
	else if (key == KEY_BACK_TAB)
		screenful->focus = (screenful->focus + PANES - 1) % PANES;
	else if (key == KEY_ENTER)
		screenful->alone = !screenful->alone;
	else if (key == '/')
		screenful->typing = true;
	else if (key == 's')
		sort_next(screenful);
	else if (key == 'u')
		screenful->totals = !screenful->totals;
	else if (key == 'p')
		screenful->paused = !screenful->paused;
	else if (key == '?' || key == 'h')
		return open_over(screenful, OVER_HELP);
	else if (key == 'e')
		return open_over(screenful, OVER_EXPLAIN);
	else if (key == 't')
		return open_over(screenful, OVER_TAP);
	else
		return ACT_NOTHING;
	return ACT_DRAW;
}
