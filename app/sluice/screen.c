/* SPDX-License-Identifier: BSD-3-Clause */
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/terminal.h"
#include "say.h"

#include "core/banned.h"

/* xterm's control sequences, which all terminals of today have: the other screen, no cursor, no wrapping. */
#define BEGIN "\033[?1049h\033[?25l\033[?7l"
#define END "\033[?7h\033[?25h\033[?1049l"
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
	fputs(BEGIN, stdout);
	return true;
}

static unsigned
count_lines(const char *text)
{
	unsigned lines = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		lines++;
	return lines;
}

void
screen_draw(const char *text)
{
	unsigned rows = terminal_of(stdout).rows, lines = count_lines(text);
	unsigned shown = lines <= rows ? lines : rows - 1;

	fputs(HOME, stdout);
	for (unsigned i = 0; i < shown; i++) {
		size_t length = strcspn(text, "\n");

		printf(NEW_LINE "%.*s%s", (int)length, text, i + 1 < rows ? "\n" : "");
		text += length + (text[length] == '\n');
	}
	if (shown < lines)
		printf(NEW_LINE "(%u lines more than fit here)", lines - shown);
	else if (shown < rows)
		fputs(REST_OF_SCREEN, stdout);
}

void
screen_end(void)
{
	if (!begun)
		return;
	begun = false;
	fputs(END, stdout);
	fflush(stdout);
	say_release(true);
}
