/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changed: packets that changed on their way, as JSON, as lines, and as a capture in which each
 * stands beside what it became.
 */
#ifndef SLUICE_COMPARE_CHANGED_H
#define SLUICE_COMPARE_CHANGED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "match/changes.h"

json_t *changed_make(const struct match_changes *changes);

/* A line a kind, and one for each example; of what changed_make made. */
void changed_print(const json_t *changes, FILE *out);

/* Writes a capture in pcapng: two interfaces, "sent" and "back", and for each example a packet of
 * either, with the same packet id. "-" is stdout. False, said on stderr, when it can't be
 * written. */
bool changed_write(const struct match_changes *changes, const char *path);

#endif
