/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/bytes.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "view/value.h"

#include "core/banned.h"

#define SHOWN 16 /* bytes of what differs */

/* Bytes that are the same at the front of both, of length digits each. */
static size_t
same_front(const char *a, const char *b, size_t most)
{
	size_t same = 0;

	while (same < most && strncmp(a + 2 * same, b + 2 * same, 2) == 0)
		same++;
	return same;
}

static size_t
same_back(const char *a, size_t a_bytes, const char *b, size_t b_bytes, size_t most)
{
	size_t same = 0;

	while (same < most &&
	       strncmp(a + 2 * (a_bytes - same - 1), b + 2 * (b_bytes - same - 1), 2) == 0)
		same++;
	return same;
}

/* In pairs of digits; "nothing" where there are none. */
static void
put(FILE *out, const char *digits, size_t bytes)
{
	if (bytes == 0)
		fputs("nothing", out);
	for (size_t i = 0; i < bytes && i < SHOWN; i++)
		fprintf(out, "%s%.2s", i && i % 2 == 0 ? " " : "", digits + 2 * i);
	if (bytes > SHOWN)
		fprintf(out, " and %zu more", bytes - SHOWN);
}

char *
bytes_changed(const json_t *step)
{
	const char *before = value_text(step, "before"), *after = value_text(step, "after");
	size_t had = strlen(before) / 2, has = strlen(after) / 2, least = had < has ? had : has;
	size_t front = same_front(before, after, least);
	size_t back = same_back(before, had, after, has, least - front);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s: ", value_text(step, "edit"));
	if (!json_is_true(json_object_get(step, "does"))) {
		fputs("finds nothing to do", out);
	} else if (front == had && front == has) {
		fputs("nothing changes by it", out);
	} else if (front == has) {
		fprintf(out, "%zu bytes of %zu are kept", has, had);
	} else {
		fprintf(out, "byte %zu: ", front);
		put(out, before + 2 * front, had - front - back);
		fputs(" -> ", out);
		put(out, after + 2 * front, has - front - back);
	}
	return text_close(out, &text);
}
