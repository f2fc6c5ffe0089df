/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ending: how a reader's way through its files ended, in words for the replay's reason. The
 * reader's thread only.
 */
#ifndef REPLAY_ENDING_H
#define REPLAY_ENDING_H

#include "replay/reading.h"

/* Notes why; returns error, a negative errno. */
int ending_fail(struct reader *reader, int error, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* At the end of all files: warns of one that was cut, and fails when one is broken, else 0. */
int ending_of_files(struct reader *reader);

/* The record at hand lies further from the first packet than any replay spans: the file has a clock
 * that was never set, or means harm. */
int ending_too_far(struct reader *reader);

/* More files lie in each other in time than there are blocks for. */
int ending_for_blocks(struct reader *reader);

/* None was to be sent: fails when that is for want of packets in the files, else 0. */
int ending_without_packets(struct reader *reader);

#endif
