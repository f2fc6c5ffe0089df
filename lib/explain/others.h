/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Others: which rules of a config another one does not have so: by their text, by what stands
 * behind the names in it, and by their place. For this room alone.
 */
#ifndef EXPLAIN_OTHERS_H
#define EXPLAIN_OTHERS_H

#include <jansson.h>
#include <stdbool.h>

#include "config/config.h"

/* Texts of all rules and of the default, each with its number; a new reference, or NULL. */
json_t *others_texts(const struct config *config);

/* By rule, and of the default, whether the config of those texts has it at no place, or not at its
 * place among those that both have; the caller frees it. NULL: no memory. */
bool *others_of(const struct config *config, const json_t *there);

#endif
