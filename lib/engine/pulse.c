/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/pulse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/now.h"
#include "core/probe.h"

#include "core/banned.h"

/* A worker sleeps half a millisecond at most, and a round over full rings takes less: one that
 * needs a second is stuck in a driver, or has its core taken away. */
#define STALL_NS UINT64_C(1000000000)
#define STAT_BYTES 1024

static void
look(struct worker *worker, uint64_t now)
{
	struct worker_pulse *pulse = &worker->pulse;
	uint64_t rounds = atomic_load_explicit(&worker->rounds, memory_order_relaxed);

	if (pulse->since_ns == 0 || rounds != pulse->rounds) {
		if (pulse->stalled) {
			log_warning("worker pmd-%u moves again, after %.1f s", worker->core,
				    (double)(now - pulse->since_ns) / 1e9);
			probe_stall(worker->core, now - pulse->since_ns);
		}
		*pulse = (struct worker_pulse){.rounds = rounds, .since_ns = now};
		return;
	}
	if (pulse->stalled || now - pulse->since_ns < STALL_NS)
		return;
	pulse->stalled = true;
	probe_stall(worker->core, now - pulse->since_ns);
	log_error("worker pmd-%u has stood still for a second: its ports receive nothing; a driver "
		  "does not return, or core %u is taken by another program",
		  worker->core, worker->core);
}

unsigned
pulse_tick(struct worker *const *workers, unsigned count)
{
	uint64_t now = now_ns();
	unsigned stalled = 0;

	for (unsigned i = 0; i < count; i++) {
		look(workers[i], now);
		stalled += workers[i]->pulse.stalled;
	}
	return stalled;
}

bool
pulse_stalled(const struct worker *worker)
{
	return worker->pulse.stalled;
}

/* proc(5): behind the name, which may hold anything but is the last in brackets, minor faults are
 * the 8th field, and major ones the 10th. */
static bool
parse_stat(const char *text, struct pulse_faults *faults)
{
	const char *name_end = strrchr(text, ')');

	return name_end &&
	       sscanf(name_end + 1, " %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %*s %" SCNu64,
		      &faults->minor, &faults->major) == 2;
}

struct pulse_faults
pulse_faults(const struct worker *worker)
{
	int thread = atomic_load_explicit(&worker->thread, memory_order_acquire);
	struct pulse_faults faults = {0};
	char path[64], text[STAT_BYTES];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	file = thread ? fopen(path, "re") : NULL;
	if (!file)
		return faults;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	if (!parse_stat(text, &faults))
		return (struct pulse_faults){0};
	faults.minor -= worker->first_minor;
	faults.major -= worker->first_major;
	return faults;
}
