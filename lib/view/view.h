/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * View: what the daemon answers, as tables for people. Each takes the result of the method of its
 * name; keys that are not there are left out of the table, so a newer client can look at an older
 * daemon. Knows JSON and nothing of packets, so that the client links no DPDK. One thread.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct view {
	const json_t *now;
	const json_t *before; /* the last look, from which rates are made; NULL at the first */
	double seconds;       /* between the two */
	bool named;           /* only rows of some names were asked for, and nothing else */
	FILE *out;
};

/* Also the report at the end of a run. */
void view_status(const struct view *view);
void view_ports(const struct view *view);
void view_bursts(const struct view *view);
void view_rules(const struct view *view);
void view_policers(const struct view *view);
void view_dedups(const struct view *view);
void view_returns(const struct view *view);
void view_captures(const struct view *view);
void view_capture_files(const struct view *view); /* of capture.list */
void view_workers(const struct view *view);
void view_drops(const struct view *view);
void view_memory(const struct view *view);

/* Where every replay is; of a report without that, what each sent. */
void view_replays(const struct view *view);

/* How one replay went, in words: what was asked, what was achieved, and whether that passes. replay
 * is its member of replay.list. */
void view_verdict(FILE *out, const char *name, const json_t *replay);

/* What would happen to a packet, and why: an answer of `explain`. In lines of 80 columns, or those
 * of the terminal. */
void view_explain(const struct view *view);

/* What another config would do otherwise: what `sluiced diff` gives with --json. As that one. */
void view_difference(const struct view *view);

/* The YAML as it is, for a file as much as for a person. */
void view_config(const struct view *view);

#endif
