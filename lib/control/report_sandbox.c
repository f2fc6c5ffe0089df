/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report_sandbox.h"

#include "core/opener.h"
#include "host/sandbox.h"

#include "core/banned.h"

static json_t *
capabilities_json(uint64_t held)
{
	json_t *names = json_array();
	char name[SANDBOX_NAME_BYTES];

	for (unsigned i = 0; i < 64; i++) {
		if (held >> i & 1)
			json_array_append_new(names, json_string(sandbox_capability_name(i, name)));
	}
	return names;
}

json_t *
report_sandbox(const struct sandbox_state *state)
{
	return json_pack("{s:b, s:i, s:b, s:b, s:o, s:b, s:b, s:b}", "on", (int)state->on,
			 "landlock", state->landlock, "seccomp", (int)state->seccomp,
			 "no_new_privs", (int)state->no_new_privs, "capabilities",
			 capabilities_json(state->capabilities), "core_dumps",
			 (int)state->core_dumps, "memory_locked", (int)state->memory_locked,
			 "opener", (int)opener_is_there());
}
