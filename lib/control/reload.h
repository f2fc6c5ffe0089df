/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reload: what SIGHUP asks for. It is what `config.apply` does for a client, done for nobody, and
 * one at a time: signals that come while one is under way are joined in one behind it. Control
 * thread.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include <stdbool.h>
#include <sys/signalfd.h>

#include "control/job.h"

struct reload {
	const char *file; /* NULL: there is nothing to read again */
	int signals;      /* readable when one has come; -1: not open */
	/* The last that no reload has begun for. */
	struct signalfd_siginfo last;
	bool wanted, under_way;
};

/* SIGHUP must be blocked in all threads; file, which may be NULL, must outlive the reload. Negative
 * errno on failure, not logged; reload_close may follow all the same. */
int reload_open(struct reload *reload, const char *file);
void reload_close(struct reload *reload);

/* Takes the signals that came; reload_begin is what they ask for. */
void reload_hear(struct reload *reload);

/* Hands in a job that applies the file, if somebody has asked and none is under way. */
void reload_begin(struct reload *reload, struct jobs *jobs);

/* A job of reload_begin's is done. */
void reload_done(struct reload *reload);

#endif
