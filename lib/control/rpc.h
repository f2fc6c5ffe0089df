/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RPC: JSON-RPC 2.0 (jsonrpc.org/specification), one object a line, as a pure matter of text: from
 * a line to a checked request, from a result or an error to a line.
 */
#ifndef CONTROL_RPC_H
#define CONTROL_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define RPC_LINE_MAX (64 * 1024) /* bytes of a request, without the line's end */
#define RPC_DEPTH_MAX 16         /* of objects and arrays in each other */

enum rpc_code {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_UNKNOWN_METHOD = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	/* sluice's own */
	RPC_LIMIT = -32000,          /* a limit of the socket was passed */
	RPC_REFUSED = -32001,        /* understood, and refused in the daemon's state */
	RPC_INVALID_CONFIG = -32002, /* data.errors has the findings */
	RPC_FORBIDDEN = -32003,      /* this socket gives reading methods alone */
};

struct rpc_error {
	int code; /* 0: no error */
	char message[512];
	json_t *data; /* owned, or NULL */
};

struct rpc_request {
	json_t *root; /* owned */
	char *id; /* its JSON as it was sent, owned; NULL in a notification, which gets no answer */
	const char *method; /* within root */
	json_t *params;     /* within root; NULL when there are none, else an object */
};

/* Sets an error; data is taken over and may be NULL. */
void rpc_fail(struct rpc_error *error, int code, json_t *data, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Reads a line (without its end). False with *error set when it is no request; request->id is then
 * what could be made out of it, or NULL. In either case request is to be cleared. */
bool rpc_read(const char *line, size_t length, struct rpc_request *request,
	      struct rpc_error *error);
void rpc_clear(struct rpc_request *request);

/* What every answer's line begins with; the id follows. */
#define RPC_HEAD "{\"jsonrpc\":\"2.0\",\"id\":"

/* The answer's line with its end, to be freed by the caller; NULL when out of memory. result or
 * error is taken over. id is JSON; it may be NULL, which is sent as null. */
char *rpc_write(const char *id, json_t *result, struct rpc_error *error);

#endif
