/* SPDX-License-Identifier: BSD-3-Clause */
#include "host/memlock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "core/log.h"

#include "core/banned.h"

/* Linux 5.14; Debian 12's C library does not name them all. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

bool
memlock_raise(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	/* Root may; whoever else may not, and has what the service manager gave. */
	setrlimit(RLIMIT_MEMLOCK, &limit);
	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

bool
memlock_all(bool unlimited)
{
	if (!unlimited) {
		log_warning("memory is not locked: RLIMIT_MEMLOCK is not unlimited, so workers may "
			    "wait for pages that were swapped out; `ulimit -l unlimited`, or "
			    "LimitMEMLOCK=infinity in the unit");
		return false;
	}
	/* Without MCL_ONFAULT every page of a gigabyte reserved for tables would be made at
	 * once. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
		log_warning("memory is not locked: %s; workers may wait for pages that were "
			    "swapped out",
			    strerror(errno));
		return false;
	}
	return true;
}

/* A line of /proc/self/maps of a file that is part of the program: code that runs, or data that it
 * writes to. 0: of neither kind. */
static int
advice_for(const char *line, uintptr_t *start, uintptr_t *end)
{
	char mode[5], path[2];
	unsigned long inode;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu %1s", start, end, mode, &inode,
		   path) != 5 ||
	    path[0] != '/' || inode == 0 || mode[3] != 'p')
		return 0;
	if (mode[0] == 'r' && mode[2] == 'x')
		return MADV_POPULATE_READ;
	return mode[0] == 'r' && mode[1] == 'w' ? MADV_POPULATE_WRITE : 0;
}

void
memlock_populate(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t start, end;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		int advice = advice_for(line, &start, &end);

		if (advice)
			madvise((void *)start, end - start, advice);
	}
	if (maps)
		fclose(maps);
}
