/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report.h"

#include <stdio.h>

#include "control/report_counters.h"
#include "control/report_number.h"
#include "control/report_sandbox.h"
#include "host/sandbox.h"

#include "core/banned.h"

#define REPORT_VERSION 1

static json_t *
packets_and_bytes(uint64_t packets, uint64_t bytes)
{
	return json_pack("{s:o, s:o}", "packets", number(packets), "bytes", number(bytes));
}

static json_t *
ledger_json(const struct snapshot_ledger *ledger)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "in", number(ledger->in), "out",
			 number(ledger->out), "dropped", number(ledger->dropped), "held",
			 number(ledger->held), "balanced", (int)ledger->balanced);
}

static json_t *
copies_json(const struct snapshot *snapshot)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < COPY_REASONS; i++)
		json_object_set_new(
			result, copy_reasons[i].name,
			packets_and_bytes(snapshot->copies[i].packets, snapshot->copies[i].bytes));
	return result;
}

static json_t *
port_counts(const struct snapshot_port *port)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rx_packets",
			 number(port->rx_packets), "rx_bytes", number(port->rx_bytes), "tx_packets",
			 number(port->tx_packets), "tx_bytes", number(port->tx_bytes), "truncated",
			 number(port->truncated), "empty", number(port->empty), "too_long",
			 number(port->too_long));
}

/* An object of one value for each port, by name. */
static json_t *
each_port(const struct snapshot *snapshot, json_t *(*value)(const struct snapshot_port *port))
{
	json_t *result = json_object();

	for (unsigned i = 0; i < snapshot->port_count; i++)
		json_object_set_new(result, snapshot->ports[i].name, value(&snapshot->ports[i]));
	return result;
}

static json_t *
cycles_json(const struct snapshot *snapshot)
{
	uint64_t busy = 0, packets = 0;

	for (unsigned i = 0; i < snapshot->worker_count; i++) {
		busy += snapshot->workers[i].busy_cycles;
		packets += snapshot->workers[i].packets;
	}
	return json_pack("{s:o, s:f}", "busy", number(busy), "per_packet",
			 packets ? (double)busy / (double)packets : 0.0);
}

/* An object for each replay, by name, with the rows of one table, or two. */
static json_t *
each_replay(const struct snapshot *snapshot, const struct counter *table,
	    const struct counter *more)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < snapshot->replay_count; i++) {
		const struct replay_report *replay = &snapshot->replays[i];
		json_t *object = json_object();

		report_counters(object, table, replay);
		if (more)
			report_counters(object, more, replay);
		json_object_set_new(result, replay->name, object);
	}
	return result;
}

/* rules is taken over. */
static json_t *
report(const struct snapshot *snapshot, json_t *rules)
{
	json_t *result =
		json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
			  REPORT_VERSION, "ports", each_port(snapshot, port_counts), "rules", rules,
			  "drops", report_reasons(snapshot->drops), "replays",
			  each_replay(snapshot, replay_counts, NULL), "copies",
			  copies_json(snapshot), "ledger", ledger_json(&snapshot->ledger), "leaked",
			  number(snapshot->leaked), "cycles", cycles_json(snapshot));

	/* Said where there is something to say; programs that want to know read the status. */
	if (snapshot->unsafe)
		json_object_set_new(result, "unsafe", json_true());
	if (snapshot->retired.packets)
		json_object_set_new(
			result, "retired",
			packets_and_bytes(snapshot->retired.packets, snapshot->retired.bytes));
	return result;
}

json_t *
report_json(const struct snapshot *snapshot)
{
	return report(snapshot, report_rule_counts(snapshot));
}

json_t *
report_status(const struct snapshot *snapshot)
{
	json_t *result = report(snapshot, json_string(REPORT_RULES_HERE));

	json_object_set_new(result, "state", json_string(snapshot->state));
	json_object_set_new(result, "uptime", json_real((double)snapshot->uptime_ns / 1e9));
	json_object_set_new(result, "applied", number(snapshot->applied));
	json_object_update_new(result, report_replays(snapshot));
	json_object_set_new(result, "workers", number(snapshot->worker_count));
	json_object_set_new(result, "hugepages", json_boolean(snapshot->hugepages));
	json_object_set_new(result, "unsafe", json_boolean(snapshot->unsafe));
	json_object_set_new(result, "sandbox", report_sandbox(sandbox_state()));
	return result;
}

static json_t *
port_json(const struct snapshot_port *port)
{
	json_t *result = port_counts(port);
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", port->mac[0], port->mac[1],
		 port->mac[2], port->mac[3], port->mac[4], port->mac[5]);
	json_object_update_new(
		result,
		json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:I, s:i, s:s, s:i, s:i, s:i, s:i, s:i, "
			  "s:b, s:b}",
			  "kind", port->kind, "device", port->device, "driver", port->driver,
			  "state", port->state, "up", (int)port->up, "link_changes",
			  number(port->link_changes), "speed", (json_int_t)port->speed, "numa",
			  port->numa, "mac", mac, "mtu", port->mtu, "rx_queues", port->rx_queues,
			  "tx_queues", port->tx_queues, "rx_ring", port->rx_ring, "tx_ring",
			  port->tx_ring, "promiscuous", (int)port->promiscuous, "tx_shared",
			  (int)port->tx_shared));
	json_object_update_new(result, json_pack("{s:o, s:o, s:o, s:o}", "min_frame",
						 number(port->min_frame), "max_frame",
						 number(port->max_frame), "max_untagged",
						 number(port->max_untagged), "max_chained",
						 number(port->max_chained)));
	json_object_update_new(
		result, json_pack("{s:o, s:o, s:o, s:o}", "missed", number(port->missed),
				  "rx_errors", number(port->rx_errors), "rx_nombuf",
				  number(port->rx_nombuf), "tx_errors", number(port->tx_errors)));
	json_object_update_new(result, json_pack("{s:o, s:o, s:o}", "verify", number(port->verify),
						 "checksum_checked", number(port->checksum_checked),
						 "checksum_wrong", number(port->checksum_wrong)));
	json_object_set_new(result, "why", port->why ? json_string(port->why) : json_null());
	json_object_set_new(result, "iommu_faults",
			    port->iommu_known ? number(port->iommu_faults) : json_null());
	return result;
}

