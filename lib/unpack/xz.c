/* SPDX-License-Identifier: BSD-3-Clause */
#include <lzma.h>
#include <stdlib.h>

#include "unpack/codec.h"

#include "core/banned.h"

static void *
xz_make(void)
{
	lzma_stream *stream = calloc(1, sizeof(*stream));

	if (stream && lzma_stream_decoder(stream, CODEC_MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

static const char *
words(lzma_ret ret)
{
	switch (ret) {
	case LZMA_MEM_ERROR:
		return "no memory";
	case LZMA_FORMAT_ERROR:
		return "what follows is not xz";
	case LZMA_OPTIONS_ERROR:
		return "it was made in a way that is not known here";
	default:
		return "a checksum or a length is wrong";
	}
}

static bool
xz_step(void *state, struct codec_flow *flow)
{
	lzma_stream *stream = state;
	lzma_ret ret;

	if (flow->whole)
		return true;
	stream->next_in = flow->in;
	stream->avail_in = flow->in_left;
	stream->next_out = flow->out;
	stream->avail_out = flow->out_left;
	ret = lzma_code(stream, flow->in_end ? LZMA_FINISH : LZMA_RUN);
	flow->in = stream->next_in;
	flow->in_left = stream->avail_in;
	flow->out = stream->next_out;
	flow->out_left = stream->avail_out;
	flow->whole = ret == LZMA_STREAM_END;
	if (ret == LZMA_OK || ret == LZMA_STREAM_END || ret == LZMA_BUF_ERROR)
		return true;
	flow->greedy = ret == LZMA_MEMLIMIT_ERROR;
	flow->why = words(ret);
	return false;
}

static void
xz_free(void *state)
{
	lzma_end(state);
	free(state);
}

const struct codec codec_xz = {
	.name = "xz",
	.magic = {0xfd, '7', 'z', 'X', 'Z', 0},
	.magic_size = 6,
	.make = xz_make,
	.step = xz_step,
	.free = xz_free,
};
