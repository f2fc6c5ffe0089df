/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "core/ethertype.h"
#include "edit/op.h"
#include "packet/tunnel.h"

#include "core/banned.h"

/* Lengths, with the type: Cisco, IEEE 802.1BR. */
#define VNTAG 6
#define ETAG 8
#define FABRICPATH 16 /* addresses of its own, type and tag; then the frame */

static uint16_t
type_at(const struct frame *frame, uint32_t offset)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *type = edit_read(frame, offset, 2, spare);

	return type ? type[0] << 8 | type[1] : 0;
}

static bool
strip_vlan(struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	const uint8_t *tag = edit_read(frame, EDIT_MACS, EDIT_TAG + 2, spare);

	if (!tag || !edit_is_tag(tag))
		return false;
	edit_remove(frame, EDIT_MACS, EDIT_TAG);
	return true;
}

/* Each takes four bytes of the frame. */
static bool
strip_vlans(struct frame *frame)
{
	bool found = false;

	while (strip_vlan(frame))
		found = true;
	return found;
}

static bool
is_tag_at(const struct frame *frame, uint32_t offset)
{
	uint16_t type = type_at(frame, offset);

	return edit_is_tag((uint8_t[]){type >> 8, type & 0xff});
}

/* A tag of so many bytes with its type, behind the addresses and VLAN tags. */
static bool
strip_tag(struct frame *frame, uint16_t type, uint32_t length)
{
	uint32_t at = EDIT_MACS;

	for (unsigned tags = 0; tags < EDIT_TAGS_MAX && is_tag_at(frame, at); tags++)
		at += EDIT_TAG;
	if (type_at(frame, at) != type || frame->length < at + length + 2)
		return false;
	edit_remove(frame, at, length);
	return true;
}

static bool
strip_vntag(struct frame *frame)
{
	return strip_tag(frame, TYPE_VNTAG, VNTAG);
}

static bool
strip_etag(struct frame *frame)
{
	return strip_tag(frame, TYPE_ETAG, ETAG);
}

static bool
strip_fabricpath(struct frame *frame)
{
	if (type_at(frame, EDIT_MACS) != TYPE_FABRICPATH || frame->length < FABRICPATH + EDIT_ETHER)
		return false;
	edit_remove(frame, 0, FABRICPATH);
	return true;
}

/* The tunnel of which the frame is the outside. */
static bool
find_tunnel(struct frame *frame, uint32_t link, struct tunnel *tunnel)
{
	struct tunnel_outside outside = {
		.packet = frame->packet,
		.end = frame->skip + frame->length,
		/* What the frame begins with is not the packet's, but no more of it than the link's
		 * header. */
		.link = frame->skip + link,
		.transport = frame->l4 ? frame->skip + frame->l4 : 0,
		.ether_type = type_at(frame, link - 2),
		.protocol = frame->protocol,
	};

	return tunnel_find(&outside, tunnel);
}

/* What is inside takes the place of what is around it: a frame of all, a packet of what follows the
 * link's header, whose type it gets. TUNNEL_NONE: of whichever tunnel. */
static bool
strip_around(struct frame *frame, enum tunnel_kind kind)
{
	struct tunnel tunnel;
	uint32_t link = edit_end_of(frame, CONFIG_AFTER_LINK);

	if (link > EDIT_LINK_MAX || !find_tunnel(frame, link, &tunnel) ||
	    (kind != TUNNEL_NONE && tunnel.kind != kind))
		return false;
	tunnel.offset -= frame->skip;
	if (tunnel.ether_type == 0) {
		edit_remove(frame, 0, tunnel.offset);
		return true;
	}
	edit_remove(frame, link, tunnel.offset - link);
	frame->link[link - 2] = tunnel.ether_type >> 8;
	frame->link[link - 1] = tunnel.ether_type & 0xff;
	return true;
}

/* No frame has two of them at the same place. */
static bool
strip_any(struct frame *frame)
{
	return strip_around(frame, TUNNEL_NONE) || strip_vntag(frame) || strip_etag(frame) ||
	       strip_fabricpath(frame);
}

static bool
strip_word(struct frame *frame, enum config_strip_word word)
{
	static const struct {
		bool (*strip)(struct frame *frame);
		enum tunnel_kind tunnel;
	} rows[] = {
		[CONFIG_STRIP_VLAN] = {strip_vlan},
		[CONFIG_STRIP_VLANS] = {strip_vlans},
		[CONFIG_STRIP_MPLS] = {.tunnel = TUNNEL_MPLS},
		[CONFIG_STRIP_VXLAN] = {.tunnel = TUNNEL_VXLAN},
		[CONFIG_STRIP_GENEVE] = {.tunnel = TUNNEL_GENEVE},
		[CONFIG_STRIP_GRE] = {.tunnel = TUNNEL_GRE},
		[CONFIG_STRIP_ERSPAN] = {.tunnel = TUNNEL_ERSPAN},
		[CONFIG_STRIP_GTP_U] = {.tunnel = TUNNEL_GTP_U},
		[CONFIG_STRIP_IPIP] = {.tunnel = TUNNEL_IPIP},
		[CONFIG_STRIP_PPPOE] = {.tunnel = TUNNEL_PPPOE},
		[CONFIG_STRIP_VNTAG] = {strip_vntag},
		[CONFIG_STRIP_ETAG] = {strip_etag},
		[CONFIG_STRIP_FABRICPATH] = {strip_fabricpath},
		[CONFIG_STRIP_TUNNEL] = {strip_any},
	};

	return rows[word].strip ? rows[word].strip(frame) : strip_around(frame, rows[word].tunnel);
}

void
edit_make_strip(const struct config_action *action, struct edit_op *op)
{
	op->values.strip.count = action->strip->count;
	memcpy(op->values.strip.what, action->strip->what, action->strip->count);
	op->writes = true;
	op->quick = action->strip->count == 1 && action->strip->what[0] == CONFIG_STRIP_VLAN;
	op->takes = EDIT_TAG;
	for (unsigned i = 0; i < action->strip->count; i++)
		op->parses |= action->strip->what[i] > CONFIG_STRIP_VLANS;
}

void
edit_look_strip(const struct edit_op *op, struct frame *frames, unsigned count)
{
	const struct config_strip *strip = &op->values.strip;

	for (struct frame *frame = frames; frame < frames + count; frame++) {
		bool found = false;

		for (unsigned i = 0; i < strip->count; i++)
			found |= strip_word(frame, strip->what[i]);
		if (!found)
			frame->idle |= op->bit;
	}
}
