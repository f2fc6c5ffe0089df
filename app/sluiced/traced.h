/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traced: packets that a running daemon has shown, a JSON object a line, as `sluice trace --json`
 * prints them; and how many it has not, {"counts": ...}, where that is said.
 */
#ifndef SLUICED_TRACED_H
#define SLUICED_TRACED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct traced {
	const char *path; /* - is the standard input */
	FILE *file;
	char *line; /* owned, as is bytes */
	size_t line_size;
	uint64_t number; /* of the line, from 1 */
	bool counted;    /* the line behind the last packet has come: */
	uint64_t missed; /* packets that passed and are not here */
	/* The packet at hand. */
	uint8_t *bytes;
	uint32_t length, wire_length;
	char port[256], rule[256]; /* rule: "" if it is not known */
};

/* Says on stderr what is wrong. False: it can't be read. */
bool traced_open(struct traced *traced, const char *path);
void traced_close(struct traced *traced);

/* The next packet: 1, 0 at the end, or -1, said on stderr. */
int traced_next(struct traced *traced);

#endif
