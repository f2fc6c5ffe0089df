/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/sent.h"

#include <rte_malloc.h>
#include <time.h>

#include "core/now.h"

#include "core/banned.h"

/* A port takes a burst in less; a worker that the kernel has taken off its core, in more. */
#define NAP_NS 1000

struct sent *
sent_make(uint32_t packets, int numa)
{
	struct sent *sent = rte_zmalloc_socket(
		"sent", sizeof(*sent) + packets * sizeof(struct sent_packet), 64, numa);

	if (sent)
		sent->mask = packets - 1;
	return sent;
}

void
sent_free(struct sent *sent)
{
	const struct sent_packet *next;

	if (!sent)
		return;
	while ((next = sent_peek(sent, 0))) {
		rte_pktmbuf_free(next->packet);
		sent_drop(sent, 1);
	}
	rte_free(sent);
}

bool
sent_settle(struct sent *sent, uint64_t patience_ns)
{
	uint64_t began = atomic_load_explicit(&sent->under_way, memory_order_seq_cst);
	uint64_t deadline;

	if (!(began & 1))
		return true;
	deadline = now_ns() + patience_ns;
	while (atomic_load_explicit(&sent->under_way, memory_order_acquire) == began) {
		if (now_ns() > deadline)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
	}
	return true;
}
