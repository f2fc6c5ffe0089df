/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Covered: rules that no packet reaches, as one before them takes all that they would. What is told
 * is so; what is not told may be so, too: of rules that several others cover together nothing is
 * said.
 */
#ifndef EXPLAIN_COVERED_H
#define EXPLAIN_COVERED_H

#include <stdint.h>

#include "config/config.h"

#define COVERED_NONE UINT32_MAX

/* By rule the first one that covers it, or COVERED_NONE; the caller frees it. NULL: no memory.
 * *unasked: rules that were not looked at, as it would take too long. */
uint32_t *covered(const struct config *config, uint32_t *unasked);

#endif
