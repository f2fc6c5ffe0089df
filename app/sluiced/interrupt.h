/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interrupt: ends the daemon on SIGTERM and SIGINT while it starts, which may take long: devices that wait for
 * their other end, configs of a hundred thousand rules. Nothing runs yet that would have to be drained, and the kernel
 * takes back what there is. Signals are blocked in all threads, so that one that comes later is the control thread's.
 */
#ifndef SLUICED_INTERRUPT_H
#define SLUICED_INTERRUPT_H

#include <pthread.h>
#include <stdbool.h>

struct interrupt {
	pthread_t thread;
	int signals, end;
	bool watching;
};

/* Begins to watch. Without success, which is logged, signals wait until the daemon runs. */
void interrupt_watch(struct interrupt *interrupt);

/* From here on signals are left alone. */
void interrupt_end(struct interrupt *interrupt);

#endif
