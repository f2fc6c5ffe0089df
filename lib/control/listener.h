/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listener: the run-dir with its lock and its two sockets.
 */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

enum listener_access { LISTENER_CONTROL, LISTENER_STATS, LISTENERS };

struct listener {
	char *directory; /* NULL: there is none */
	int lock;        /* held while the daemon lives, so that a killed one leaves none behind */
	int sockets[LISTENERS]; /* listening, non-blocking */
};

/* What fails is logged with what would mend it and undone; returns a negative errno, -EEXIST when
 * another daemon has the run-dir. */
int listener_open(struct listener *listener, const char *directory);

/* Removes the files alone. Any thread. */
void listener_unlink(const struct listener *listener);

/* Closes and removes sockets and lock. */
void listener_close(struct listener *listener);

#endif
