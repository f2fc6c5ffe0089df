/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines: two texts cut into lines, and which lines of one stand in the other too. One thread; a
 * text owns all that it points to.
 */
#ifndef CONFIG_LINES_H
#define CONFIG_LINES_H

#include <stdbool.h>
#include <stdint.h>

struct lines {
	char *copy; /* the text, cut */
	char **items;
	uint32_t *number; /* equal lines have equal numbers */
	bool *kept;       /* the line stands in the other text too, in the same order */
	uint32_t count;
};

/* Cuts a text that ends in a newline, and takes it over, NULL too. False when out of memory; to be
 * freed in any case. */
bool lines_cut(struct lines *lines, char *text);
void lines_free(struct lines *lines);

/* Fills kept of both. False when out of memory. */
bool lines_compare(struct lines *before, struct lines *after);

#endif
