/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/whole.h"

#include <string.h>

#include "forward/jobs.h"

#include "core/banned.h"

_Static_assert(BURST_MAX == 32, "as many places below");

static const uint8_t places[BURST_MAX] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
					  11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
					  22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* Whether the same gates stopped all packets, in *stopped. */
static inline bool
same_stops(const struct burst *burst, uint32_t *stopped)
{
	uint32_t differing = 0;

	*stopped = burst_stopped(burst, 0);
	for (unsigned i = 1; burst->gated == BURST_EACH && i < burst->count; i++)
		differing |= burst->stopped[i] ^ *stopped;
	return differing == 0;
}

/* How many forms are made, of which *form is the last. */
static inline unsigned
count_made(const struct form *forms, const struct form_list *list, uint32_t stopped,
	   const struct form **form)
{
	unsigned made = 0;

	for (unsigned i = 0; i < list->form_count; i++) {
		if (forms[list->form + i].gates & stopped)
			continue;
		*form = &forms[list->form + i];
		made++;
	}
	return made;
}

/* What is known of packets that all became longer by as much. */
static struct frame_bounds
bounds_of(const struct burst *burst, int grows)
{
	struct frame_bounds bounds = *burst->bounds;

	if (bounds.max == UINT32_MAX)
		return bounds;
	bounds.min = RTE_MAX((int64_t)bounds.min + grows, 0);
	bounds.max += grows;
	bounds.chains = false;
	return bounds;
}

static void
send_evenly(struct port *port, struct burst *burst, int grows)
{
	const struct frame_bounds bounds = bounds_of(burst, grows);

	burst->bounds = &bounds;
	exit_send(port, burst, burst->packets, burst->count,
		  burst->bytes + (int64_t)grows * burst->count);
	burst->bounds = &frame_any;
}

/* Of these packets nothing is known. */
static void
send_counted(struct port *port, struct burst *burst, unsigned count)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < count; i++)
		bytes += rte_pktmbuf_pkt_len(burst->packets[i]);
	burst->bounds = &frame_any;
	exit_send(port, burst, burst->packets, count, bytes);
}

static __rte_noinline void
count_unedited(const struct forms *forms, const struct form_list *list, const struct form *form,
	       const struct edit_idle *idle, struct burst *burst)
{
	uint64_t of[CONFIG_FORMS_MAX] = {0};

	burst->acted[burst->verdicts[0]].unedited += __builtin_popcount(idle->packets);
	for (uint32_t left = idle->packets; left; left &= left - 1) {
		of[form - &forms->forms[list->form]] = idle->ops[__builtin_ctz(left)];
		unedited_count(&forms->unedited.rows[list->unedited], list->unedited_count, of,
			       &burst->steps[list->counts]);
	}
}

static void
edit_and_send(const struct forms *forms, const struct form_list *list, const struct form *form,
	      struct edit_local *local, struct port *port, struct burst *burst)
{
	const struct form_run *run = &forms->runs[form->run];
	const struct edit_reach *reach = edit_reach(run->edit);
	const struct packet_view *views = NULL;
	uint8_t from[BURST_MAX];
	struct edit_idle idle;
	uint16_t ready;

	if (reach->parses) {
		burst_parse(burst);
		views = burst->views;
	}
	local->moment.in_port = burst->in_port;
	local->moment.times = NULL;
	local->moment.duplicate = false;
	memcpy(from, places, sizeof(from));
	ready = edit_run(run->edit, local, burst->packets, from, views, burst->count, run->manner,
			 &idle);
	if (likely(local->evenly)) {
		send_evenly(port, burst, reach->grows);
		return;
	}
	if (unlikely(idle.packets))
		count_unedited(forms, list, form, &idle, burst);
	if (unlikely(ready < burst->count))
		exit_drop(burst, burst->packets + ready, burst->count - ready, DROP_NO_BUFFER);
	if (likely(ready))
		send_counted(port, burst, ready);
	edit_count_copies(local, burst->tally->copies);
}

bool
whole_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	  forward_end end)
{
	const struct forms *forms = &plan->forms;
	const struct form_list *list = &forms->lists[END_MIRRORS(end)];
	const struct form_step *last = &forms->steps[list->step + list->step_count - 1];
	const struct form *form = NULL;
	uint32_t stopped;
	unsigned made;

	if (!same_stops(burst, &stopped))
		return false;
	made = count_made(forms->forms, list, stopped, &form);
	if (made == 0) {
		exit_drop(burst, burst->packets, burst->count, forms_reason(forms, list, stopped));
		return true;
	}
	if (made > 1 || !list->forwards || form != &forms->forms[list->form + last->form] ||
	    form->targets > 1 || last->target >= FORWARD_GROUP)
		return false;
	if (form->run == FORM_AS_IT_CAME) {
		exit_send(plan->ports[last->target], burst, burst->packets, burst->count,
			  burst->bytes);
		return true;
	}
	if (edit_reach(forms->runs[form->run].edit)->timed)
		return false;
	edit_and_send(forms, list, form, jobs_editor(local->jobs), plan->ports[last->target],
		      burst);
	return true;
}
