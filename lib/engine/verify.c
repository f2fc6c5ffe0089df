/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/verify.h"

#include "packet/checksum.h"

#include "core/banned.h"

void
verify_start(struct worker_queue *queue, uint32_t one_in)
{
	queue->verify = one_in;
	queue->until = one_in ? one_in - 1 : UINT64_MAX;
}

void
verify_burst(struct worker_queue *queue, const struct burst *burst, struct tally_port *tally)
{
	uint64_t at = queue->until;

	/* Not by a NIC's word, but after more packets than there will ever be. */
	if (queue->verify == 0) {
		queue->until = UINT64_MAX;
		return;
	}
	while (at < burst->count) {
		enum checksum_verdict verdict = checksum_verify(burst->packets[at]);

		if (verdict == CHECKSUM_UNSAID) {
			at++;
			continue;
		}
		tally_count(&tally->checksum_checked, 1);
		tally_count(&tally->checksum_wrong, verdict == CHECKSUM_WRONG);
		at += queue->verify;
	}
	queue->until = at - burst->count;
}
