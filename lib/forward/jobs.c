/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/jobs.h"

#include <string.h>

#include "port/ports.h"
#include "port/time.h"

#include "core/banned.h"

/* Forms that are made at once, unless one packet can have more. */
#define JOBS_MIN 512
#define NO_JOB UINT32_MAX

struct job {
	/* One reference, for the form's targets; once it is made, what these get. */
	struct rte_mbuf *packet;
	uint32_t next;     /* that goes through the same edits */
	uint8_t index;     /* which of the burst's packets it is of */
	uint8_t duplicate; /* as in struct edit_moment */
	bool failed;       /* there was no memory */
	bool idle;         /* an edit found nothing to do */
};

/* Of one run: its jobs in the order of packets. */
struct queue {
	uint32_t first, last;
};

struct jobs {
	struct edit_local edit;
	uint64_t times[BURST_MAX]; /* ns since the epoch */
	uint32_t inner[BURST_MAX]; /* flows of what is inside */
	uint32_t most;
	uint32_t count, touched_count;
	struct job *items;
	uint64_t *idle;    /* by job: bits of edits that found nothing to do, where one did */
	uint32_t *touched; /* runs that have jobs */
	struct queue *queues;
};

static uint32_t
most_of(const struct forward_plan *plan)
{
	return RTE_MAX(plan->forms.most, JOBS_MIN);
}

size_t
jobs_size(const struct forward_plan *plan)
{
	size_t runs = plan->forms.run_count;

	return sizeof(struct jobs) + most_of(plan) * (sizeof(struct job) + sizeof(uint64_t)) +
	       runs * (sizeof(struct queue) + sizeof(uint32_t));
}

void
jobs_begin(const struct forward_plan *plan, struct forward_local *local)
{
	struct jobs *jobs = local->jobs;

	local->inner = jobs->inner;
	jobs->edit.own.packets = plan->packets;
	jobs->edit.own.headers = plan->headers;
	jobs->edit.own.copy_break = plan->copy_break;
	jobs->most = most_of(plan);
	jobs->items = (struct job *)(jobs + 1);
	jobs->idle = (uint64_t *)(jobs->items + jobs->most);
	jobs->queues = (struct queue *)(jobs->idle + jobs->most);
	jobs->touched = (uint32_t *)(jobs->queues + plan->forms.run_count);
	for (uint32_t i = 0; i < plan->forms.run_count; i++)
		jobs->queues[i].first = NO_JOB;
}

struct edit_local *
jobs_editor(struct jobs *jobs)
{
	return &jobs->edit;
}

/* Now, while every packet is still as it came in. */
static void
look(const struct forward_plan *plan, struct jobs *jobs, struct burst *burst)
{
	struct edit_moment *moment = &jobs->edit.moment;

	if (plan->uses_groups)
		burst_hashes(burst);
	if (plan->forms.parses)
		burst_parse(burst);
	if (plan->enters)
		burst_enter(burst, burst_suspects(burst));
	for (unsigned i = 0; plan->enters && i < burst->count; i++)
		jobs->inner[i] = forward_hash_inner(burst, i);
	moment->in_port = burst->in_port;
	moment->times = NULL;
	if (!plan->forms.timed || packet_time_offset >= 0)
		return;
	burst_times(burst);
	for (unsigned i = 0; i < burst->count; i++)
		jobs->times[i] = burst->times[i] + clock_epoch(burst->clock);
	moment->times = jobs->times;
}

static void
add_job(const struct form *form, struct jobs *jobs, struct rte_mbuf *packet, unsigned index,
	uint8_t duplicate)
{
	uint32_t number = jobs->count++;
	struct queue *queue;

	jobs->items[number] = (struct job){
		.packet = packet, .next = NO_JOB, .index = index, .duplicate = duplicate};
	if (form->run == FORM_AS_IT_CAME)
		return;
	queue = &jobs->queues[form->run];
	if (queue->first == NO_JOB) {
		queue->first = number;
		jobs->touched[jobs->touched_count++] = form->run;
	} else {
		jobs->items[queue->last].next = number;
	}
	queue->last = number;
}

/* Takes a reference to the packet for each form that a list wants of it. The one that came in is
 * the end's. *duplicate: some gate, of this list or one before, has found that it is one. */
