/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expect: what a run wrote, held against a directory of what it should have written.
 */
#ifndef CONTROL_EXPECT_H
#define CONTROL_EXPECT_H

#include <jansson.h>
#include <stdio.h>

/* Compares each written capture (paths, ended by NULL) with the file of its name in directory,
 * packet by packet, and the report with report.json there if there is one, but for keys named
 * `elapsed` or `cycles`. A capture in directory that nothing was written to compare with is a
 * difference too. Writes the first differences to out, in words. Returns their number, or a
 * negative errno when the directory can't be read, which is written to out as well. */
long expect_compare(const char *directory, char *const *captures, const json_t *report, FILE *out);

#endif
