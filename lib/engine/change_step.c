/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a change that is quick and that workers see, in the control thread. */
#include <errno.h>
#include <string.h>

#include "core/now.h"
#include "engine/change.h"
#include "engine/collect.h"
#include "engine/gauges.h"
#include "engine/surges.h"

#include "core/banned.h"

#define BIT(slot) (UINT64_C(1) << (slot))
/* How long workers may take to stop replays, before the change is refused: then these stay
 * stopped. */
#define STOP_NS UINT64_C(1000000000)

/* Out of what workers look at: their devices are closed when no worker can have them any more. */
static int
take_out(struct change *change)
{
	struct ports *ports = change->changes->ports;
	int ret;

	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		struct port *port;

		if (!(change->clear >> slot & 1))
			continue;
		port = ports_at(ports, slot);
		if (port_service(port) != PORT_IN_SERVICE)
			continue;
		change->out |= BIT(slot);
		atomic_store(&port->service, PORT_STOPPED);
	}
	ret = service_replace(change->changes->service, &change->token);
	return ret < 0 ? change_fail(change, ret, "%s",
				     ret == -EBUSY ? CHANGE_STUCK : "out of memory")
		       : 0;
}

static void
put_back(struct change *change)
{
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (change->out >> slot & 1)
			atomic_store(&ports_at(change->changes->ports, slot)->service,
				     PORT_IN_SERVICE);
	}
	/* Without memory for it now, the next change of any port does it. */
	service_replace(change->changes->service, &change->token);
}

/* Those that end, or begin anew. */
static bool
ends(const struct change *change, const struct replay *replay)
{
	for (unsigned i = 0; i < change->config->replay_count; i++) {
		if (change->replays[i].fate == ENGINE_KEPT && change->replays[i].replay == replay)
			return false;
	}
	return true;
}

/* -EAGAIN: some have not stopped yet. */
static int
stop_replays(struct change *change)
{
	const struct replays *replays = change->changes->replays;
	struct replay *ending[CONFIG_REPLAYS_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < replays->count; i++) {
		if (ends(change, replays->items[i]))
			ending[count++] = replays->items[i];
	}
	if (count + replays->leaving_count > CONFIG_REPLAYS_MAX)
		return change_fail(change, -EBUSY,
				   "packets of replays that ended before are not back yet");
	if (change->stop_ns == 0)
		change->stop_ns = now_ns();
	if (replays_stop(ending, count, 0))
		return 0;
	return now_ns() - change->stop_ns < STOP_NS
		       ? -EAGAIN
		       : change_fail(change, -EBUSY, "%s", CHANGE_STUCK);
}

static void
commit_replays(struct change *change)
{
	struct replays *replays = change->changes->replays;

	for (unsigned i = 0; i < replays->count; i++) {
		if (ends(change, replays->items[i]))
			replays->leaving[replays->leaving_count++] = replays->items[i];
	}
	replays->count = change->config->replay_count;
	for (unsigned i = 0; i < replays->count; i++)
		replays->items[i] = change->replays[i].replay;
}

static void
commit_ports(struct change *change)
{
	struct changes *changes = change->changes;
	struct ports *ports = changes->ports;

	for (unsigned i = 0; i < change->config->port_count; i++) {
		struct change_port *wanted = &change->ports[i];

		if (wanted->fate != ENGINE_KEPT) {
			change->old[wanted->slot] = ports_put(ports, wanted->port);
			changes->spare &= ~BIT(wanted->slot);
		}
		wanted->port->config = &change->config->ports[i];
	}
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (change->ends >> slot & 1)
			ports->items[slot]->ended = true;
	}
}

/* Those that no program has had: workers that have the one before know nothing of their slots. A
 * port that changes is closed to these, so it waits for them. */
static uint64_t
find_coming(const struct change *change)
{
	uint64_t coming = 0;

	for (unsigned i = 0; i < change->config->port_count; i++) {
		struct port *port = change->ports[i].port;

		if (change->ports[i].fate != ENGINE_BEGUN)
			continue;
		port_poll_link(port);
		if (atomic_load_explicit(&port->up, memory_order_relaxed))
			coming |= BIT(change->ports[i].slot);
	}
	return coming;
}

/* What replays send is noted as the program wants it that is given to workers now. */
static void
follow(struct change *change, const struct program *program)
{
	struct changes *changes = change->changes;

	for (unsigned i = 0; i < changes->replays->count; i++)
		targets_follow(program, changes->replays->items[i], changes->worker_count);
	for (unsigned i = 0; i < change->config->replay_count; i++)
		targets_follow(program, change->replays[i].replay, changes->worker_count);
}

/* Whatever workers still have is there until they have all passed. */
static int
swap(struct change *change)
{
	struct changes *changes = change->changes;
	int ret;

	/* Before replays are stopped for nothing. */
	ret = swap_ready(changes->swap, change->program);
	if (ret < 0)
		return change_fail(change, ret, "%s",
				   ret == -EBUSY ? CHANGE_STUCK : "out of memory");
	ret = stop_replays(change);
	if (ret < 0)
		return ret;
	service_announce(changes->service, find_coming(change));
	follow(change, change->program);
	swap_publish(changes->swap, change->program);
	change->program = NULL;
	change->committed = true;
	commit_ports(change);
	commit_replays(change);
	changes->gone |= change->ends;
	changes->ended_count += __builtin_popcountll(change->ends);
	return 0;
}

