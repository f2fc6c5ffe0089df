/* SPDX-License-Identifier: BSD-3-Clause */
/* What replays take of memory. */
#include "port/memory.h"

#include <rte_common.h>

#include "capture/file.h"
#include "capture/names.h"

#include "core/banned.h"

#define MIB (UINT64_C(1) << 20)

/* Of a replay's arena: it is made of blocks, which overlap in the file by a thirtieth. Files that
 * are smaller share them, in whole pages and so that at most half of a block is left. */
#define REPLAY_BLOCK_BYTES (2 * MIB)
#define REPLAY_OVERLAP_PART 16
#define REPLAY_PAGE_BYTES 4096
#define REPLAY_HEADER_BYTES (16 * MIB)
#define REPLAY_MBUF_BYTES 256
#define REPLAY_SPARE UINT32_C(16384)

/* What an arena of all their bytes takes; UINT64_MAX when nobody knows yet. */
static uint64_t
files_bytes(const struct config_captures *captures)
{
	char reason[CAPTURE_REASON_MAX];
	struct capture_names names;
	uint64_t total = 2 * REPLAY_BLOCK_BYTES;

	if (capture_names_find(&names, captures, reason, sizeof(reason)) < 0)
		return 0;
	/* What is to be converted is never held whole. */
	if (captures->other_links == CONFIG_LINKS_CONVERT)
		total = UINT64_MAX;
	for (unsigned i = 0; i < names.count && total < UINT64_MAX; i++) {
		uint64_t bytes = capture_names_bytes(names.items[i]);

		if (bytes > UINT64_MAX / 2)
			total = UINT64_MAX;
		else if (bytes < REPLAY_BLOCK_BYTES / 2)
			total += 2 * (bytes + REPLAY_PAGE_BYTES);
		else
			total += bytes + bytes / REPLAY_OVERLAP_PART + 2 * REPLAY_BLOCK_BYTES;
	}
	capture_names_free(&names);
	return total;
}

/* Its arena, which is no larger than its files, and mbufs. */
uint64_t
memory_replay_bytes(const struct config *config, unsigned index)
{
	const struct config_replay *replay = &config->replays[index];
	unsigned workers = config->worker_count ? config->worker_count : 1;
	uint64_t files = files_bytes(&replay->in);
	uint64_t spare = memory_replay_spare(config, workers) - REPLAY_SPARE;

	/* Each packet may need one for the zeros behind it. */
	if (replay->truncated == CONFIG_TRUNCATED_PAD)
		spare *= 2;

	return (files < replay->memory ? files : replay->memory) + REPLAY_HEADER_BYTES +
	       spare * REPLAY_MBUF_BYTES;
}

uint32_t
memory_replay_spare(const struct config *config, unsigned workers)
{
	return RTE_MAX(REPLAY_SPARE, workers * config_targets_packets(config));
}
