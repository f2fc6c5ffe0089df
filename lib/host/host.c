/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/host.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/banned.h"

static void
wait_for(void *argument, unsigned milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000,
				.tv_nsec = milliseconds % 1000 * 1000000L};

	nanosleep(&time, NULL);
}

int
host_open(struct host *host)
{
	const struct passwd *entry = getpwuid(geteuid());

	*host = (struct host){.root = {""}, .wait = wait_for};
	if (entry)
		snprintf(host->user, sizeof(host->user), "%s", entry->pw_name);
	else
		snprintf(host->user, sizeof(host->user), "%u", geteuid());
	return cores_read(&host->cores);
}

void
host_raise_memlock(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* One's own lower limit may always be raised to the upper one. */
	(void)setrlimit(RLIMIT_MEMLOCK, &limit);
}
