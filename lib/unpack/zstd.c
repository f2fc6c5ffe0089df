/* SPDX-License-Identifier: BSD-3-Clause */
#include <zstd.h>
#include <zstd_errors.h>

#include "unpack/codec.h"

#include "core/banned.h"

/* As a power of two: CODEC_MEMORY_MAX. */
#define WINDOW_LOG_MAX 27

_Static_assert(CODEC_MEMORY_MAX == UINT64_C(1) << WINDOW_LOG_MAX, "one bound for all");

static void *
zstd_make(void)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (context)
		ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return context;
}

static bool
zstd_step(void *state, struct codec_flow *flow)
{
	ZSTD_inBuffer in = {flow->in, flow->in_left, 0};
	ZSTD_outBuffer out = {flow->out, flow->out_left, 0};
	size_t ret = ZSTD_decompressStream(state, &out, &in);

	flow->in += in.pos;
	flow->in_left -= in.pos;
	flow->out += out.pos;
	flow->out_left -= out.pos;
	if (ZSTD_isError(ret)) {
		flow->greedy = ZSTD_getErrorCode(ret) == ZSTD_error_frameParameter_windowTooLarge;
		flow->why = ZSTD_getErrorName(ret);
		return false;
	}
	/* Asked again at the end of the file, when it has nothing more to do, it hopes for another
	 * frame. */
	if (in.pos || out.pos)
		flow->whole = ret == 0;
	return true;
}

static void
zstd_free(void *state)
{
	ZSTD_freeDCtx(state);
}

const struct codec codec_zstd = {
	.name = "zstd",
	.magic = {0x28, 0xb5, 0x2f, 0xfd},
	.magic_size = 4,
	.make = zstd_make,
	.step = zstd_step,
	.free = zstd_free,
};
