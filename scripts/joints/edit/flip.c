/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/op.h"

#include "core/banned.h"

/* It changes the first byte of a frame. */
void
edit_make_flip(const struct config_action *action, struct edit_op *op)
{
	op->values.bytes[0] = action->flip->bits;
	op->writes = true;
}

void
edit_look_flip(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++)
		edit_deepen(frame, 1);
}

void
edit_run_flip(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	      unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++)
		frame->start[0] ^= op->values.bytes[0];
}
