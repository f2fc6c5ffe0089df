/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of a change that takes long, in the thread that prepares configs. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "engine/change.h"
#include "engine/drain.h"

#include "core/banned.h"

#define BIT(slot) (UINT64_C(1) << (slot))
#define STEP_NS 20000
/* How long packets of a replay that ended may be on their way before it is left for the end of the
 * daemon. */
#define BACK_NS UINT64_C(1000000000)

static void
step(void)
{
	nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
}

int
change_fail(struct change *change, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(change->reason, sizeof(change->reason), format, args);
	va_end(args);
	change->error = error;
	return error;
}

bool
change_await(const struct change *change, uint64_t patience_ns)
{
	struct changes *changes = change->changes;
	uint64_t deadline = now_ns() + patience_ns;

	while (!rte_rcu_qsbr_check(changes->shared->rcu, change->token, false)) {
		if ((patience_ns && now_ns() > deadline) || atomic_load(&changes->ending))
			return false;
		step();
	}
	return true;
}

int
change_make_ports(struct change *change)
{
	for (unsigned i = 0; i < change->config->port_count; i++) {
		struct change_port *port = &change->ports[i];

		if (port->fate == ENGINE_KEPT)
			port->port = ports_at(change->changes->ports, port->slot);
		else
			port->port = ports_make(&change->config->ports[i], port->slot);
		if (!port->port)
			return change_fail(change, -ENOMEM, "out of memory");
	}
	return 0;
}

/* The kernel may not have let go yet of what another port had. Returns whether one of them wrote
 * the file that this one writes: what is in it is not written over. */
static bool
follow_closed(const struct change *change, struct port *port)
{
	bool goes_on = false;

	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		const struct port *before;

		if (!(change->closed >> slot & 1))
			continue;
		before = ports_at(change->changes->ports, slot);
		if (!change_same_device(before->config, port->config))
			continue;
		ports_follow(port, before);
		goes_on |= port->config->kind == CONFIG_PORT_PCAP;
	}
	return goes_on;
}

static int
open_port(struct change *change, struct change_port *port)
{
	struct changes *changes = change->changes;
	bool goes_on = follow_closed(change, port->port);
	int ret;

	log_forget_error();
	ports_prepare(port->port);
	ret = (goes_on ? ports_restore : ports_retake)(changes->ports, change->config, port->port,
						       changes->worker_count);
	if (ret < 0)
		return change_fail(change, ret, "%s", log_last_error());
	/* Workers are not given it before they have the program. */
	atomic_store(&port->port->service, PORT_STOPPED);
	port->opened = true;
	return 0;
}

/* What can be found out of one that is opened later is found out before anything is closed for
 * it. */
static int
look_ahead(struct change *change, struct change_port *port)
{
	int ret;

	log_forget_error();
	ret = port->reads_on ? 0 : ports_look(port->port);
	return ret < 0 ? change_fail(change, ret, "%s", log_last_error()) : 0;
}

int
change_open_ports(struct change *change, bool late)
{
	int ret = 0;

	for (unsigned i = 0; ret == 0 && i < change->config->port_count; i++) {
		struct change_port *port = &change->ports[i];

		if (port->fate == ENGINE_KEPT)
			continue;
		if (port->late == late)
			ret = open_port(change, port);
		else if (port->late)
			ret = look_ahead(change, port);
	}
	return ret;
}

/* Packets that the rings of all ports can hold when the config is in force. */
static uint64_t
rings_of(const struct change *change)
{
	uint64_t rings = 0;

	for (unsigned i = 0; i < change->config->port_count; i++)
		rings += ports_sending(change->ports[i].port, change->changes->worker_count);
	return rings;
}

/* One that goes on has the mbufs that it has. */
static int
judge_kept(struct change *change, const struct replay *replay, uint64_t rings)
{
	uint64_t lacks = replay_lacks(replay, rings);

	if (lacks == 0)
		return 0;
	return change_fail(change, -ENOSPC,
			   "replay %s: the rings of all ports together can hold %lu packets more "
			   "than it can have on their way; give ports a smaller tx-ring, or "
			   "restart with this config",
			   replay_config(replay)->name, (unsigned long)lacks);
}

