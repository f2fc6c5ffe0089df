/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/key.h"

#include "core/banned.h"

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same_port(const struct config_port *a, const struct config_port *b)
{
	return same_text(a->name, b->name) && a->kind == b->kind &&
	       same_text(a->device, b->device) && same_text(a->pcap_in, b->pcap_in) &&
	       same_text(a->pcap_out, b->pcap_out) && a->queues == b->queues &&
	       a->rx_ring == b->rx_ring && a->tx_ring == b->tx_ring && a->mtu == b->mtu &&
	       a->promiscuous == b->promiscuous && a->promiscuous_given == b->promiscuous_given &&
	       a->verify == b->verify;
}

static bool
same_ports(const struct config *a, const struct config *b)
{
	if (a->port_count != b->port_count)
		return false;
	for (unsigned i = 0; i < a->port_count; i++) {
		if (!same_port(&a->ports[i], &b->ports[i]))
			return false;
	}
	return true;
}

static bool
same_replays(const struct config *a, const struct config *b)
{
	if (a->replay_count != b->replay_count)
		return false;
	for (unsigned i = 0; i < a->replay_count; i++) {
		const struct config_replay *x = &a->replays[i], *y = &b->replays[i];

		if (!same_text(x->name, y->name) || !key_same(&key_replay, a, x, b, y))
			return false;
	}
	return true;
}

const char *
config_needs_restart(const struct config *running, const struct config *wanted)
{
	if (running->worker_count != wanted->worker_count ||
	    memcmp(running->workers, wanted->workers,
		   running->worker_count * sizeof(running->workers[0])) != 0)
		return "workers";
	if (running->packets != wanted->packets || running->packet_size != wanted->packet_size ||
	    running->hugepages != wanted->hugepages)
		return "memory";
	if (running->idle != wanted->idle)
		return "idle";
	if (running->sandbox != wanted->sandbox || running->core_dumps != wanted->core_dumps)
		return "sandbox";
	if (!same_text(running->run_dir, wanted->run_dir))
		return "run-dir";
	if (!same_ports(running, wanted))
		return "ports";
	if (!same_replays(running, wanted))
		return "replays";
	return NULL;
}
