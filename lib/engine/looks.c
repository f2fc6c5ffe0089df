/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/looks.h"

#include <errno.h>
#include <stdlib.h>

#include "core/now.h"
#include "engine/engine.h"
#include "engine/inside.h"

#include "core/banned.h"

/* A client that has asked for nothing for so long is gone. */
#define SILENCE_NS UINT64_C(10000000000)

/* Frees what was replaced, and looks that were only there. False: a worker may still have it. */
static bool
reclaim(struct looks *looks)
{
	if (looks->old && !rte_rcu_qsbr_check(looks->shared->rcu, looks->token, false))
		return false;
	free(looks->old);
	looks->old = NULL;
	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		struct looks_place *place = &looks->places[i];

		if (!place->away)
			continue;
		look_free(place->look);
		*place = (struct looks_place){0};
	}
	return true;
}

/* Has workers find those that are not over; if one may still have what was replaced before, with a
 * later tick. -ENOMEM: not now either. */
static int
publish(struct looks *looks)
{
	struct look *live[LOOKS_MAX];
	struct look_set *set = NULL;
	unsigned count = 0;

	looks->due = true;
	if (!reclaim(looks))
		return 0;
	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		if (looks->places[i].look && !looks->places[i].over)
			live[count++] = looks->places[i].look;
	}
	if (count) {
		set = look_set_make(live, count, looks->worker_count);
		if (!set)
			return -ENOMEM;
	}
	looks->old = atomic_exchange(&looks->shared->looks, set);
	looks->token = rte_rcu_qsbr_start(looks->shared->rcu);
	looks->due = false;
	for (unsigned i = 0; i < LOOKS_PLACES; i++)
		looks->places[i].away = looks->places[i].over;
	return 0;
}

static struct looks_place *
find(struct looks *looks, uint32_t id)
{
	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		struct looks_place *place = &looks->places[i];

		if (place->look && !place->over && place->id == id)
			return place;
	}
	return NULL;
}

/* NULL: there are enough. */
static struct looks_place *
free_place(struct looks *looks)
{
	struct looks_place *found = NULL;
	unsigned live = 0;

	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		struct looks_place *place = &looks->places[i];

		live += place->look && !place->over;
		found = place->look ? found : place;
	}
	return live < LOOKS_MAX ? found : NULL;
}

int
looks_begin(struct looks *looks, struct look *look, uint32_t *id)
{
	struct looks_place *place;
	int ret;

	reclaim(looks);
	place = free_place(looks);
	if (!place)
		return -EBUSY;
	*place = (struct looks_place){.look = look, .id = ++looks->last_id, .asked_ns = now_ns()};
	ret = publish(looks);
	if (ret < 0)
		*place = (struct looks_place){0};
	*id = looks->last_id;
	return ret;
}

struct look *
looks_find(struct looks *looks, uint32_t id)
{
	struct looks_place *place = find(looks, id);

	if (!place)
		return NULL;
	place->asked_ns = now_ns();
	return place->look;
}

void
looks_end(struct looks *looks, uint32_t id)
{
	struct looks_place *place = find(looks, id);

	if (!place)
		return;
	place->over = true;
	publish(looks);
}

/* Whether it shows more than a config lets be seen. */
static bool
shows_too_much(const struct look *look, const struct config *config)
{
	return config->looks == CONFIG_LOOKS_OFF ||
	       (config->looks == CONFIG_LOOKS_HEADERS && !look->terms.headers);
}

void
looks_tick(struct looks *looks, const struct config *config)
{
	uint64_t now = now_ns();
	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		struct looks_place *place = &looks->places[i];

		if (place->look &&
		    (now - place->asked_ns > SILENCE_NS || shows_too_much(place->look, config)))
			place->over = true;
		looks->due |= place->over && !place->away;
	}
	if (looks->due)
		publish(looks);
	else
		reclaim(looks);
}

void
looks_close(struct looks *looks)
{
	free(atomic_exchange(&looks->shared->looks, NULL));
	free(looks->old);
	looks->old = NULL;
	for (unsigned i = 0; i < LOOKS_PLACES; i++) {
		look_free(looks->places[i].look);
		looks->places[i] = (struct looks_place){0};
	}
}

int
engine_look_begin(struct engine *engine, struct look *look, uint32_t *id)
{
	return engine->drained ? -ESHUTDOWN : looks_begin(&engine->looks, look, id);
}

struct look *
engine_look_find(struct engine *engine, uint32_t id)
{
	return looks_find(&engine->looks, id);
}

void
engine_look_end(struct engine *engine, uint32_t id)
{
	looks_end(&engine->looks, id);
}

unsigned
engine_worker_count(const struct engine *engine)
{
	return engine->worker_count;
}

uint64_t
engine_epoch(const struct engine *engine)
{
	return clock_epoch(&engine->shared.clock);
}

int
engine_slot(const struct engine *engine, const char *name)
{
	const struct port *port = ports_find(&engine->ports, name);

	return port ? port->index : -ENOENT;
}

const char *
engine_slot_name(const struct engine *engine, unsigned slot)
{
	const struct port *port =
		slot < engine->ports.count ? ports_at(&engine->ports, slot) : NULL;

	return port && !port->ended ? port->config->name : "";
}
