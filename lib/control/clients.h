/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients: all connections, and the way of a request through one: line, call, answer.
 */
#ifndef CONTROL_CLIENTS_H
#define CONTROL_CLIENTS_H

#include "control/connection.h"
#include "control/job.h"
#include "control/method.h"

#define CLIENTS_MAX 32

struct clients {
	struct method_daemon *daemon;
	struct jobs *jobs; /* set before the first client is served */
	int epoll;         /* where connections are waited for, under their slot's number */
	struct connection slots[CLIENTS_MAX];
};

void clients_open(struct clients *clients, struct method_daemon *daemon, int epoll);
void clients_close(struct clients *clients);

/* Takes every client that waits on a listening socket. */
void clients_accept(struct clients *clients, int listener, bool reading_only);

/* A connection is ready to be read from or written to, or its client has gone. */
void clients_ready(struct clients *clients, unsigned slot, bool hung_up);

/* Answers whoever asked for the job, if still there, and frees it. */
void clients_job_done(struct clients *clients, struct job *job);

/* Closes those that took too long. */
void clients_tick(struct clients *clients);

/* Whether an answer is still on its way out. */
bool clients_busy(const struct clients *clients);

/* One request line to one answer line (NULL: none is due), or a job (then *job is set, and its slot is
 * for the caller to fill in). The caller frees either. */
char *clients_handle(struct method_daemon *daemon, const char *line, size_t length,
		     bool reading_only, struct job **job);

#endif
