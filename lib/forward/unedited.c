/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/unedited.h"

#include <errno.h>
#include <rte_common.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

static unsigned
order_of(const struct unedited_row *row)
{
	return (unsigned)row->edit << 16 | row->form << 8 | row->op;
}

static int
compare(const void *a, const void *b)
{
	unsigned one = order_of(a), other = order_of(b);

	return (one > other) - (one < other);
}

/* Targets that share a form say the same of the edits before it. */
static unsigned
make_unique(struct unedited_row *rows, unsigned count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		if (kept == 0 || compare(&rows[kept - 1], &rows[i]) != 0)
			rows[kept++] = rows[i];
	}
	return kept;
}

int
unedited_add(struct unedited *all, struct unedited_draft *draft)
{
	struct unedited_row *grown = all->rows;
	uint32_t room = all->room;

	qsort(draft->rows, draft->count, sizeof(draft->rows[0]), compare);
	draft->count = make_unique(draft->rows, draft->count);
	if (all->count + draft->count > room) {
		room = RTE_MAX(2 * room, all->count + draft->count);
		grown = realloc(grown, room * sizeof(*grown));
	}
	if (!grown && draft->count)
		return -ENOMEM;
	all->rows = grown;
	all->room = room;
	if (draft->count)
		memcpy(grown + all->count, draft->rows, draft->count * sizeof(*grown));
	all->count += draft->count;
	return 0;
}

void
unedited_count(const struct unedited_row *rows, unsigned row_count, const uint64_t *idle,
	       uint64_t *counts)
{
	for (unsigned i = 0; i < row_count;) {
		unsigned edit = rows[i].edit;
		bool found = false;

		for (; i < row_count && rows[i].edit == edit; i++)
			found |= idle[rows[i].form] >> rows[i].op & 1;
		counts[edit] += found;
	}
}
