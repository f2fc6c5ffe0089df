/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/heirs.h"

#include <stdlib.h>
#include <string.h>

#include "config/names.h"
#include "core/digest.h"

#include "core/banned.h"

/* A rule whose name the other config does not have. */
struct lone {
	uint64_t rest; /* a digest of what it is but for its name */
	uint32_t rule;
	/* The nearest rule before it whose name both have, as the config after numbers it. */
	uint32_t behind;
};

struct lones {
	struct lone *items;
	uint32_t count;
};

/* False without memory. */
static bool
digest_rest(const struct config *config, uint32_t rule, uint64_t *out)
{
	char *text = config_emit_rest(config, rule);

	if (!text)
		return false;
	*out = digest(text, strlen(text));
	free(text);
	return true;
}

/* Rules' names alone tell the two apart. False without memory, too. */
static bool
same_rest(const struct config *before, uint32_t old, const struct config *after, uint32_t new)
{
	char *left = config_emit_rest(before, old), *right = config_emit_rest(after, new);
	bool same = left && right && strcmp(left, right) == 0;

	free(left);
	free(right);
	return same;
}

static int
by_place(const void *a, const void *b)
{
	const struct lone *left = a, *right = b;

	if (left->behind != right->behind)
		return left->behind < right->behind ? -1 : 1;
	return (left->rest > right->rest) - (left->rest < right->rest);
}

/* Those of a config whose names the other lacks: `others` numbers its names. `numbered`: by the
 * config after. */
static bool
find_lones(const struct config *config, const struct names *others, bool numbered,
	   struct lones *lones)
{
	uint32_t behind = HEIRS_NONE;

	lones->items = calloc(config->rule_count + 1, sizeof(*lones->items));
	for (uint32_t i = 0; lones->items && i < config->rule_count; i++) {
		uint32_t other = names_find(others, config->rules[i].name);
		struct lone *lone = &lones->items[lones->count];

		if (other != NAMES_NONE) {
			behind = numbered ? i : other;
			continue;
		}
		*lone = (struct lone){.rule = i, .behind = behind};
		if (!digest_rest(config, i, &lone->rest))
			return false;
		lones->count++;
	}
	return lones->items;
}

/* How many from here are not to be told apart. */
static uint32_t
count_alike(const struct lones *lones, uint32_t from, const struct lone *as)
{
	uint32_t count = 0;

	while (from + count < lones->count && by_place(&lones->items[from + count], as) == 0)
		count++;
	return count;
}

static void
pair(const struct config *before, const struct lones *gone, const struct config *after,
     const struct lones *come, uint32_t *heirs)
{
	uint32_t old = 0, new = 0;

	while (old < gone->count && new < come->count) {
		const struct lone *left = &gone->items[old], *right = &come->items[new];
		int order = by_place(left, right);
		uint32_t olds = count_alike(gone, old, left), news = count_alike(come, new, right);

		if (order == 0 && olds == 1 && news == 1 &&
		    same_rest(before, left->rule, after, right->rule))
			heirs[left->rule] = right->rule;
		old += order <= 0 ? olds : 0;
		new += order >= 0 ? news : 0;
	}
}

static bool
follow_renamed(const struct config *before, const struct names *old, const struct config *after,
	       const struct names *new, uint32_t *heirs)
{
	struct lones gone = {0}, come = {0};
	bool found = find_lones(before, new, false, &gone) && find_lones(after, old, true, &come);

	if (found) {
		qsort(gone.items, gone.count, sizeof(*gone.items), by_place);
		qsort(come.items, come.count, sizeof(*come.items), by_place);
		pair(before, &gone, after, &come, heirs);
	}
	free(gone.items);
	free(come.items);
	return found;
}

static bool
passes_on(const struct config_rule *rule)
{
	return !config_end(&rule->actions);
}

static void
follow_named(const struct config *before, const struct config *after, const struct names *new,
	     uint32_t *heirs)
{
	for (uint32_t i = 0; i < before->rule_count; i++) {
		uint32_t heir = names_find(new, before->rules[i].name);
		bool follows = heir != NAMES_NONE &&
			       passes_on(&before->rules[i]) == passes_on(&after->rules[heir]);

		heirs[i] = follows ? heir : HEIRS_NONE;
	}
	heirs[before->rule_count] = after->rule_count;
}

static bool
number_names(const struct config *config, struct names *names)
{
	if (names_init(names, config->rule_count) < 0)
		return false;
	for (uint32_t i = 0; i < config->rule_count; i++)
		names_add(names, config->rules[i].name, i);
	return true;
}

uint32_t *
heirs_find(const struct config *before, const struct config *after)
{
	uint32_t *heirs = calloc(before->rule_count + 1, sizeof(*heirs));
	struct names old = {0}, new = {0};
	bool found = heirs && number_names(before, &old) && number_names(after, &new);

	if (found) {
		follow_named(before, after, &new, heirs);
		found = follow_renamed(before, &old, after, &new, heirs);
	}
	names_clear(&old);
	names_clear(&new);
	if (found)
		return heirs;
	free(heirs);
	return NULL;
}
