/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When: moments of the wall clock as people write them: 2026-11-29T15:00:00.5Z, @1795964400.25,
 * 15:00:00, +5s. Nanoseconds since 1970, without leap seconds, as CLOCK_REALTIME counts them. Any
 * thread.
 */
#ifndef CORE_WHEN_H
#define CORE_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_FORMS                                                                           \
	"a time such as 2026-11-29T15:00:00.5Z, 2026-11-29T16:00:00+01:00, @1795964400.25, " \
	"15:00:00 or +5s"
#define WHEN_REASON_MAX 320
#define WHEN_TEXT_MAX sizeof("2026-11-29T15:00:00.000000000Z")

uint64_t when_now(void);

/* Reads text. An hour without a date is of this process's time zone, and the next one to come after
 * now_ns; what begins with + counts from there. Returns 0, or -EINVAL with what is wrong and what
 * would be right in reason. */
int when_parse(const char *text, uint64_t now_ns, uint64_t *out, char *reason, size_t size);

/* Writes a moment in UTC, in WHEN_TEXT_MAX bytes. */
void when_format(uint64_t ns, char *out);

#endif
