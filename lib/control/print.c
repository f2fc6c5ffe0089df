/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/banned.h"

#define NUMBER_MAX 32

struct number {
	char text[NUMBER_MAX];
};

/* 1234567 as "1,234,567". */
static struct number
grouped(uint64_t value)
{
	struct number result;
	char digits[NUMBER_MAX];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	char *at = result.text;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return result;
}

/* Bytes with a unit of the powers of 1024. */
static struct number
sized(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	struct number result;
	double value = (double)bytes;
	unsigned unit = 0;

	for (; value >= 1024 && unit < 5; unit++)
		value /= 1024;
	snprintf(result.text, sizeof(result.text), unit ? "%.1f %s" : "%.0f %s", value,
		 units[unit]);
	return result;
}

struct style {
	const char *bold, *good, *bad, *off;
};

static struct style
style_of(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	if (isatty(fileno(out)) && !(no_color && *no_color))
		return (struct style){"\033[1m", "\033[32m", "\033[1;31m", "\033[0m"};
	return (struct style){"", "", "", ""};
}

static void
print_ports(const struct snapshot *snapshot, const struct style *style, FILE *out)
{
	fprintf(out, "%s%-16s %14s %12s   %14s %12s%s\n", style->bold, "port", "in, packets",
		"bytes", "out, packets", "bytes", style->off);
	for (unsigned i = 0; i < snapshot->port_count; i++) {
		const struct snapshot_port *port = &snapshot->ports[i];

		fprintf(out, "%-16s %14s %12s   %14s %12s", port->name,
			grouped(port->rx_packets).text, sized(port->rx_bytes).text,
			grouped(port->tx_packets).text, sized(port->tx_bytes).text);
		if (port->truncated)
			fprintf(out, "   %s came in cut short by the capture",
				grouped(port->truncated).text);
		if (port->missed)
			fprintf(out, "   %s missed by the device", grouped(port->missed).text);
		fprintf(out, "\n");
	}
}

static void
print_rules(const struct snapshot *snapshot, const struct style *style, FILE *out)
{
	uint64_t classified = 0;

	for (unsigned i = 0; i < snapshot->rule_count; i++)
		classified += snapshot->rules[i].decides ? snapshot->rules[i].packets : 0;
	fprintf(out, "\n%s%-16s %14s %12s %7s   %s%s\n", style->bold, "rule", "packets", "bytes",
		"share", "actions", style->off);
	for (unsigned i = 0; i < snapshot->rule_count; i++) {
		const struct snapshot_rule *rule = &snapshot->rules[i];
		double share = classified ? 100.0 * (double)rule->packets / (double)classified : 0;

		fprintf(out, "%-16s %14s %12s %6.1f%%   %s%s%s%s\n", rule->name,
			grouped(rule->packets).text, sized(rule->bytes).text, share, rule->actions,
			rule->filter ? "  (filter: " : "", rule->filter ? rule->filter : "",
			rule->filter ? ")" : "");
	}
	if (snapshot->retired.packets)
		fprintf(out, "%-16s %14s %12s           rules that a later config no longer has\n",
			"(removed)", grouped(snapshot->retired.packets).text,
			sized(snapshot->retired.bytes).text);
}

static void
print_drops(const struct snapshot *snapshot, const struct style *style, FILE *out)
{
	bool any = false;

	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (!snapshot->drops[i])
			continue;
		if (!any)
			fprintf(out, "\n%s%-16s %14s%s\n", style->bold, "dropped", "packets",
				style->off);
		any = true;
		fprintf(out, "%-16s %14s   %s\n", drop_reason_name(i),
			grouped(snapshot->drops[i]).text, drop_reason_text(i));
	}
}

static void
print_ledger(const struct snapshot *snapshot, const struct style *style, FILE *out)
{
	const struct snapshot_ledger *ledger = &snapshot->ledger;
	uint64_t mirrored = 0, copied = 0, cycles = 0, packets = 0;

	for (unsigned i = 0; i < snapshot->port_count; i++)
		mirrored += snapshot->ports[i].copies;
	for (unsigned i = 0; i < COPY_REASONS; i++)
		copied += snapshot->copies[i].bytes;
	for (unsigned i = 0; i < snapshot->worker_count; i++) {
		cycles += snapshot->workers[i].busy_cycles;
		packets += snapshot->workers[i].packets;
	}
	fprintf(out,
		"\n%sledger%s    %s in (%s of them mirrored) = %s out + %s dropped + %s held: ",
		style->bold, style->off, grouped(ledger->in).text, grouped(mirrored).text,
		grouped(ledger->out).text, grouped(ledger->dropped).text,
		grouped(ledger->held).text);
	fprintf(out, "%s%s%s\n", ledger->balanced ? style->good : style->bad,
		ledger->balanced ? "balanced" : "NOT BALANCED", style->off);
	fprintf(out, "%scopied%s    %s bytes by the CPU\n", style->bold, style->off,
		grouped(copied).text);
	fprintf(out, "%smemory%s    ", style->bold, style->off);
	if (snapshot->leaked)
		fprintf(out, "%s%s packets LEAKED%s\n", style->bad, grouped(snapshot->leaked).text,
			style->off);
	else
		fprintf(out, "every packet is back in its pool\n");
	if (packets)
		fprintf(out, "%scost%s      %.0f cycles per packet, devices included\n",
			style->bold, style->off, (double)cycles / (double)packets);
}

void
report_print(const struct snapshot *snapshot, FILE *out)
{
	struct style style = style_of(out);

	print_ports(snapshot, &style, out);
	print_rules(snapshot, &style, out);
	print_drops(snapshot, &style, out);
	print_ledger(snapshot, &style, out);
}
