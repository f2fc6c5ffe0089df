/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/tally.h"

#include <stddef.h>

#include "core/banned.h"

static const struct {
	const char *name, *text;
} drops[] =
	{
#define X(id, name, text) [DROP_##id] = {name, text},
		DROP_REASON_TABLE(X)
#undef X
},
  copies[] = {
#define X(id, name, text) [COPY_##id] = {name, text},
	  COPY_REASON_TABLE(X)
#undef X
};

const char *
drop_reason_name(enum drop_reason reason)
{
	return drops[reason].name;
}

const char *
drop_reason_text(enum drop_reason reason)
{
	return drops[reason].text;
}

const char *
copy_reason_name(enum copy_reason reason)
{
	return copies[reason].name;
}

const char *
copy_reason_text(enum copy_reason reason)
{
	return copies[reason].text;
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
