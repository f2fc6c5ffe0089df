/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arena: the memory of all JSON, which is that of one scrape and is given back at once. An answer
 * has a hundred thousand small pieces; to free each takes as long as to read them. One thread.
 */
#ifndef EXPORTER_ARENA_H
#define EXPORTER_ARENA_H

/* From now on JSON takes its memory here. */
void arena_begin(void);

/* No JSON is there any more. What the last scrape needed is kept for the next. */
void arena_reset(void);

#endif
