/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/text.h"

#include "core/banned.h"

/* Of a terminal that does not say. */
#define COLUMNS 80
#define ROWS 24
#define SIZE_MAX_OF_ALL 10000

static FILE *stands_in, *is_shown;

static unsigned
size_of(const char *variable, unsigned said, unsigned otherwise)
{
	const char *value = getenv(variable);
	uint64_t number;

	if (value && text_number(value, SIZE_MAX_OF_ALL, &number) == 0 && number > 0)
		return (unsigned)number;
	return said ? said : otherwise;
}

struct terminal
terminal_of(FILE *out)
{
	const char *term = getenv("TERM");
	struct winsize size = {0};
	int fd = fileno(out && out == stands_in ? is_shown : out);

	if (fd < 0 || !isatty(fd))
		return (struct terminal){0};
	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){0};
	return (struct terminal){
		.obeys = term && strcmp(term, "dumb") != 0,
		.columns = size_of("COLUMNS", size.ws_col, COLUMNS),
		.rows = size_of("LINES", size.ws_row, ROWS),
	};
}

void
terminal_stand_in(FILE *out, FILE *shown)
{
	stands_in = out;
	is_shown = shown;
}

bool
terminal_speaks_utf8(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}
