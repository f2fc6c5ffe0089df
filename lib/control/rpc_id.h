/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RPC id: where the id stands in a request's line, so that it goes back byte for byte: a parser
 * would make 1 of 1.0, and knows no integers beyond 64 bits. Pure matter of text, of any text.
 */
#ifndef CONTROL_RPC_ID_H
#define CONTROL_RPC_ID_H

#include <stdbool.h>
#include <stddef.h>

struct rpc_id {
	const char *text; /* within the line; NULL: there is none, or the line is no object */
	size_t length;
	bool number; /* by JSON's grammar (RFC 8259, section 6) */
};

struct rpc_id rpc_id_find(const char *line, size_t length);

#endif
