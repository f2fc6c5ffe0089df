/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Back: one return: what its replay sent, what came back, and which is which. It goes on from one
 * program to the next, which hold it together. Workers put what they take into rings; one thread,
 * or offline the worker itself, has the matcher.
 */
#ifndef RETURNS_BACK_H
#define RETURNS_BACK_H

#include <pthread.h>
#include <stdatomic.h>

#include "config/config.h"
#include "match/match.h"
#include "returns/kept.h"
#include "returns/taken.h"
#include "stage/handed.h"
#include "stage/target.h"

/* What was done with packets that were held, of all returns that there ever were; held by all
 * of them, and by programs. */
struct back_books {
	atomic_uint holders;
	_Atomic uint64_t out[CONFIG_PORTS_MAX];
	_Atomic uint64_t copied, copied_bytes;
};

struct back {
	atomic_uint holders;
	char name[CONFIG_NAME_MAX + 1], replay[CONFIG_NAME_MAX + 1];
	struct config_return config; /* without its name and its replay's index */
	bool live;
	unsigned workers;
	struct handed *sent[CONFIG_WORKERS_MAX]; /* by worker */
	struct taken *taken[CONFIG_WORKERS_MAX]; /* likewise; NULL offline */
	struct back_books *books;

	/* The matcher's. */
	struct match *match;
	struct kept kept;
	_Atomic uint64_t run;   /* of the replay; 0: none yet */
	_Atomic uint64_t given; /* packets that it was given, in all runs */
	_Atomic uint64_t since; /* missed and refused before this run */
	uint8_t *scratch;       /* 64 KiB, for packets in several segments */

	pthread_t thread;
	bool has_thread;
	_Atomic bool ends;     /* the thread is to end, when the rings are empty */
	_Atomic bool ended;    /* nothing more comes, and all was decided */
	pthread_mutex_t lock;  /* on what changed */
	_Atomic unsigned asks; /* who wants the lock */
};

struct back_books *back_books_make(void);
struct back_books *back_books_hold(struct back_books *books);
void back_books_leave(struct back_books *books);

/* Makes one, which holds the books; live: with its thread. NULL: no memory. */
struct back *back_make(const struct config *config, const struct config_return *wanted,
		       struct back_books *books, bool live, unsigned workers, int numa);
struct back *back_hold(struct back *back);
/* The last one waits for the thread: not for the control thread. */
void back_leave(struct back *back);

/* Whether it is what this config wants, but for the tolerance. */
bool back_serves(const struct back *back, const struct config *config,
		 const struct config_return *wanted);

/* What the matcher does (matching.c): looks at all that there is as it begins, and decides over
 * what was not back then. Returns how many packets there were. The thread's, offline the
 * worker's. */
unsigned back_round(struct back *back);
/* Offline: these came back, and are gone afterwards. */
void back_match(struct back *back, struct rte_mbuf **packets, uint16_t count);

/* Between two rounds: whoever is no matcher may look at all of it, and for a moment alone. */
void back_lock(struct back *back);
void back_unlock(struct back *back);

/* Whether all that left and came back was given to the matcher. Under the lock. */
bool back_is_idle(const struct back *back);

/* Packets that could not be looked at since its run began: that left, or that came back. */
uint64_t back_missed(const struct back *back);

#endif
