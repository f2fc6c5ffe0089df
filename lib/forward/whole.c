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

/* A form of all packets: those that it could be made of stand first. */
struct made {
	struct rte_mbuf *packets[BURST_MAX];
	struct frame_bounds bounds;
	uint64_t bytes;
	uint16_t ready;
	bool given; /* to some target: wanted, as no gate was in the way */
};

/* How many forms are wanted. */
static unsigned
choose(const struct form *forms, unsigned count, uint32_t stopped, struct made *made)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < count; i++) {
		made[i].given = !(forms[i].gates & stopped);
		wanted += made[i].given;
	}
	return wanted;
}

/* What is known of packets that were all edited the quick way: their bounds, and how many bytes
 * they are. */
static inline uint64_t
know(const struct edit_reach *reach, bool chained, const struct burst *burst,
     struct frame_bounds *bounds)
{
	uint32_t most = reach->most;

	*bounds = *burst->bounds;
	bounds->chains = chained;
	bounds->min = RTE_MAX((int64_t)RTE_MIN(bounds->min, most) + reach->grows, 0);
	if (bounds->max != UINT32_MAX || most != UINT32_MAX)
		bounds->max = RTE_MIN(bounds->max, most) + reach->grows;
	return (most == UINT32_MAX ? burst->bytes : (uint64_t)most * burst->count) +
	       (int64_t)reach->grows * burst->count;
}

static void
add_up(struct made *made)
{
	made->bounds = frame_any;
	made->bytes = 0;
	for (unsigned i = 0; i < made->ready; i++)
		made->bytes += rte_pktmbuf_pkt_len(made->packets[i]);
}

/* On which packets, by their place in the burst, edits found nothing to do, and which edits, by
 * form. */
struct unedited_packets {
	uint32_t which;                          /* bits */
	uint64_t ops[BURST_MAX][FORM_WHOLE_MAX]; /* of these */
};

static __rte_noinline void
note_unedited(const struct edit_idle *idle, const uint8_t *from, unsigned form,
	      struct unedited_packets *unedited)
{
	for (uint32_t left = idle->packets; left; left &= left - 1) {
		unsigned i = __builtin_ctz(left), packet = from[i];

		if (!(unedited->which >> packet & 1))
			memset(unedited->ops[packet], 0, sizeof(unedited->ops[packet]));
		unedited->which |= 1u << packet;
		unedited->ops[packet][form] = idle->ops[i];
	}
}

static __rte_noinline void
count_unedited(const struct forms *forms, const struct form_list *list,
	       const struct unedited_packets *unedited, struct burst *burst)
{
	burst->acted[burst->verdicts[0]].unedited += __builtin_popcount(unedited->which);
	for (uint32_t left = unedited->which; left; left &= left - 1)
		unedited_count(&forms->unedited.rows[list->unedited], list->unedited_count,
			       unedited->ops[__builtin_ctz(left)], &burst->steps[list->counts]);
}

/* Of the packets in made. */
static void
make(const struct form_run *run, struct edit_local *local, struct burst *burst, struct made *made,
     unsigned form, struct unedited_packets *unedited)
{
	const struct edit_reach *reach = edit_reach(run->edit);
	const struct packet_view *views = NULL;
	uint8_t from[BURST_MAX];
	struct edit_idle idle;

	if (reach->parses) {
		burst_parse(burst);
		views = burst->views;
	}
	local->moment.in_port = burst->in_port;
	local->moment.times = NULL;
	memcpy(from, places, sizeof(from));
	made->ready = edit_run(run->edit, local, made->packets, from, views, burst->count,
			       run->manner, &idle);
	if (likely(local->evenly))
		made->bytes = know(reach, local->chained, burst, &made->bounds);
	else
		add_up(made);
	if (unlikely(idle.packets))
		note_unedited(&idle, from, form, unedited);
	edit_count_copies(local, burst->tally->copies);
}

