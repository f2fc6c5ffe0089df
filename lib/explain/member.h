/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Member: which port of a group a packet goes to, and why. For this room alone.
 */
#ifndef EXPLAIN_MEMBER_H
#define EXPLAIN_MEMBER_H

#include <jansson.h>

#include "explain/reading.h"

/* up: bits of the config's ports that have a link. Returns the config's index, or -1 where no
 * member has one; *told says how it came to that, a new reference. */
int member_choose(const struct reading *reading, const struct config_group *group, uint64_t up,
		  json_t **told);

#endif
