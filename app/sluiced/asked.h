/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asked: what `sluiced explain` was asked for on the command line.
 */
#ifndef SLUICED_ASKED_H
#define SLUICED_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "sluiced.h"

#define ASKED_DOWN_MAX 64

struct asked {
	const char *config, *with; /* paths; with: NULL */
	char *packet;              /* the words, owned */
	const char *port;          /* NULL: found out */
	const char *down[ASKED_DOWN_MAX];
	unsigned down_count, near;
	bool every_port, every_rule, cost, json;

	char *file; /* of records, owned; NULL: a packet of its own */
	uint64_t first, last;
};

/* Reads options->words. Returns -1 to go on, or an exit code; in either case it is to be
 * cleared. */
int asked_read(const struct options *options, struct asked *asked);
void asked_clear(struct asked *asked);

#endif
