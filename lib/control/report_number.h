/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters as JSON. Control thread; the caller owns the result, NULL: no memory. */
#ifndef CONTROL_REPORT_NUMBER_H
#define CONTROL_REPORT_NUMBER_H

#include <jansson.h>
#include <stdint.h>

static inline json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

#endif
