/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"

#include "core/banned.h"

static bool as_json;

void
say_as_json(bool json)
{
	as_json = json;
}

int
say_failed(int exit_code, const char *format, ...)
{
	json_t *error;
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return exit_code;
	text_clean(text);
	fprintf(stderr, "sluice: %s\n", text);
	if (as_json) {
		error = json_pack("{s:{s:i, s:s}}", "error", "code", exit_code, "message", text);
		json_dumpf(error, stdout, JSON_COMPACT);
		printf("\n");
		json_decref(error);
	}
	free(text);
	return exit_code;
}
