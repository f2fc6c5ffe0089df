/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Renewal: looks, before a replay starts again, whether its files are still those that were read,
 * and opens them anew if not. In a thread of its own: a disk that does not answer keeps nobody.
 * Control thread.
 */
#ifndef REPLAY_RENEWAL_H
#define REPLAY_RENEWAL_H

#include "replay/reader.h"

struct renewal;

/* Looks at the files of a reader that is open, with its arguments of reader_open. news is written
 * to when it is over; used: packets were sent, so that a pipe has no more of them. NULL: no memory,
 * or no thread. The config must outlive it. */
struct renewal *renewal_begin(const struct config_replay *config, const struct reader *reader,
			      unsigned lanes, int numa, int news, bool used);

bool renewal_is_over(const struct renewal *renewal);

/* What came of one that is over, which is freed. 0: with *out NULL nothing changed, else it is a
 * new reader, which reads; or a negative errno, with the reason. */
int renewal_end(struct renewal *renewal, struct reader **out, char *reason, size_t size);

/* Nobody wants the result of one any more. True: it frees itself, also when its disk never answers.
 * False: it is taking memory that the EAL has to outlive, or is over; renewal_end is to be called
 * for it, which waits for a moment unless it is over. */
bool renewal_give_up(struct renewal *renewal);

#endif
