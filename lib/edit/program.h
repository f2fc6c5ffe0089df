/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Program: what edit.c makes, and run.c runs.
 */
#ifndef EDIT_PROGRAM_H
#define EDIT_PROGRAM_H

#include "edit/edit.h"

/* One pass over the packets: ops that look at them as they are, and then run. */
struct pass {
	uint16_t first, count;
};

struct edit {
	struct edit_reach reach;
	bool quick, quick_apart; /* see quick.h */
	bool at_once;            /* whole groups may need no views: see at_once.c */
	bool macs;               /* it sets both MACs, and that is all */
	unsigned op_count, pass_count;
	struct pass *passes;
	struct edit_op ops[];
};

#endif
