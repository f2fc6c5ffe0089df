/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients: all connections, and the way of a request through one: line, call, answer.
 */
#ifndef CONTROL_CLIENTS_H
#define CONTROL_CLIENTS_H

#include "control/connection.h"
#include "control/job.h"
#include "control/method.h"

#define CLIENTS_MAX 32 /* on each socket: who may only read can't keep the owner out */
#define CLIENTS_SLOTS (2 * CLIENTS_MAX) /* control.sock's, then stats.sock's */

struct clients {
	struct method_daemon *daemon;
	struct jobs *works, *renders; /* set before the first client is served */
	int epoll; /* where connections are waited for, under their slot's number */
	int spare; /* a descriptor to give up when there is no other to turn a client away */
	struct connection slots[CLIENTS_SLOTS];
	/* Whose next piece waits until the client took the one before. */
	struct job *rests[CLIENTS_SLOTS];
	/* Whose answer is not there yet; one a connection. */
	struct job *waits[CLIENTS_SLOTS];
};

void clients_open(struct clients *clients, struct method_daemon *daemon, int epoll);
void clients_close(struct clients *clients);

/* Takes some of the clients that wait on a listening socket. */
void clients_accept(struct clients *clients, int listener, bool reading_only);

/* A connection is ready to be read from or written to, or its client has gone. */
void clients_ready(struct clients *clients, unsigned slot, bool hung_up);

/* Answers whoever asked for the job, if still there, and frees it. */
void clients_job_done(struct clients *clients, struct job *job);

/* Closes those that took too long. */
void clients_tick(struct clients *clients);

/* Whether an answer is still on its way out. */
bool clients_busy(const struct clients *clients);

#endif
