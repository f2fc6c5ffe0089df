/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names: which number a name stands for, found in constant time, so that a million rules can be
 * checked for names that stand twice. Names are borrowed. One thread.
 */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stdint.h>

#define NAMES_NONE UINT32_MAX

struct names {
	struct names_slot *slots;
	uint32_t mask;
};

/* Makes room for count names, which can't grow. 0 or -ENOMEM. */
int names_init(struct names *names, uint32_t count);
void names_clear(struct names *names);

/* Adds a name and returns NAMES_NONE; when it is there already, returns its number instead. */
uint32_t names_add(struct names *names, const char *name, uint32_t number);

/* NAMES_NONE when there is no such name. */
uint32_t names_find(const struct names *names, const char *name);

#endif
