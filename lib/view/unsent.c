/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/unsent.h"

#include <string.h>

#include "stage/reasons.h"
#include "view/records.h"

#include "core/banned.h"

/* One that the config asked for; what a newer daemon has besides is none. */
static bool
is_policy(const char *name)
{
	const struct reason *reason = drop_reason_named(name);

	return reason && reason->kind == REASON_POLICY;
}

static void
say_drops(struct value_list *text, const json_t *replay, bool all)
{
	const char *reason;
	json_t *count;

	json_object_foreach (json_object_get(replay, "drops"), reason, count) {
		if (all || !is_policy(reason))
			value_say(text, (uint64_t)json_integer_value(count), reason);
	}
}

struct value_list
unsent_lost(const json_t *replay)
{
	struct value_list text = {""};

	say_drops(&text, replay, false);
	return text;
}

struct value_list
unsent_all(const json_t *replay)
{
	struct value_list text = {""};

	say_drops(&text, replay, true);
	value_say(&text, value_number(replay, "dropped"), "late");
	records_not_sent(&text, replay);
	return text;
}
