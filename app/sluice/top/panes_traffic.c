/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in and goes out: ports, rules, drops. */
#include "top/brief.h"
#include "top/pane.h"
#include "view/value.h"

#include "core/banned.h"

/* Parts of a receive ring that wait: from here on it soon loses. */
#define QUEUE_WARN 0.5
#define QUEUE_BAD 0.9
#define RATIO_MAX 999.5

static enum tone
dim_zero(double number)
{
	return number > 0 ? TONE_PLAIN : TONE_DIM;
}

static void
number_cell(struct sheet *sheet, double number)
{
	sheet_cell(sheet, dim_zero(number), number, "%s", brief_number(number).text);
}

/* One of two members, by whether totals are shown. */
static void
either_cell(struct sheet *sheet, const struct pane_data *data, const json_t *object,
	    const char *now, const char *total)
{
	number_cell(sheet, value_real(object, data->totals ? total : now));
}

/* Rates are of what enters the pipeline, replays `as` the port with it; totals of the port. */
static void
in_cell(struct sheet *sheet, const struct pane_data *data, const json_t *port, const char *now,
	const char *total, const char *replayed)
{
	if (data->totals)
		number_cell(sheet, value_real(port, total));
	else
		number_cell(sheet, value_real(port, now) + value_real(port, replayed));
}

static void
queue_cell(struct sheet *sheet, const json_t *share)
{
	double part = json_number_value(share);

	if (json_is_number(share))
		sheet_cell(sheet,
			   part >= QUEUE_BAD    ? TONE_BAD
			   : part >= QUEUE_WARN ? TONE_WARN
						: dim_zero(part),
			   part, "%s", brief_share(part).text);
	else
		sheet_cell(sheet, TONE_DIM, -1, "-");
}

static void
peak_cell(struct sheet *sheet, const json_t *port)
{
	double peak = value_real(port, "peak_1ms_pps"), ratio = value_real(port, "peak_ratio");

	if (peak <= 0)
		sheet_cell(sheet, TONE_DIM, 0, "-");
	else if (ratio <= 0 || ratio >= RATIO_MAX)
		sheet_cell(sheet, TONE_PLAIN, peak, "%s", brief_number(peak).text);
	else
		sheet_cell(sheet, TONE_PLAIN, peak, "%s x%.*f", brief_number(peak).text,
			   ratio < 9.95, ratio);
}

void
pane_ports(struct sheet *sheet, const struct pane_data *data)
{
	const char *name;
	json_t *port;

	json_object_foreach (json_object_get((json_t *)data->figures, "ports"), name, port) {
		double lost = value_real(port, "lost"), losing = value_real(port, "lost_pps");
		bool up = json_is_true(json_object_get(port, "up"));

		sheet_cell(sheet, up ? TONE_PLAIN : TONE_BAD, 0, up ? "%s" : "%s (%s)", name,
			   value_text(port, "state"));
		in_cell(sheet, data, port, "rx_pps", "rx_packets", "replayed_pps");
		in_cell(sheet, data, port, "rx_bps", "rx_bytes", "replayed_bps");
		sheet_spark(sheet,
			    value_real(port, "rx_pps") + value_real(port, "replayed_pps") +
				    value_real(port, "tx_pps"),
			    trail_of(data->trail, name));
		either_cell(sheet, data, port, "tx_pps", "tx_packets");
		either_cell(sheet, data, port, "tx_bps", "tx_bytes");
		sheet_cell(sheet, losing > 0 ? TONE_BAD : TONE_DIM, losing, "%s",
			   brief_number(losing).text);
		number_cell(sheet, lost);
		queue_cell(sheet, json_object_get(port, data->totals ? "backlog_peak" : "backlog"));
		peak_cell(sheet, port);
	}
}

void
pane_rules(struct sheet *sheet, const struct pane_data *data)
{
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get((json_t *)data->figures, "rules"), name, rule) {
		double share = value_real(rule, "share");

		sheet_cell(sheet, dim_zero(value_real(rule, "packets")), 0, "%s", name);
		either_cell(sheet, data, rule, "pps", "packets");
		either_cell(sheet, data, rule, "bps", "bytes");
		sheet_cell(sheet, dim_zero(share), share, "%s", brief_share(share).text);
		sheet_bar(sheet, TONE_PLAIN, share);
	}
	if (value_number(data->figures, "rules_omitted") == 0)
		return;
	sheet_cell(sheet, TONE_DIM, 0, "and %llu more",
		   (unsigned long long)value_number(data->figures, "rules_omitted"));
	for (unsigned i = 1; i < sheet->width; i++)
		sheet_cell(sheet, TONE_DIM, -1, "%s", "");
}

void
pane_drops(struct sheet *sheet, const struct pane_data *data)
{
	const char *reason;
	json_t *drop;

	json_object_foreach (json_object_get((json_t *)data->figures, "drops"), reason, drop) {
		double number = value_real(drop, data->totals ? "packets" : "pps");
		const char *kind = value_text(drop, "kind");
		bool meant = *kind == 'p';

		if (value_number(drop, "packets") == 0)
			continue;
		sheet_cell(sheet, TONE_PLAIN, 0, "%s", reason);
		sheet_cell(sheet, number > 0 && !meant ? TONE_BAD : dim_zero(number), number, "%s",
			   brief_number(number).text);
		sheet_cell(sheet, TONE_DIM, 0, "%s", kind);
	}
}
