/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/text.h"

#include "core/banned.h"

#define SECOND_NS UINT64_C(1000000000)
#define SECONDS_MAX UINT64_C(9000000000) /* so that nanoseconds fit 64 signed bits: the year 2255 */
#define FRACTION_DIGITS 9

uint64_t
when_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Exactly so many digits. */
static bool
take_digits(const char **at, unsigned count, int *number)
{
	*number = 0;
	for (unsigned i = 0; i < count; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*number = *number * 10 + **at - '0';
	}
	return true;
}

static bool
take(const char **at, char what)
{
	if (**at != what)
		return false;
	(*at)++;
	return true;
}

/* A point and digits of a second, where there are any. */
static bool
take_fraction(const char **at, uint64_t *ns)
{
	uint64_t unit = SECOND_NS;
	unsigned digits = 0;

	*ns = 0;
	if (!take(at, '.'))
		return true;
	for (; isdigit((unsigned char)**at); (*at)++, digits++) {
		unit /= 10;
		*ns += (uint64_t)(**at - '0') * unit;
	}
	return digits > 0 && digits <= FRACTION_DIGITS;
}

static bool
take_seconds(const char **at, uint64_t *ns)
{
	uint64_t seconds = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		seconds = seconds * 10 + (uint64_t)(**at - '0');
		if (seconds > SECONDS_MAX)
			return false;
	}
	if (!take_fraction(at, ns))
		return false;
	*ns += seconds * SECOND_NS;
	return true;
}

/* "15:00:00", with or without a fraction; of a day that has no leap second. */
static bool
take_hour(const char **at, struct tm *tm, uint64_t *fraction)
{
	return take_digits(at, 2, &tm->tm_hour) && take(at, ':') &&
	       take_digits(at, 2, &tm->tm_min) && take(at, ':') &&
	       take_digits(at, 2, &tm->tm_sec) && take_fraction(at, fraction) && tm->tm_hour < 24 &&
	       tm->tm_min < 60 && tm->tm_sec < 60;
}

/* "Z", "+01:00" or "+0100": seconds east of Greenwich. */
static bool
take_zone(const char **at, int *east)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*east = 0;
	if (take(at, 'Z') || take(at, 'z'))
		return true;
	if (!take(at, '+') && !take(at, '-'))
		return false;
	if (!take_digits(at, 2, &hours))
		return false;
	take(at, ':');
	if (!take_digits(at, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	*east = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* -ENODATA: all but the zone is there. */
static int
parse_date(const char *at, uint64_t *out)
{
	struct tm tm = {0}, back;
	uint64_t fraction;
	int month, day, east;
	time_t time;

	if (!take_digits(&at, 4, &tm.tm_year) || !take(&at, '-') ||
	    !take_digits(&at, 2, &tm.tm_mon) || !take(&at, '-') ||
	    !take_digits(&at, 2, &tm.tm_mday))
		return -EINVAL;
	if (!take(&at, 'T') && !take(&at, 't') && !take(&at, ' '))
		return -EINVAL;
	if (!take_hour(&at, &tm, &fraction))
		return -EINVAL;
	if (!*at)
		return -ENODATA;
	if (!take_zone(&at, &east) || *at)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	month = tm.tm_mon;
	day = tm.tm_mday;
	time = timegm(&tm);
	/* The 30th of February is a day of March by then. */
	if (!gmtime_r(&time, &back) || back.tm_mday != day || back.tm_mon != month || time < east ||
	    (uint64_t)time > SECONDS_MAX)
		return -EINVAL;
	*out = (uint64_t)(time - east) * SECOND_NS + fraction;
	return 0;
}

static int
parse_hour(const char *at, uint64_t now_ns, uint64_t *out)
{
	time_t now = (time_t)(now_ns / SECOND_NS);
	struct tm tm = {0}, today;
	uint64_t fraction;

	if (!take_hour(&at, &tm, &fraction) || *at || !localtime_r(&now, &today))
		return -EINVAL;
	/* Today, or tomorrow, which may have another offset. */
	for (int day = 0; day < 2; day++) {
		struct tm then = tm;
		time_t time;

		then.tm_year = today.tm_year;
		then.tm_mon = today.tm_mon;
		then.tm_mday = today.tm_mday + day;
		then.tm_isdst = -1;
		time = mktime(&then);
		if (time < 0)
			return -EINVAL;
		*out = (uint64_t)time * SECOND_NS + fraction;
		if (*out > now_ns)
			break;
	}
	return 0;
}

static int
parse_delay(const char *at, uint64_t now_ns, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t num, den; /* seconds */
	} units[] = {{"ms", 1, 1000}, {"s", 1, 1}, {"min", 60, 1}, {"h", 3600, 1}};
	uint64_t number;

	if (!take_seconds(&at, &number))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t delay;

		if (strcmp(at, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].num, &delay) ||
		    delay / units[i].den > SECONDS_MAX * SECOND_NS - now_ns)
			return -EINVAL;
		*out = now_ns + delay / units[i].den;
		return 0;
	}
	return -EINVAL;
}

int
when_parse(const char *text, uint64_t now_ns, uint64_t *out, char *reason, size_t size)
{
	const char *at = text + 1;
	int ret;

	if (text[0] == '+')
		ret = parse_delay(at, now_ns, out);
	else if (text[0] == '@')
		ret = take_seconds(&at, out) && !*at ? 0 : -EINVAL;
	else if (strchr(text, '-'))
		ret = parse_date(text, out);
	else
		ret = parse_hour(text, now_ns, out);
	if (ret == -ENODATA)
		snprintf(reason, size, "%s has no zone: add Z for UTC, or an offset such as +01:00",
			 text_quote(text).text);
	else if (ret < 0)
		snprintf(reason, size, "expected " WHEN_FORMS ", not %s", text_quote(text).text);
	return ret < 0 ? -EINVAL : 0;
}

void
when_format(uint64_t ns, char *out)
{
	time_t seconds = (time_t)(ns / SECOND_NS);
	struct tm tm;
	size_t used;

	gmtime_r(&seconds, &tm);
	used = strftime(out, WHEN_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + used, WHEN_TEXT_MAX - used, ".%09uZ", (unsigned)(ns % SECOND_NS));
}
