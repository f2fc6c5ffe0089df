/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explainer: asks why a packet went where it went, and has the answer as text. One thread.
 */
#ifndef TOP_EXPLAINER_H
#define TOP_EXPLAINER_H

#include <jansson.h>

#include "top/feed.h"

struct explainer {
	json_t *packet; /* that is to be explained, or was; NULL: none. Owned */
	bool wants;     /* it was not asked yet */
	bool asked;     /* an answer is awaited */
	bool stale;     /* of another packet */
	char *text;     /* the answer, which whoever shows it takes; NULL: none is new */
};

void explainer_end(struct explainer *explainer);

/* packet: of a look, held; NULL: nothing any more. */
void explainer_want(struct explainer *explainer, const json_t *packet);

struct feed_guest explainer_guest(struct explainer *explainer);

#endif
