/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instead: keys and names that people look for and that there are not, with what to write in their
 * place. The nearest word would mislead: "src-mac" is no slip for "src-port", nor "http" for "tcp".
 * Pure.
 */
#ifndef CONFIG_INSTEAD_H
#define CONFIG_INSTEAD_H

#include "config/reader.h"

/* What to write in place of an unknown word, a key or a value at a spot, as it goes on behind
 * "unknown key WORD; ", or NULL. */
const char *instead_of(const struct spot *spot, const char *word);

#endif
