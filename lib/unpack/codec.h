/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Codec: what unpack.c asks of a way to compress.
 */
#ifndef UNPACK_CODEC_H
#define UNPACK_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any setting of xz and zstd asks for that is not meant for archives; what asks for more
 * is refused. */
#define CODEC_MEMORY_MAX (UINT64_C(128) << 20)

struct codec_flow {
	const uint8_t *in;
	size_t in_left;
	bool in_end; /* the file has no more than that */
	uint8_t *out;
	size_t out_left;
	bool whole;      /* set by a step: the file may end here */
	const char *why; /* set by a step that fails */
	bool greedy;     /* set by one that fails as it would need more than CODEC_MEMORY_MAX */
};

struct codec {
	const char *name;
	uint8_t magic[6];
	uint8_t magic_size;
	void *(*make)(void); /* NULL: no memory */
	/* Takes from in and gives to out what it can. False when the data is damaged, or greedy. */
	bool (*step)(void *state, struct codec_flow *flow);
	void (*free)(void *state);
};

extern const struct codec codec_gzip, codec_zstd, codec_xz, codec_lz4;
extern const struct codec codec_plain; /* has no magic: whatever is none of the others */

#endif
