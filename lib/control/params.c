/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/params.h"

#include <string.h>

#include "control/select.h"

#include "core/banned.h"

static const char *const type_words[] = {
	[METHOD_STRING] = "string",
	[METHOD_INTEGER] = "integer",
	[METHOD_NAMES] = "list of strings",
	[METHOD_BOOLEAN] = "boolean",
};

static bool
is_names(const json_t *value)
{
	json_t *name;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > SELECT_NAMES_MAX)
		return false;
	json_array_foreach (value, i, name) {
		if (!json_is_string(name))
			return false;
	}
	return true;
}

static bool
is_of_type(const json_t *value, enum method_type type)
{
	switch (type) {
	case METHOD_INTEGER:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case METHOD_NAMES:
		return is_names(value);
	case METHOD_BOOLEAN:
		return json_is_boolean(value);
	default:
		return json_is_string(value);
	}
}

static void
refuse_type(struct call *call, const struct method_param *param, const json_t *value)
{
	json_t *data =
		json_pack("{s:s, s:s}", "field", param->name, "type", type_words[param->type]);

	if (param->type == METHOD_NAMES && json_array_size(value) > SELECT_NAMES_MAX)
		rpc_fail(&call->error, RPC_INVALID_PARAMS, data,
			 "`%s` takes %d names at most; ask again for the others", param->name,
			 SELECT_NAMES_MAX);
	else
		rpc_fail(&call->error, RPC_INVALID_PARAMS, data, "`%s` must be %s %s%s: %s",
			 param->name, param->type == METHOD_INTEGER ? "an" : "a",
			 type_words[param->type],
			 param->type == METHOD_INTEGER ? ", 0 or more" : "", param->text);
}

json_t *
params_json(const struct method *method)
{
	json_t *params = json_array();

	for (unsigned i = 0; i < METHOD_PARAMS_MAX && method->params[i].name; i++) {
		const struct method_param *param = &method->params[i];

		json_array_append_new(params, json_pack("{s:s, s:s, s:b, s:s}", "name", param->name,
							"type", type_words[param->type], "required",
							(int)param->required, "text", param->text));
	}
	return params;
}

static const struct method_param *
find_param(const struct method *method, const char *name)
{
	for (unsigned i = 0; i < METHOD_PARAMS_MAX && method->params[i].name; i++) {
		if (strcmp(method->params[i].name, name) == 0)
			return &method->params[i];
	}
	return NULL;
}

bool
params_admit(struct call *call)
{
	const struct method *method = call->method;
	const char *key;
	json_t *value;

	json_object_foreach (call->params, key, value) {
		const struct method_param *param = find_param(method, key);

		if (!param) {
			rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", key),
				 "%s has no parameter `%s`; `methods` lists them", method->name,
				 key);
			return false;
		}
		if (!is_of_type(value, param->type)) {
			refuse_type(call, param, value);
			return false;
		}
	}
	for (unsigned i = 0; i < METHOD_PARAMS_MAX && method->params[i].name; i++) {
		const struct method_param *param = &method->params[i];

		if (param->required && !json_object_get(call->params, param->name)) {
			rpc_fail(&call->error, RPC_INVALID_PARAMS,
				 json_pack("{s:s}", "field", param->name), "%s needs `%s`: %s",
				 method->name, param->name, param->text);
			return false;
		}
	}
	return true;
}
