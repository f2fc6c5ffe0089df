/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heirs: which rule of a config counts on for which rule of the one before it.
 */
#ifndef ENGINE_HEIRS_H
#define ENGINE_HEIRS_H

#include <stdint.h>

#include "config/config.h"

#define HEIRS_NONE UINT32_MAX

/* By rule of the config before, and for its default behind them: the rule of the one after that
 * counts on for it, or HEIRS_NONE. That is the rule of the same name, if it decides or passes on as
 * before. A name that only one of them has may be another's that was given up: the rule that is
 * written the same but for its name, and stands behind the same rule that kept its own, is its
 * heir, unless there are two such on either side. The caller frees it; NULL without memory. */
uint32_t *heirs_find(const struct config *before, const struct config *after);

#endif
