/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report.h"

#include <string.h>

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
copies_json(const struct snapshot *snapshot)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < COPY_REASONS; i++)
		json_object_set_new(
			result, copy_reasons[i].name,
			packets_and_bytes(snapshot->copies[i].packets, snapshot->copies[i].bytes));
	return result;
}

/* An object for each port, by name, with the rows of one table, or two. */
static json_t *
each_port(const struct snapshot *snapshot, const struct counter *table, const struct counter *more)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < snapshot->port_count; i++) {
		const struct snapshot_port *port = &snapshot->ports[i];
		json_t *object = report_object(table, port);

		if (more)
			report_counters(object, more, port);
		json_object_set_new(result, port->name, object);
	}
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

/* What each of its edits counted, as of a rule's list. */
static void
add_steps(json_t *object, const struct replay_report *replay)
{
	json_t *steps = replay->edit_count ? json_array() : NULL;

	for (unsigned i = 0; i < replay->edit_count; i++)
		json_array_append_new(steps, json_pack("{s:s, s:o}", "action", replay->edits[i],
						       "unedited", number(replay->sum.idle[i])));
	if (steps)
		json_object_set_new(object, "steps", steps);
}

/* An object for each replay, by name, with the rows of one table, or two. */
static json_t *
each_replay(const struct snapshot *snapshot, const struct counter *table,
	    const struct counter *more)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < snapshot->replay_count; i++) {
		const struct replay_report *replay = &snapshot->replays[i];
		json_t *object = report_object(table, replay);

		if (more) {
			report_counters(object, more, replay);
			add_steps(object, replay);
		}
		json_object_set_new(result, replay->name, object);
	}
	return result;
}

static json_t *
section_json(const struct snapshot_section *section)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < section->count; i++)
		json_object_set_new(
			result, section->names[i],
			report_object(section->section->counts,
				      (char *)section->numbers + i * section->section->size));
	return result;
}

/* Also where there is nothing in it. */
static json_t *
one_section(const struct snapshot *snapshot, const char *name)
{
	for (unsigned i = 0; i < snapshot->section_count; i++) {
		if (strcmp(snapshot->sections[i].section->name, name) == 0)
			return json_pack("{s:o}", name, section_json(&snapshot->sections[i]));
	}
	return json_pack("{s:{}}", name);
}

/* Where some rule retired that took something, or something of a rule did that counted. */
static void
add_retired(json_t *result, const struct snapshot *snapshot)
{
	json_t *retired = report_retired(&snapshot->retired, &snapshot->retired_acted);

	if (snapshot->retired.packets || json_object_size(retired) > 2)
		json_object_set(result, "retired", retired);
	json_decref(retired);
}

/* rules is taken over; more: further rows of ports, or NULL. */
static json_t *
report(const struct snapshot *snapshot, json_t *rules, const struct counter *more)
{
	json_t *result = json_pack(
		"{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", REPORT_VERSION, "ports",
		each_port(snapshot, snapshot_port_counts, more), "rules", rules, "drops",
		report_reasons(snapshot->drops), "replays",
		each_replay(snapshot, replay_counts, NULL), "copies", copies_json(snapshot),
		"ledger", report_object(snapshot_ledger_counts, &snapshot->ledger), "leaked",
		number(snapshot->leaked), "cycles", cycles_json(snapshot));

	for (unsigned i = 0; i < snapshot->section_count; i++)
		json_object_set_new(result, snapshot->sections[i].section->name,
				    section_json(&snapshot->sections[i]));
	/* Said where there is something to say; programs that want to know read the status. */
	if (snapshot->unsafe)
		json_object_set_new(result, "unsafe", json_true());
	if (snapshot->ended.ports)
		json_object_set_new(result, "ended",
				    report_object(snapshot_ended_counts, &snapshot->ended));
	add_retired(result, snapshot);
	return result;
}

json_t *
report_json(const struct snapshot *snapshot)
{
	return report(snapshot, report_rule_counts(snapshot), NULL);
}

