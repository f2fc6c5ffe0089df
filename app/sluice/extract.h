/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extract: packets of captures between two times that a filter takes, given on as they stand there.
 * Where a capture has an index (capture/guide.h) no block is read that has none of that time. One
 * that is still being written is read up to its last whole block.
 */
#ifndef SLUICE_EXTRACT_H
#define SLUICE_EXTRACT_H

#include <pcap/pcap.h>

#include "section.h"

#define EXTRACT_REASON_MAX 512

struct extract {
	uint64_t from_ns, until_ns;       /* from the one on, up to before the other */
	uint64_t most;                    /* packets */
	const struct bpf_program *filter; /* NULL: all */
	struct section section;
	void (*show)(const struct extract *extract); /* now and then; NULL: never */

	uint64_t packets, bytes;         /* that were given */
	uint64_t read_bytes, file_bytes; /* of the files that were begun */
	unsigned files;
	uint8_t *buffer;
	char reason[EXTRACT_REASON_MAX];
};

/* Goes through a capture. Returns 1 when it was cut in the middle of a block, before which all was
 * given; 0; or a negative errno; both others with a reason. */
int extract_file(struct extract *extract, const char *path);

static inline bool
extract_is_done(const struct extract *extract)
{
	return extract->packets == extract->most;
}

void extract_free(struct extract *extract);

#endif