json_t *
report_replays(const struct snapshot *snapshot)
{
	return json_pack("{s:o}", "replays", each_replay(snapshot, replay_counts, replay_details));
}

json_t *
report_ports(const struct snapshot *snapshot)
{
	return json_pack("{s:o}", "ports", each_port(snapshot, port_json));
}

json_t *
report_rules(const struct snapshot *snapshot)
{
	return json_pack("{s:s, s:o, s:o}", "rules", REPORT_RULES_HERE, "retired",
			 packets_and_bytes(snapshot->retired.packets, snapshot->retired.bytes),
			 "retired_passed",
			 packets_and_bytes(snapshot->retired_passed.packets,
					   snapshot->retired_passed.bytes));
}

static json_t *
worker_json(const struct snapshot_worker *worker)
{
	json_t *fill = json_array();

	for (unsigned i = 0; i < TALLY_FILL_STEPS; i++)
		json_array_append_new(fill, number(worker->fill[i]));
	return json_pack(
		"{s:i, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:{s:o, "
		"s:o}}",
		"core", (int)worker->core, "fresh", (int)worker->fresh, "age_ns",
		number(worker->age_ns), "stalled", (int)worker->stalled, "minor_faults",
		number(worker->minor_faults), "major_faults", number(worker->major_faults),
		"packets", number(worker->packets), "bursts", number(worker->bursts), "busy_cycles",
		number(worker->busy_cycles), "idle_cycles", number(worker->idle_cycles), "sleep_ns",
		number(worker->sleep_ns), "cycles_per_packet",
		worker->packets ? (double)worker->busy_cycles / (double)worker->packets : 0.0,
		"fill", fill, "cache", "lookups", number(worker->cache_lookups), "hits",
		number(worker->cache_hits));
}

json_t *
report_workers(const struct snapshot *snapshot)
{
	json_t *workers = json_array();

	for (unsigned i = 0; i < snapshot->worker_count; i++)
		json_array_append_new(workers, worker_json(&snapshot->workers[i]));
	return json_pack("{s:o, s:o}", "workers", workers, "tsc_hz", number(snapshot->tsc_hz));
}

/* What the NIC dropped before sluice had it: it never came in, so it is no part of the ledger. */
static json_t *
lost_json(uint64_t missed, uint64_t no_mbuf)
{
	return json_pack("{s:o, s:o}", "missed", number(missed), "no-mbuf", number(no_mbuf));
}

static json_t *
all_lost(const struct snapshot *snapshot)
{
	uint64_t missed = 0, no_mbuf = 0;

	for (unsigned i = 0; i < snapshot->port_count; i++) {
		missed += snapshot->ports[i].missed;
		no_mbuf += snapshot->ports[i].rx_nombuf;
	}
	return lost_json(missed, no_mbuf);
}

static json_t *
port_account(const struct snapshot_port *port)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "ledger", ledger_json(&port->ledger),
			 "received", number(port->rx_packets), "replayed", number(port->replayed),
			 "mirrored", number(port->copies), "drops", report_reasons(port->drops),
			 "before", lost_json(port->missed, port->rx_nombuf));
}

json_t *
report_drops(const struct snapshot *snapshot)
{
	json_t *reasons = json_object();

	for (unsigned i = 0; i < DROP_REASONS; i++)
		json_object_set_new(reasons, drop_reasons[i].name,
				    json_string(drop_reasons[i].text));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "drops", report_reasons(snapshot->drops),
			 "before", all_lost(snapshot), "reasons", reasons, "ports",
			 each_port(snapshot, port_account), "ledger",
			 ledger_json(&snapshot->ledger), "copies", copies_json(snapshot));
}

json_t *
report_memory(const struct snapshot *snapshot)
{
	json_t *pools = json_array();

	for (unsigned i = 0; i < snapshot->pool_count; i++) {
		const struct snapshot_pool *pool = &snapshot->pools[i];

		json_array_append_new(
			pools,
			json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "name", pool->name, "numa",
				  pool->numa, "size", (int)pool->size, "free", (int)pool->free,
				  "in_use", (int)(pool->size - pool->free), "packet_size",
				  (int)pool->packet_size, "bytes", number(pool->bytes)));
	}
	return json_pack("{s:o, s:o, s:b}", "pools", pools, "replays",
			 each_replay(snapshot, replay_memory, NULL), "hugepages",
			 (int)snapshot->hugepages);
}
