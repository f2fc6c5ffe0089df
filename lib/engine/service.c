/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "engine/gauges.h"
#include "engine/verify.h"

#include "core/banned.h"

/* How long a change waits for the workers, which pass in microseconds, or in half a millisecond
 * where they sleep, before it is left to the next tick. */
#define PATIENCE_NS UINT64_C(50000000)
/* How long until that is worth a word. */
#define SLOW_NS UINT64_C(1000000000)

/* Since when packets may wait in a queue: as the list says that the worker has, and of one that it
 * gets with this list, since now. */
static uint64_t
since_of(const struct worker *worker, const struct port *port, uint16_t number)
{
	const struct worker_sources *sources = worker_sources(worker);

	for (unsigned i = 0; sources && i < sources->queue_count; i++) {
		const struct worker_queue *queue = &sources->queues[i];

		if (queue->port == port && queue->queue == number)
			return tally_look(&queue->waits.since);
	}
	return rte_rdtsc();
}

/* Those of a worker: of all replays, and of the ports in service. */
static struct worker_sources *
make_sources(const struct service *service, unsigned worker)
{
	const struct ports *ports = service->ports;
	struct worker_sources *sources;
	size_t most = 0;

	for (unsigned i = 0; i < ports->count; i++)
		most += ports->items[i]->rx_queues;
	sources = calloc(1, sizeof(*sources) + most * sizeof(*sources->queues));
	if (!sources)
		return NULL;
	sources->lane_count = replays_lanes(service->replays, worker, sources->lanes);
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];

		if (!port->can_receive || port->ended || port_service(port) != PORT_IN_SERVICE)
			continue;
		for (uint16_t q = 0; q < port->rx_queues; q++) {
			struct worker_queue *queue = &sources->queues[sources->queue_count];

			if (ports_worker(i, q, service->worker_count) != worker)
				continue;
			queue->port = port;
			queue->queue = q;
			queue->waits = (struct gauge_queue){
				.since = since_of(service->workers[worker], port, q),
				.ring = port->rx_ring,
				.told = port->tells_backlog,
				.asks = port->tells_backlog ? 0 : UINT64_MAX};
			queue->gauge = gauges_of(service->workers[worker], port);
			if (!queue->gauge) {
				free(sources);
				return NULL;
			}
			verify_start(queue, port->verify);
			sources->queue_count++;
		}
	}
	return sources;
}

static uint64_t
up_mask(const struct service *service)
{
	uint64_t up = service->coming;

	for (unsigned i = 0; i < service->ports->count; i++) {
		const struct port *port = service->ports->items[i];

		if (port_service(port) == PORT_IN_SERVICE &&
		    atomic_load_explicit(&port->up, memory_order_relaxed))
			up |= UINT64_C(1) << i;
	}
	return up;
}

void
service_publish(const struct service *service)
{
	atomic_store_explicit(&service->shared->up, up_mask(service), memory_order_release);
}

/* Gives every worker a new list and keeps the old ones, which they may still have; all or
 * nothing. */
static int
replace_sources(struct service *service)
{
	struct worker_sources *fresh[CONFIG_WORKERS_MAX];

	for (unsigned i = 0; i < service->worker_count; i++) {
		fresh[i] = make_sources(service, i);
		if (fresh[i])
			continue;
		while (i-- > 0)
			free(fresh[i]);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < service->worker_count; i++)
		service->old[i] = atomic_exchange_explicit(&service->workers[i]->sources, fresh[i],
							   memory_order_acq_rel);
	return 0;
}

int
service_begin(struct service *service)
{
	if (replace_sources(service) < 0)
		return log_fail(ENOMEM, "workers' queues and lanes");
	return 0;
}

static void
forget_old(struct service *service)
{
	for (unsigned i = 0; i < service->worker_count; i++) {
		free(service->old[i]);
		service->old[i] = NULL;
	}
}

void
service_end(struct service *service)
{
	forget_old(service);
	for (unsigned i = 0; i < service->worker_count; i++) {
		if (service->workers[i])
			free(atomic_exchange(&service->workers[i]->sources, NULL));
	}
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++)
		gauges_forget(service->workers, service->worker_count, slot);
}

static void
close_leaving(struct service *service)
{
	for (unsigned i = 0; i < service->ports->count; i++) {
		struct port *port = service->ports->items[i];

		if (!(service->leaving >> i & 1))
			continue;
		ports_release(service->ports, port);
		log_info("port %s: the device is released; `sluice port up %s` takes it up again",
			 port->config->name, port->config->name);
	}
	service->leaving = 0;
}

/* Ends the change when no worker can have what was before; false: one still may. */
static bool
finish(struct service *service)
{
	if (!service->changing)
		return true;
	if (!rte_rcu_qsbr_check(service->shared->rcu, service->token, false)) {
		if (!service->told && now_ns() - service->began_ns > SLOW_NS) {
			log_warning(
				"a worker has not moved for a second: the device of a port that "
				"goes is kept until it does");
			service->told = true;
		}
		return false;
	}
	service->changing = false;
	forget_old(service);
	close_leaving(service);
	return true;
}

