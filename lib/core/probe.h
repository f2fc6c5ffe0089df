/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probe: where tracers such as bpftrace may look into a running daemon: static probes (USDT) of the
 * provider "sluice". Each has a semaphore, which the kernel raises while a tracer listens: until
 * then a probe is a test of it. While one listens each hit costs some 2,000 cycles, so there is one
 * a burst or event, never one a packet. Names are texts, borrowed for the call. Any thread.
 *
 * Each of these functions is the one place of its probe, and does nothing while nobody listens; nor
 * where the build has none (meson's option usdt).
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* In place of a queue: the packets are a replay's. */
#define PROBE_REPLAY UINT16_MAX

#ifdef SLUICE_USDT

extern volatile unsigned short sluice_burst_semaphore, sluice_drop_semaphore, sluice_copy_semaphore,
	sluice_late_semaphore;

/* Whether somebody listens to what is told burst by burst. */
static inline bool
probe_bursts(void)
{
	return sluice_burst_semaphore | sluice_drop_semaphore | sluice_copy_semaphore |
	       sluice_late_semaphore;
}

/* A burst of count packets, from taken in to handed over or dropped. */
void probe_burst(const char *port, unsigned queue, unsigned count, uint64_t cycles);
/* Of one burst, packets that were dropped for one reason. port: that they came in on, or were
 * replayed to. */
void probe_drop(const char *port, const char *reason, uint64_t count);
/* Of one burst, what was copied for one reason. */
void probe_copy(const char *reason, uint64_t count, uint64_t bytes);
/* Another config runs, the so manieth since the start. */
void probe_swap(unsigned generation);
/* A worker has stood still for so long, and may still; and again when it moves. */
void probe_stall(unsigned core, uint64_t ns);
/* Packets of a replay's burst were later than it tolerates, the first of them by so much. */
void probe_late(const char *replay, uint64_t ns);
/* A look has no room for a packet of the worker that calls: once until its reader has taken
 * something. */
void probe_look_full(void);

#else

static inline bool
probe_bursts(void)
{
	return false;
}

static inline void
probe_burst(const char *port, unsigned queue, unsigned count, uint64_t cycles)
{
}

static inline void
probe_drop(const char *port, const char *reason, uint64_t count)
{
}

static inline void
probe_copy(const char *reason, uint64_t count, uint64_t bytes)
{
}

static inline void
probe_swap(unsigned generation)
{
}

static inline void
probe_stall(unsigned core, uint64_t ns)
{
}

static inline void
probe_late(const char *replay, uint64_t ns)
{
}

static inline void
probe_look_full(void)
{
}

#endif
#endif
