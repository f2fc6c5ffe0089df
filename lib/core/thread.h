/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Thread: what the process's threads have in common.
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include <signal.h>

/* With this signal the sandbox has each thread give up its capabilities; no thread may block it. glibc keeps the
 * first two real-time signals for itself, and DPDK uses none. */
#define THREAD_SIGNAL (SIGRTMIN + 5)

#endif
