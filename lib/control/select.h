/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Select: what a call asks for of a list that is long: `names`, and `limit` and `offset` in what is
 * left.
 */
#ifndef CONTROL_SELECT_H
#define CONTROL_SELECT_H

#include "control/method.h"

/* Names that one call may ask for. */
#define SELECT_NAMES_MAX 1024

#define SELECT_PARAMS                                                                    \
	{.name = "names", .type = METHOD_NAMES, .text = "those alone; all if left out"}, \
		{.name = "limit", .type = METHOD_INTEGER, .text = "at most so many"},    \
	{                                                                                \
		.name = "offset", .type = METHOD_INTEGER,                                \
		.text = "so many are left out before the first; 0 if not given"          \
	}

/* Of the rules of a call that lists them: sets which are to be written, or call->error. */
void select_items(struct call *call);

/* Of the members of the object in call->result that the method lists, or of a list of things that
 * have a `core`. */
void select_members(struct call *call);

#endif
