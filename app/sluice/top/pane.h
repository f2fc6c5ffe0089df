/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pane: one part of the screen, a table of figures. A row each in pane.c; nothing else lists them.
 */
#ifndef TOP_PANE_H
#define TOP_PANE_H

#include <jansson.h>

#include "top/sheet.h"
#include "top/trail.h"

/* In the order of their keys, from 1 on. */
enum {
	PANE_PORTS,
	PANE_RULES,
	PANE_WORKERS,
	PANE_TIMES,
	PANE_DROPS,
	PANE_REPLAYS,
	PANE_CAPTURES,
	PANE_TALKERS,
	PANES,
};

struct pane_data {
	const json_t *figures;
	const struct trail *trail;
	bool totals; /* since the start, in place of rates */
};

struct pane {
	const char *title;
	const struct sheet_column *columns[2]; /* with rates, and with totals */
	unsigned width;                        /* of both */
	int sort;                              /* by that column; -1: as they come */
	void (*fill)(struct sheet *sheet, const struct pane_data *data);
	/* What is to be said in place of rows when there are none. */
	const char *(*none)(const struct pane_data *data);
	bool spare; /* without rows it has no room beside others */
};

extern const struct pane panes[PANES];

/* For the panes alone. */
void pane_ports(struct sheet *sheet, const struct pane_data *data);
void pane_rules(struct sheet *sheet, const struct pane_data *data);
void pane_workers(struct sheet *sheet, const struct pane_data *data);
void pane_times(struct sheet *sheet, const struct pane_data *data);
void pane_drops(struct sheet *sheet, const struct pane_data *data);
void pane_replays(struct sheet *sheet, const struct pane_data *data);
void pane_captures(struct sheet *sheet, const struct pane_data *data);
void pane_talkers(struct sheet *sheet, const struct pane_data *data);

#endif
