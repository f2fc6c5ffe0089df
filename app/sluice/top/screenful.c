/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/screenful.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/units.h"
#include "top/layout.h"
#include "view/value.h"

#include "core/banned.h"

#define BANDS 5
#define BETWEEN 3    /* columns between two panes */
#define LEFT_PART 55 /* of 100 columns */
#define ROWS_PLAIN 16
/* Below that panes stand alone in their rows. */
#define COLUMNS_TWO 60

#define KEYS " 1-8 pane  / filter  s sort  u %s  p %s  e explain  t tap  ? help  q quit"

/* Panes that stand side by side. */
static const struct {
	unsigned panes[2], count;
} bands[BANDS] = {
	{{PANE_PORTS}, 1},
	{{PANE_RULES, PANE_WORKERS}, 2},
	{{PANE_TIMES, PANE_DROPS}, 2},
	{{PANE_REPLAYS, PANE_CAPTURES}, 2},
	{{PANE_TALKERS}, 1},
};

/* A pane with its rows, and the part of the screen that it has. */
struct part {
	unsigned number;
	struct sheet sheet;
	struct sheet_fit fit;
	char title[SHEET_TEXT_MAX];
	const char *none;
	unsigned height, columns;
};

void
screenful_begin(struct screenful *screenful)
{
	for (unsigned i = 0; i < PANES; i++)
		screenful->panes[i].sort = panes[i].sort;
	screenful->why = "";
}

void
screenful_end(struct screenful *screenful)
{
	json_decref(screenful->figures);
	over_end(&screenful->over);
}

static void
fill(struct screenful *screenful, struct part *part)
{
	const struct pane *pane = &panes[part->number];
	struct screenful_pane *state = &screenful->panes[part->number];
	const struct pane_data data = {screenful->figures, &screenful->trail, screenful->totals};

	sheet_begin(&part->sheet, pane->columns[screenful->totals], pane->width);
	if (screenful->figures)
		pane->fill(&part->sheet, &data);
	sheet_arrange(&part->sheet, state->filter, state->sort);
	state->rows = (unsigned)part->sheet.rows;
	if (state->marked >= state->rows)
		state->marked = state->rows ? state->rows - 1 : 0;
	snprintf(state->name, sizeof(state->name), "%s", sheet_name(&part->sheet, state->marked));
	part->none = part->sheet.rows > 0               ? NULL
		     : *state->filter                   ? "none of that name"
		     : pane->none && screenful->figures ? pane->none(&data)
							: "";
}

static unsigned
wanted(const struct screenful *screenful, const struct part *part)
{
	unsigned rows = (unsigned)part->sheet.rows;

	if (rows == 0 && panes[part->number].spare && !*screenful->panes[part->number].filter)
		return 0;
	if (screenful->plain && rows > ROWS_PLAIN)
		rows = ROWS_PLAIN;
	return 1 + (rows || (part->none && *part->none) ? rows + !rows : 0);
}

/* "2 RULE /web 5 of 100" */
static void
make_title(const struct screenful *screenful, struct part *part)
{
	const struct screenful_pane *state = &screenful->panes[part->number];
	unsigned shown = part->height > 0 ? part->height - 1 : 0;
	uint64_t rows = part->sheet.rows;
	char count[40] = "";

	/* With those that were not asked for. */
	if (part->number == PANE_RULES && !*state->filter)
		rows = value_number(screenful->figures, "rule_count");
	if (shown < part->sheet.rows)
		snprintf(count, sizeof(count), " %u/%llu", shown, (unsigned long long)rows);
	if (screenful->plain)
		snprintf(part->title, sizeof(part->title), "%s%s", panes[part->number].title,
			 count);
	else
		snprintf(part->title, sizeof(part->title), "%u %s%s%s%s", part->number + 1,
			 panes[part->number].title, *state->filter ? " /" : "", state->filter,
			 count);
}

static void
place(struct screenful *screenful, struct part *part, unsigned columns, unsigned height)
{
	struct screenful_pane *state = &screenful->panes[part->number];

	part->height = height;
	part->columns = columns;
	make_title(screenful, part);
	sheet_fit(&part->sheet, columns, part->title, &part->fit);
	if (height > 1)
		state->first = layout_scroll(state->first, state->marked, state->rows, height - 1);
}

/* Line i of a pane, from 0 on. */
static void
put_line(const struct screenful *screenful, const struct part *part, unsigned i, FILE *out)
{
	const struct screenful_pane *state = &screenful->panes[part->number];
	bool focus = part->number == screenful->focus && !screenful->plain;
	unsigned row = state->first + i - 1;
	char none[SHEET_TEXT_MAX + sizeof("  ")];

	if (i == 0) {
		sheet_head(&part->sheet, &part->fit, part->title, state->sort, focus,
			   &screenful->paint, out);
	} else if (row < part->sheet.rows) {
		sheet_row(&part->sheet, &part->fit, row, focus && row == state->marked,
			  &screenful->paint, out);
	} else {
		snprintf(none, sizeof(none), "  %s", i == 1 && part->none ? part->none : "");
		fprintf(out, "%-*.*s", (int)part->columns, (int)part->columns, none);
	}
}

/* Panes side by side, as high as the highest. */
static void
put_band(const struct screenful *screenful, const struct part *parts, unsigned count,
	 unsigned height, FILE *out)
{
	for (unsigned i = 0; i < height; i++) {
		for (unsigned j = 0; j < count; j++) {
			fputs(j ? " | " : "", out);
			put_line(screenful, &parts[j], i, out);
		}
		fputc('\n', out);
	}
}

