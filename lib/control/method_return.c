/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_return.h"

#include <inttypes.h>
#include <stdlib.h>

#include "returns/returns.h"

#include "core/banned.h"

static json_t *
hex_of(const uint8_t *bytes, uint32_t length)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * MATCH_EXAMPLE_BYTES];

	for (uint32_t i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return json_stringn_nocheck(text, 2 * (size_t)length);
}

static json_t *
side(uint64_t time_ns, const uint8_t *bytes, uint32_t length)
{
	return json_pack("{s:I, s:o}", "time_ns", (json_int_t)time_ns, "bytes",
			 hex_of(bytes, length));
}

/* epoch_ns: what times lack. */
static json_t *
list_of(const struct match_changes *changes, uint64_t epoch_ns)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < changes->kinds; i++) {
		const struct match_kind *kind = &changes->kind[i];

		for (unsigned j = 0; j < kind->examples; j++) {
			const struct match_example *one = &kind->example[j];

			json_array_append_new(list, json_pack("{s:I, s:o, s:o}", "packet",
							      (json_int_t)one->number + 1, "sent",
							      side(one->sent_ns + epoch_ns,
								   one->old, one->old_length),
							      "back",
							      side(one->back_ns + epoch_ns,
								   one->new, one->new_length)));
		}
	}
	return list;
}

void
answer_return_changed(struct method_daemon *daemon, struct call *call)
{
	const char *name = call_param(call, "name");
	struct back *back = returns_find(engine_target(daemon->engine, CONFIG_TARGET_RETURN), name);
	struct match_numbers numbers;
	json_t *list;

	if (!back) {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "name"),
			 "there is no return %s; `sluice returns` lists them", name);
		return;
	}
	back_lock(back);
	list = list_of(match_changes(back->match), engine_epoch(daemon->engine));
	match_tell(back->match, &numbers);
	back_unlock(back);
	call->result = json_pack("{s:s, s:I, s:o}", "name", name, "changed",
				 (json_int_t)numbers.changed, "packets", list);
}
