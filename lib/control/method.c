/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method.h"

#include <string.h>

#include "control/methods.h"
#include "control/params.h"
#include "core/text.h"

#include "core/banned.h"

const struct method *
method_at(unsigned index)
{
	return index < method_count ? &method_table[index] : NULL;
}

const struct method *
method_find(const char *name)
{
	for (unsigned i = 0; i < method_count; i++) {
		if (strcmp(method_table[i].name, name) == 0)
			return &method_table[i];
	}
	return NULL;
}

void
method_fail_unknown(const char *method, struct rpc_error *error)
{
	const char *names[METHODS_MAX];
	const char *nearest;

	for (unsigned i = 0; i < method_count; i++)
		names[i] = method_table[i].name;
	nearest = text_nearest(method, names, method_count);
	rpc_fail(error, RPC_UNKNOWN_METHOD, nearest ? json_pack("{s:s}", "nearest", nearest) : NULL,
		 "no method is called %s%s%s%s; `methods` lists them", text_quote(method).text,
		 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

void
answer_methods(struct method_daemon *daemon, struct call *call)
{
	json_t *methods = json_array();

	for (unsigned i = 0; i < method_count; i++) {
		const struct method *method = &method_table[i];
		bool everywhere = !method->changes && !method->secret;

		json_array_append_new(methods,
				      json_pack("{s:s, s:s, s:b, s:b, s:o}", "name", method->name,
						"text", method->text, "changes",
						(int)method->changes, "on_stats_socket",
						(int)everywhere, "params", params_json(method)));
	}
	call->result = json_pack("{s:o}", "methods", methods);
}

bool
method_admit(struct call *call)
{
	if (call->caller.reading_only && (call->method->changes || call->method->secret)) {
		rpc_fail(&call->error, RPC_FORBIDDEN, NULL,
			 "%s is not given on this socket; use control.sock", call->method->name);
		return false;
	}
	return params_admit(call);
}
