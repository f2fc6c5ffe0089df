/* SPDX-License-Identifier: BSD-3-Clause */
/* All that the reading methods tell, of one moment. */
#include "control/report.h"
#include "control/report_counters.h"
#include "control/report_number.h"
#include "engine/engine.h"

#include "core/banned.h"

/* part is taken over. Of an object that both have members are put together. */
static void
take(json_t *result, json_t *part)
{
	json_object_update_recursive(result, part);
	json_decref(part);
}

/* `bytes` of a replay are those that it sent; what its captures take stands beside them as `memory`
 * already. */
static json_t *
memory_json(const struct snapshot *snapshot)
{
	json_t *result = report_memory(snapshot), *replay;
	const char *name;

	json_object_foreach (json_object_get(result, "replays"), name, replay)
		json_object_del(replay, "bytes");
	return result;
}

json_t *
report_snapshot(const struct snapshot *snapshot)
{
	const struct snapshot_rule otherwise = snapshot_rule(snapshot, snapshot->rule_count - 1);
	json_t *result = report_status(snapshot);

	/* How many there are; they follow. */
	json_object_del(result, "workers");
	take(result, report_ports(snapshot));
	take(result, report_rules(snapshot));
	take(result, report_drops(snapshot));
	take(result, memory_json(snapshot));
	take(result, report_workers(snapshot));
	/* What words mean does not change. */
	json_object_del(result, "reasons");
	json_object_set_new(result, "rule_count", number(snapshot->rule_count));
	json_object_set_new(result, "default",
			    report_object(snapshot_rule_counts, otherwise.counts));
	json_object_set_new(
		result, "software",
		json_pack("{s:s, s:s}", "version", SLUICE_VERSION, "dpdk", engine_dpdk_version()));
	return result;
}
