/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/op.h"

#include "core/banned.h"

void
edit_make_slice(const struct config_action *action, struct edit_op *op)
{
	op->values.slice.after = action->slice->after;
	op->values.slice.bytes = action->slice->bytes;
	op->parses = action->slice->after != CONFIG_AFTER_NOTHING;
	op->quick = !op->parses;
}

/* What is behind is not taken along when the packet is made one's own, or cut off at the end of the
 * pass. */
void
edit_look_slice(const struct edit_op *op, struct frame *frames, unsigned count)
{
	const struct config_slice *slice = &op->values.slice;

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint32_t end = edit_end_of(frame, slice->after);

		if (end >= frame->length || slice->bytes >= frame->length - end) {
			frame->idle |= op->bit;
			continue;
		}
		frame->length = end + slice->bytes;
		frame->known = false;
	}
}
