/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/fault.h"

#include "core/banned.h"

#define PACKETS_DEFAULT 32
#define PACKETS_MAX 1024

static const char *
param(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->params, name));
}

static bool
read_number(struct call *call, const char *name, int base, uint64_t most, uint64_t *number)
{
	const char *text = param(call, name);
	char *end;

	if (!text)
		return true;
	errno = 0;
	*number = strtoull(text, &end, base);
	if (!errno && end != text && !*end && *text != '-' && *number <= most)
		return true;
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", name),
		 "`%s` is a number in base %d, at most %#llx", name, base,
		 (unsigned long long)most);
	return false;
}

void
answer_fault_dma(struct method_daemon *daemon, struct call *call)
{
	uint64_t address = 0, packets = PACKETS_DEFAULT;
	int ret;

	if (!read_number(call, "address", 16, UINT64_MAX, &address) ||
	    !read_number(call, "packets", 10, PACKETS_MAX, &packets))
		return;
	ret = fault_dma(param(call, "port"), address, packets);
	if (ret == -ENOENT)
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "port"),
			 "no port is called %s", param(call, "port"));
	else if (ret < 0)
		rpc_fail(&call->error, RPC_REFUSED, NULL, "port %s: %s", param(call, "port"),
			 strerror(-ret));
	else
		call->result = json_pack("{s:I}", "packets", (json_int_t)packets);
}
