/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Screenful: what is on the screen, and where its user is in it. One thread.
 */
#ifndef TOP_SCREENFUL_H
#define TOP_SCREENFUL_H

#include <time.h>

#include "top/over.h"
#include "top/pane.h"

#define FILTER_MAX 48

struct screenful_pane {
	char filter[FILTER_MAX];
	int sort;                  /* by that column; -1: as they come */
	unsigned marked, first;    /* rows: where the mark is, and the first that is shown */
	unsigned rows;             /* that there are, shown or not */
	char name[SHEET_TEXT_MAX]; /* of the marked row; "": none */
};

struct screenful {
	json_t *figures; /* NULL: none yet */
	struct trail trail;
	struct screenful_pane panes[PANES];
	unsigned focus; /* the pane that keys are for */
	bool alone;     /* it has the whole screen */
	bool totals, paused;
	bool typing;      /* the filter of that pane */
	bool plain;       /* on no terminal: no keys, no mark */
	struct over over; /* shown in place of the panes */
	const char *why;  /* why figures are old; "": they are not */
	double seconds;   /* between looks */
	time_t clock;     /* the time that it shows */
	struct paint paint;
};

void screenful_begin(struct screenful *screenful);
void screenful_end(struct screenful *screenful);

/* The text of so many columns and rows at most, a line a row; rows 0: as many as there are, without
 * much of long lists. To be freed; NULL: no memory. */
char *screenful_make(struct screenful *screenful, unsigned columns, unsigned rows);

#endif
