/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answer: writes the line that answers a call. One that lists rules is written in pieces, each when
 * the client has taken the one before: a million rules are a hundred megabytes of text, of which a
 * piece is in memory.
 */
#ifndef CONTROL_ANSWER_H
#define CONTROL_ANSWER_H

#include "control/method.h"

/* The next piece of the answer's line, to be freed by the caller; *more: there is another. NULL:
 * out of memory, or the call wants no answer. Any thread, one at a time. */
char *answer_piece(struct call *call, bool *more);

/* Whether the whole answer takes long to write, and so is for a thread of its own. */
bool answer_is_long(const struct call *call);

#endif
