/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limit: a plugin for benchmarks. Of the packets that a device always has, its only queue gets as
 * many a second as a file says, in bursts of random size at random times: load that is not full, from
 * drivers that know no other. The environment names the device, LIMIT_DEVICE, and the file,
 * LIMIT_FILE: a 64-bit number, 0 for all that come, which may change at any time.
 */
#include <fcntl.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/banned.h"

#define CHUNK_MAX 24     /* packets that come at once */
#define WAITING_MAX 4096 /* packets, as in a ring */
#define LOOK_NS 2000000

static const volatile uint64_t *limit;
static eth_rx_burst_t receive;
static uint64_t rate, next, waiting, hz;
static uint64_t between; /* of two packets, in 256ths of a cycle */

/* Xorshift: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003. */
static uint64_t
at_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* What it takes is taken for the burst's: a few cycles a packet would be too many. */
static void
arrive(uint64_t now)
{
	while (next <= now && waiting < WAITING_MAX) {
		uint64_t random = at_random(), chunk = 1 + (random >> 8) % CHUNK_MAX;

		waiting += chunk;
		/* From 0 to twice the mean. */
		next += (chunk * between * (random & 255)) >> 15;
	}
	/* What came meanwhile is lost, as of a ring that is full. */
	if (next <= now)
		next = now;
}

static uint16_t
receive_some(void *queue, struct rte_mbuf **packets, uint16_t count)
{
	uint64_t now = rte_rdtsc();
	uint16_t got;

	if (unlikely(*limit != rate)) {
		rate = *limit;
		between = 256 * hz / (rate ? rate : 1);
		next = now;
		waiting = 0;
	}
	/* What this takes is in both rates, or the limited one would seem the dearer. */
	if (rate == 0)
		next = now;
	arrive(now);
	if (rate == 0)
		waiting = WAITING_MAX;
	if (waiting == 0)
		return 0;
	got = receive(queue, packets, waiting < count ? (uint16_t)waiting : count);
	waiting -= got;
	return got;
}

/* The library has a device's function where callers find it once the device is started; of a device
 * that there is not, that is one which does nothing. */
static void *
stand_between(void *device)
{
	const struct timespec nap = {.tv_nsec = LOOK_NS};
	uint16_t port;

	while (rte_eth_dev_get_port_by_name(device, &port) != 0 ||
	       rte_eth_fp_ops[port].rx_pkt_burst ==
		       rte_eth_fp_ops[RTE_MAX_ETHPORTS - 1].rx_pkt_burst)
		nanosleep(&nap, NULL);
	hz = rte_get_tsc_hz();
	between = 256 * hz;
	receive = rte_eth_fp_ops[port].rx_pkt_burst;
	rte_eth_fp_ops[port].rx_pkt_burst = receive_some;
	return NULL;
}

RTE_INIT(begin)
{
	char *device = getenv("LIMIT_DEVICE"), *path = getenv("LIMIT_FILE");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *map = MAP_FAILED;
	pthread_t thread;

	if (fd >= 0) {
		map = mmap(NULL, sizeof(*limit), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (!device || map == MAP_FAILED) {
		fprintf(stderr,
			"limit: LIMIT_DEVICE and LIMIT_FILE are to name a device and a file\n");
		exit(EXIT_FAILURE);
	}
	limit = map;
	pthread_create(&thread, NULL, stand_between, device);
	pthread_detach(thread);
}
