/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unsent: why packets of a replay did not leave, in words as "10 tx-full, 3 empty"; "" when all
 * did. For this room.
 */
#ifndef VIEW_UNSENT_H
#define VIEW_UNSENT_H

#include "view/value.h"

/* Those that did not leave where they should have: what makes a verdict `fail`. */
struct value_list unsent_lost(const json_t *replay);

/* Those too that rules dropped, that were late, and records that were not meant to be sent or can't
 * be. */
struct value_list unsent_all(const json_t *replay);

#endif
