/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Returns: those of a program, for whoever asks them something by name.
 */
#ifndef RETURNS_RETURNS_H
#define RETURNS_RETURNS_H

#include "returns/back.h"

/* state: what the kind of target compiled to; NULL: the program has none. NULL: there is no such
 * return. It stays as long as the state does. */
struct back *returns_find(const void *state, const char *name);

#endif
