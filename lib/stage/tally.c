/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/tally.h"

#include <stddef.h>

#include "core/banned.h"

#define MEMBER(name) [offsetof(struct tally_acted, name) / sizeof(uint64_t)]
const struct tally_acted_row tally_acted_rows[TALLY_ACTED] = {
	MEMBER(unedited) = {CONFIG_EDIT_VERBS, DROP_RULE},
	MEMBER(policed) = {1u << CONFIG_POLICE | 1u << CONFIG_ABOVE, DROP_POLICED},
	MEMBER(duplicate) = {1u << CONFIG_DEDUP, DROP_DUPLICATE},
	MEMBER(sampled_out) = {1u << CONFIG_SAMPLE, DROP_SAMPLED_OUT},
};

unsigned
tally_acted_of(enum config_verb verb)
{
	unsigned member = 0;

	while (!(tally_acted_rows[member].verbs >> verb & 1))
		member++;
	return member;
}

/* Every counter is one, whatever its name: none can be forgotten. */
static void
add(void *sum, const void *part, size_t size)
{
	uint64_t *to = sum;
	const uint64_t *from = part;

	for (size_t i = 0; i < size / sizeof(*to); i++)
		to[i] += from[i];
}

void
tally_add(struct tally *sum, const struct tally *part)
{
	add(sum, part, sizeof(*sum));
}

void
tally_add_port(struct tally_port *sum, const struct tally_port *part)
{
	add(sum, part, sizeof(*sum));
}

void
tally_add_rule(struct tally_rule *sum, const struct tally_rule *part)
{
	add(sum, part, sizeof(*sum));
}

void
tally_add_acted(struct tally_acted *sum, const struct tally_acted *part)
{
	add(sum, part, sizeof(*sum));
}
