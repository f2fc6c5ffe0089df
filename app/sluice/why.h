/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why: what `explain` says of a packet, of any or of those that pass.
 */
#ifndef SLUICE_WHY_H
#define SLUICE_WHY_H

#include "daemon.h"

struct looking;

/* A request has 64 KiB, of which a byte takes two. */
#define WHY_BYTES_MAX 32000

/* Asks about a packet, in words or digits, with the options of explain. port: NULL, the first that
 * receives. Returns as daemon_call; what can't be asked is said on stderr. */
int why_ask(struct daemon *daemon, const struct options *options, const char *packet,
	    const char *port, json_t **answer);

/* Whether the daemon's ways of reading it come to the same. */
bool why_agrees(const json_t *result);

/* What `explain` takes for a packet of a look, a new reference; NULL: no rule saw it, and there is
 * nothing to explain, as of a replay that goes out, or of a port that is gone. */
json_t *why_params(const json_t *packet);

/* Tells what `explain` answered of the packet how long it was: what happened is known, what would
 * happen is told of the bytes that were kept. */
void why_mark_cut(json_t *result, const json_t *packet);

/* Looks, and shows each packet's line with the explanation below it. The daemon is asked on a
 * connection of its own, so that the look goes on. With --json it is the packet, which has the
 * answer as its member `explain`; or, with --live, the answer with the packet as its member `live`.
 * Returns an exit code. */
int why_look(const struct looking *wanted, const struct options *options);

#endif
