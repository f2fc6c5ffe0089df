/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Report: a snapshot as JSON. The offline report and the reading methods use the same names for the
 * same things. Every function returns a new reference, or NULL when out of memory.
 */
#ifndef CONTROL_REPORT_H
#define CONTROL_REPORT_H

#include <jansson.h>

#include "engine/snapshot.h"

/* The report of an offline run, which is `status` without what concerns a running daemon. Nothing in
 * it varies between two runs of one config but what stands under keys named `cycles`. */
json_t *report_json(const struct snapshot *snapshot);

json_t *report_status(const struct snapshot *snapshot);
/* `replay.list` */
json_t *report_replays(const struct snapshot *snapshot);
json_t *report_ports(const struct snapshot *snapshot);
json_t *report_rules(const struct snapshot *snapshot);
json_t *report_workers(const struct snapshot *snapshot);
json_t *report_drops(const struct snapshot *snapshot);
json_t *report_memory(const struct snapshot *snapshot);

#endif
