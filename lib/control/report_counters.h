/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of counters as JSON. Control thread. */
#ifndef CONTROL_REPORT_COUNTERS_H
#define CONTROL_REPORT_COUNTERS_H

#include <jansson.h>

#include "stage/counters.h"

/* Sets a member for each row of a table, as they stand in a struct that it is of. */
void report_counters(json_t *object, const struct counter *table, const void *from);

/* An object of these members. */
json_t *report_object(const struct counter *table, const void *from);

/* Packets by reason, all reasons there are; drops has DROP_REASONS. */
json_t *report_reasons(const uint64_t *drops);

#endif
