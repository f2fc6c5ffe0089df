/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worth: what an explanation ends with: what the packet costs, whether all ways of reading the
 * config agree, and which config that is.
 */
#ifndef VIEW_WORTH_H
#define VIEW_WORTH_H

#include <jansson.h>
#include <stdio.h>

/* Nothing where it was not measured. */
void worth_say_cost(FILE *out, const json_t *answer);
void worth_say_agreement(FILE *out, const json_t *answer);

/* Of a daemon's answer; nothing where none runs. */
void worth_say_config(FILE *out, const json_t *answer);

#endif
