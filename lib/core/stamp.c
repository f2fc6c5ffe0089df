/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/stamp.h"

#include <stdio.h>

#include "core/banned.h"

#define NS_PER_MS 1000000

struct stamp
stamp_of(const struct timespec *time)
{
	struct stamp stamp = {""};
	struct tm parts = {0};
	size_t used;

	gmtime_r(&time->tv_sec, &parts);
	used = strftime(stamp.text, sizeof(stamp.text), "%FT%T", &parts);
	snprintf(stamp.text + used, sizeof(stamp.text) - used, ".%03uZ",
		 (unsigned)(time->tv_nsec / NS_PER_MS) % 1000);
	return stamp;
}
