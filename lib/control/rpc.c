/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/rpc_id.h"
#include "core/text.h"

#include "core/banned.h"

void
rpc_fail(struct rpc_error *error, int code, json_t *data, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	text_clean(error->message);
	error->code = code;
	error->data = data;
}

/* How deep a text nests, found without parsing: the parser itself recurses, and must not be given
 * what would take its stack. */
static unsigned
depth_of(const char *line, size_t length)
{
	unsigned depth = 0, deepest = 0;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		if (in_string) {
			if (line[i] == '\\')
				i++;
			else if (line[i] == '"')
				in_string = false;
			continue;
		}
		if (line[i] == '"') {
			in_string = true;
		} else if (line[i] == '{' || line[i] == '[') {
			depth++;
			deepest = depth > deepest ? depth : deepest;
		} else if ((line[i] == '}' || line[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static bool
is_id(const json_t *id)
{
	return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

static bool
check_request(struct rpc_request *request, const struct rpc_id *text, struct rpc_error *error)
{
	json_t *root = request->root, *id, *method;
	const char *key;
	json_t *value;

	if (json_is_array(root)) {
		rpc_fail(error, RPC_INVALID_REQUEST, NULL,
			 "batches are not taken: send one request object a line");
		return false;
	}
	if (!json_is_object(root)) {
		rpc_fail(error, RPC_INVALID_REQUEST, NULL, "a request is an object");
		return false;
	}
	id = json_object_get(root, "id");
	if (id && !is_id(id)) {
		rpc_fail(error, RPC_INVALID_REQUEST, json_pack("{s:s}", "field", "id"),
			 "`id` is a string, a number or null");
		return false;
	}
	if (id && text->text)
		request->id = strndup(text->text, text->length);
	if (id && !request->id) {
		rpc_fail(error, RPC_INTERNAL, NULL, "out of memory");
		return false;
	}
	value = json_object_get(root, "jsonrpc");
	if (!json_is_string(value) || strcmp(json_string_value(value), "2.0") != 0) {
		rpc_fail(error, RPC_INVALID_REQUEST, json_pack("{s:s}", "field", "jsonrpc"),
			 "`jsonrpc` must be \"2.0\"");
		return false;
	}
	method = json_object_get(root, "method");
	if (!json_is_string(method)) {
		rpc_fail(error, RPC_INVALID_REQUEST, json_pack("{s:s}", "field", "method"),
			 "`method` must be a string");
		return false;
	}
	request->method = json_string_value(method);
	request->params = json_object_get(root, "params");
	if (request->params && !json_is_object(request->params)) {
		rpc_fail(error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "params"),
			 "`params` is an object of named parameters");
		return false;
	}
	json_object_foreach (root, key, value) {
		if (strcmp(key, "jsonrpc") != 0 && strcmp(key, "id") != 0 &&
		    strcmp(key, "method") != 0 && strcmp(key, "params") != 0) {
			rpc_fail(error, RPC_INVALID_REQUEST, json_pack("{s:s}", "field", key),
				 "unknown member `%s`; there are jsonrpc, id, method and params",
				 key);
			return false;
		}
	}
	return true;
}

/* The parser refuses numbers beyond its own: in its place it is given another, as long as the
 * id. */
static json_t *
parse(const char *line, size_t length, const struct rpc_id *id, json_error_t *problem)
{
	char *copy = id->number ? malloc(length) : NULL;
	json_t *root;

	if (copy) {
		memcpy(copy, line, length);
		memset(copy + (id->text - line), ' ', id->length);
		copy[id->text - line] = '0';
	}
	root = json_loadb(copy ? copy : line, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
			  problem);
	free(copy);
	return root;
}

bool
rpc_read(const char *line, size_t length, struct rpc_request *request, struct rpc_error *error)
{
	json_error_t problem;
	struct rpc_id id;

	memset(request, 0, sizeof(*request));
	memset(error, 0, sizeof(*error));
	if (depth_of(line, length) > RPC_DEPTH_MAX) {
		rpc_fail(error, RPC_LIMIT, json_pack("{s:i}", "limit", RPC_DEPTH_MAX),
			 "objects and arrays nest deeper than %d", RPC_DEPTH_MAX);
		return false;
	}
	id = rpc_id_find(line, length);
	request->root = parse(line, length, &id, &problem);
	if (!request->root) {
		rpc_fail(error, RPC_PARSE_ERROR,
			 json_pack("{s:i, s:i}", "line", 1, "column", problem.column),
			 "no JSON: %s", problem.text);
		return false;
	}
	return check_request(request, &id, error);
}

void
rpc_clear(struct rpc_request *request)
{
	json_decref(request->root);
	free(request->id);
	memset(request, 0, sizeof(*request));
}

char *
rpc_write(const char *id, json_t *result, struct rpc_error *error)
{
	json_t *failure = NULL;
	char *text, *line = NULL;

	if (error && error->code) {
		failure = json_pack("{s:i, s:s}", "code", error->code, "message", error->message);
		if (error->data)
			json_object_set_new(failure, "data", error->data);
		error->data = NULL;
	} else if (!result) {
		/* Each method has a result: what has none could not be made. */
		failure = json_pack("{s:i, s:s}", "code", RPC_INTERNAL, "message",
				    "out of memory for the answer");
	}
	/* 15 digits are what every double keeps: 0.1 stays 0.1. */
	text = json_dumps(failure ? failure : result,
			  JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_decref(result);
	if (text && asprintf(&line, RPC_HEAD "%s,\"%s\":%s}\n", id ? id : "null",
			     failure ? "error" : "result", text) < 0)
		line = NULL;
	json_decref(failure);
	free(text);
	return line;
}
