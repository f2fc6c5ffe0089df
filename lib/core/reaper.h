/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reaper: gives back what is large in a thread of its own, so that nobody waits for it: a program
 * of a million rules takes a second to free. Any thread but a worker.
 */
#ifndef CORE_REAPER_H
#define CORE_REAPER_H

/* Has release(what) called soon; by the caller itself where there is no memory for a thread. */
void reaper_take(void (*release)(void *what), void *what);

/* Waits until all that was taken is given back. */
void reaper_settle(void);

#endif
