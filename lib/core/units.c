/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/units.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/banned.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const char *
units_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

struct units_text
units_count(uint64_t count)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	struct units_text result;
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			result.text[used++] = ',';
		result.text[used++] = digits[i];
	}
	result.text[used] = '\0';
	return result;
}

/* Three significant digits and a prefix. 999.6 must not become "1000 k". */
static struct units_text
scaled(double value, double step, const char *const prefixes[], size_t count, const char *unit)
{
	struct units_text result;
	size_t i = 0;
	int digits;

	while (i + 1 < count && value >= step - 0.5) {
		value /= step;
		i++;
	}
	digits = i == 0 && value == (double)(uint64_t)value ? 0 : value < 9.995 ? 2 : value < 99.95;
	snprintf(result.text, sizeof(result.text), "%.*f %s%s", digits, value, prefixes[i], unit);
	return result;
}

struct units_text
units_bytes(uint64_t bytes)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};

	return scaled((double)bytes, 1000, prefixes, 7, "B");
}

struct units_text
units_memory(uint64_t bytes)
{
	static const char *const prefixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

	return scaled((double)bytes, 1024, prefixes, 7, "B");
}

struct units_text
units_rate(double per_second, const char *unit)
{
	static const char *const prefixes[] = {"", "k", "M", "G", "T"};

	return scaled(per_second < 0 ? 0 : per_second, 1000, prefixes, 5, unit);
}

struct units_text
units_share(uint64_t part, uint64_t whole)
{
	struct units_text result = {"-"};

	if (whole)
		snprintf(result.text, sizeof(result.text), "%.1f %%",
			 100.0 * (double)part / (double)whole);
	return result;
}

struct units_text
units_ns(uint64_t ns)
{
	static const char *const prefixes[] = {"n", "u", "m", ""};

	return scaled((double)ns, 1000, prefixes, 4, "s");
}

struct units_text
units_duration(double seconds)
{
	uint64_t whole = seconds > 0 ? (uint64_t)seconds : 0;
	struct units_text result;

	if (whole < MINUTE)
		snprintf(result.text, sizeof(result.text), "%.1f s", seconds);
	else if (whole < HOUR)
		snprintf(result.text, sizeof(result.text), "%u min %02u s",
			 (unsigned)(whole / MINUTE), (unsigned)(whole % MINUTE));
	else if (whole < DAY)
		snprintf(result.text, sizeof(result.text), "%u h %02u min",
			 (unsigned)(whole / HOUR), (unsigned)(whole % HOUR / MINUTE));
	else
		snprintf(result.text, sizeof(result.text), "%llu d %02u h",
			 (unsigned long long)(whole / DAY), (unsigned)(whole % DAY / HOUR));
	return result;
}
