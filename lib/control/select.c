/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#include "core/banned.h"

struct wanted {
	const char *name;
	bool found;
};

static int
by_name(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static uint64_t
number_of(const struct call *call, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get(call->params, name);

	return value ? (uint64_t)json_integer_value(value) : otherwise;
}

static const json_t *
names_of(const struct call *call)
{
	return json_object_get(call->params, "names");
}

static void
fail_unknown(struct call *call, const char *name, const char *const *known, size_t count)
{
	const char *nearest = text_nearest(name, known, count);

	rpc_fail(&call->error, RPC_INVALID_PARAMS,
		 nearest ? json_pack("{s:s, s:s, s:s}", "field", "names", "name", name, "nearest",
				     nearest)
			 : json_pack("{s:s, s:s}", "field", "names", "name", name),
		 "there is no %s%s%s%s", text_quote(name).text, nearest ? "; did you mean \"" : "",
		 nearest ? nearest : "", nearest ? "\"?" : "; without names all are listed");
}

/* The window of limit and offset in so many. */
static void
window(const struct call *call, uint64_t count, uint64_t *start, uint64_t *end)
{
	uint64_t offset = number_of(call, "offset", 0);
	uint64_t limit = number_of(call, "limit", count);

	*start = offset < count ? offset : count;
	*end = limit < count - *start ? *start + limit : count;
}

static struct wanted *
sort_names(const json_t *names, size_t *count)
{
	struct wanted *wanted = calloc(json_array_size(names) + 1, sizeof(*wanted));
	size_t kept = 0;

	*count = json_array_size(names);
	if (!wanted)
		return NULL;
	for (size_t i = 0; i < *count; i++)
		wanted[i].name = json_string_value(json_array_get(names, i));
	qsort(wanted, *count, sizeof(*wanted), by_name);
	for (size_t i = 0; i < *count; i++) {
		if (kept == 0 || strcmp(wanted[kept - 1].name, wanted[i].name) != 0)
			wanted[kept++] = wanted[i];
	}
	*count = kept;
	return wanted;
}

/* The known names, and where they are among the others, go by order of what there is: a pass over
 * all, not one a name. */
static unsigned
find_rules(struct call *call, struct wanted *wanted, size_t count)
{
	unsigned found = 0;

	for (unsigned i = 0; i < call->snapshot->rule_count; i++) {
		struct snapshot_rule rule = snapshot_rule(call->snapshot, i);
		struct wanted key = {.name = rule.name}, *match;

		match = bsearch(&key, wanted, count, sizeof(*wanted), by_name);
		if (!match || match->found)
			continue;
		match->found = true;
		call->indices[found++] = i;
	}
	return found;
}

/* Names are compared with what was typed up to so many rules: of a million that would take the
 * other answers' time. */
#define NEAREST_RULES_MAX 10000

static void
refuse_rule(struct call *call, const struct wanted *wanted, size_t count)
{
	unsigned all = call->snapshot->rule_count;
	unsigned rules = all < NEAREST_RULES_MAX ? all : NEAREST_RULES_MAX;
	const char **known = calloc(rules, sizeof(*known));

	for (unsigned i = 0; known && i < rules; i++)
		known[i] = snapshot_rule(call->snapshot, i).name;
	for (size_t i = 0; i < count; i++) {
		if (wanted[i].found)
			continue;
		fail_unknown(call, wanted[i].name, known, known ? rules : 0);
		break;
	}
	free(known);
}

static void
select_rules(struct call *call)
{
	size_t count;
	struct wanted *wanted = sort_names(names_of(call), &count);

	call->indices = calloc(count + 1, sizeof(*call->indices));
	if (!wanted || !call->indices) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
	} else {
		call->end = find_rules(call, wanted, count);
		if (call->end < count)
			refuse_rule(call, wanted, count);
	}
	free(wanted);
}

void
select_items(struct call *call)
{
	uint64_t start, end;

	if (!call->item)
		return;
	call->end = call->snapshot->rule_count;
	if (names_of(call))
		select_rules(call);
	window(call, call->end, &start, &end);
	call->start = call->next = (unsigned)start;
	call->end = (unsigned)end;
}

static json_t *
named_members(struct call *call, json_t *all)
{
	json_t *chosen = json_object(), *member, *name;
	const char *known[CONFIG_PORTS_MAX + CONFIG_REPLAYS_MAX], *key;
	size_t count = 0, i;

	json_object_foreach (all, key, member) {
		if (count < sizeof(known) / sizeof(known[0]))
			known[count++] = key;
	}
	json_array_foreach (names_of(call), i, name) {
		member = json_object_get(all, json_string_value(name));
		if (!member) {
			fail_unknown(call, json_string_value(name), known, count);
			break;
		}
		json_object_set(chosen, json_string_value(name), member);
	}
	return chosen;
}

/* A list has its items' cores for names, in text as all names are. */
static json_t *
by_core(const json_t *list)
{
	json_t *all = json_object(), *item;
	char core[24];
	size_t i;

	json_array_foreach (list, i, item) {
		snprintf(core, sizeof(core), "%lld",
			 json_integer_value(json_object_get(item, "core")));
		json_object_set(all, core, item);
	}
	return all;
}

static json_t *
values_of(json_t *object)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach (object, key, value)
		json_array_append(list, value);
	json_decref(object);
	return list;
}

/* Takes all over. */
static json_t *
choose(struct call *call, json_t *all)
{
	json_t *chosen = names_of(call) ? named_members(call, all) : json_incref(all), *member;
	uint64_t start, end, at = 0;
	const char *key;
	void *next;

	window(call, json_object_size(chosen), &start, &end);
	json_object_foreach_safe(chosen, next, key, member)
	{
		if (at < start || at >= end)
			json_object_del(chosen, key);
		at++;
	}
	json_decref(all);
	return chosen;
}

void
select_members(struct call *call)
{
	const char *lists = call->method->lists;
	json_t *all = json_object_get(call->result, lists);

	if (!lists || call->item)
		return;
	if (json_is_object(all))
		json_object_set_new(call->result, lists, choose(call, json_incref(all)));
	else if (json_is_array(all))
		json_object_set_new(call->result, lists, values_of(choose(call, by_core(all))));
}
