/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <stdio.h>

#include "view/cell.h"
#include "view/gauges.h"
#include "view/records.h"
#include "view/value.h"

#include "core/banned.h"

static struct units_text
link_text(const json_t *port)
{
	uint64_t speed = value_number(port, "speed");
	struct units_text text;

	if (!json_is_true(json_object_get(port, "up"))) {
		snprintf(text.text, sizeof(text.text), "%s", value_text(port, "state"));
		return text;
	}
	if (speed == 0)
		return (struct units_text){"up"};
	return units_rate((double)speed * 1e6, "bit/s");
}

static uint64_t
errors_of(const json_t *port)
{
	return value_number(port, "rx_errors") + value_number(port, "rx_nombuf") +
	       value_number(port, "tx_errors");
}

static void
print_devices(const struct view *view)
{
	struct table *table =
		table_new("PORT|STATE|>CHANGES|MAC|>MTU|FRAMES|QUEUES|RINGS|DRIVER|DEVICE");
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		table_cell(table, "%s", name);
		table_cell(table, "%s", link_text(port).text);
		cell_count(table, port, "link_changes");
		cell_text(table, port, "mac");
		cell_count(table, port, "mtu");
		table_cell(table, "%u to %u", (unsigned)value_number(port, "min_frame"),
			   (unsigned)value_number(port, "max_frame"));
		table_cell(table, "%u in, %u out%s", (unsigned)value_number(port, "rx_queues"),
			   (unsigned)value_number(port, "tx_queues"),
			   json_is_true(json_object_get(port, "tx_shared")) ? " shared" : "");
		table_cell(table, "%u in, %u out", (unsigned)value_number(port, "rx_ring"),
			   (unsigned)value_number(port, "tx_ring"));
		cell_text(table, port, "driver");
		cell_text(table, port, "device");
	}
	table_print(table, view->out);
	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		const json_t *why = json_object_get(port, "why");

		if (json_is_string(why))
			fprintf(view->out, "%s: %s\n", name, json_string_value(why));
	}
	fprintf(view->out, "\n");
}

static void
counter_cells(struct table *table, const struct view *view, const json_t *port,
	      const json_t *before, const char *packets, const char *bytes)
{
	cell_count(table, port, packets);
	cell_bytes(table, port, bytes);
	cell_packet_rate(table, view, port, before, packets);
	cell_bit_rate(table, view, port, before, bytes);
}

static void
print_counters(const struct view *view)
{
	struct table *table = table_new(
		view->before
			? "PORT|>PACKETS IN|>BYTES|>NOW|>NOW|>PACKETS OUT|>BYTES|>NOW|>NOW|>MISSED|"
			  ">ERRORS|>TRUNCATED"
			: "PORT|>PACKETS IN|>BYTES|>PACKETS OUT|>BYTES|>MISSED|>ERRORS|>"
			  "TRUNCATED");
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		const json_t *before = value_in(view->before, "ports", name);

		table_cell(table, "%s", name);
		counter_cells(table, view, port, before, "rx_packets", "rx_bytes");
		counter_cells(table, view, port, before, "tx_packets", "tx_bytes");
		cell_count(table, port, "missed");
		table_cell(table, "%s", units_count(errors_of(port)).text);
		cell_count(table, port, "truncated");
	}
	table_print(table, view->out);
	fprintf(view->out, "\n");
}

/* Of captures: what is not as they have it. */
static void
print_records(const struct view *view)
{
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		struct value_list records = {""};

		records_of_port(&records, port);
		if (*records.text)
			fprintf(view->out, "%s: records: %s\n", name, records.text);
	}
}

/* Only where something was wrong: of a good NIC there is nothing to be said. */
static void
print_checksums(const struct view *view)
{
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get(view->now, "ports"), name, port) {
		if (value_number(port, "checksum_wrong") == 0)
			continue;
		fprintf(view->out,
			"port %s: of %s packet%s checked whose checksums the NIC calls good, %s "
			"%s wrong\n",
			name, units_count(value_number(port, "checksum_checked")).text,
			units_plural(value_number(port, "checksum_checked")),
			units_count(value_number(port, "checksum_wrong")).text,
			value_number(port, "checksum_wrong") == 1 ? "was" : "were");
	}
}

void
view_ports(const struct view *view)
{
	print_devices(view);
	print_counters(view);
	gauges_print(view);
	print_records(view);
	print_checksums(view);
}