json_t *
report_status(const struct snapshot *snapshot)
{
	json_t *result = report(snapshot, json_string(REPORT_RULES_HERE), snapshot_port_gauges);

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

json_t *
report_replays(const struct snapshot *snapshot)
{
	return json_pack("{s:o}", "replays", each_replay(snapshot, replay_counts, replay_details));
}

json_t *
report_ports(const struct snapshot *snapshot)
{
	json_t *ports = each_port(snapshot, snapshot_port_counts, snapshot_port_details);
	json_t *gauges = each_port(snapshot, snapshot_port_gauges, NULL);

	json_object_update_recursive(ports, gauges);
	json_decref(gauges);
	return json_pack("{s:o}", "ports", ports);
}

static json_t *
bursts_of(const struct snapshot_port *port)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < port->bursts_kept; i++)
		json_array_append_new(list, report_object(snapshot_burst_counts, &port->bursts[i]));
	return list;
}

json_t *
report_bursts(const struct snapshot *snapshot)
{
	json_t *bursts = json_object();

	for (unsigned i = 0; i < snapshot->port_count; i++)
		json_object_set_new(bursts, snapshot->ports[i].name,
				    bursts_of(&snapshot->ports[i]));
	return json_pack("{s:o}", "bursts", bursts);
}

json_t *
report_rules(const struct snapshot *snapshot)
{
	return json_pack(
		"{s:s, s:o, s:o}", "rules", REPORT_RULES_HERE, "retired",
		report_retired(&snapshot->retired, &snapshot->retired_acted), "retired_passed",
		report_retired(&snapshot->retired_passed, &snapshot->retired_passed_acted));
}

json_t *
report_policers(const struct snapshot *snapshot)
{
	return one_section(snapshot, "policers");
}

json_t *
report_captures(const struct snapshot *snapshot)
{
	return one_section(snapshot, "captures");
}

json_t *
report_dedups(const struct snapshot *snapshot)
{
	return one_section(snapshot, "dedups");
}

json_t *
report_returns(const struct snapshot *snapshot)
{
	return one_section(snapshot, "returns");
}

json_t *
report_workers(const struct snapshot *snapshot)
{
	json_t *workers = json_array();

	for (unsigned i = 0; i < snapshot->worker_count; i++)
		json_array_append_new(workers,
				      report_object(snapshot_worker_counts, &snapshot->workers[i]));
	return json_pack("{s:o, s:o}", "workers", workers, "tsc_hz", number(snapshot->tsc_hz));
}

static json_t *
all_before(const struct snapshot *snapshot)
{
	struct snapshot_port sum = {0};

	for (unsigned i = 0; i < snapshot->port_count; i++)
		counters_add(snapshot_port_before, &sum, &snapshot->ports[i]);
	return report_object(snapshot_port_before, &sum);
}

json_t *
report_drops(const struct snapshot *snapshot)
{
	json_t *reasons = json_object();

	for (unsigned i = 0; i < DROP_REASONS; i++)
		json_object_set_new(reasons, drop_reasons[i].name,
				    json_string(drop_reasons[i].text));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "drops",
			 report_reasons(snapshot->drops), "before", all_before(snapshot), "reasons",
			 reasons, "ports", each_port(snapshot, snapshot_port_account, NULL),
			 "ended", report_object(snapshot_ended_counts, &snapshot->ended), "ledger",
			 report_object(snapshot_ledger_counts, &snapshot->ledger), "copies",
			 copies_json(snapshot));
}

json_t *
report_memory(const struct snapshot *snapshot)
{
	json_t *pools = json_array();

	for (unsigned i = 0; i < snapshot->pool_count; i++)
		json_array_append_new(pools,
				      report_object(snapshot_pool_counts, &snapshot->pools[i]));
	return json_pack("{s:o, s:o, s:b, s:{s:i, s:b}}", "pools", pools, "replays",
			 each_replay(snapshot, replay_memory, NULL), "hugepages",
			 (int)snapshot->hugepages, "copy_break", "bytes", (int)snapshot->copy_break,
			 "measured", (int)snapshot->copy_break_measured);
}
