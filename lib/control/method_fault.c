/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/fault.h"

#include "core/banned.h"

#define PACKETS_DEFAULT 32
#define PACKETS_MAX 1024

static bool
read_address(struct call *call, uint64_t *address)
{
	const char *text = call_param(call, "address");
	char *end;

	errno = 0;
	*address = strtoull(text, &end, 16);
	if (!errno && end != text && !*end && *text != '-')
		return true;
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "address"),
		 "`address` is a number in hexadecimal");
	return false;
}

static bool
read_packets(struct call *call, uint64_t *packets)
{
	const json_t *value = json_object_get(call->params, "packets");

	*packets = value ? (uint64_t)json_integer_value(value) : PACKETS_DEFAULT;
	if (*packets <= PACKETS_MAX)
		return true;
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "packets"),
		 "`packets` is %d at most", PACKETS_MAX);
	return false;
}

void
answer_fault_dma(struct method_daemon *daemon, struct call *call)
{
	uint64_t address, packets;
	int ret;

	if (!read_address(call, &address) || !read_packets(call, &packets))
		return;
	ret = fault_dma(call_param(call, "port"), address, packets);
	if (ret == -ENOENT)
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "port"),
			 "no port is called %s", call_param(call, "port"));
	else if (ret < 0)
		rpc_fail(&call->error, RPC_REFUSED, NULL, "port %s: %s", call_param(call, "port"),
			 strerror(-ret));
	else
		call->result = json_pack("{s:I}", "packets", (json_int_t)packets);
}
