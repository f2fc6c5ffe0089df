/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/watchdog.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include "core/notify.h"
#include "core/now.h"

#include "core/banned.h"

/* sd_watchdog_enabled(3) advises a half; with a quarter, one that comes late is no matter. */
#define FEEDS 4

void
watchdog_open(struct watchdog *watchdog)
{
	uint64_t patience_us;

	*watchdog = (struct watchdog){0};
	if (sd_watchdog_enabled(0, &patience_us) > 0)
		watchdog->period_ns = patience_us * 1000 / FEEDS;
}

void
watchdog_tick(struct watchdog *watchdog, bool well)
{
	uint64_t now;

	if (watchdog->period_ns == 0 || !well)
		return;
	now = now_ns();
	if (now - watchdog->fed_ns < watchdog->period_ns)
		return;
	/* One that does not read is tried again with the next tick. */
	if (notify("WATCHDOG=1", 0) == 0)
		watchdog->fed_ns = now;
}
