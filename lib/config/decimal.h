/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decimal: a number with a unit as people write it, "0.25x", "1.5Mpps", "200ms", kept as an exact
 * fraction of the smallest unit. Pure.
 */
#ifndef CONFIG_DECIMAL_H
#define CONFIG_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_TEXT_MAX 80

struct decimal_unit {
	const char *name;
	uint64_t factor; /* of the smallest unit; at least 1 */
};

struct decimal {
	uint64_t num, den; /* in the smallest unit; den at least 1; without a common divisor */
	unsigned unit;     /* the one it was written in */
};

/* Reads digits, which may have a point among them, and a unit. Returns 0, -EINVAL when it is not of
 * this form, -ERANGE when it is but has more digits than are kept (18 behind the point, 18 in
 * all). */
int decimal_parse(const char *text, const struct decimal_unit *units, unsigned count,
		  struct decimal *out);

/* The greatest that divides both; of 0 and a number the number. */
uint64_t decimal_divisor(uint64_t a, uint64_t b);

/* Writes what a text that decimal_parse refused was most likely meant to be; false when that is
 * open. */
bool decimal_suggest(const char *text, const struct decimal_unit *units, unsigned count, char *out,
		     size_t size);

/* Writes num/den in a unit, with as many digits as that takes. den times the unit's factor must not
 * be more than 10^18; a fraction without an end is cut. */
void decimal_format(uint64_t num, uint64_t den, const struct decimal_unit *unit, char *out,
		    size_t size);

#endif
