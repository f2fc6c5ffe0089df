/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes are a capture file or are refused; in pieces they must give the same records as at once, all
 * of which lie in the file. The last byte says how large the pieces are.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../unit/format_parse.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parsed whole, pieces;

	if (size == 0)
		return 0;
	whole = parse(data, size, 0);
	pieces = parse(data, size, 1 + data[size - 1]);
	must(agree(&whole, &pieces));
	parsed_free(&whole);
	parsed_free(&pieces);
	return 0;
}
