/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/terminal.h"
#include "core/text.h"
#include "say.h"
#include "screen.h"

#include "core/banned.h"

/* A terminal that knows of it shows a frame at once. */
#define FRAME_BEGIN "\033[?2026h"
#define FRAME_END "\033[?2026l"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"
/* How long a terminal that takes nothing is waited for at the end. */
#define END_MS 500

static struct {
	int fd;
	bool begun, gone;
	struct termios before;
	char *pending; /* what is to be written; NULL: nothing */
	size_t length, written;
	char *shown; /* the last frame; NULL: it is not known */
} tty = {.fd = -1};

static void
wake(int signal)
{
}

/* A description of its own: O_NONBLOCK on that of stdout would be on that of the shell, too. */
static int
open_own(void)
{
	const char *name = ttyname(STDOUT_FILENO);
	int fd = -1;

	if (name)
		fd = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? fd : open("/dev/tty", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Takes the text over. */
static void
give(char *text, size_t length)
{
	tty.pending = text;
	tty.length = length;
	tty.written = 0;
}

bool
tty_begin(void)
{
	struct sigaction action = {.sa_handler = wake};
	struct termios raw;

	if (!terminal_of(stdout).obeys)
		return false;
	tty.fd = open_own();
	if (tty.fd < 0 || tcgetattr(tty.fd, &tty.before) < 0)
		return false;
	raw = tty.before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)ICRNL;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(tty.fd, TCSANOW, &raw);
	/* Stopped by ctrl-Z it would leave the terminal so. */
	signal(SIGTSTP, SIG_IGN);
	sigaction(SIGWINCH, &action, NULL);
	say_hold();
	tty.begun = true;
	give(strdup(SCREEN_BEGIN), strlen(SCREEN_BEGIN));
	return true;
}

int
tty_fd(void)
{
	return tty.fd;
}

bool
tty_is_behind(void)
{
	return tty.pending != NULL;
}

bool
tty_flush(void)
{
	while (tty.pending && !tty.gone) {
		ssize_t sent = write(tty.fd, tty.pending + tty.written, tty.length - tty.written);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (sent < 0)
			tty.gone = true;
		else
			tty.written += (size_t)sent;
		if (tty.written == tty.length) {
			free(tty.pending);
			tty.pending = NULL;
		}
	}
	return !tty.gone;
}

static size_t
line_length(const char *text)
{
	return strcspn(text, "\n");
}

static const char *
next_line(const char *text)
{
	text += line_length(text);
	return text + (*text == '\n');
}

/* The lines that differ from those that are shown. */
static void
put_changes(FILE *out, const char *text, unsigned rows)
{
	const char *before = tty.shown ? tty.shown : "";
	unsigned row = 1;

	for (; *text && row <= rows; row++) {
		size_t length = line_length(text);
		bool same = tty.shown && *before && length == line_length(before) &&
			    memcmp(text, before, length) == 0;

		/* Its rest goes first: behind a full line the last character would. */
		if (!same)
			fprintf(out, "\033[%u;1H\033[2K%.*s", row, (int)length, text);
		text = next_line(text);
		before = next_line(before);
	}
	if (row <= rows && (!tty.shown || *before))
		fprintf(out, "\033[%u;1H" REST_OF_SCREEN, row);
}

void
tty_draw(const char *text, unsigned rows)
{
	char *frame = NULL;
	size_t size;
	FILE *out = open_memstream(&frame, &size);

	if (!out)
		return;
	fputs(FRAME_BEGIN, out);
	put_changes(out, text, rows);
	fputs(FRAME_END, out);
	frame = text_close(out, &frame);
	if (!frame)
		return;
	free(tty.shown);
	tty.shown = strdup(text);
	if (strcmp(frame, FRAME_BEGIN FRAME_END) == 0)
		free(frame);
	else
		give(frame, strlen(frame));
}

void
tty_forget(void)
{
	free(tty.shown);
	tty.shown = NULL;
}

int
tty_read(char *bytes, int room)
{
	ssize_t got = read(tty.fd, bytes, (size_t)room);

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		tty.gone = true;
	return tty.gone ? -1 : got < 0 ? 0 : (int)got;
}

void
tty_wait(int fd, int ms)
{
	struct pollfd wanted[] = {
		{.fd = tty.fd, .events = (short)(POLLIN | (tty.pending ? POLLOUT : 0))},
		{.fd = fd, .events = POLLIN},
	};

	if (poll(wanted, 2, ms) > 0 && wanted[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		tty.gone = true;
}

/* What is under way is written to its end, so that no sequence stays half; but a terminal that
 * takes nothing is not waited for. */
static void
write_end(void)
{
	struct pollfd wanted = {.fd = tty.fd, .events = POLLOUT};

	while (tty.pending && tty_flush() && tty.pending) {
		if (poll(&wanted, 1, END_MS) <= 0)
			break;
	}
	if (tty.pending && !tty.gone)
		tcflush(tty.fd, TCOFLUSH);
	free(tty.pending);
	give(strdup(FRAME_END SCREEN_END), strlen(FRAME_END SCREEN_END));
	tty_flush();
	free(tty.pending);
	tty.pending = NULL;
}

void
tty_end(bool loud)
{
	if (!tty.begun)
		return;
	tty.begun = false;
	write_end();
	tcsetattr(tty.fd, TCSANOW, &tty.before);
	close(tty.fd);
	tty_forget();
	say_release(loud);
}
