/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/probe.h"

#ifdef SLUICE_USDT

#define _SDT_HAS_SEMAPHORES 1
#include <sched.h>
#include <sys/sdt.h>

#include "core/banned.h"

/* In the section where tracers look for them; the notes that sdt.h writes name them. */
#define SEMAPHORE(name)                                           \
	extern volatile unsigned short sluice_##name##_semaphore; \
	volatile unsigned short sluice_##name##_semaphore __attribute__((section(".probes")))

SEMAPHORE(burst);
SEMAPHORE(drop);
SEMAPHORE(copy);
SEMAPHORE(swap);
SEMAPHORE(stall);
SEMAPHORE(late);
SEMAPHORE(look_full);

/* A tracer reads a text without waiting for the page that it lies in, so that is to be there. */
static void
touch(const char *text)
{
	(void)*(const volatile char *)text;
}

void
probe_burst(const char *port, unsigned queue, unsigned count, uint64_t cycles)
{
	if (!sluice_burst_semaphore)
		return;
	touch(port);
	STAP_PROBE4(sluice, burst, port, queue, count, cycles);
}

void
probe_drop(const char *port, const char *reason, uint64_t count)
{
	if (!sluice_drop_semaphore)
		return;
	touch(port);
	touch(reason);
	STAP_PROBE3(sluice, drop, port, reason, count);
}

void
probe_copy(const char *reason, uint64_t count, uint64_t bytes)
{
	if (!sluice_copy_semaphore)
		return;
	touch(reason);
	STAP_PROBE3(sluice, copy, reason, count, bytes);
}

void
probe_swap(unsigned generation)
{
	if (sluice_swap_semaphore)
		STAP_PROBE1(sluice, swap, generation);
}

void
probe_stall(unsigned core, uint64_t ns)
{
	if (sluice_stall_semaphore)
		STAP_PROBE2(sluice, stall, core, ns);
}

void
probe_late(const char *replay, uint64_t ns)
{
	if (!sluice_late_semaphore)
		return;
	touch(replay);
	STAP_PROBE2(sluice, late, replay, ns);
}

void
probe_look_full(void)
{
	int core;

	if (!sluice_look_full_semaphore)
		return;
	core = sched_getcpu(); /* workers stay on theirs */
	STAP_PROBE1(sluice, look_full, core);
}

#endif
