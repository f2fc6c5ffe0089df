/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Daemon: the other end of the socket. What fails is said on stderr, with what to do about it, and
 * comes back as the exit code that it means. One thread.
 */
#ifndef SLUICE_DAEMON_H
#define SLUICE_DAEMON_H

#include <stddef.h>

#include "sluice.h"

struct daemon {
	int fd;
	char path[512];
	int err;         /* why it can't be reached, below zero; 0: it can */
	double patience; /* seconds that an answer may take to begin, and to go on */
	bool hurried;    /* patience is for all of it */
	long long id;    /* of the last request */
	int brings;      /* descriptor that goes with the next request, owned; -1: none */
	char *buffer;    /* what has come in and was not asked for yet */
	size_t used, size;
};

/* Finds the socket and connects; options->timeout, if any, is for each answer as a whole. A
 * reading command takes stats.sock where control.sock is not
 * permitted. EXIT_DONE or EXIT_UNREACHABLE. */
int daemon_open(struct daemon *daemon, const struct options *options, bool reading);
void daemon_close(struct daemon *daemon);

/* Sends a request and waits for its answer: *answer is the whole object, the caller's. params is
 * taken over and may be NULL. A patient call waits as long as the daemon lives. Returns EXIT_DONE
 * also when the answer is an error; -1 when a signal came (see watch.h). */
int daemon_call(struct daemon *daemon, const char *method, json_t *params, bool patient,
		json_t **answer);

/* The two halves of that, for who does something else meanwhile: an answer is on its way once fd
 * can be read. */
int daemon_ask(struct daemon *daemon, const char *method, json_t *params);
int daemon_take(struct daemon *daemon, bool patient, json_t **answer);

/* Waits until the daemon has closed the connection. */
int daemon_wait_end(struct daemon *daemon);

/* What an answer that is an error means: says it on stderr (and on stdout with --json) and returns
 * the exit code. file is shown in front of findings in place of the daemon's name for it; NULL: as
 * it is. */
int daemon_refused(const struct options *options, const json_t *error, const char *file);

/* Prints an answer's result as it came, on one line. */
void daemon_print_result(const json_t *result);

#endif