static void
gather_list(const struct forward_plan *plan, struct jobs *jobs, struct rte_mbuf *packet,
	    unsigned index, forward_end end, uint32_t stopped, bool *duplicate)
{
	const struct forms *forms = &plan->forms;
	const struct form_list *list = &forms->lists[END_MIRRORS(end)];
	int references = 0;

	if (!forward_has_forms(end)) {
		references = plan->mirrors[END_MIRRORS(end)].count;
	} else {
		for (unsigned i = 0; i < list->form_count; i++) {
			const struct form *form = &forms->forms[list->form + i];

			if (form->gates & stopped)
				continue;
			add_job(form, jobs, packet, index,
				form_knows(forms, form, stopped, *duplicate));
			references++;
		}
		*duplicate |= (list->dedups & stopped) != 0;
		references -= forms_give_end(forms, list, stopped);
	}
	if (references)
		rte_pktmbuf_refcnt_update(packet, references);
}

/* Those that succeeded stand first, those that failed behind them, both in the order given. */
static void
take_results(struct jobs *jobs, const uint32_t *numbers, unsigned count,
	     struct rte_mbuf *const *packets, const uint8_t *from, unsigned ready,
	     const struct edit_idle *idle)
{
	unsigned good = 0, bad = ready;

	for (unsigned i = 0; i < count; i++) {
		struct job *job = &jobs->items[numbers[i]];

		if (likely(good < ready && from[good] == job->index)) {
			job->packet = packets[good];
			job->idle = idle->packets >> good & 1;
			if (unlikely(job->idle))
				jobs->idle[numbers[i]] = idle->ops[good];
			good++;
		} else {
			job->packet = packets[bad++];
			job->failed = true;
		}
	}
}

static void
make_run(const struct form_run *run, struct jobs *jobs, struct burst *burst, uint32_t number)
{
	const struct packet_view *views = burst->parsed ? burst->views : NULL;
	struct rte_mbuf *packets[BURST_MAX];
	uint32_t numbers[BURST_MAX];
	struct edit_idle idle;
	uint8_t from[BURST_MAX];

	while (number != NO_JOB) {
		uint8_t duplicate = jobs->items[number].duplicate;
		unsigned count = 0, ready;

		for (; number != NO_JOB && count < BURST_MAX &&
		       jobs->items[number].duplicate == duplicate;
		     number = jobs->items[number].next) {
			packets[count] = jobs->items[number].packet;
			from[count] = jobs->items[number].index;
			numbers[count++] = number;
		}
		jobs->edit.moment.duplicate = duplicate;
		ready = edit_run(run->edit, &jobs->edit, packets, from, views, count, run->manner,
				 &idle);
		take_results(jobs, numbers, count, packets, from, ready, &idle);
	}
}

/* Those that may be edited where they lie come last: nobody looks at them any more as they came. */
static void
make_forms(const struct forward_plan *plan, struct jobs *jobs, struct burst *burst)
{
	for (unsigned last = 0; last <= OWN_ALONE; last += OWN_ALONE) {
		for (uint32_t i = 0; i < jobs->touched_count; i++) {
			const struct form_run *run = &plan->forms.runs[jobs->touched[i]];

			if ((run->manner & OWN_ALONE) == last)
				make_run(run, jobs, burst, jobs->queues[jobs->touched[i]].first);
		}
	}
	for (uint32_t i = 0; i < jobs->touched_count; i++)
		jobs->queues[jobs->touched[i]].first = NO_JOB;
	jobs->touched_count = 0;
}

/* Every reference of a form is taken before any is given away: a device may free at once. Returns
 * how many targets got the packet. */
static unsigned
give_forms(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	   const struct form_list *list, struct job *const *made)
{
	const struct form_step *steps = &plan->forms.steps[list->step];
	const struct form *forms = &plan->forms.forms[list->form];
	unsigned given = 0;

	for (unsigned i = 0; i < list->form_count; i++) {
		if (made[i] && forms[i].targets > 1)
			rte_pktmbuf_refcnt_update(made[i]->packet, forms[i].targets - 1);
	}
	for (unsigned i = 0; i < list->step_count; i++) {
		const struct job *job = made[steps[i].form];

		if (!job)
			continue;
		given++;
		if (unlikely(job->failed))
			outbox_drop(&local->outbox, burst, DROP_NO_BUFFER, job->packet);
		else
			forward_deliver(plan, local, burst, job->index, steps[i].target,
					job->packet, true);
	}
	return given;
}

static __rte_noinline void
count_unedited(const struct forms *forms, const struct form_list *list, const struct jobs *jobs,
	       struct job *const *made, uint64_t *steps)
{
	uint64_t idle[CONFIG_FORMS_MAX] = {0};

	for (unsigned i = 0; i < list->form_count; i++) {
		if (made[i] && made[i]->idle)
			idle[i] = jobs->idle[made[i] - jobs->items];
	}
	unedited_count(&forms->unedited.rows[list->unedited], list->unedited_count, idle,
		       &steps[list->counts]);
}

