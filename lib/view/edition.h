/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edition: a config that runs, as a member of the daemon's answers tells of it: whose text it is,
 * since when and by whom it runs.
 */
#ifndef VIEW_EDITION_H
#define VIEW_EDITION_H

#include <jansson.h>
#include <stdio.h>

/* FILE, applied 2026-11-30T21:23:05.130Z, by root */
void edition_print(FILE *out, const json_t *edition);

#endif
