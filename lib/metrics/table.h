/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table: which metrics there are. A group is about things of one kind (ports, rules), or about the
 * daemon itself; a row says what a metric is called, what it means, and which member of a thing it
 * is made of. Names are as Prometheus' own rules have them: base units, `_total` behind what only
 * grows.
 */
#ifndef METRICS_TABLE_H
#define METRICS_TABLE_H

#include "metrics/sample.h"

struct metric {
	const char *name; /* NULL behind the last */
	enum metric_type {
		METRIC_COUNTER,
		METRIC_GAUGE,
		METRIC_HISTOGRAM,
	} type;
	const char *help;
	sample_put *put;
	const char *member; /* below the thing: "ledger.in"; "" is the thing itself */
	double scale;       /* what the member is multiplied with; 0: it stays as it is */
	const char *label;  /* of its own, beside the group's; several are parted by '|' */
	const char *words;  /* what put makes of it, see sample.h */
};

struct metric_group {
	const char *title; /* NULL behind the last */
	/* The snapshot's member with the things by name, or a list of them; NULL: the snapshot is
	 * the one thing. */
	const char *things;
	const char *label; /* which thing it is */
	/* Of a list: the things' members that are the values of the labels, parted by '|'. */
	const char *keys;
	const struct metric *metrics;
};

/* In the order of the text. */
extern const struct metric_group metrics_groups[];

extern const struct metric metrics_daemon[], metrics_ledger[], metrics_ports[], metrics_ended[],
	metrics_rules[], metrics_rule[], metrics_policers[], metrics_dedups[], metrics_captures[],
	metrics_returns[], metrics_workers[], metrics_pools[], metrics_replays[],
	metrics_exporter[];

#endif
