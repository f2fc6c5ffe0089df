/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include "edit/op.h"
#include "edit/tunnel.h"

#include "core/banned.h"

/* Types behind the addresses: IEEE 802.1BR (E-tag), Cisco (VN-tag, FabricPath). Their lengths are with the type. */
#define TYPE_VNTAG 0x8926
#define VNTAG 6
#define TYPE_ETAG 0x893f
#define ETAG 8
#define TYPE_FABRICPATH 0x8903
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

/* A tag of so many bytes with its type, behind the addresses. */
static bool
strip_tag(struct frame *frame, uint16_t type, uint32_t length)
{
	if (type_at(frame, EDIT_MACS) != type || frame->length < EDIT_MACS + length + 2)
		return false;
	edit_remove(frame, EDIT_MACS, length);
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

/* What is inside takes the place of what is around it: a frame of all, a packet of what follows the link's header, whose type
 * it gets. */
static bool
strip_around(struct frame *frame, edit_find_inside *find)
{
	struct edit_inside inside;
	uint32_t link = edit_end_of(frame, CONFIG_AFTER_LINK);

	if (link > EDIT_LINK_MAX || !find(frame, link, &inside))
		return false;
	if (inside.ether_type == 0) {
		edit_remove(frame, 0, inside.offset);
		return true;
	}
	edit_remove(frame, link, inside.offset - link);
	frame->link[link - 2] = inside.ether_type >> 8;
	frame->link[link - 1] = inside.ether_type & 0xff;
	return true;
}

static bool
strip_word(struct frame *frame, enum config_strip_word word)
{
	static const struct {
		bool (*strip)(struct frame *frame);
		edit_find_inside *find;
	} rows[] = {
		[CONFIG_STRIP_VLAN] = {strip_vlan},
		[CONFIG_STRIP_VLANS] = {strip_vlans},
		[CONFIG_STRIP_MPLS] = {.find = edit_find_mpls},
		[CONFIG_STRIP_VXLAN] = {.find = edit_find_vxlan},
		[CONFIG_STRIP_GENEVE] = {.find = edit_find_geneve},
		[CONFIG_STRIP_GRE] = {.find = edit_find_gre},
		[CONFIG_STRIP_ERSPAN] = {.find = edit_find_erspan},
		[CONFIG_STRIP_GTP_U] = {.find = edit_find_gtp_u},
		[CONFIG_STRIP_IPIP] = {.find = edit_find_ipip},
		[CONFIG_STRIP_PPPOE] = {.find = edit_find_pppoe},
		[CONFIG_STRIP_VNTAG] = {strip_vntag},
		[CONFIG_STRIP_ETAG] = {strip_etag},
		[CONFIG_STRIP_FABRICPATH] = {strip_fabricpath},
	};

	if (word < CONFIG_STRIP_TUNNEL)
		return rows[word].strip ? rows[word].strip(frame)
					: strip_around(frame, rows[word].find);
	/* Whichever it is: no frame is two of them at the same place. */
	for (word = CONFIG_STRIP_MPLS; word < CONFIG_STRIP_TUNNEL; word++) {
		if (strip_word(frame, word))
			return true;
	}
	return false;
}

void
edit_make_strip(const struct config_action *action, struct edit_op *op)
{
	op->values.strip.count = action->strip->count;
	memcpy(op->values.strip.what, action->strip->what, action->strip->count);
	op->writes = true;
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
		frame->idle |= !found;
	}
}
