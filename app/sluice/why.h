/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why: a packet that was looked at, with what `explain` says of it. The daemon is asked on a
 * connection of its own, so that the look goes on.
 */
#ifndef SLUICE_WHY_H
#define SLUICE_WHY_H

#include "daemon.h"

/* A request has 64 KiB, of which a byte takes two. */
#define WHY_BYTES_MAX 32000

struct why {
	struct daemon daemon;
	const struct options *options;
	int ret; /* EXIT_DONE, or what the first failure means */
};

/* EXIT_DONE, or another exit code, said on stderr. */
int why_open(struct why *why, const struct options *options);
void why_close(struct why *why);

/* What `explain` takes for a packet of a look, a new reference; NULL: no rule saw it, and there is
 * nothing to explain, as of a replay that goes out, or of a port that is gone. */
json_t *why_params(const json_t *packet);

/* Tells what `explain` answered of the packet how long it was: what happened is known, what would
 * happen is told of the bytes that were kept. */
void why_mark_cut(json_t *result, const json_t *packet);

/* Writes the packet's line and the explanation below it to stdout; with --json the packet, which
 * has it as its member `explain`. False: the daemon can't be asked any more. */
bool why_show(struct why *why, const json_t *packet);

#endif
