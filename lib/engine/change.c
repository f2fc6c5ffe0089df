/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/change.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/banned.h"

/* How long a worker may take to let go of ports, before the change is refused. */
#define CLEAR_NS UINT64_C(1000000000)
#define STOP_STEP_NS 500000

/* The thread that prepares: nobody else touches devices then. False: the daemon ends. */
static bool
take_devices(struct changes *changes)
{
	pthread_mutex_lock(&changes->devices);
	if (!atomic_load(&changes->ending))
		return true;
	pthread_mutex_unlock(&changes->devices);
	return false;
}

static int
open_new(struct change *change)
{
	struct changes *changes = change->changes;
	int ret;

	if (!take_devices(changes))
		return change_fail(change, -ECANCELED, "the daemon ends");
	ret = change_open_ports(change, false);
	if (ret == 0)
		ret = change_open_replays(change);
	if (ret < 0)
		change_undo(change);
	else
		changes->current = change;
	pthread_mutex_unlock(&changes->devices);
	return ret;
}

int
change_prepare(struct changes *changes, struct config *config, bool only_check, struct change **out,
	       struct error_list *errors)
{
	const struct program *now;
	struct change *change = calloc(1, sizeof(*change));
	struct port *ports[CONFIG_PORTS_MAX];
	unsigned found = errors->count;
	int ret;

	if (!change) {
		error_add(errors, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	}
	atomic_store(&changes->busy, true);
	swap_await_room(changes->swap);
	now = swap_current(changes->shared);
	change->changes = changes;
	change->config = config_hold(config);
	change->before = config_hold(now->config);
	ret = change_pair(change, errors);
	if (ret == 0)
		ret = change_make_ports(change);
	for (unsigned i = 0; i < config->port_count; i++)
		ports[i] = change->ports[i].port;
	if (ret == 0)
		ret = swap_prepare(changes->swap, config, ports,
				   only_check ? STAGE_LOOKS : STAGE_LIVE, &change->program, errors);
	if (ret == 0 && change->moves && !only_check) {
		ret = open_new(change);
		/* The config may be fine all the same. */
		ret = ret == -EINVAL ? -EIO : ret;
	}
	if (ret < 0 && errors->count == found)
		error_add(errors, 0, 0, NULL, "%s", change->reason);
	if (ret < 0) {
		/* The config stays whose it was. */
		if (change->program)
			change->program->config = NULL;
		change_free(change);
		return ret;
	}
	*out = change;
	return 0;
}

void
change_free(struct change *change)
{
	if (!change)
		return;
	if (change->phase != CHANGE_OVER) {
		change->changes->current = NULL;
		atomic_store(&change->changes->busy, false);
	}
	swap_discard(change->program);
	for (unsigned i = 0; !change->committed && i < change->config->port_count; i++) {
		if (change->ports[i].fate != ENGINE_KEPT)
			ports_unmake(change->ports[i].port);
	}
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++)
		ports_unmake(change->old[slot]);
	config_free(change->before);
	config_free(change->config);
	free(change->told);
	free(change);
}

static void
reopen(struct change *change)
{
	if (!change_await(change, CLEAR_NS)) {
		change_fail(change, -EBUSY, "%s", CHANGE_STUCK);
	} else {
		change_close_cleared(change);
		change_open_ports(change, true);
	}
	if (change->error)
		change_undo(change);
	change->phase = change->error ? CHANGE_UNDONE : CHANGE_READY;
}

void
change_work(struct change *change)
{
	struct changes *changes = change->changes;

	if (!take_devices(changes))
		return;
	switch (change->phase) {
	case CHANGE_CLEARED:
		reopen(change);
		break;
	case CHANGE_STOPPING:
		nanosleep(&(struct timespec){.tv_nsec = STOP_STEP_NS}, NULL);
		change->phase = CHANGE_READY;
		break;
	case CHANGE_SWAPPED:
		if (change_await(change, 0))
			change->phase = CHANGE_PASSED;
		break;
	case CHANGE_LEAVING:
		if (change_await(change, 0)) {
			change_close_ended(change);
			change->phase = CHANGE_CLOSED;
		}
		break;
	case CHANGE_UNDOING:
		change_undo(change);
		change->phase = CHANGE_UNDONE;
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&changes->devices);
}

void
changes_end(struct changes *changes)
{
	struct change *change;

	atomic_store(&changes->ending, true);
	pthread_mutex_lock(&changes->devices);
	change = changes->current;
	if (change && !change->committed)
		change_undo(change);
	pthread_mutex_unlock(&changes->devices);
}
