/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where: the port that a packet is taken to have come in on. Pure but for links that are followed.
 */
#ifndef EXPLAIN_WHERE_H
#define EXPLAIN_WHERE_H

#include "config/config.h"

/* The config's index of a port; -1: there is none of that name. */
int where_named(const struct config *config, const char *name);

/* The port that reads a capture, or, of none and of NULL, the first that receives. */
unsigned where_likely(const struct config *config, const char *file);

#endif
