/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_mbuf.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"
#include "port/time.h"

#include "core/banned.h"

/*
 * The trailer of Metamako and Arista 7130: the checksum that the frame came with, seconds,
 * nanoseconds, flags, device and port, in network order; behind it the device puts the checksum of
 * all. No bit says that the first one is right, for it did not come with the packet.
 */
#define TRAILER 16
#define SECONDS 4
#define NANOSECONDS 8
#define FLAGS 12
#define DUPLICATE 0x04
#define DEVICE 13
#define PORT 15

#define FRAME_MIN 60 /* with less, readers take padding for a trailer */
#define SECOND UINT64_C(1000000000)

void
edit_make_stamp(const struct config_action *action, struct edit_op *op)
{
	op->values.stamp.device = action->stamp->device;
	op->back = FRAME_MIN + TRAILER;
	op->writes = true;
	op->timed = true;
}

void
edit_look_stamp(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		frame->back = TRAILER;
		if (frame->length < FRAME_MIN)
			frame->back += FRAME_MIN - frame->length;
	}
}

uint64_t
edit_time(const struct edit_moment *moment, const struct frame *frame)
{
	if (moment->times)
		return moment->times[frame->from];
	return packet_time_offset >= 0 ? packet_time(frame->packet) : 0;
}

void
edit_run_stamp(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	       unsigned count)
{
	bool known = moment->duplicate && moment->duplicate <= op->values.stamp.number;

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		struct rte_mbuf *last = rte_pktmbuf_lastseg(frame->packet);
		uint64_t time = edit_time(moment, frame);
		uint8_t *at =
			rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len - frame->back);

		memset(at, 0, frame->back);
		at += frame->back - TRAILER;
		put_be32(at + SECONDS, time / SECOND);
		put_be32(at + NANOSECONDS, time % SECOND);
		at[FLAGS] = known ? DUPLICATE : 0;
		at[DEVICE] = op->values.stamp.device >> 8;
		at[DEVICE + 1] = op->values.stamp.device & 0xff;
		at[PORT] = moment->in_port;
	}
}
