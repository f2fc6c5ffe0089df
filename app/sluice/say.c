/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"

#include "core/banned.h"

static const char *as = "sluice";
static bool as_json;
static bool hold;
static char *held; /* the last; NULL: none */
static int held_code;

void
say_as(const char *name)
{
	as = name;
}

void
say_as_json(bool json)
{
	as_json = json;
}

static void
say(const char *text, int exit_code)
{
	json_t *error;

	fprintf(stderr, "%s: %s\n", as, text);
	if (!as_json)
		return;
	error = json_pack("{s:{s:i, s:s}}", "error", "code", exit_code, "message", text);
	json_dumpf(error, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(error);
}

void
say_hold(void)
{
	hold = true;
}

const char *
say_held(void)
{
	return held ? held : "";
}

void
say_release(bool loud)
{
	hold = false;
	if (held && loud)
		say(held, held_code);
	free(held);
	held = NULL;
}

int
say_failed(int exit_code, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return exit_code;
	text_clean(text);
	if (hold) {
		free(held);
		held = text;
		held_code = exit_code;
		return exit_code;
	}
	say(text, exit_code);
	free(text);
	return exit_code;
}
