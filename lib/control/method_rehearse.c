/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_rehearse.h"

#include "core/banned.h"

#define MOST_NS 100000
#define LIMIT_NS 10000000

static json_t *
worker_json(const struct engine_rehearsal *worker)
{
	return json_pack("{s:i, s:I, s:s?}", "core", (int)worker->core, "hold_ns",
			 (json_int_t)worker->hold_ns, "why", *worker->why ? worker->why : NULL);
}

void
answer_rehearse(struct method_daemon *daemon, struct call *call)
{
	struct engine_rehearsal workers[CONFIG_WORKERS_MAX];
	const json_t *given = json_object_get(call->params, "most_ns");
	json_int_t most = given ? json_integer_value(given) : MOST_NS;
	unsigned begun;
	json_t *list;

	if (most < 1 || most > LIMIT_NS) {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "most_ns"),
			 "`most_ns` is from 1 to %d", LIMIT_NS);
		return;
	}
	begun = engine_rehearse(daemon->engine, (uint64_t)most, workers);
	list = json_array();
	for (unsigned i = 0; i < engine_worker_count(daemon->engine); i++)
		json_array_append_new(list, worker_json(&workers[i]));
	if (begun == 0) {
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:o}", "workers", list),
			 "no worker rehearses: of core %u, %s", workers[0].core, workers[0].why);
		return;
	}
	method_forget(daemon);
	call->result = json_pack("{s:o}", "workers", list);
}
