/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text: what reading and answering people's words needs. All functions are pure but for the buffers
 * they are given, so any thread may call them.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The known word that word was most likely meant to be, or NULL when none is near. Upper and lower
 * case are the same here; of several equally near ones it is the first. */
const char *text_nearest(const char *word, const char *const *known, size_t count);

/* Writes "a, b or c", where last is " or ". False where the text is cut, as not all of it fits. */
bool text_list(char *text, size_t size, const char *const *words, size_t count, const char *last);

/* Reads a whole word as a number: decimal without leading zeros, or 0x and hexadecimal digits.
 * Returns 0, -EINVAL when it is none, -ERANGE when it is more than max. */
int text_number(const char *word, uint64_t max, uint64_t *value);

/* Bytes of the UTF-8 character (RFC 3629) that text begins with; 0 at the end of the text or when
 * it begins with none. */
unsigned text_utf8(const char *text);

/* Whether all of it is UTF-8. */
bool text_is_utf8(const char *text);

/* Makes a text fit for one line on a terminal and for JSON: control characters and what is no UTF-8
 * become '?'. */
void text_clean(char *text);

/* Closes a stream that open_memstream made for a text: the text, the caller's, or NULL if a part of
 * it is missing. *text is what is returned, so that either may be freed. */
char *text_close(FILE *out, char **text);

/* Bytes as two small hexadecimal digits each: the caller's to free, or NULL: no memory. */
char *text_hex(const uint8_t *bytes, size_t count);

#define TEXT_QUOTED_MAX 80

struct text_quoted {
	char text[TEXT_QUOTED_MAX];
};

/* The word in double quotes for a message, cleaned, and shortened when long. */
struct text_quoted text_quote(const char *word);

#endif
