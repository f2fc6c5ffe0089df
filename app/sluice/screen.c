/* SPDX-License-Identifier: BSD-3-Clause */
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/terminal.h"
#include "core/text.h"
#include "say.h"

#include "core/banned.h"

#define HOME "\033[H"
#define NEW_LINE "\033[2K" /* before it is written: behind a full one the last character would go */
#define REST_OF_SCREEN "\033[J"

static bool begun;

bool
screen_begin(void)
{
	if (!terminal_of(stdout).obeys)
		return false;
	begun = true;
	/* Stopped by ctrl-Z it would leave the terminal so. */
	signal(SIGTSTP, SIG_IGN);
	say_hold();
	fputs(SCREEN_BEGIN, stdout);
	return true;
}

/* The bytes that one row shows of a text, whose lines go on in the next where they are too long,
 * best behind a word. Colours take no room. */
static size_t
row_of(const char *text, unsigned columns)
{
	size_t at = 0, word = 0, step;
	unsigned width = 0;

	for (; text[at] && text[at] != '\n'; at += step) {
		if (text[at] == '\033') {
			step = strcspn(text + at, "m");
			step += text[at + step] == 'm';
			continue;
		}
		if (width++ == columns)
			return word ? word : at;
		step = text_utf8(text + at);
		if (step == 0)
			step = 1;
		if (text[at] == ' ')
			word = at + step;
	}
	return at;
}

static const char *
next_row(const char *text, size_t row)
{
	return text + row + (text[row] == '\n');
}

static unsigned
count_rows(const char *text, unsigned columns)
{
	unsigned rows = 0;

	for (; *text; text = next_row(text, row_of(text, columns)))
		rows++;
	return rows;
}

void
screen_draw(const char *text)
{
	struct terminal terminal = terminal_of(stdout);
	unsigned rows = count_rows(text, terminal.columns);
	unsigned shown = rows <= terminal.rows ? rows : terminal.rows - 1;

	fputs(HOME, stdout);
	for (unsigned i = 0; i < shown; i++) {
		size_t row = row_of(text, terminal.columns);

		printf(NEW_LINE "%.*s%s", (int)row, text, i + 1 < terminal.rows ? "\n" : "");
		text = next_row(text, row);
	}
	if (shown < rows)
		printf(NEW_LINE "(%u lines more than fit here)", rows - shown);
	else if (shown < terminal.rows)
		fputs(REST_OF_SCREEN, stdout);
}

void
screen_end(void)
{
	if (!begun)
		return;
	begun = false;
	fputs(SCREEN_END, stdout);
	fflush(stdout);
	say_release(true);
}
