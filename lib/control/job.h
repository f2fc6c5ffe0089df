/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Job: calls whose work takes long, done one after the other in a thread of their own, so that
 * nobody else has to wait. The control thread hands them in and is told by a file descriptor when
 * one is done. There are two such threads: one prepares configs, which may take seconds, the other
 * writes long answers, which must not wait for that.
 */
#ifndef CONTROL_JOB_H
#define CONTROL_JOB_H

#include <stdint.h>

#include "control/method.h"

struct job {
	struct call call;
	unsigned slot;   /* of the connection that asked, or JOB_NOBODY */
	uint64_t serial; /* of the connection: another client may have the slot by then */
	char *line;      /* the answer, or a piece of it, if the thread has written it; owned */
	bool more;       /* there is another piece */
	struct job *next;
};

#define JOB_NOBODY UINT32_MAX

struct jobs;

/* What the two threads do with a job. */
void job_work(const struct method_daemon *daemon, struct job *job);
void job_render(const struct method_daemon *daemon, struct job *job);

/* daemon must outlive the jobs. name is the thread's. Negative errno on failure, logged. */
int jobs_open(const struct method_daemon *daemon, const char *name,
	      void (*work)(const struct method_daemon *daemon, struct job *job), struct jobs **out);

/* Waits for the one being worked on; those not begun are dropped. */
void jobs_close(struct jobs *jobs);

/* Whether what is handed in now is begun at once. */
bool jobs_idle(struct jobs *jobs);

/* Readable when a job is done. */
int jobs_fd(const struct jobs *jobs);

/* Takes the job over. The next one is begun only after jobs_done gave this one out and jobs_next
 * was called, so that what it prepared is in force before another looks at the daemon. */
void jobs_add(struct jobs *jobs, struct job *job);

/* Takes back one that was given out: it is the next, before all that wait. */
void jobs_again(struct jobs *jobs, struct job *job);

/* Frees the jobs of a connection that are not begun yet: they end with it. What changes something
 * is an order: it is carried out though who gave it has left, unless JOBS_KEPT wait. */
#define JOBS_KEPT 64
void jobs_cancel(struct jobs *jobs, unsigned slot, uint64_t serial);

/* The job that is done, now the caller's, or NULL. */
struct job *jobs_done(struct jobs *jobs);
void jobs_next(struct jobs *jobs);

void job_free(struct job *job);

#endif
