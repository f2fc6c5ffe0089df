/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tell: an answer as JSON. For this room alone.
 */
#ifndef EXPLAIN_TELL_H
#define EXPLAIN_TELL_H

#include "explain/fate.h"
#include "explain/found.h"

/* All but whether they agree; a new reference, or NULL without memory. */
json_t *tell(const struct trial *trial, const struct explain_question *question,
	     const struct reading *reading, const struct classify_plan *plan,
	     const struct found *found, const struct fates *fates);

/* And that: of rules, and of what leaves. */
void tell_agreement(json_t *answer, const struct trial *trial, bool rules, bool leaves);

#endif
