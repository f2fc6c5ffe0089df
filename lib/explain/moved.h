/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moved: packets of which nothing but the member of a group is another. For this room alone.
 */
#ifndef EXPLAIN_MOVED_H
#define EXPLAIN_MOVED_H

#include "explain/comparison.h"

/* Of what left in both and was not claimed, where the same rules by the same words have taken the
 * packet: whether nothing but members of groups are others, which is then claimed, and of which
 * group of the old config's the first of them; -1: more is. A group is one that the rules' lists
 * give to, and that is another in the new config. */
int moved_within(const struct compare *compare, const struct change *kind);

/* Whether two packets left as the same bytes. */
bool moved_same_bytes(const struct trial_sent *a, const struct trial_sent *b);

#endif
