/* SPDX-License-Identifier: BSD-3-Clause */
/* Everything at a glance: what came in, which rule took what, where it left, and whether it adds
 * up. */
#include "view/view.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "view/edition.h"
#include "view/energy.h"
#include "view/records.h"
#include "view/cell.h"
#include "view/gauges.h"
#include "view/value.h"

#include "core/banned.h"

#define BAR_WIDTH 16
/* `status` is to fit on a screen; `rules` shows them all. */
#define RULES_SHOWN 20
#define VERDICTS_SHOWN 4

static void
print_state(const struct view *view)
{
	const struct table_style *style = table_style(view->out);
	const json_t *now = view->now;
	uint64_t workers = value_number(now, "workers"), applied = value_number(now, "applied");

	if (!json_object_get(now, "state"))
		return;
	fprintf(view->out, "%ssluiced %s%s", style->bold, value_text(now, "state"), style->plain);
	if (json_object_get(now, "uptime"))
		fprintf(view->out, " for %s", units_duration(value_real(now, "uptime")).text);
	if (workers)
		fprintf(view->out, ", %s worker%s", units_count(workers).text,
			workers == 1 ? "" : "s");
	if (applied)
		fprintf(view->out, ", %s config%s applied", units_count(applied).text,
			applied == 1 ? "" : "s");
	if (json_object_get(now, "hugepages"))
		fprintf(view->out, ", %s hugepages",
			json_is_true(json_object_get(now, "hugepages")) ? "with" : "without");
	fprintf(view->out, "\n\n");
}

/* What runs, since when and by whom, and what a restart would make of it. */
static void
print_config(const struct view *view)
{
	static const struct {
		const char *verdict, *text;
	} others[] = {
		{"other", "would run another config, as it stands there now: `sluice config save` "
			  "keeps what runs"},
		{"invalid", "would fail: what stands there now is no valid config"},
		{"missing", "would fail: that file is not there"},
		{"unreadable", "may fail: the daemon can't read that file now"},
	};
	const struct table_style *style = table_style(view->out);
	const json_t *config = json_object_get(view->now, "config");

	if (!config)
		return;
	fprintf(view->out, "%sconfig%s   ", style->bold, style->plain);
	edition_print(view->out, config);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(value_text(config, "restart"), others[i].verdict) == 0)
			fprintf(view->out, "\n         %sa restart with %s %s%s", style->bad,
				value_text(config, "start"), others[i].text, style->plain);
	}
	fprintf(view->out, "\n\n");
}

static void
print_unsafe(const struct view *view)
{
	const struct table_style *style = table_style(view->out);

	if (json_is_true(json_object_get(view->now, "unsafe")))
		fprintf(view->out,
			"%sUNSAFE: started with --unsafe-no-iommu; devices may reach all memory of "
			"this machine%s\n\n",
			style->bad, style->plain);
}

/* One line of what keeps a fault within the daemon; in full where something is missing of it. */
static void
print_sandbox(const struct view *view)
{
	const struct table_style *style = table_style(view->out);
	const json_t *sandbox = json_object_get(view->now, "sandbox");
	const json_t *held = json_object_get(sandbox, "capabilities");
	const json_t *name;
	size_t index;

	if (!sandbox)
		return;
	if (!json_is_true(json_object_get(sandbox, "on"))) {
		fprintf(view->out, "%ssandbox  off%s\n\n", style->bad, style->plain);
		return;
	}
	fprintf(view->out, "%ssandbox%s  Landlock %u, seccomp %s, capabilities:", style->bold,
		style->plain, (unsigned)value_number(sandbox, "landlock"),
		json_is_true(json_object_get(sandbox, "seccomp")) ? "on" : "off");
	json_array_foreach (held, index, name)
		fprintf(view->out, "%s%s", index ? ", " : " ", json_string_value(name));
	fprintf(view->out, "%s, core dumps %s, memory %slocked, opener %s\n\n",
		json_array_size(held) ? "" : " none",
		json_is_true(json_object_get(sandbox, "core_dumps")) ? "allowed" : "off",
		json_is_true(json_object_get(sandbox, "memory_locked")) ? "" : "not ",
		json_is_true(json_object_get(sandbox, "opener")) ? "on" : "off");
}

