/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/print.h"

#include "control/report.h"
#include "view/view.h"

#include "core/banned.h"

/* Puts a member of one of the report's views in, or in the place of the report's own. */
static void
take(json_t *report, json_t *view, const char *key)
{
	json_object_set(report, key, json_object_get(view, key));
	json_decref(view);
}

/* On a virtual clock nothing is early or late, and no verdict has a meaning. */
static void
take_replays(json_t *report, const struct snapshot *snapshot)
{
	bool is_virtual = snapshot->uptime_ns == 0;
	json_t *view = report_replays(snapshot), *replay;
	const char *name;

	json_object_foreach (json_object_get(view, "replays"), name, replay) {
		if (is_virtual)
			json_object_del(replay, "verdict");
	}
	take(report, view, "replays");
}

void
report_print(const struct snapshot *snapshot, FILE *out)
{
	json_t *report = report_json(snapshot);
	struct view view = {.now = report, .out = out};

	take(report, report_ports(snapshot), "ports");
	json_object_set_new(report, "rules", report_all_rules(snapshot));
	take(report, report_drops(snapshot), "reasons");
	take_replays(report, snapshot);
	view_status(&view);
	json_decref(report);
}
