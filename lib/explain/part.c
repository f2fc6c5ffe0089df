/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/part.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/expression.h"

#include "core/banned.h"

#define PARTS_MAX 64

/* Where a part begins and ends in the text. */
struct piece {
	size_t first, end;
};

static bool
is_word(char letter)
{
	return isalnum((unsigned char)letter) || letter == '_' || letter == '-' || letter == '.' ||
	       letter == ':' || letter == '/' || letter == '\\';
}

/* How many bytes a word of that meaning takes at the place; 0: another thing stands there. */
static size_t
joins(const char *text, size_t at, const char *word, const char *sign)
{
	size_t length = strlen(word);

	if (strncmp(text + at, sign, strlen(sign)) == 0)
		return strlen(sign);
	if (strncmp(text + at, word, length) != 0 || is_word(text[at + length]) ||
	    (at > 0 && is_word(text[at - 1])))
		return 0;
	return length;
}

static struct piece
trim(const char *text, size_t first, size_t end)
{
	while (first < end && isspace((unsigned char)text[first]))
		first++;
	while (end > first && isspace((unsigned char)text[end - 1]))
		end--;
	return (struct piece){first, end};
}

/* Returns how many there are; 0 where `or` stands beside `and`, or there are too many. */
static unsigned
cut(const char *text, struct piece *pieces)
{
	unsigned count = 0;
	size_t first = 0, at = 0;
	int depth = 0;

	while (text[at]) {
		size_t skip = 0;

		depth += text[at] == '(' || text[at] == '[';
		depth -= text[at] == ')' || text[at] == ']';
		if (depth == 0 && joins(text, at, "or", "||"))
			return 0;
		if (depth == 0)
			skip = joins(text, at, "and", "&&");
		if (skip) {
			if (count == PARTS_MAX - 1)
				return 0;
			pieces[count++] = trim(text, first, at);
			first = at + skip;
		}
		at += skip ? skip : 1;
	}
	pieces[count++] = trim(text, first, at);
	return count;
}

/* 1, 0, or below where it does not compile. */
static int
holds(const char *text, size_t end, const uint8_t *bytes, uint32_t length, uint32_t wire_length)
{
	char *before = strndup(text, end), message[PCAP_ERRBUF_SIZE];
	struct bpf_program program;
	int ret;

	if (!before)
		return -1;
	ret = expression_compile(before, &program, message, sizeof(message));
	free(before);
	if (ret < 0)
		return ret;
	ret = bpf_filter(program.bf_insns, bytes, wire_length, length) != 0;
	pcap_freecode(&program);
	return ret;
}

char *
part_that_failed(const char *filter, const uint8_t *bytes, uint32_t length, uint32_t wire_length)
{
	struct piece pieces[PARTS_MAX];
	unsigned count = cut(filter, pieces);

	for (unsigned i = 0; i < count && count > 1; i++) {
		int ret = holds(filter, pieces[i].end, bytes, length, wire_length);

		if (ret < 0)
			return NULL;
		if (ret == 0)
			return strndup(filter + pieces[i].first, pieces[i].end - pieces[i].first);
	}
	return NULL;
}