/* Gives a packet to those whom a list with forms names. *next is the first of its jobs, and behind
 * them afterwards. */
static void
deliver_forms(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	      uint32_t rule, uint32_t stopped, uint32_t *next)
{
	const struct forms *forms = &plan->forms;
	const struct form_list *list = &forms->lists[END_MIRRORS(plan->ends[rule])];
	struct job *made[CONFIG_FORMS_MAX];
	bool idle = false;
	unsigned given;

	for (unsigned i = 0; i < list->form_count; i++) {
		made[i] = NULL;
		if (forms->forms[list->form + i].gates & stopped)
			continue;
		made[i] = &local->jobs->items[(*next)++];
		idle |= made[i]->idle;
	}
	given = give_forms(plan, local, burst, list, made);
	burst->in->copies += given - forms_give_end(forms, list, stopped);
	burst->acted[rule].unedited += idle;
	if (unlikely(idle))
		count_unedited(forms, list, local->jobs, made, burst->steps);
}

/* References were taken when jobs were gathered. */
static void
deliver_mirrors(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
		unsigned index, forward_end end)
{
	const struct forward_mirrors *mirrors = &plan->mirrors[END_MIRRORS(end)];

	burst->in->copies += mirrors->count;
	for (uint32_t i = 0; i < mirrors->count; i++)
		forward_deliver(plan, local, burst, index, plan->targets[mirrors->first + i],
				burst->packets[index], true);
}

static void
deliver_decided(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
		unsigned index, uint32_t *next)
{
	uint32_t rule = burst->verdicts[burst->uniform ? 0 : index];
	uint32_t stopped = burst_stopped(burst, index);
	forward_end end = plan->ends[rule];
	const struct form_list *list = &plan->forms.lists[END_MIRRORS(end)];

	if (!forward_has_forms(end)) {
		deliver_mirrors(plan, local, burst, index, end);
		forward_deliver(plan, local, burst, index, END_TARGET(end), burst->packets[index],
				true);
		return;
	}
	deliver_forms(plan, local, burst, rule, stopped, next);
	if (!forms_give_end(&plan->forms, list, stopped))
		outbox_drop(&local->outbox, burst, forms_reason(&plan->forms, list, stopped),
			    burst->packets[index]);
}

struct place {
	unsigned packet, pass;
};

/* Jobs of as many packets as there is room for, all of each. */
static struct place
gather(const struct forward_plan *plan, struct jobs *jobs, const struct burst *burst,
       struct place place)
{
	jobs->count = 0;
	for (; place.packet < burst->count && jobs->count + plan->forms.most <= jobs->most;
	     place.packet++) {
		struct rte_mbuf *packet = burst->packets[place.packet];
		bool duplicate = false;

		for (; place.pass < burst->passed_count &&
		       burst->passed[place.pass].packet == place.packet;
		     place.pass++) {
			const struct burst_pass *pass = &burst->passed[place.pass];

			gather_list(plan, jobs, packet, place.packet, plan->ends[pass->rule],
				    burst_pass_stopped(burst, pass), &duplicate);
		}
		gather_list(plan, jobs, packet, place.packet,
			    plan->ends[burst->verdicts[burst->uniform ? 0 : place.packet]],
			    burst_stopped(burst, place.packet), &duplicate);
	}
	return place;
}

static void
deliver(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	struct place from, struct place to)
{
	uint32_t next = 0;

	for (unsigned i = from.packet; i < to.packet; i++) {
		for (; from.pass < to.pass && burst->passed[from.pass].packet == i; from.pass++) {
			const struct burst_pass *pass = &burst->passed[from.pass];
			forward_end end = plan->ends[pass->rule];

			if (forward_has_forms(end))
				deliver_forms(plan, local, burst, pass->rule,
					      burst_pass_stopped(burst, pass), &next);
			else
				deliver_mirrors(plan, local, burst, i, end);
		}
		deliver_decided(plan, local, burst, i, &next);
	}
}

void
jobs_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst)
{
	struct jobs *jobs = local->jobs;
	struct place from = {0}, to;

	look(plan, jobs, burst);
	/* Of edited packets nothing is known. */
	burst->bounds = &frame_any;
	for (; from.packet < burst->count; from = to) {
		to = gather(plan, jobs, burst, from);
		make_forms(plan, jobs, burst);
		deliver(plan, local, burst, from, to);
	}
	forward_empty(plan, local, burst);
	edit_count_copies(&jobs->edit, burst->tally->copies);
}
