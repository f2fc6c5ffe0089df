/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/outcome.h"

#include <stdlib.h>

#include "control/answer.h"

#include "core/banned.h"

static struct call
call_of(struct rpc_request *request, const struct method *method, struct caller caller)
{
	struct call call = {
		.method = method,
		.caller = caller,
		.id = request->id,
		.params = json_incref(request->params),
	};

	request->id = NULL;
	return call;
}

static struct outcome
fail_request(struct rpc_request *request, struct rpc_error *error, struct caller *caller,
	     bool answer)
{
	struct outcome outcome = {.closing = error->code == RPC_LIMIT};

	caller_clear(caller);
	if (answer)
		outcome.answer = rpc_write(request->id, NULL, error);
	json_decref(error->data);
	rpc_clear(request);
	return outcome;
}

/* What is left of a call becomes a job. False: out of memory. */
static bool
leave_to_job(struct outcome *outcome, struct call *call)
{
	outcome->job = calloc(1, sizeof(*outcome->job));
	if (!outcome->job)
		return false;
	outcome->job->call = *call;
	return true;
}

static struct outcome
begin_call(struct method_daemon *daemon, struct call *call)
{
	struct outcome outcome = {0};
	const struct method *method = call->method;
	bool more = false, work;

	if (method_admit(call)) {
		work = method->work && (!method->has_work || method->has_work(daemon, call));
		if (!work)
			method->answer(daemon, call);
		if (method->changes)
			method_forget(daemon);
		if (work || call->waits || answer_is_long(call)) {
			if (leave_to_job(&outcome, call))
				return outcome;
			rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		}
	}
	outcome.answer = answer_piece(call, &more);
	if (more && leave_to_job(&outcome, call))
		return outcome;
	call_clear(call);
	return outcome;
}

struct outcome
outcome_of(struct method_daemon *daemon, const char *line, size_t length, struct caller caller)
{
	struct rpc_request request;
	struct rpc_error error;
	const struct method *method;
	struct call call;

	if (!rpc_read(line, length, &request, &error))
		return fail_request(&request, &error, &caller, true);
	method = method_find(request.method);
	if (!method) {
		method_fail_unknown(request.method, &error);
		return fail_request(&request, &error, &caller, request.id != NULL);
	}
	call = call_of(&request, method, caller);
	rpc_clear(&request);
	return begin_call(daemon, &call);
}
