/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outcome: what becomes of a request line, whoever sent it: an answer, a job for the rest, or both.
 * Control thread.
 */
#ifndef CONTROL_OUTCOME_H
#define CONTROL_OUTCOME_H

#include "control/job.h"
#include "control/method.h"

struct outcome {
	/* A line; NULL: none is due, or not yet. */
	char *answer;
	/* For the rest, whose slot is for the caller to fill in; NULL: there is none. */
	struct job *job;
	/* The client passed a limit. */
	bool closing;
};

/* Takes the descriptor of whoever calls over. Answer and job are to be freed. */
struct outcome outcome_of(struct method_daemon *daemon, const char *line, size_t length,
			  struct caller caller);

#endif
