/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots without packets, with numbers that a test knows. Functions of engine/snapshot.h are defined
 * here, so that only one source file of a program may include it.
 */
#ifndef TEST_FAKE_SNAPSHOT_H
#define TEST_FAKE_SNAPSHOT_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

#define FAKE_BIG UINT64_C(9007199254740993) /* 2^53 + 1: the first that a double can't hold */

static inline void
fake_ports(struct snapshot *snapshot, const struct config *config)
{
	static struct histogram times;

	histogram_add_n(&times, 1000, 10);
	snapshot->port_count = config->port_count;
	snapshot->ports = snapshot_ports(config->port_count);
	for (unsigned i = 0; i < config->port_count; i++) {
		struct snapshot_port *port = &snapshot->ports[i];

		port->name = strdup(config->ports[i].name);
		port->kind = "vdev";
		port->device = "net_null0";
		port->driver = "net_null";
		port->state = "up";
		port->up = true;
		port->link_changes = 6;
		port->counts.checksum_checked = 100;
		port->counts.checksum_wrong = i;
		port->losses.no_mbuf = 8;
		port->speed = 10000;
		port->numa = -1;
		port->rx_queues = port->tx_queues = 1;
		port->rx_ring = port->tx_ring = 1024;
		port->mtu = 1500;
		port->counts.rx_packets = FAKE_BIG + i;
		port->counts.rx_bytes = 64 * FAKE_BIG;
		port->counts.tx_packets = 10 + i;
		histogram_sum(&times, &port->lower_sums);
		histogram_sum(&times, &port->upper_sums);
		port->lower = port->upper = (struct snapshot_times){1000, 1000, 1000};
		port->peaks[GAUGE_1MS] = (struct snapshot_peak){9, 9000};
		port->read.truncated = 3;
		port->losses.missed = 4;
		port->counts.copies = 2;
		port->counts.drops[DROP_RULE] = 5;
		port->ledger = (struct snapshot_ledger){FAKE_BIG + 2, FAKE_BIG - 3, 5, 0, true};
	}
}

/* Rules beyond the config's are called "extra-N". */
static char fake_names[16384][24];

static inline void
fake_rules(struct snapshot *snapshot, const struct config *config, unsigned extra)
{
	unsigned count = config->rule_count + extra + 1;

	snapshot->config = config_hold(config);
	snapshot->rule_count = count;
	snapshot->rules = calloc(count, sizeof(*snapshot->rules));
	for (unsigned i = 0; i < count; i++) {
		snapshot->rules[i] = (struct tally_rule){100 + i, 6400 + i};
		snprintf(fake_names[i % 16384], sizeof(fake_names[0]), "extra-%u", i);
	}
}

struct snapshot_rule
snapshot_rule(const struct snapshot *snapshot, unsigned rule)
{
	const struct config *config = snapshot->config;

	return (struct snapshot_rule){
		.name = rule + 1 == snapshot->rule_count ? "default"
			: rule < config->rule_count      ? config->rules[rule].name
							 : fake_names[rule % 16384],
		.counts = &snapshot->rules[rule],
		/* Of the first, what a rule with gates has. */
		.acted = {COUNTER_UNKNOWN, rule == 0 ? 3 : COUNTER_UNKNOWN, COUNTER_UNKNOWN,
			  COUNTER_UNKNOWN},
		.decides = true,
		.filter = rule == 0 ? "jit" : NULL,
	};
}

void
snapshot_put_actions(FILE *out, const struct snapshot *snapshot, unsigned rule)
{
	fputs("drop", out);
}

struct snapshot *
snapshot_hold(struct snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->holders, 1);
	return snapshot;
}

bool
snapshot_is_shared(const struct snapshot *snapshot)
{
	return atomic_load(&((struct snapshot *)snapshot)->holders) > 0;
}

void
snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->holders, 1) > 0)
		return;
	for (unsigned i = 0; i < snapshot->port_count; i++)
		free((char *)snapshot->ports[i].name);
	config_free(snapshot->config);
	free(snapshot->ports);
	free(snapshot->rules);
	free(snapshot->workers);
	free(snapshot->pools);
	free(snapshot);
}

#endif
