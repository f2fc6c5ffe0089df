/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/handed.h"

#include <rte_malloc.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

/* A port takes a burst in less; a worker that the kernel has taken off its core, in more. */
#define NAP_NS 1000

struct handed *
handed_make(uint32_t packets, int numa)
{
	struct handed *handed = rte_zmalloc_socket(
		"handed", sizeof(*handed) + packets * sizeof(struct handed_packet), 64, numa);

	if (handed)
		handed->mask = packets - 1;
	return handed;
}

void
handed_free(struct handed *handed)
{
	const struct handed_packet *next;

	if (!handed)
		return;
	while ((next = handed_peek(handed, 0, handed_end(handed)))) {
		rte_pktmbuf_free(next->packet);
		handed_drop(handed, 1);
	}
	rte_free(handed);
}

bool
handed_settle(struct handed *handed, uint64_t patience_ns)
{
	uint64_t began = atomic_load_explicit(&handed->under_way, memory_order_seq_cst);
	uint64_t deadline;

	if (!(began & 1))
		return true;
	deadline = now_ns() + patience_ns;
	while (atomic_load_explicit(&handed->under_way, memory_order_acquire) == began) {
		if (now_ns() > deadline)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
	}
	return true;
}
