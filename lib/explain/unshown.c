/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/unshown.h"

#include "explain/deeds.h"

#include "core/banned.h"

#define RULES_MAX 10000 /* that are named; there may be a million */

/* Why no packet is sure to be made for it. */
static const char *
reason_of(const struct config *config, uint32_t rule)
{
	const struct config_tunnel *tunnel;

	if (rule == config->rule_count)
		return "search";
	if (config->rules[rule].filter)
		return "filter";
	tunnel = config->rules[rule].match.tunnel;
	return tunnel && tunnel->inner && tunnel->inner->tunnel ? "tunnel" : "search";
}

json_t *
unshown_tell(const struct unshown *unshown)
{
	json_t *told = json_array(), *names = json_object();

	for (unsigned side = 0; side < 2; side++) {
		const struct config *config = unshown->configs[side];

		for (uint32_t i = 0; unshown->others[side] && i <= config->rule_count; i++) {
			const char *name = deeds_name(config, i);

			if (!unshown->others[side][i] || json_object_get(unshown->shown, name) ||
			    json_object_get(names, name) || json_array_size(told) == RULES_MAX)
				continue;
			json_object_set_new(names, name, json_true());
			json_array_append_new(told, json_pack("{s:s, s:s}", "rule", name, "why",
							      reason_of(config, i)));
		}
	}
	json_decref(names);
	return told;
}
