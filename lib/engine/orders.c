/* SPDX-License-Identifier: BSD-3-Clause */
/* What an engine is asked to do while it runs. */
#include "engine/inside.h"

#include <errno.h>
#include <stdio.h>

#include "core/probe.h"

#include "core/banned.h"

int
engine_prepare(struct engine *engine, struct config *config, struct change **out,
	       struct error_list *errors)
{
	return change_prepare(&engine->changes, config, false, out, errors);
}

int
engine_check(struct engine *engine, struct config *config, struct error_list *errors)
{
	struct change *change;
	int ret = change_prepare(&engine->changes, config, true, &change, errors);

	if (ret == 0)
		change_free(change);
	else
		config_free(config);
	return ret;
}

int
engine_step(struct engine *engine, struct change *change)
{
	int ret = change_step(change);

	engine->applied += ret == 0;
	if (ret == 0)
		probe_swap(engine->applied);
	return ret;
}

void
engine_work(struct change *change)
{
	change_work(change);
}

const char *
engine_change_reason(const struct change *change)
{
	return change->reason;
}

const struct engine_told *
engine_change_told(const struct change *change, unsigned *count)
{
	*count = change->told_count;
	return change->told;
}

void
engine_discard(struct change *change)
{
	change_free(change);
}

void
engine_look(const struct engine *engine, struct engine_look *out)
{
	const struct program *program = atomic_load(&((struct engine *)engine)->shared.program);
	uint64_t up = atomic_load(&((struct engine *)engine)->shared.up);

	*out = (struct engine_look){.program = program, .clock = &engine->shared.clock};
	for (unsigned i = 0; program && i < program->config->port_count; i++) {
		uint8_t slot = program->slots[i];

		out->ports[i] = ports_at(&engine->ports, slot);
		out->up |= (up >> slot & 1) << i;
		out->workers[i] = ports_worker(slot, 0, engine->worker_count);
	}
}

bool
engine_is_changing(const struct engine *engine)
{
	return atomic_load(&((struct engine *)engine)->changes.busy);
}

int
engine_replay(struct engine *engine, const char *name, const struct engine_replay_order *order,
	      const char **state, char *reason)
{
	return replays_order(&engine->replays, name, order, &engine->shared.clock, state, reason);
}

bool
engine_port_is_ready(const struct engine *engine, const char *name)
{
	const struct port *port = ports_find(&engine->ports, name);

	return !port || ports_can_retake(port);
}

void
engine_port_prepare(const struct engine *engine, const char *name)
{
	struct port *port = ports_find(&engine->ports, name);

	/* It may have ended since it was asked for, or never have been there. */
	if (port)
		ports_prepare(port);
}

int
engine_port(struct engine *engine, const char *name, bool up, const char **state, char *reason)
{
	struct service *service = &engine->service;
	int ret;

	if (pthread_mutex_trylock(&engine->changes.devices) != 0) {
		snprintf(reason, ENGINE_PORT_REASON_MAX,
			 "a config is being applied; try again when it is");
		return -EBUSY;
	}
	ret = up ? service_up(service, engine_config(engine), name, reason)
		 : service_down(service, name, reason);
	pthread_mutex_unlock(&engine->changes.devices);

	if (ret == 0)
		*state = port_state(ports_find(&engine->ports, name));
	return ret;
}