int
change_open_replays(struct change *change)
{
	const struct config *config = change->config;
	struct changes *changes = change->changes;
	uint64_t rings = rings_of(change);
	char reason[REPLAY_REASON_MAX];

	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *replay = &config->replays[i];
		const struct replay_wish wish = {.config = config,
						 .index = i,
						 .port = change->ports[replay->port].port,
						 .server = change->ports[replay->server].port,
						 .ports = changes->ports,
						 .rings = rings,
						 .workers = changes->worker_count,
						 .news = changes->replays->news};
		int ret;

		if (change->replays[i].fate == ENGINE_KEPT)
			ret = judge_kept(change, change->replays[i].replay, rings);
		else if ((ret = replay_open(&wish, &change->replays[i].replay, reason)) < 0)
			change_fail(change, ret, "replay %s: %s", replay->name, reason);
		if (ret < 0)
			return ret;
	}
	return 0;
}

void
change_close_cleared(struct change *change)
{
	struct changes *changes = change->changes;
	struct ports *ports = changes->ports;

	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (!(change->clear >> slot & 1))
			continue;
		drain_transmit(ports, changes->workers, changes->worker_count, BIT(slot));
		ports_release(ports, ports_at(ports, slot));
		change->closed |= BIT(slot);
	}
}

static void
close_new(struct change *change)
{
	for (unsigned i = 0; i < change->config->replay_count; i++) {
		struct change_replay *replay = &change->replays[i];

		if (replay->fate == ENGINE_KEPT || !replay->replay)
			continue;
		replay_close(replay->replay);
		replay->replay = NULL;
	}
	for (unsigned i = 0; i < change->config->port_count; i++) {
		struct change_port *port = &change->ports[i];

		if (!port->opened)
			continue;
		ports_release(change->changes->ports, port->port);
		port->opened = false;
	}
}

/* Ports that can't be what they were; said behind why the change is undone. */
static void
tell_lost(struct change *change, const struct port *port)
{
	size_t used = strlen(change->reason);

	log_error("port %s: what it was can't be taken up again; `sluice port up %s` tries it anew",
		  port->config->name, port->config->name);
	snprintf(change->reason + used, sizeof(change->reason) - used,
		 "; and port %s can't be taken up again as it was: it is stopped",
		 port->config->name);
}

void
change_undo(struct change *change)
{
	struct changes *changes = change->changes;

	close_new(change);
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		struct port *port;

		if (!(change->closed & change->out & BIT(slot)) || atomic_load(&changes->ending))
			continue;
		port = ports_at(changes->ports, slot);
		ports_prepare(port);
		if (ports_restore(changes->ports, change->before, port, changes->worker_count) <
		    0) {
			tell_lost(change, port);
			change->out &= ~BIT(slot);
		}
		atomic_store(&port->service, PORT_STOPPED);
	}
}

/* Whether devices gave back all packets of a replay: those of a port that does not send stay in its
 * ring. */
static bool
is_back(const struct change *change, const struct replay *replay)
{
	uint64_t deadline = now_ns() + BACK_NS;

	while (replay_leaked(replay)) {
		if (now_ns() > deadline || atomic_load(&change->changes->ending))
			return false;
		step();
	}
	/* Whoever gave the last one back may still be on the way out of the pool. */
	step();
	return true;
}

static void
close_replays(struct change *change)
{
	struct replays *replays = change->changes->replays;
	unsigned kept = 0;

	for (unsigned i = 0; i < replays->leaving_count; i++) {
		struct replay *replay = replays->leaving[i];

		if (is_back(change, replay))
			replay_close(replay);
		else
			replays->leaving[kept++] = replay;
	}
	replays->leaving_count = kept;
}

void
change_close_ended(struct change *change)
{
	struct changes *changes = change->changes;
	uint64_t open = change->ends & ~change->closed;

	drain_transmit(changes->ports, changes->workers, changes->worker_count, open);
	for (unsigned slot = 0; slot < CONFIG_PORTS_MAX; slot++) {
		if (open >> slot & 1)
			ports_release(changes->ports, ports_at(changes->ports, slot));
		ports_unmake(change->old[slot]);
		change->old[slot] = NULL;
	}
	close_replays(change);
}
