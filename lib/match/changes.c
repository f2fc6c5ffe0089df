/* SPDX-License-Identifier: BSD-3-Clause */
#include "match/changes.h"

#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static struct match_kind *
kind_of(struct match_changes *changes, uint32_t fields)
{
	for (unsigned i = 0; i < changes->kinds; i++) {
		if (changes->kind[i].fields == fields)
			return &changes->kind[i];
	}
	if (changes->kinds == MATCH_KINDS_MAX)
		return NULL;
	changes->kind[changes->kinds] = (struct match_kind){.fields = fields};
	return &changes->kind[changes->kinds++];
}

static uint8_t *
keep(const uint8_t *bytes, uint32_t *length)
{
	uint8_t *copy;

	if (*length > MATCH_EXAMPLE_BYTES)
		*length = MATCH_EXAMPLE_BYTES;
	copy = malloc(*length + 1);
	if (copy)
		memcpy(copy, bytes, *length);
	return copy;
}

void
match_changes_add(struct match_changes *changes, const struct match_example *example)
{
	struct match_difference difference = {.fields = 0};
	struct match_example *kept;
	struct match_kind *kind;

	match_differ(example->old, example->old_length, example->new, example->new_length,
		     &difference);
	kind = kind_of(changes, difference.fields);
	if (!kind) {
		changes->others++;
		return;
	}
	kind->packets++;
	if (kind->examples == MATCH_EXAMPLES_MAX)
		return;
	kept = &kind->example[kind->examples];
	*kept = *example;
	kept->difference = difference;
	kept->old_whole = example->old_length;
	kept->new_whole = example->new_length;
	kept->old = keep(example->old, &kept->old_length);
	kept->new = keep(example->new, &kept->new_length);
	if (kept->old && kept->new) {
		kind->examples++;
		return;
	}
	free(kept->old);
	free(kept->new);
}

void
match_changes_clear(struct match_changes *changes)
{
	for (unsigned i = 0; i < changes->kinds; i++) {
		struct match_kind *kind = &changes->kind[i];

		for (unsigned j = 0; j < kind->examples; j++) {
			free(kind->example[j].old);
			free(kind->example[j].new);
		}
	}
	*changes = (struct match_changes){.kinds = 0};
}
