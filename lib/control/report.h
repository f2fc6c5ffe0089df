/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Report: a snapshot as JSON. The offline report and the reading methods use the same names for the
 * same things. Every function returns a new reference, or NULL when out of memory.
 */
#ifndef CONTROL_REPORT_H
#define CONTROL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "engine/snapshot.h"

/* The report of an offline run, which is `status` without what concerns a running daemon. Nothing
 * in it varies between two runs of one config but what stands under keys named `cycles`. */
json_t *report_json(const struct snapshot *snapshot);

/* What stands as `rules` in the two below: the text of the rules, which may be a hundred megabytes,
 * is to be put in its place (control/answer.h). */
#define REPORT_RULES_HERE "\x01rules\x01"
#define REPORT_RULES_HERE_JSON "\\u0001rules\\u0001"

json_t *report_status(const struct snapshot *snapshot);
/* `replay.list` */
json_t *report_replays(const struct snapshot *snapshot);
json_t *report_bursts(const struct snapshot *snapshot);
json_t *report_ports(const struct snapshot *snapshot);
json_t *report_rules(const struct snapshot *snapshot);
/* The rules themselves, for a report that nobody waits for: what they counted, and all there is to
 * say. */
json_t *report_rule_counts(const struct snapshot *snapshot);
json_t *report_all_rules(const struct snapshot *snapshot);
/* A member of `rules`, by its index, with the comma left to the caller; in `status`, and in
 * `rules`. */
void report_put_rule_counts(FILE *out, const struct snapshot *snapshot, unsigned index);
void report_put_rule(FILE *out, const struct snapshot *snapshot, unsigned index);
/* What stands between the quotes of a string in JSON. */
void report_put_string(FILE *out, const char *text);
/* The same of so many bytes of it at most. */
void report_put_text(FILE *out, const char *text, size_t most);
/* What rules counted that are no more; of edits and gates what is not 0. */
json_t *report_retired(const struct tally_rule *rules, const struct tally_acted *acted);
json_t *report_policers(const struct snapshot *snapshot);
json_t *report_captures(const struct snapshot *snapshot);
json_t *report_dedups(const struct snapshot *snapshot);
json_t *report_returns(const struct snapshot *snapshot);
json_t *report_workers(const struct snapshot *snapshot);
json_t *report_drops(const struct snapshot *snapshot);
json_t *report_memory(const struct snapshot *snapshot);
/* All of these together; of its rules the counters. */
json_t *report_snapshot(const struct snapshot *snapshot);

#endif
