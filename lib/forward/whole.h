/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole: bursts of which all packets leave alike, though their rule has edits or gates: a few forms
 * of them, and no port is given two. They need no jobs: each form is made of all packets, and each
 * target is given all at once.
 */
#ifndef FORWARD_WHOLE_H
#define FORWARD_WHOLE_H

#include "forward/deliver.h"

/* Carries out the actions of the rule that decided all packets, and whose end this is; false where
 * the burst is none of these, and nothing was done. Worker. */
bool whole_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	       forward_end end);

#endif
