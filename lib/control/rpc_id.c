/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rpc_id.h"

#include <jansson.h>
#include <string.h>

#include "core/banned.h"

/* Each function takes a place in the line and returns the one behind what it is about: the end,
 * where that is cut. */
struct text {
	const char *at, *end;
};

static bool
is(const struct text *text, char wanted)
{
	return text->at < text->end && *text->at == wanted;
}

static bool
take(struct text *text, char wanted)
{
	bool there = is(text, wanted);

	text->at += there;
	return there;
}

static void
skip_blanks(struct text *text)
{
	while (is(text, ' ') || is(text, '\t') || is(text, '\r') || is(text, '\n'))
		text->at++;
}

static void
skip_string(struct text *text)
{
	text->at++;
	while (text->at < text->end && *text->at != '"') {
		if (*text->at == '\\' && text->at + 1 < text->end)
			text->at++;
		text->at++;
	}
	take(text, '"');
}

/* Up to the comma or bracket behind it. */
static void
skip_value(struct text *text)
{
	unsigned depth = 0;

	while (text->at < text->end) {
		if (is(text, '"')) {
			skip_string(text);
			continue;
		}
		if (depth == 0 && (is(text, ',') || is(text, '}') || is(text, ']')))
			return;
		if (is(text, '{') || is(text, '['))
			depth++;
		else if (is(text, '}') || is(text, ']'))
			depth--;
		text->at++;
	}
}

static bool
take_digits(struct text *text)
{
	const char *first = text->at;

	while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
		text->at++;
	return text->at > first;
}

static bool
is_number(struct text text)
{
	take(&text, '-');
	if (!take(&text, '0') && !take_digits(&text))
		return false;
	if (take(&text, '.') && !take_digits(&text))
		return false;
	if (take(&text, 'e') || take(&text, 'E')) {
		if (!take(&text, '+'))
			take(&text, '-');
		if (!take_digits(&text))
			return false;
	}
	return text.at == text.end;
}

/* A key may be spelled with escapes. */
static bool
is_id(const char *key, size_t length)
{
	json_t *text = json_loadb(key, length, JSON_DECODE_ANY, NULL);
	bool same = json_is_string(text) && strcmp(json_string_value(text), "id") == 0;

	json_decref(text);
	return same;
}

struct rpc_id
rpc_id_find(const char *line, size_t length)
{
	struct text text = {line, line + length};
	struct rpc_id id = {0};

	skip_blanks(&text);
	if (!take(&text, '{'))
		return id;
	for (;;) {
		const char *key, *value;
		size_t key_length;

		skip_blanks(&text);
		key = text.at;
		if (!is(&text, '"'))
			return id;
		skip_string(&text);
		key_length = (size_t)(text.at - key);
		skip_blanks(&text);
		if (!take(&text, ':'))
			return id;
		skip_blanks(&text);
		value = text.at;
		skip_value(&text);
		if (is_id(key, key_length)) {
			const char *end = text.at;

			while (end > value && strchr(" \t\r\n", end[-1]) && end[-1])
				end--;
			id = (struct rpc_id){
				.text = value,
				.length = (size_t)(end - value),
				.number = is_number((struct text){value, end}),
			};
			return id;
		}
		if (!take(&text, ','))
			return id;
	}
}
