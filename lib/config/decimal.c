/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/decimal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

#include "core/banned.h"

#define DIGITS "0123456789"
#define DIGITS_MAX 18 /* 10^18 fits into 64 bits, ten times that does too */
#define UNITS_MAX 16
/* 1/2^29 has this many, and no denominator below 10^9 that ends has more. */
#define FRACTION_MAX 29

uint64_t
decimal_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Bytes of the number that text begins with; 0 when it begins with none. */
static size_t
number_length(const char *text)
{
	size_t whole = strspn(text, DIGITS), part;

	if (whole == 0 || (whole > 1 && text[0] == '0'))
		return 0;
	if (text[whole] != '.')
		return whole;
	part = strspn(text + whole + 1, DIGITS);
	return part ? whole + 1 + part : 0;
}

/* The digits as one number over a power of ten. */
static int
read_digits(const char *text, size_t length, uint64_t *num, uint64_t *den)
{
	const char *point = memchr(text, '.', length);
	const char *end = text + length;
	unsigned digits = 0;

	while (point && end[-1] == '0')
		end--;
	*num = 0;
	*den = 1;
	for (const char *at = text; at < end; at++) {
		if (at == point)
			continue;
		digits += *num != 0;
		if (digits >= DIGITS_MAX || (point && end - point - 1 > DIGITS_MAX))
			return -ERANGE;
		*num = *num * 10 + (uint64_t)(*at - '0');
		if (point && at > point)
			*den *= 10;
	}
	return 0;
}

int
decimal_parse(const char *text, const struct decimal_unit *units, unsigned count,
	      struct decimal *out)
{
	size_t length = number_length(text);
	uint64_t divisor, factor;
	unsigned unit = 0;

	while (unit < count && strcmp(units[unit].name, text + length) != 0)
		unit++;
	if (length == 0 || unit == count)
		return -EINVAL;
	if (read_digits(text, length, &out->num, &out->den) < 0)
		return -ERANGE;
	factor = units[unit].factor;
	divisor = decimal_divisor(factor, out->den);
	factor /= divisor;
	out->den /= divisor;
	divisor = decimal_divisor(out->num, out->den);
	out->den /= divisor;
	out->unit = unit;
	return __builtin_mul_overflow(out->num / divisor, factor, &out->num) ? -ERANGE : 0;
}

bool
decimal_suggest(const char *text, const struct decimal_unit *units, unsigned count, char *out,
		size_t size)
{
	size_t length = number_length(text);
	const char *names[UNITS_MAX] = {NULL};
	const char *rest = text + length + strspn(text + length, " ");
	const char *nearest;
	unsigned alike = 0;

	/* How large it is stands in front: "Tbps" is no slip of "bps", nor "e6pps" of "pps". */
	for (unsigned i = 0; i < count && alike < UNITS_MAX; i++) {
		if (strncasecmp(units[i].name, rest, 1) == 0)
			names[alike++] = units[i].name;
	}
	nearest = text_nearest(rest, names, alike);
	if (length == 0 || length > DIGITS_MAX || !nearest)
		return false;
	snprintf(out, size, "%.*s%s", (int)length, text, nearest);
	return true;
}

void
decimal_format(uint64_t num, uint64_t den, const struct decimal_unit *unit, char *out, size_t size)
{
	uint64_t whole = den * unit->factor, rest = num % whole;
	char fraction[FRACTION_MAX + 2] = "";
	size_t used = 0;

	if (rest)
		fraction[used++] = '.';
	while (rest && used <= FRACTION_MAX) {
		fraction[used++] = (char)('0' + rest * 10 / whole);
		rest = rest * 10 % whole;
	}
	fraction[used] = '\0';
	snprintf(out, size, "%llu%s%s", (unsigned long long)(num / whole), fraction, unit->name);
}
