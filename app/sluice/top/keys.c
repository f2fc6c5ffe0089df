/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/keys.h"

#include <string.h>

#include "core/banned.h"

/* What stands behind ESC. */
static const struct {
	const char *bytes;
	int key;
} sequences[] = {
	{"[A", KEY_UP},       {"[B", KEY_DOWN},       {"OA", KEY_UP},   {"OB", KEY_DOWN},
	{"[5~", KEY_PAGE_UP}, {"[6~", KEY_PAGE_DOWN}, {"[H", KEY_HOME}, {"[F", KEY_END},
	{"[1~", KEY_HOME},    {"[4~", KEY_END},       {"OH", KEY_HOME}, {"OF", KEY_END},
	{"[Z", KEY_BACK_TAB},
};

void
keys_add(struct keys *keys, const char *bytes, size_t count)
{
	size_t room = sizeof(keys->bytes) - keys->used;

	if (count > room)
		count = room;
	memcpy(keys->bytes + keys->used, bytes, count);
	keys->used += count;
}

static void
drop(struct keys *keys, size_t count)
{
	keys->used -= count;
	memmove(keys->bytes, keys->bytes + count, keys->used);
}

/* Bytes of the sequence that begins with ESC: to its last character; 0: that is not there yet. */
static size_t
sequence_length(const struct keys *keys)
{
	if (keys->used < 2)
		return 0;
	/* Nobody sends such: it is the key, and another behind it. */
	if (keys->bytes[1] != '[' && keys->bytes[1] != 'O')
		return 1;
	for (size_t i = 2; i < keys->used; i++) {
		if (keys->bytes[i] >= '@' && keys->bytes[i] <= '~')
			return i + 1;
	}
	return 0;
}

static int
sequence_key(const struct keys *keys, size_t length)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (strlen(sequences[i].bytes) == length - 1 &&
		    memcmp(sequences[i].bytes, keys->bytes + 1, length - 1) == 0)
			return sequences[i].key;
	}
	return KEY_NONE;
}

bool
keys_take(struct keys *keys, bool late, int *key)
{
	size_t length = 1;

	if (keys->used == 0)
		return false;
	*key = (unsigned char)keys->bytes[0];
	if (*key == KEY_ESCAPE) {
		length = sequence_length(keys);
		if (length == 0 && !late && keys->used < sizeof(keys->bytes))
			return false;
		if (length > 1)
			*key = sequence_key(keys, length);
		length = length ? length : keys->used;
	} else if (*key == '\n') {
		*key = KEY_ENTER;
	} else if (*key == '\b') {
		*key = KEY_RUBOUT;
	}
	drop(keys, length);
	return true;
}
