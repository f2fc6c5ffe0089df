/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <string.h>

#include "core/ethertype.h"
#include "edit/op.h"

#include "core/banned.h"

#define MPLS_BOTTOM 0x100 /* of the stack: RFC 3032 section 2.1 */

uint8_t *
edit_put_front(struct frame *frame, uint16_t bytes)
{
	struct rte_mbuf *packet = frame->packet;

	packet->data_off -= bytes;
	packet->data_len += bytes;
	packet->pkt_len += bytes;
	frame->start -= bytes;
	frame->length += bytes;
	frame->grown += bytes;
	return frame->start;
}

void
edit_make_push(const struct config_action *action, struct edit_op *op)
{
	const struct config_push *push = action->push;

	op->values.push.kind = push->kind;
	op->writes = true;
	op->quick = push->kind != CONFIG_PUSH_MPLS && push->kind != CONFIG_PUSH_ERSPAN;
	if (push->kind == CONFIG_PUSH_VLAN) {
		op->values.push.word =
			rte_cpu_to_be_32((uint32_t)push->type << 16 | push->pcp << 13 | push->vlan);
		op->front = EDIT_TAG;
	} else if (push->kind == CONFIG_PUSH_MPLS) {
		op->values.push.word = push->label << 12 | push->tc << 9 | push->ttl;
		op->front = 4;
		op->parses = true;
	} else {
		edit_make_around(push, &op->values.push.around);
		op->front = op->values.push.around.length;
		op->parses = op->values.push.around.udp; /* for the flow */
		op->common = op->quick;
		op->timed = op->values.push.around.version == 3;
	}
}
/* What is moved must be writable. */
static void
look_vlan(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		if (frame->length < EDIT_ETHER) {
			frame->idle |= op->bit;
			continue;
		}
		edit_deepen(frame, EDIT_MACS);
		frame->front += EDIT_TAG;
	}
}

static void
run_vlan(uint32_t tag, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint8_t *start;

		if (frame->length < EDIT_ETHER)
			continue;
		start = edit_put_front(frame, EDIT_TAG);
		memmove(start, start + EDIT_TAG, EDIT_MACS);
		memcpy(start + EDIT_MACS, &tag, sizeof(tag));
	}
}

/* A label is in front of IP, or of other labels, as the type says. */
static uint32_t
label_at(struct frame *frame, bool *bottom)
{
	uint8_t spare[EDIT_READ_MAX];
	uint32_t link = edit_end_of(frame, CONFIG_AFTER_LINK);
	const uint8_t *type;

	*bottom = false;
	if (link > EDIT_LINK_MAX)
		return 0;
	type = edit_read(frame, link - 2, 2, spare);
	switch (type ? type[0] << 8 | type[1] : 0) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		*bottom = true;
		return link;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return link;
	default:
		return 0;
	}
}

static void
look_mpls(const struct edit_op *op, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		frame->label = label_at(frame, &frame->bottom);
		if (frame->label == 0) {
			frame->idle |= op->bit;
			continue;
		}
		edit_deepen(frame, frame->label);
		frame->front += 4;
	}
}

static void
run_mpls(uint32_t word, struct frame *frames, unsigned count)
{
	for (struct frame *frame = frames; frame < frames + count; frame++) {
		uint32_t label = rte_cpu_to_be_32(word | (frame->bottom ? MPLS_BOTTOM : 0));
		uint32_t link = frame->label;
		uint16_t type = RTE_BE16(TYPE_MPLS);
		uint8_t *start;

		if (link == 0)
			continue;
		start = edit_put_front(frame, 4);
		memmove(start, start + 4, link - 2);
		memcpy(start + link - 2, &type, sizeof(type));
		memcpy(start + link, &label, sizeof(label));
	}
}

void
edit_look_push(const struct edit_op *op, struct frame *frames, unsigned count)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN)
		look_vlan(op, frames, count);
	else if (op->values.push.kind == CONFIG_PUSH_MPLS)
		look_mpls(op, frames, count);
	else
		edit_look_around(op, frames, count);
}

void
edit_run_push(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,
	      unsigned count)
{
	if (op->values.push.kind == CONFIG_PUSH_VLAN)
		run_vlan(op->values.push.word, frames, count);
	else if (op->values.push.kind == CONFIG_PUSH_MPLS)
		run_mpls(op->values.push.word, frames, count);
	else
		edit_run_around(&op->values.push.around, moment, frames, count);
}