/* What is out of the ordinary about a port. */
static void
note_cell(struct table *table, const json_t *port)
{
	struct value_list notes = {""};

	value_say(&notes, value_number(port, "missed"), "missed by the device");
	records_of_port(&notes, port);
	table_cell(table, "%s", notes.text);
}

static void
port_cells(struct table *table, const struct view *view, const char *name, const json_t *port,
	   const json_t *before)
{
	table_cell(table, "%s", name);
	cell_count(table, port, "rx_packets");
	cell_bytes(table, port, "rx_bytes");
	cell_packet_rate(table, view, port, before, "rx_packets");
	cell_count(table, port, "tx_packets");
	cell_bytes(table, port, "tx_bytes");
	cell_packet_rate(table, view, port, before, "tx_packets");
	note_cell(table, port);
}

/* Adds what both ports counted, so that a total has rates too. */
static void
add_port(json_t *total, const json_t *port)
{
	static const char *const keys[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint64_t sum = value_number(total, keys[i]) + value_number(port, keys[i]);

		json_object_set_new(total, keys[i], json_integer((json_int_t)sum));
	}
}

static void
print_ports(const struct view *view, json_t *total)
{
	struct table *table =
		table_new(view->before ? "PORT|>PACKETS IN|>BYTES|>NOW|>PACKETS OUT|>BYTES|>NOW|"
				       : "PORT|>PACKETS IN|>BYTES|>PACKETS OUT|>BYTES|");
	const json_t *ports = json_object_get(view->now, "ports");
	const json_t *ended = json_object_get(view->now, "ended");
	const json_t *ended_before = json_object_get(view->before, "ended");
	json_t *total_before = json_object();
	const char *name;
	json_t *port;

	json_object_foreach ((json_t *)ports, name, port) {
		const json_t *before = value_in(view->before, "ports", name);

		port_cells(table, view, name, port, before);
		add_port(total, port);
		add_port(total_before, before);
	}
	if (ended) {
		port_cells(table, view, "(ended)", ended, ended_before);
		add_port(total, ended);
		add_port(total_before, ended_before);
	}
	if (json_object_size(ports) > 1 || ended) {
		table_line(table);
		port_cells(table, view, "all", total, total_before);
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
	json_decref(total_before);
}

static bool
has_replays_as_received(const json_t *replays)
{
	const char *name;
	json_t *replay;

	json_object_foreach ((json_t *)replays, name, replay) {
		if (json_is_true(json_object_get(replay, "as")))
			return true;
	}
	return false;
}

/* Packets that rules decided: what the deciding rules took, where it is said which these are; else
 * what ports received, if no replay's packets came to rules as well. 0: unknown. */
static uint64_t
decided(const struct view *view, const json_t *total)
{
	uint64_t sum = value_number(json_object_get(view->now, "retired"), "packets");
	bool told = false;
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get(view->now, "rules"), name, rule) {
		const json_t *decides = json_object_get(rule, "decides");

		told |= decides != NULL;
		if (json_is_true(decides))
			sum += value_number(rule, "packets");
	}
	if (told)
		return sum;
	return has_replays_as_received(json_object_get(view->now, "replays"))
		       ? 0
		       : value_number(total, "rx_packets");
}

static void
print_rules(const struct view *view, const json_t *total)
{
	struct table *table = table_new(view->before ? "RULE|>PACKETS|>BYTES|>SHARE||>NOW|"
						     : "RULE|>PACKETS|>BYTES|>SHARE||");
	uint64_t all = decided(view, total);
	const json_t *rules = json_object_get(view->now, "rules");
	uint64_t retired = value_number(json_object_get(view->now, "retired"), "packets");
	size_t count = json_object_size(rules), shown = 0;
	const char *name;
	json_t *rule;

	json_object_foreach ((json_t *)rules, name, rule) {
		uint64_t packets = value_number(rule, "packets");

		if (shown >= RULES_SHOWN && strcmp(name, "default") != 0)
			continue;
		shown++;
		table_cell(table, "%s", name);
		table_cell(table, "%s", units_count(packets).text);
		cell_bytes(table, rule, "bytes");
		table_cell(table, "%s", units_share(packets, all).text);
		table_cell(table, "%s",
			   table_bar(all ? (double)packets : 0, (double)all, BAR_WIDTH).text);
		cell_packet_rate(table, view, rule, value_in(view->before, "rules", name),
				 "packets");
		cell_text(table, rule, "actions");
	}
	table_print(table, view->out);
	if (count > shown)
		fprintf(view->out, "and %s rule%s more: sluice rules\n",
			units_count(count - shown).text, units_plural(count - shown));
	if (retired)
		fprintf(view->out, "and %s packet%s that rules of earlier configs decided\n",
			units_count(retired).text, units_plural(retired));
	fprintf(view->out, "\n");
}

