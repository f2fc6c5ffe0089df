/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Differ: `sluiced diff` as a process of its own, which compares what runs with a file. It links
 * DPDK, which the client does not, and what it takes of memory and time is not the daemon's.
 */
#ifndef SLUICE_DIFFER_H
#define SLUICE_DIFFER_H

#include <stdio.h>
#include <sys/types.h>

#include "daemon.h"

#define DIFFER_WORDS_MAX 1200

struct differ {
	int config; /* what runs, as text in memory; -1: none */
	const char *words[DIFFER_WORDS_MAX + 1];
	unsigned count;
	char path[32]; /* of the config */
	pid_t process;
	FILE *input; /* what it reads from its standard input, or NULL */
};

/* Asks the daemon what runs, and which cores its workers poll: this process leaves them from now
 * on, if there are others. Returns an exit code, said on stderr; to be closed in either case. */
int differ_open(struct differ *differ, const struct options *options, struct daemon *daemon,
		const char *file);

/* A further word of its command line; those beyond DIFFER_WORDS_MAX are refused by differ_start. */
void differ_word(struct differ *differ, const char *word);

/* reads: it is given something on its standard input. Returns an exit code. */
int differ_start(struct differ *differ, bool reads);

/* There is nothing to compare: it says nothing, and ends. */
void differ_stop(struct differ *differ);

/* Ends its input and waits for it. Returns its exit code. */
int differ_wait(struct differ *differ);
void differ_close(struct differ *differ);

#endif
