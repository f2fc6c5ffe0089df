/* SPDX-License-Identifier: BSD-3-Clause */
#include <lz4frame.h>
#include <string.h>

#include "unpack/codec.h"

#include "core/banned.h"

static void *
lz4_make(void)
{
	LZ4F_dctx *context;

	return LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) ? NULL
										     : context;
}

/* "ERROR_decompressionFailed" and the like. */
static const char *
words(size_t error)
{
	static const char lead[] = "ERROR_";
	const char *name = LZ4F_getErrorName(error);

	return strncmp(name, lead, sizeof(lead) - 1) == 0 ? name + sizeof(lead) - 1 : name;
}

static bool
lz4_step(void *state, struct codec_flow *flow)
{
	size_t in = flow->in_left, out = flow->out_left;
	size_t ret = LZ4F_decompress(state, flow->out, &out, flow->in, &in, NULL);

	flow->in += in;
	flow->in_left -= in;
	flow->out += out;
	flow->out_left -= out;
	if (LZ4F_isError(ret)) {
		flow->why = words(ret);
		return false;
	}
	/* As in zstd.c. */
	if (in || out)
		flow->whole = ret == 0;
	return true;
}

static void
lz4_free(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

const struct codec codec_lz4 = {
	.name = "lz4",
	.magic = {0x04, 0x22, 0x4d, 0x18},
	.magic_size = 4,
	.make = lz4_make,
	.step = lz4_step,
	.free = lz4_free,
};