/* Where replays are, and how those went that have ended and sent something. */
static void
print_replays(const struct view *view)
{
	const json_t *replays = json_object_get(view->now, "replays");
	unsigned shown = 0;
	const char *name;
	json_t *replay;

	if (json_object_size(replays) == 0)
		return;
	view_replays(view);
	if (json_object_size(json_object_get(view->now, "returns")))
		view_returns(view);
	json_object_foreach ((json_t *)replays, name, replay) {
		if (!json_object_get(replay, "verdict") || value_number(replay, "sent") == 0 ||
		    !json_is_true(json_object_get(replay, "ended")) || shown++ >= VERDICTS_SHOWN)
			continue;
		fprintf(view->out, "\n");
		view_verdict(view->out, name, replay);
	}
	fprintf(view->out, "\n");
}

static void
print_captures(const struct view *view)
{
	if (json_object_size(json_object_get(view->now, "captures")) == 0)
		return;
	view_captures(view);
	fprintf(view->out, "\n");
}

static void
print_drops(const struct view *view)
{
	struct table *table = table_new("DROPPED|>PACKETS|");
	const json_t *reasons = json_object_get(view->now, "reasons");
	const char *reason;
	bool any = false;
	json_t *count;

	json_object_foreach (json_object_get(view->now, "drops"), reason, count) {
		if (json_integer_value(count) == 0)
			continue;
		any = true;
		table_cell(table, "%s", reason);
		table_cell(table, "%s", units_count((uint64_t)json_integer_value(count)).text);
		cell_text(table, reasons, reason);
	}
	if (!any) {
		table_cell(table, "nothing");
		table_cell(table, "0");
		table_cell(table, "%s", "");
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

/* Packets may be on their way while the daemon runs; at the end each must be back in its pool. */
static void
print_leaked(const struct view *view)
{
	const struct table_style *style = table_style(view->out);
	uint64_t leaked = value_number(view->now, "leaked");
	uint64_t held = value_number(json_object_get(view->now, "ledger"), "held");

	if (leaked)
		fprintf(view->out, "%smemory   %s packet%s LEAKED%s\n", style->bad,
			units_count(leaked).text, units_plural(leaked), style->plain);
	else if (!json_object_get(view->now, "state") && held)
		fprintf(view->out, "%smemory   %s packet%s held to the end%s\n", style->bad,
			units_count(held).text, units_plural(held), style->plain);
	else if (!json_object_get(view->now, "state"))
		fprintf(view->out, "%smemory%s   every packet is back in its pool\n", style->bold,
			style->plain);
}

static void
print_foot(const struct view *view)
{
	const struct table_style *style = table_style(view->out);
	const json_t *cycles = json_object_get(view->now, "cycles");

	value_print_copies(view->out, json_object_get(view->now, "copies"));
	value_print_ledger(view->out, json_object_get(view->now, "ledger"));
	print_leaked(view);
	/* Of a run that has ended it counts its start, and offline the reading and writing of
	 * captures. */
	if (json_object_get(view->now, "state") && value_real(cycles, "per_packet") > 0)
		fprintf(view->out, "%scost%s     %.0f cycles per packet, devices included\n",
			style->bold, style->plain, value_real(cycles, "per_packet"));
}

void
view_status(const struct view *view)
{
	json_t *total = json_object();

	print_state(view);
	print_config(view);
	print_unsafe(view);
	print_sandbox(view);
	energy_print(view);
	print_ports(view, total);
	gauges_print_brief(view);
	print_rules(view, total);
	print_replays(view);
	print_captures(view);
	print_drops(view);
	print_foot(view);
	json_decref(total);
}
