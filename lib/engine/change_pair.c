/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/key.h"
#include "core/units.h"
#include "engine/change.h"
#include "port/memory.h"

#include "core/banned.h"

#define BIT(slot) (UINT64_C(1) << (slot))

bool
change_same_device(const struct config_port *a, const struct config_port *b)
{
	if (a->kind != b->kind || a->kind == CONFIG_PORT_NULL)
		return false;
	if (a->kind == CONFIG_PORT_PCAP)
		return a->pcap_out && b->pcap_out && strcmp(a->pcap_out, b->pcap_out) == 0;
	return strcmp(a->device, b->device) == 0;
}

/* Whether both name one file among those that they read. */
static bool
change_same_input(const struct config_captures *a, const struct config_captures *b)
{
	for (unsigned i = 0; i < a->file_count; i++) {
		for (unsigned j = 0; j < b->file_count; j++) {
			if (strcmp(a->files[i], b->files[j]) == 0)
				return true;
		}
	}
	return false;
}

void
change_tell(struct change *change, enum engine_fate fate, const char *kind, const char *name)
{
	change->told[change->told_count++] = (struct engine_told){fate, kind, name};
}

/* Which of the items is called so; count: none. A name is an item's first member. */
static unsigned
find(const void *items, size_t size, unsigned count, const char *name)
{
	unsigned i = 0;

	while (i < count && strcmp(*(char *const *)((uintptr_t)items + i * size), name) != 0)
		i++;
	return i;
}

