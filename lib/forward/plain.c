/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/plain.h"

#include "core/banned.h"

/* Of the burst's packets, as bits, those that none of these gates stopped. */
static inline uint32_t
passed(const struct burst *burst, uint32_t all, uint32_t gates)
{
	uint32_t packets = 0;

	if (burst->gated != BURST_EACH)
		return burst_stopped(burst, 0) & gates ? 0 : all;
	for (unsigned i = 0; i < burst->count; i++)
		packets |= (uint32_t)((burst->stopped[i] & gates) == 0) << i;
	return packets;
}

static inline void
refer(struct burst *burst, uint32_t packets)
{
	burst->in->copies += __builtin_popcount(packets);
	for (; packets; packets &= packets - 1)
		rte_pktmbuf_refcnt_update(burst->packets[__builtin_ctz(packets)], 1);
}

static inline void
send_some(struct port *port, struct burst *burst, uint32_t packets)
{
	struct rte_mbuf *some[BURST_MAX];
	uint64_t bytes = 0;
	unsigned count = 0;

	if (!packets)
		return;
	for (; packets; packets &= packets - 1) {
		some[count] = burst->packets[__builtin_ctz(packets)];
		bytes += rte_pktmbuf_pkt_len(some[count++]);
	}
	exit_send(port, burst, some, count, bytes);
}

static void
drop_some(const struct forms *forms, const struct form_list *list, struct outbox *outbox,
	  struct burst *burst, uint32_t packets)
{
	if (burst->gated != BURST_EACH) {
		exit_drop(burst, burst->packets, burst->count,
			  forms_reason(forms, list, burst_stopped(burst, 0)));
		return;
	}
	for (; packets; packets &= packets - 1) {
		unsigned i = __builtin_ctz(packets);

		outbox_drop(outbox, burst, forms_reason(forms, list, burst->stopped[i]),
			    burst->packets[i]);
	}
}

bool
plain_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	  forward_end end)
{
	const struct forms *forms = &plan->forms;
	const struct form_list *list = &forms->lists[END_MIRRORS(end)];
	const struct form_step *steps = &forms->steps[list->step];
	const unsigned mirrors = list->step_count - list->forwards;
	const uint32_t all = RTE_LEN2MASK(burst->count, uint32_t);
	uint32_t gives[FORM_WHOLE_MAX], ends;

	if (!list->plain)
		return false;
	for (unsigned i = 0; i < list->form_count; i++)
		gives[i] = passed(burst, all, forms->forms[list->form + i].gates);
	/* Every reference is taken before any is given away: a device may free at once. */
	for (unsigned i = 0; i < mirrors; i++)
		refer(burst, gives[steps[i].form]);
	for (unsigned i = 0; i < mirrors; i++)
		send_some(plan->ports[steps[i].target], burst, gives[steps[i].form]);
	ends = list->forwards ? gives[steps[mirrors].form] : 0;
	if (likely(ends == all)) {
		exit_send(plan->ports[steps[mirrors].target], burst, burst->packets, burst->count,
			  burst->bytes);
		return true;
	}
	if (ends)
		send_some(plan->ports[steps[mirrors].target], burst, ends);
	drop_some(forms, list, &local->outbox, burst, all & ~ends);
	forward_empty(plan, local, burst);
	return true;
}
