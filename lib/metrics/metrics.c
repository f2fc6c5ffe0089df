/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics/metrics.h"

#include <string.h>

#include "metrics/family.h"
#include "metrics/table.h"

#include "core/banned.h"

/* Longer than a pool's name, and than a number. */
#define KEY_MAX 64

json_t *
metrics_params(unsigned rules)
{
	return json_pack("{s:i}", "limit", (int)rules);
}

/* "ledger.in" below a thing. */
static const json_t *
member_of(const json_t *thing, const char *path)
{
	while (thing && *path) {
		size_t length = strcspn(path, ".");

		thing = json_object_getn(thing, path, length);
		path += length + (path[length] == '.');
	}
	return thing;
}

static void
put_thing(struct family *family, const json_t *thing)
{
	const json_t *value = member_of(thing, family->metric->member);

	if (value && !json_is_null(value))
		family->metric->put(family, value);
}

/* A thing of a list: its labels are members of its own. */
static void
put_item(struct family *family, const struct metric_group *group, const json_t *thing)
{
	const char *label = group->label, *keys = group->keys;
	char value[FAMILY_LABELS_MAX][KEY_MAX];

	for (unsigned i = 0; label && keys && i < FAMILY_LABELS_MAX; i++) {
		const json_t *member;

		member = json_object_getn(thing, keys, family_length(keys));
		if (json_is_string(member))
			snprintf(value[i], KEY_MAX, "%s", json_string_value(member));
		else
			snprintf(value[i], KEY_MAX, "%" JSON_INTEGER_FORMAT,
				 json_integer_value(member));
		family_label(family, label, value[i]);
		label = family_next(label);
		keys = family_next(keys);
	}
	put_thing(family, thing);
	family->labels = 0;
}

static void
put_things(struct family *family, const struct metric_group *group)
{
	json_t *things = json_object_get(family->snapshot, group->things), *thing;
	const char *name;
	size_t index;

	if (group->keys) {
		json_array_foreach (things, index, thing)
			put_item(family, group, thing);
		return;
	}
	json_object_foreach (things, name, thing) {
		family_label(family, group->label, name);
		put_thing(family, thing);
		family_unlabel(family);
	}
}

static void
put_family(FILE *out, const json_t *snapshot, const struct metric_group *group,
	   const struct metric *metric)
{
	struct family family = {.out = out, .snapshot = snapshot, .metric = metric};

	if (group->things)
		put_things(&family, group);
	else
		put_thing(&family, snapshot);
	family_end(&family);
}

/* What is said of the looking itself, as the daemon would. The default is told however few rules
 * are. */
static void
prepare(json_t *snapshot, double seconds)
{
	json_t *rules = json_object_get(snapshot, "rules");
	json_t *otherwise = json_object_get(snapshot, "default");
	json_int_t all = json_integer_value(json_object_get(snapshot, "rule_count"));
	json_t *own = json_pack("{s:f, s:s}", "seconds", seconds, "version", SLUICE_VERSION);

	if (rules) {
		if (!json_object_get(rules, "default"))
			json_object_set(rules, "default", otherwise);
		json_object_set_new(own, "rules_omitted",
				    json_integer(all - (json_int_t)json_object_size(rules)));
	}
	json_object_set_new(snapshot, "up", json_boolean(rules));
	json_object_set_new(snapshot, "exporter", own);
}

void
metrics_put(FILE *out, json_t *snapshot, double seconds)
{
	json_t *told = snapshot ? json_incref(snapshot) : json_object();

	prepare(told, seconds);
	for (const struct metric_group *group = metrics_groups; group->title; group++) {
		for (const struct metric *metric = group->metrics; metric->name; metric++)
			put_family(out, told, group, metric);
	}
	json_decref(told);
}
