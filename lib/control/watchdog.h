/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watchdog: tells the service manager that the daemon is well, as long as it is. Where none waits
 * for that, all this does nothing. Control thread.
 */
#ifndef CONTROL_WATCHDOG_H
#define CONTROL_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct watchdog {
	uint64_t period_ns; /* 0: nobody waits */
	uint64_t fed_ns;
};

/* Asks the environment, which the service manager set (sd_watchdog_enabled(3)). */
void watchdog_open(struct watchdog *watchdog);

/* Call at least as often as half the service manager's time: feeds when it is due and all is
 * well. */
void watchdog_tick(struct watchdog *watchdog, bool well);

#endif