/* All of these before any packet leaves, and last what may be edited where it lies. */
static void
make_all(const struct forward_plan *plan, struct edit_local *local, struct burst *burst,
	 const struct form_list *list, struct made *made)
{
	const struct form *forms = &plan->forms.forms[list->form];
	struct unedited_packets unedited;

	unedited.which = 0;
	for (unsigned last = 0; last <= OWN_ALONE; last += OWN_ALONE) {
		for (unsigned i = 0; i < list->form_count; i++) {
			const struct form_run *run;

			if (!made[i].given || forms[i].run == FORM_AS_IT_CAME)
				continue;
			run = &plan->forms.runs[forms[i].run];
			if ((run->manner & OWN_ALONE) != last)
				continue;
			memcpy(made[i].packets, burst->packets, sizeof(burst->packets));
			make(run, local, burst, &made[i], i, &unedited);
		}
	}
	if (unlikely(unedited.which))
		count_unedited(&plan->forms, list, &unedited, burst);
}

/* Where packets don't fit, or have no memory, others change places; so each target has places of
 * its own. */
static void
give(struct port *port, struct burst *burst, const struct made *made)
{
	struct rte_mbuf *packets[BURST_MAX];

	memcpy(packets, made->packets, sizeof(packets));
	burst->bounds = &made->bounds;
	if (unlikely(made->ready < burst->count))
		exit_drop(burst, packets + made->ready, burst->count - made->ready, DROP_NO_BUFFER);
	if (likely(made->ready))
		exit_send(port, burst, packets, made->ready, made->bytes);
}

static void
take_references(struct burst *burst, int count)
{
	for (unsigned i = 0; count && i < burst->count; i++)
		rte_pktmbuf_refcnt_update(burst->packets[i], count);
}

/* Of a packet of which a form was made that several get, each has a reference. */
static void
share(const struct made *made, unsigned count, unsigned targets)
{
	for (unsigned i = 0; targets > 1 && i < count; i++)
		rte_pktmbuf_refcnt_update(made->packets[i], targets - 1);
}

/* The forms are made; those of packets as they came are the packets. */
static void
give_all(const struct forward_plan *plan, struct burst *burst, const struct form_list *list,
	 struct made *made)
{
	const struct form_step *steps = &plan->forms.steps[list->step];
	const struct form *forms = &plan->forms.forms[list->form];

	for (unsigned i = 0; i < list->form_count; i++) {
		if (!made[i].given)
			continue;
		if (forms[i].run == FORM_AS_IT_CAME) {
			memcpy(made[i].packets, burst->packets, sizeof(burst->packets));
			made[i].bounds = *burst->bounds;
			made[i].bytes = burst->bytes;
			made[i].ready = burst->count;
		}
		share(&made[i], burst->count, forms[i].targets);
	}
	for (unsigned i = 0; i < list->step_count; i++) {
		if (!made[steps[i].form].given)
			continue;
		burst->in->copies += burst->count;
		give(plan->ports[steps[i].target], burst, &made[steps[i].form]);
	}
	burst->bounds = &frame_any;
}

/* Edits packets where they lie and sends them, where that is all there is to do and it can be done
 * to all at once. */
static bool
run_at_once(const struct forward_plan *plan, struct burst *burst, const struct form_list *list)
{
	const struct form *form = &plan->forms.forms[list->form];
	const struct edit *edit = plan->forms.runs[form->run].edit;
	struct port *port = plan->ports[plan->forms.steps[list->step].target];
	struct frame_bounds bounds;
	uint64_t bytes;

	if (!edit_at_once(edit, burst->packets, burst->count))
		return false;
	bytes = know(edit_reach(edit), false, burst, &bounds);
	burst->bounds = &bounds;
	exit_send(port, burst, burst->packets, burst->count, bytes);
	burst->bounds = &frame_any;
	return true;
}

bool
whole_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	  forward_end end)
{
	const struct forms *forms = &plan->forms;
	const struct form_list *list = &forms->lists[END_MIRRORS(end)];
	struct made made[FORM_WHOLE_MAX];
	uint32_t stopped;
	unsigned wanted;
	bool ends;

	if (!list->whole || !same_stops(burst, &stopped))
		return false;
	if (list->single && !(forms->forms[list->form].gates & stopped) &&
	    run_at_once(plan, burst, list))
		return true;
	wanted = choose(&forms->forms[list->form], list->form_count, stopped, made);
	ends = forms_give_end(forms, list, stopped);
	take_references(burst, (int)wanted - ends);
	make_all(plan, jobs_editor(local->jobs), burst, list, made);
	give_all(plan, burst, list, made);
	if (ends)
		burst->in->copies -= burst->count;
	else
		exit_drop(burst, burst->packets, burst->count, forms_reason(forms, list, stopped));
	return true;
}