#define FIND(config, what, name) \
	find((config)->what##s, sizeof((config)->what##s[0]), (config)->what##_count, name)

static const uint8_t *
slots_now(const struct change *change)
{
	return swap_current(change->changes->shared)->slots;
}

/* A slot that no port has, or -1; those whose numbers are not added up yet are left alone. */
static int
find_slot(const struct change *change, uint64_t taken)
{
	uint64_t fresh = change->changes->ports->count < CONFIG_PORTS_MAX
				 ? UINT64_MAX << change->changes->ports->count
				 : 0;
	uint64_t room = (change->changes->spare | fresh) & ~taken;

	return room ? __builtin_ctzll(room) : -1;
}

static int
pair_ports(struct change *change, struct error_list *errors)
{
	const struct config *was = change->before, *next = change->config;
	uint64_t taken = 0;
	int ret = 0;

	for (unsigned i = 0; i < was->port_count; i++) {
		if (FIND(next, port, was->ports[i].name) < next->port_count)
			continue;
		change->ends |= BIT(slots_now(change)[i]);
		change_tell(change, ENGINE_ENDED, "ports", was->ports[i].name);
	}
	for (unsigned i = 0; i < next->port_count; i++) {
		const struct config_port *wanted = &next->ports[i];
		struct change_port *port = &change->ports[i];
		unsigned at = FIND(was, port, wanted->name);
		int slot = at < was->port_count ? slots_now(change)[at] : find_slot(change, taken);

		if (slot < 0) {
			error_add(errors, wanted->place.line, wanted->place.column, NULL,
				  "port %s: with those that end there would be more than %u ports "
				  "for a moment; apply it in two steps",
				  wanted->name, CONFIG_PORTS_MAX);
			ret = -ENOSPC;
			continue;
		}
		port->slot = slot;
		taken |= BIT(slot);
		port->fate = at == was->port_count ? ENGINE_BEGUN
			     : key_difference(&key_port, was, &was->ports[at], next, wanted)
				     ? ENGINE_CHANGED
				     : ENGINE_KEPT;
		if (port->fate == ENGINE_CHANGED)
			change->clear |= BIT(slot);
		change_tell(change, port->fate, "ports", wanted->name);
	}
	return ret;
}

/* What one port has, another can't be given before it is closed. What it reads may be a pipe. */
static void
find_clashes(struct change *change)
{
	const struct config *was = change->before, *next = change->config;

	for (unsigned i = 0; i < next->port_count; i++) {
		struct change_port *port = &change->ports[i];

		port->late = port->fate == ENGINE_CHANGED;
		for (unsigned j = 0; port->fate != ENGINE_KEPT && j < was->port_count; j++) {
			uint64_t slot = BIT(slots_now(change)[j]);
			bool reads = change_same_input(&was->ports[j].in, &next->ports[i].in);

			if (!((change->clear | change->ends) & slot) ||
			    !(reads || change_same_device(&was->ports[j], &next->ports[i])))
				continue;
			port->late = true;
			port->reads_on |= reads;
			change->clear |= slot;
		}
	}
}

static void
pair_replays(struct change *change)
{
	const struct config *was = change->before, *next = change->config;

	for (unsigned i = 0; i < was->replay_count; i++) {
		if (FIND(next, replay, was->replays[i].name) < next->replay_count)
			continue;
		change->moves = true;
		change_tell(change, ENGINE_ENDED, "replays", was->replays[i].name);
	}
	for (unsigned i = 0; i < next->replay_count; i++) {
		const struct config_replay *wanted = &next->replays[i];
		struct change_replay *replay = &change->replays[i];
		unsigned at = FIND(was, replay, wanted->name);

		replay->fate =
			at == was->replay_count ? ENGINE_BEGUN
			: key_difference(&key_replay, was, &was->replays[at], next, wanted) ||
					!replay_same_edits(was, &was->replays[at], next, wanted)
				? ENGINE_CHANGED
				: ENGINE_KEPT;
		if (replay->fate == ENGINE_KEPT)
			replay->replay = replays_find(change->changes->replays, wanted->name);
		change_tell(change, replay->fate, "replays", wanted->name);
	}
}

/* What of a port's kind is settled when the EAL starts. */
static int
judge_kinds(const struct change *change, struct error_list *errors)
{
	const struct ports *ports = change->changes->ports;
	int ret = 0;

	for (unsigned i = 0; i < change->config->port_count; i++) {
		const struct config_port *port = &change->config->ports[i];
		const char *lacks = NULL;

		if (change->ports[i].fate == ENGINE_KEPT)
			continue;
		if (port->kind == CONFIG_PORT_PCI && !ports->pci)
			lacks = "a daemon that was started without a PCI device has no bus for it";
		if (memory_is_af_xdp(port) && !ports->flat)
			lacks = "a daemon that was started without such a port has packets that "
				"the kernel can't be shown";
		if (!lacks)
			continue;
		error_add(errors, port->place.line, port->place.column, NULL,
			  "port %s: %s; it needs a restart with this config", port->name, lacks);
		ret = -ENOTSUP;
	}
	return ret;
}

static int
judge_packets(const struct change *change, struct error_list *errors)
{
	const struct config *config = change->config;
	uint32_t needed = memory_packets_needed(config, change->changes->worker_count);

	if (needed <= config->packets)
		return 0;
	error_add(errors, 0, 0, "memory.packets",
		  "memory.packets: the rings of all ports and the queues of captures need %u "
		  "packets, and the pools were made with %u; restart with packets: %u",
		  needed, config->packets, needed);
	return -ENOSPC;
}

/* What ends is there until what begins is. */
static int
judge_reserve(const struct change *change, struct error_list *errors)
{
	const struct config *config = change->config;
	uint64_t budget = change->changes->budget, needed = memory_live_bytes(change->before);
	uint64_t more;

	for (unsigned i = 0; i < config->port_count; i++)
		needed += change->ports[i].fate == ENGINE_BEGUN ? MEMORY_PORT_BYTES : 0;
	for (unsigned i = 0; i < config->replay_count; i++)
		needed +=
			change->replays[i].fate != ENGINE_KEPT ? memory_replay_bytes(config, i) : 0;
	needed += config_captures_bytes(config, change->before);
	if (needed <= budget)
		return 0;
	more = config->reserve + needed - budget;
	error_add(
		errors, 0, 0, "memory.reserve",
		"memory.reserve: what comes needs more than is left of the %s that the daemon was "
		"started with; restart with reserve: %luMiB, or more",
		units_memory(config->reserve).text, (unsigned long)((more + 0xfffff) >> 20));
	return -ENOSPC;
}

static bool
is_pipe(const char *file)
{
	struct stat status;

	return strcmp(file, "-") == 0 || (stat(file, &status) == 0 && S_ISFIFO(status.st_mode));
}

/* A pipe that both read, or NULL. */
static const char *
shared_pipe(const struct config_captures *a, const struct config_captures *b)
{
	for (unsigned i = 0; i < a->file_count; i++) {
		const struct config_captures one = {.files = &a->files[i], .file_count = 1};

		if (change_same_input(&one, b) && is_pipe(a->files[i]))
			return a->files[i];
	}
	return NULL;
}

/* Of a pipe each reader takes a part away from the other. Ports that do are closed before others
 * are opened. */
static int
judge_pipe(const struct change *change, const char *name, struct config_place place,
	   const struct config_captures *in, bool of_port, struct error_list *errors)
{
	const struct config *was = change->before;
	const char *pipe = NULL, *reader = NULL;

	for (unsigned i = 0; i < was->replay_count && !pipe; i++) {
		pipe = shared_pipe(in, &was->replays[i].in);
		reader = was->replays[i].name;
	}
	for (unsigned i = 0; i < was->port_count && !pipe && !of_port; i++) {
		pipe = shared_pipe(in, &was->ports[i].in);
		reader = was->ports[i].name;
	}
	if (!pipe)
		return 0;
	error_add(errors, place.line, place.column, NULL,
		  "%s: %s is a pipe, and %s reads it; apply a config without that one first", name,
		  pipe, reader);
	return -EBUSY;
}

static int
judge_pipes(const struct change *change, struct error_list *errors)
{
	const struct config *next = change->config;
	int ret = 0;

	for (unsigned i = 0; i < next->port_count && ret == 0; i++) {
		const struct config_port *port = &next->ports[i];

		if (change->ports[i].fate != ENGINE_KEPT)
			ret = judge_pipe(change, port->name, port->place, &port->in, true, errors);
	}
	for (unsigned i = 0; i < next->replay_count && ret == 0; i++) {
		const struct config_replay *replay = &next->replays[i];

		if (change->replays[i].fate != ENGINE_KEPT)
			ret = judge_pipe(change, replay->name, replay->place, &replay->in, false,
					 errors);
	}
	return ret;
}

int
change_pair(struct change *change, struct error_list *errors)
{
	const struct config *was = change->before, *next = change->config;
	bool grows;
	int ret;

	change->told =
		calloc(change_targets(was) + change_targets(next) + was->replay_count +
			       next->replay_count + change_gates(was) + change_gates(next) + 1,
		       sizeof(*change->told));
	if (!change->told) {
		error_add(errors, 0, 0, NULL, "out of memory");
		return -ENOMEM;
	}
	ret = pair_ports(change, errors);
	find_clashes(change);
	change_pair_targets(change);
	pair_replays(change);
	change_pair_gates(change);
	change->moves |= change->ends != 0;
	for (unsigned i = 0; i < next->port_count; i++)
		change->moves |= change->ports[i].fate != ENGINE_KEPT;
	for (unsigned i = 0; i < next->replay_count; i++)
		change->moves |= change->replays[i].fate != ENGINE_KEPT;
	if (ret == 0 && change->moves)
		ret = judge_kinds(change, errors);
	grows = change->moves || config_captures_bytes(next, was);
	if (ret == 0 && grows)
		ret = judge_packets(change, errors);
	if (ret < 0 || !grows || next->alone)
		return ret;
	/* By what its files are. */
	ret = judge_pipes(change, errors);
	return ret == 0 ? judge_reserve(change, errors) : ret;
}
