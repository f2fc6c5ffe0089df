/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"

#include "core/banned.h"

static void
clear(struct change *change)
{
	free(change->old.passed);
	free(change->new.passed);
	free((void *)(uintptr_t)change->first.bytes);
	free(change);
}

void
changes_fini(struct changes *changes)
{
	for (uint32_t i = 0; i < changes->count; i++)
		clear(changes->all[i]);
}

int
change_side_of(const struct trial *trial, struct change_side *side)
{
	const struct burst *burst = trial->burst;

	*side = (struct change_side){
		.rule = trial->verdict,
		.passed = malloc((burst->passed_count + 1) * sizeof(*side->passed)),
		.passed_count = burst->passed_count};
	if (!side->passed)
		return -ENOMEM;
	for (unsigned i = 0; i < burst->passed_count; i++)
		side->passed[i] = burst->passed[i].rule;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		side->drops |= (uint32_t)(burst->in->drops[i] > 0) << i;
	return 0;
}

static uint64_t
digest_side(const struct change_side *side)
{
	uint64_t parts[3] = {side->rule, side->drops,
			     digest(side->passed, side->passed_count * sizeof(*side->passed))};

	return digest(parts, sizeof(parts));
}

static uint64_t
digest_of(const struct change *kind)
{
	uint64_t parts[4] = {digest_side(&kind->old), digest_side(&kind->new), kind->same_end,
			     (uint64_t)kind->group};

	return digest(parts, sizeof(parts));
}

static bool
sides_equal(const struct change_side *a, const struct change_side *b)
{
	return a->rule == b->rule && a->drops == b->drops && a->passed_count == b->passed_count &&
	       memcmp(a->passed, b->passed, a->passed_count * sizeof(*a->passed)) == 0;
}

static int
copy_side(const struct change_side *from, struct change_side *to)
{
	size_t size = from->passed_count * sizeof(*from->passed);

	*to = *from;
	to->passed = malloc(size + 1);
	if (!to->passed)
		return -ENOMEM;
	memcpy(to->passed, from->passed, size);
	return 0;
}

static struct change *
make(const struct change *kind)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change)
		return NULL;
	change->same_end = kind->same_end;
	change->group = kind->group;
	if (copy_side(&kind->old, &change->old) == 0 && copy_side(&kind->new, &change->new) == 0)
		return change;
	clear(change);
	return NULL;
}

struct change *
changes_find(struct changes *changes, const struct change *kind)
{
	uint64_t digest = digest_of(kind);
	struct change **place = &changes->places[digest & (CHANGE_PLACES - 1)], *change;

	for (change = *place; change; change = change->next) {
		if (change->digest == digest && change->same_end == kind->same_end &&
		    change->group == kind->group && sides_equal(&change->old, &kind->old) &&
		    sides_equal(&change->new, &kind->new))
			return change;
	}
	change = changes->count < COMPARE_KINDS ? make(kind) : NULL;
	if (!change)
		return NULL;
	change->digest = digest;
	change->next = *place;
	*place = change;
	changes->all[changes->count++] = change;
	change->number = changes->count;
	return change;
}