static unsigned
higher(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void
put_bands(struct screenful *screenful, unsigned columns, unsigned rows, FILE *out)
{
	struct part parts[PANES] = {{.number = 0}};
	unsigned wants[PANES] = {0}, given[PANES] = {0}, count = 0, at = 0;
	bool two = columns >= COLUMNS_TWO;

	for (unsigned i = 0; i < BANDS; i++) {
		for (unsigned j = 0; j < bands[i].count; j++, at++) {
			parts[at].number = bands[i].panes[j];
			fill(screenful, &parts[at]);
			if (j > 0 && two)
				wants[count - 1] =
					higher(wants[count - 1], wanted(screenful, &parts[at]));
			else
				wants[count++] = wanted(screenful, &parts[at]);
		}
	}
	if (rows)
		layout_share(wants, given, count, rows);
	else
		memcpy(given, wants, sizeof(given));
	at = count = 0;
	for (unsigned i = 0; i < BANDS; i++) {
		unsigned beside = two ? bands[i].count : 1;
		unsigned left = (columns - BETWEEN) * LEFT_PART / 100;

		for (unsigned j = 0; j < bands[i].count; j += beside, count++) {
			place(screenful, &parts[at], beside > 1 ? left : columns, given[count]);
			if (beside > 1)
				place(screenful, &parts[at + 1], columns - BETWEEN - left,
				      given[count]);
			put_band(screenful, &parts[at], beside, given[count], out);
			at += beside;
		}
	}
	for (unsigned i = 0; i < PANES; i++)
		sheet_free(&parts[i].sheet);
}

static void
put_alone(struct screenful *screenful, unsigned columns, unsigned rows, FILE *out)
{
	struct part part = {.number = screenful->focus};

	fill(screenful, &part);
	place(screenful, &part, columns, rows);
	put_band(screenful, &part, 1, rows, out);
	sheet_free(&part.sheet);
}

/* A line that is cut where the screen ends. */
static void
put_cut(const char *text, unsigned columns, FILE *out)
{
	fprintf(out, "%.*s", (int)sheet_bytes(text, columns), text);
}

static void
put_state(const struct screenful *screenful, unsigned columns, FILE *out)
{
	const json_t *figures = screenful->figures, *ledger = json_object_get(figures, "ledger");
	bool balanced = json_is_true(json_object_get(ledger, "balanced"));
	uint64_t applied = value_number(figures, "applied");
	char text[256], clock[16];
	struct tm tm;
	enum tone tone = balanced ? TONE_PLAIN : TONE_BAD;
	int used;

	snprintf(text, sizeof(text), " sluice  %s %s  %llu config%s applied  ledger %s%s",
		 value_text(figures, "state"), units_duration(value_real(figures, "uptime")).text,
		 (unsigned long long)applied, units_plural(applied),
		 balanced ? "balanced" : "NOT BALANCED", screenful->paused ? "  PAUSED" : "");
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&screenful->clock, &tm));
	used = (int)strlen(text);
	snprintf(text + used, sizeof(text) - (size_t)used, "%*s%s  %g s",
		 columns > (unsigned)used + 16 ? (int)columns - used - 16 : 2, "", clock,
		 screenful->seconds);
	fputs(paint_begin(&screenful->paint, tone), out);
	put_cut(text, columns, out);
	fputs(paint_end(&screenful->paint, tone), out);
	fputc('\n', out);
}

static void
put_header(const struct screenful *screenful, unsigned columns, FILE *out)
{
	const struct paint *paint = &screenful->paint;

	if (!*screenful->why && screenful->figures) {
		put_state(screenful, columns, out);
		return;
	}
	fputs(paint_begin(paint, TONE_BAD), out);
	fputc(' ', out);
	put_cut(*screenful->why ? screenful->why : "asking the daemon", columns - 1, out);
	fputs(paint_end(paint, TONE_BAD), out);
	fputc('\n', out);
}

static void
put_footer(const struct screenful *screenful, unsigned columns, FILE *out)
{
	static const char *const over[] = {
		[OVER_HELP] = "", [OVER_EXPLAIN] = "  e: again", [OVER_TAP] = "  end: the latest"};
	const char *filter = screenful->panes[screenful->focus].filter;
	char text[160];

	if (screenful->typing)
		snprintf(text, sizeof(text), " /%s_   enter: done  esc: none", filter);
	else if (screenful->over.kind)
		snprintf(text, sizeof(text), " up, down: move%s%s  esc: back  q: quit",
			 over[screenful->over.kind],
			 screenful->over.kind != OVER_TAP ? ""
			 : screenful->paused              ? "  p: go on"
							  : "  p: pause");
	else
		snprintf(text, sizeof(text), KEYS, screenful->totals ? "rates" : "totals",
			 screenful->paused ? "go on" : "pause");
	put_cut(text, columns, out);
}

char *
screenful_make(struct screenful *screenful, unsigned columns, unsigned rows)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned body = rows > 2 ? rows - 2 : 0, lines = 0;

	if (!out)
		return NULL;
	put_header(screenful, columns, out);
	if (screenful->over.kind)
		over_put(&screenful->over, columns, body, out);
	else if (screenful->alone)
		put_alone(screenful, columns, body, out);
	else if (body || screenful->plain)
		put_bands(screenful, columns, body, out);
	if (!screenful->plain) {
		fflush(out);
		for (const char *at = text; *at; at++)
			lines += *at == '\n';
		for (; lines + 1 < rows; lines++)
			fputc('\n', out);
		put_footer(screenful, columns, out);
	}
	return text_close(out, &text);
}
