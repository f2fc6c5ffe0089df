/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_report.h"

#include "control/method_keep.h"
#include "control/report.h"
#include "control/report_energy.h"
#include "core/now.h"

#include "core/banned.h"

void
answer_report(struct method_daemon *daemon, struct call *call)
{
	call->snapshot = method_snapshot(daemon);
	if (!call->snapshot)
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
	/* Until it is known which. */
	else if (call->item)
		call->end = call->snapshot->rule_count;
}

static void
put_counts(FILE *out, const struct call *call, unsigned index)
{
	report_put_rule_counts(out, call->snapshot, index);
}

static void
put_rule(FILE *out, const struct call *call, unsigned index)
{
	report_put_rule(out, call->snapshot, index);
}

static json_t *
energy_json(struct method_daemon *daemon, const struct snapshot *snapshot)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < snapshot->worker_count; i++)
		packets += snapshot->workers[i].packets;
	energy_read(&daemon->energy, now_ns());
	return report_energy(&daemon->energy, packets);
}

void
answer_status(struct method_daemon *daemon, struct call *call)
{
	if (call->restart.verdict)
		daemon->restart = call->restart;
	call->more = json_pack("{s:o}", "config", keep_json(daemon));
	call->item = put_counts;
	answer_report(daemon, call);
	if (call->snapshot)
		json_object_set_new(call->more, "energy", energy_json(daemon, call->snapshot));
}

void
answer_rules(struct method_daemon *daemon, struct call *call)
{
	call->item = put_rule;
	answer_report(daemon, call);
}
