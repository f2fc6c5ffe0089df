/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys: what a terminal sends, as keys. One thread.
 */
#ifndef TOP_KEYS_H
#define TOP_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Characters are themselves; others are these, and KEY_NONE is for what nobody knows. */
enum {
	KEY_TAB = '\t',
	KEY_ENTER = '\r',
	KEY_ESCAPE = 0x1b,
	KEY_RUBOUT = 0x7f,
	KEY_NONE = 0x100,
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_BACK_TAB,
};

#define KEYS_BYTES_MAX 64

/* Bytes that came and are no whole key yet. */
struct keys {
	char bytes[KEYS_BYTES_MAX];
	size_t used;
};

/* Adds what came; what there is no room for is forgotten. */
void keys_add(struct keys *keys, const char *bytes, size_t count);

/* Takes the next key. False: there is none, or it is not there as a whole; late: nothing came for a
 * while, so that an escape is the key of that name. */
bool keys_take(struct keys *keys, bool late, int *key);

#endif
