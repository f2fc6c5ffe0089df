/* SPDX-License-Identifier: BSD-3-Clause */
#include "stage/reasons.h"

#include <stddef.h>
#include <string.h>

#include "core/banned.h"

#define ROW(name, kind, text, mend) {name, REASON_##kind, text, mend},

const struct reason drop_reasons[] = {
#define X(id, ...) [DROP_##id] = ROW(__VA_ARGS__)
	DROP_REASON_TABLE(X)
#undef X
};

const struct reason copy_reasons[] = {
#define X(id, ...) [COPY_##id] = ROW(__VA_ARGS__)
	COPY_REASON_TABLE(X)
#undef X
};

const struct reason *
drop_reason_named(const char *name)
{
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (strcmp(drop_reasons[i].name, name) == 0)
			return &drop_reasons[i];
	}
	return NULL;
}

uint64_t
reasons_lost(const uint64_t drops[DROP_REASONS])
{
	uint64_t count = 0;

	for (unsigned i = 0; i < DROP_REASONS; i++)
		count += drop_reasons[i].kind == REASON_LOSS ? drops[i] : 0;
	return count;
}
