/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not compressed, for input that can't be read anywhere but at its end: a pipe. */
#include <string.h>

#include "unpack/codec.h"

#include "core/banned.h"

static void *
plain_make(void)
{
	static char none;

	return &none;
}

static bool
plain_step(void *state, struct codec_flow *flow)
{
	size_t count = flow->in_left < flow->out_left ? flow->in_left : flow->out_left;

	(void)state;
	if (count)
		memcpy(flow->out, flow->in, count);
	flow->in += count;
	flow->in_left -= count;
	flow->out += count;
	flow->out_left -= count;
	flow->whole = true;
	return true;
}

static void
plain_free(void *state)
{
	(void)state;
}

const struct codec codec_plain = {
	.name = "",
	.make = plain_make,
	.step = plain_step,
	.free = plain_free,
};