static bool
await(struct service *service)
{
	uint64_t deadline = now_ns() + PATIENCE_NS;

	while (!finish(service)) {
		if (now_ns() > deadline)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return true;
}

void
service_settle(struct service *service)
{
	forget_old(service);
	service->changing = false;
	close_leaving(service);
}

/* Puts what port->service says of all ports into effect. */
static int
begin_change(struct service *service, uint64_t leaving)
{
	if (replace_sources(service) < 0)
		return -ENOMEM;
	service_publish(service);
	service->leaving = leaving;
	service->token = rte_rcu_qsbr_start(service->shared->rcu);
	service->began_ns = now_ns();
	service->told = false;
	service->changing = true;
	return 0;
}

static int
change(struct service *service, uint64_t leaving)
{
	int ret = begin_change(service, leaving);

	if (ret == 0)
		await(service);
	return ret;
}

void
service_announce(struct service *service, uint64_t coming)
{
	service->coming = coming;
	service_publish(service);
}

int
service_replace(struct service *service, uint64_t *token)
{
	int ret = await(service) ? begin_change(service, 0) : -EBUSY;

	if (ret == 0)
		*token = service->token;
	return ret;
}

static void
poll_links(struct service *service)
{
	for (unsigned i = 0; i < service->ports->count; i++) {
		struct port *port = service->ports->items[i];

		if (port_service(port) == PORT_IN_SERVICE)
			port_poll_link(port);
	}
	service_publish(service);
}

/* Ports whose devices said that they are gone. */
static void
take_gone(struct service *service)
{
	uint64_t leaving = 0;

	for (unsigned i = 0; i < service->ports->count; i++) {
		struct port *port = service->ports->items[i];

		if (port_service(port) != PORT_IN_SERVICE ||
		    !atomic_load_explicit(&port->gone, memory_order_acquire))
			continue;
		log_warning(
			"port %s: %s was removed; what goes there is dropped as \"removed\", the "
			"other ports go on",
			port->config->name, port->config->device);
		atomic_store(&port->service, PORT_REMOVED);
		leaving |= UINT64_C(1) << i;
	}
	if (leaving && change(service, leaving) == 0)
		return;
	/* Out of memory: they stay as they are until the next tick. */
	for (unsigned i = 0; i < service->ports->count; i++) {
		if (leaving >> i & 1)
			atomic_store(&service->ports->items[i]->service, PORT_IN_SERVICE);
	}
}

void
service_tick(struct service *service)
{
	poll_links(service);
	/* A change closes devices: not while another thread has them. */
	if (!service->held && finish(service))
		take_gone(service);
}

static struct port *
find(const struct service *service, const char *name, char *reason)
{
	struct port *port = ports_find(service->ports, name);

	if (!port)
		snprintf(reason, SERVICE_REASON_MAX, "there is no port %s; `ports` lists them",
			 name);
	return port;
}

static int
busy(char *reason)
{
	snprintf(
		reason, SERVICE_REASON_MAX,
		"a worker has not moved since another port changed; try again when `workers` shows "
		"it alive");
	return -EBUSY;
}

int
service_down(struct service *service, const char *name, char reason[SERVICE_REASON_MAX])
{
	struct port *port = find(service, name, reason);

	if (!port)
		return -ENOENT;
	if (!await(service))
		return busy(reason);
	if (port_service(port) == PORT_IN_SERVICE) {
		log_info("port %s: taken out of service", name);
		atomic_store(&port->service, PORT_STOPPED);
		if (change(service, UINT64_C(1) << port->index) < 0) {
			atomic_store(&port->service, PORT_IN_SERVICE);
			snprintf(reason, SERVICE_REASON_MAX, "out of memory");
			return -ENOMEM;
		}
	}
	/* What was removed stays out on purpose now. */
	atomic_store(&port->service, PORT_STOPPED);
	return 0;
}

int
service_up(struct service *service, const struct config *config, const char *name,
	   char reason[SERVICE_REASON_MAX])
{
	struct port *port = find(service, name, reason);
	enum port_service before;
	int ret;

	if (!port)
		return -ENOENT;
	if (!await(service))
		return busy(reason);
	/* Seen to be gone, but not taken out yet. */
	take_gone(service);
	before = port_service(port);
	if (before == PORT_IN_SERVICE) {
		port_retry(port);
		service_publish(service);
		return 0;
	}
	if (!await(service))
		return busy(reason);
	log_forget_error();
	ret = ports_restore(service->ports, config, port, service->worker_count);
	if (ret == 0) {
		ret = change(service, 0);
		if (ret < 0) {
			atomic_store(&port->service, before);
			ports_release(service->ports, port);
		}
	}
	if (ret < 0) {
		snprintf(reason, SERVICE_REASON_MAX, "%s", log_last_error());
		return ret;
	}
	log_info("port %s: in service again", name);
	return 0;
}
