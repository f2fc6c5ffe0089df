/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare: two captures, packet by packet, told in words.
 */
#ifndef PORT_COMPARE_H
#define PORT_COMPARE_H

#include <stdio.h>

/* Compares times (nanoseconds), lengths and bytes. Writes the first few differences to out, each a
 * line. Returns how many there are (0: equal; packets that only one has count each), or a negative
 * errno when a file can't be read, which is written to out too. */
long capture_compare(const char *wanted, const char *got, FILE *out);

#endif
