/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/digest.h"

#include "core/banned.h"

uint64_t
digest(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t hash = UINT64_C(14695981039346656037);

	while (size-- > 0)
		hash = (hash ^ *at++) * UINT64_C(1099511628211);
	return hash;
}
