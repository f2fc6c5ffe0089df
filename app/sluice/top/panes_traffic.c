/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in and goes out: ports, rules, drops. */
#include "top/brief.h"
#include "top/pane.h"
#include "view/value.h"

#include "core/banned.h"

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
		either_cell(sheet, data, port, "rx_pps", "rx_packets");
		either_cell(sheet, data, port, "rx_bps", "rx_bytes");
		sheet_spark(sheet, value_real(port, "rx_pps") + value_real(port, "tx_pps"),
			    trail_of(data->trail, name));
		either_cell(sheet, data, port, "tx_pps", "tx_packets");
		either_cell(sheet, data, port, "tx_bps", "tx_bytes");
		sheet_cell(sheet, losing > 0 ? TONE_BAD : TONE_DIM, losing, "%s",
			   brief_number(losing).text);
		number_cell(sheet, lost);
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
