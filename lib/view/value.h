/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Value: numbers and words out of an answer, and rates between two of them. What is missing is 0 or
 * "".
 */
#ifndef VIEW_VALUE_H
#define VIEW_VALUE_H

#include <stdint.h>

#include "core/table.h"
#include "core/units.h"
#include "view/view.h"

uint64_t value_number(const json_t *object, const char *key);
double value_real(const json_t *object, const char *key);
const char *value_text(const json_t *object, const char *key);

/* The member of a member: value_in(now, "ports", "wan"). NULL when there is none. */
const json_t *value_in(const json_t *object, const char *key, const char *inner);

/* How much more key is than in the last look, by second; 0 without one, or when it was set back. */
double value_rate(const struct view *view, const json_t *now, const json_t *before,
		  const char *key);

/* "10 tx-full, 3 empty"; "" when there is nothing to say. */
struct value_list {
	char text[512];
};

void value_add(struct value_list *list, const char *text);
/* Adds a count and what it is of, if it is not 0. */
void value_say(struct value_list *list, uint64_t count, const char *what);

/* "12 in = 10 out + 2 dropped + 0 held", and whether that is so, loudly if not. */
void value_print_ledger(FILE *out, const json_t *ledger);

/* Which packet bytes were copied, by reason, or that none were. */
void value_print_copies(FILE *out, const json_t *copies);

#endif