/* Nothing but rules and groups, and the order of things. */
static int
swap_at_once(struct change *change)
{
	struct changes *changes = change->changes;
	int ret;

	ret = swap_ready(changes->swap, change->program);
	if (ret < 0)
		return change_fail(
			change, ret, "%s",
			ret == -ENOMEM
				? "out of memory"
				: "a worker has not moved since the last apply, and still has the "
				  "config before it: see `sluice workers`");
	follow(change, change->program);
	swap_publish(changes->swap, change->program);
	swap_settle(changes->swap);
	change->program = NULL;
	change->committed = true;
	change->phase = CHANGE_OVER;
	atomic_store(&changes->busy, false);
	commit_ports(change);
	commit_replays(change);
	return 0;
}

/* Every worker has the program. False: no memory, to be tried again. */
static bool
open_up(struct change *change)
{
	struct changes *changes = change->changes;
	uint64_t now_ns = clock_now(&changes->shared->clock);

	for (unsigned i = 0; i < change->config->port_count; i++) {
		struct port *port = change->ports[i].port;

		if (change->ports[i].fate == ENGINE_KEPT)
			continue;
		atomic_store(&port->service, PORT_IN_SERVICE);
		port_poll_link(port);
	}
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (change->ends >> slot & 1)
			atomic_store(&ports_at(changes->ports, slot)->service, PORT_STOPPED);
	}
	changes->service->coming = 0;
	if (service_replace(changes->service, &change->token) < 0)
		return false;
	swap_reclaim(changes->swap);
	for (unsigned i = 0; i < change->config->replay_count; i++) {
		struct replay *replay = change->replays[i].replay;

		/* Somebody may have started it by hand since it was there. */
		if (change->replays[i].fate != ENGINE_KEPT &&
		    change->config->replays[i].start_auto && replay_state(replay) == REPLAY_STOPPED)
			replay_start_with_link(replay, now_ns);
	}
	return true;
}

static void
forget_ended(struct change *change)
{
	static const struct config_port nothing = {
		.name = (char *)"", .device = (char *)"", .kind = CONFIG_PORT_NULL};

	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (change->ends >> slot & 1)
			change->changes->ports->items[slot]->config = &nothing;
	}
}

/* What all workers and targets counted of a slot. */
static struct tally_port
counted(const struct changes *changes, const struct target_done *done, unsigned slot)
{
	struct tally_port sum = {0};

	for (unsigned i = 0; i < changes->worker_count; i++)
		tally_add_port(&sum, &changes->workers[i]->known.tally.ports[slot]);
	targets_settle(&done->ports[slot], &sum);
	return sum;
}

/* Into the sum, and the slot is free. */
static void
settle_slot(struct changes *changes, const struct target_done *done, unsigned slot,
	    const struct tally_port *counts)
{
	struct target_done_port *settled = &changes->settled.ports[slot];

	tally_add_port(&changes->ended, counts);
	for (unsigned i = 0; i < changes->worker_count; i++)
		memset(&changes->workers[i]->known.tally.ports[slot], 0, sizeof(*counts));
	settled->out += done->ports[slot].out;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		settled->drops[i] += done->ports[slot].drops[i];
	gauges_forget(changes->workers, changes->worker_count, slot);
	surges_forget(changes->surges, slot);
	changes->gone &= ~BIT(slot);
	changes->spare |= BIT(slot);
}

/* What ports counted that are no more. One whose worker does not answer, or whose packets a target
 * still holds, keeps its slot until a later change. */
static void
settle(struct changes *changes)
{
	struct program *program = swap_current(changes->shared);
	struct target_done done;

	targets_done(program, &done);
	targets_subtract(&done, &changes->settled);
	collect(changes->workers, changes->worker_count, program);
	for (unsigned i = 0; i < changes->worker_count; i++) {
		if (changes->workers[i]->known.late)
			return;
	}
	for (uint64_t gone = changes->gone; gone; gone &= gone - 1) {
		unsigned slot = __builtin_ctzll(gone);
		struct tally_port counts = counted(changes, &done, slot);

		if (counts.held == 0)
			settle_slot(changes, &done, slot, &counts);
	}
}

static int
go_on(struct change *change, enum change_phase phase)
{
	change->phase = phase;
	return 1;
}

int
change_step(struct change *change)
{
	struct changes *changes = change->changes;
	int ret;

	switch (change->phase) {
	case CHANGE_PREPARED:
		if (!change->moves)
			return swap_at_once(change);
		change->token = rte_rcu_qsbr_start(changes->shared->rcu);
		if (change->clear && take_out(change) < 0)
			return go_on(change, CHANGE_UNDOING);
		return go_on(change, CHANGE_CLEARED);
	case CHANGE_READY:
		ret = swap(change);
		if (ret < 0)
			return go_on(change, ret == -EAGAIN ? CHANGE_STOPPING : CHANGE_UNDOING);
		change->token = rte_rcu_qsbr_start(changes->shared->rcu);
		return go_on(change, CHANGE_SWAPPED);
	case CHANGE_PASSED:
		return go_on(change, open_up(change) ? CHANGE_LEAVING : CHANGE_SWAPPED);
	case CHANGE_CLOSED:
		forget_ended(change);
		settle(changes);
		break;
	case CHANGE_UNDONE:
		put_back(change);
		break;
	default:
		return 1;
	}
	changes->current = NULL;
	atomic_store(&changes->busy, false);
	change->phase = CHANGE_OVER;
	return change->error;
}
