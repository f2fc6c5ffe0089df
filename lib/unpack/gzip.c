/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <zlib.h>

#include "unpack/codec.h"

#include "core/banned.h"

/* A window as large as any, and gzip's header and checksum around it. */
#define WINDOW (15 + 16)

struct gzip {
	z_stream stream;
	bool between; /* members: a file may have several */
	bool begun;   /* one was there */
};

static void *
gzip_make(void)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (gzip && inflateInit2(&gzip->stream, WINDOW) != Z_OK) {
		free(gzip);
		return NULL;
	}
	if (gzip)
		gzip->between = true;
	return gzip;
}

/* Goes on to the next member, if there is one; tapes and some downloads have zeros behind the
 * last. */
static bool
begin_member(struct gzip *gzip, struct codec_flow *flow)
{
	while (gzip->begun && flow->in_left && *flow->in == 0) {
		flow->in++;
		flow->in_left--;
	}
	flow->whole = gzip->begun;
	if (!flow->in_left)
		return false;
	inflateReset(&gzip->stream);
	gzip->between = false;
	gzip->begun = true;
	return true;
}

static bool
gzip_step(void *state, struct codec_flow *flow)
{
	struct gzip *gzip = state;
	z_stream *stream = &gzip->stream;
	int ret;

	if (gzip->between && !begin_member(gzip, flow))
		return true;
	flow->whole = false;
	stream->next_in = (Bytef *)(uintptr_t)flow->in;
	stream->avail_in = flow->in_left;
	stream->next_out = flow->out;
	stream->avail_out = flow->out_left;
	ret = inflate(stream, Z_NO_FLUSH);
	flow->in = stream->next_in;
	flow->in_left = stream->avail_in;
	flow->out = stream->next_out;
	flow->out_left = stream->avail_out;
	gzip->between = flow->whole = ret == Z_STREAM_END;
	if (ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR)
		return true;
	flow->why = stream->msg ? stream->msg : zError(ret);
	return false;
}

static void
gzip_free(void *state)
{
	struct gzip *gzip = state;

	inflateEnd(&gzip->stream);
	free(gzip);
}

const struct codec codec_gzip = {
	.name = "gzip",
	.magic = {0x1f, 0x8b},
	.magic_size = 2,
	.make = gzip_make,
	.step = gzip_step,
	.free = gzip_free,
};
