/* SPDX-License-Identifier: BSD-3-Clause */
#include "format/interface.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "format/number.h"
#include "format/reason.h"

#include "core/banned.h"

/* Options of an interface, section 4.2. */
enum { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };
#define OPTION_HEADER_SIZE 4
#define BLOCK_END_SIZE 4 /* the length once more */
#define RESOLUTION_MICRO 6
#define RESOLUTION_BINARY 0x80

/* What an obsolete packet block can name; the table of a hostile file grows no longer. */
#define INTERFACES_MAX 65536
#define INTERFACES_FIRST 16

#define NS_PER_SECOND 1000000000
#define NS_DIGITS 9
#define DIGITS_MAX 19 /* of a power of ten in 64 bits */

static uint64_t
power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

uint64_t
format_interface_ns(const struct format_interface *interface, uint64_t ticks)
{
	unsigned exponent = interface->resolution & ~RESOLUTION_BINARY;
	__int128 ns;

	if (interface->resolution & RESOLUTION_BINARY)
		ns = (__int128)ticks * NS_PER_SECOND >> exponent;
	else if (exponent <= NS_DIGITS)
		ns = (__int128)ticks * power_of_ten(NS_DIGITS - exponent);
	else if (exponent <= NS_DIGITS + DIGITS_MAX)
		ns = ticks / power_of_ten(exponent - NS_DIGITS);
	else
		ns = 0;
	ns += (__int128)interface->offset * NS_PER_SECOND;
	if (ns < 0)
		return 0;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

static int
take_option(struct format *format, struct format_interface *interface, unsigned code,
	    const uint8_t *value, unsigned length)
{
	unsigned expected;

	if (code != OPTION_RESOLUTION && code != OPTION_OFFSET)
		return 0;
	expected = code == OPTION_RESOLUTION ? 1 : 8;
	if (length != expected)
		return format_fail(
			format, -EBADMSG, "the interface's option %s is %u bytes long, not %u",
			code == OPTION_RESOLUTION ? "if_tsresol" : "if_tsoffset", length, expected);
	if (code == OPTION_RESOLUTION)
		interface->resolution = *value;
	else
		interface->offset = (int64_t)format_get64(format, value);
	return 0;
}

/* Options, section 3.5: each padded to 4 bytes; the end option may be left out. */
static int
take_options(struct format *format, const uint8_t *block, uint32_t block_length,
	     struct format_interface *interface)
{
	const uint8_t *at = block + FORMAT_INTERFACE_SIZE;
	size_t left = block_length - FORMAT_INTERFACE_SIZE - BLOCK_END_SIZE;

	while (left >= OPTION_HEADER_SIZE) {
		unsigned code = format_get16(format, at);
		unsigned length = format_get16(format, at + 2);
		size_t padded = (length + 3u) & ~3u;

		if (code == OPTION_END)
			return 0;
		at += OPTION_HEADER_SIZE;
		left -= OPTION_HEADER_SIZE;
		if (padded > left)
			return format_fail(
				format, -EBADMSG,
				"the interface's option %u says it is %u bytes long, and "
				"its block has only %zu more",
				code, length, left);
		if (take_option(format, interface, code, at, length) < 0)
			return -EBADMSG;
		at += padded;
		left -= padded;
	}
	return 0;
}

static int
reserve_interface(struct format *format)
{
	unsigned room = format->interface_room ? format->interface_room * 2 : INTERFACES_FIRST;
	struct format_interface *grown;

	if (format->interface_count < format->interface_room)
		return 0;
	if (format->interface_count == INTERFACES_MAX)
		return format_fail(format, -EBADMSG,
				   "the section has more than %d interfaces, the most there may be",
				   INTERFACES_MAX);
	grown = realloc(format->interfaces, room * sizeof(*grown));
	if (!grown)
		return format_fail(format, -ENOMEM, "no memory for the section's %u interfaces",
				   format->interface_count + 1);
	format->interfaces = grown;
	format->interface_room = room;
	return 0;
}

int
format_interface_add(struct format *format, const uint8_t *block, uint32_t length)
{
	struct format_interface interface = {.resolution = RESOLUTION_MICRO};
	int ret;

	if (length > FORMAT_UNIT_MAX)
		return format_fail(format, -EBADMSG,
				   "the interface's block says it is %" PRIu32
				   " bytes long; %d are the most",
				   length, FORMAT_UNIT_MAX);
	interface.link_type = format_get16(format, block + 8);
	interface.snap_length = format_get32(format, block + 12);
	/* if_fcslen is passed over: frames that carry an FCS are taken as they are, as in pcap. */
	ret = take_options(format, block, length, &interface);
	if (ret == 0)
		ret = reserve_interface(format);
	if (ret == 0)
		format->interfaces[format->interface_count++] = interface;
	return ret;
}

int
format_interface_find(struct format *format, uint32_t index, const struct format_interface **out)
{
	const struct format_interface *interface;

	if (index >= format->interface_count)
		return format_fail(format, -EBADMSG,
				   "the packet is of interface %" PRIu32 ", and the section has %u",
				   index, format->interface_count);
	interface = &format->interfaces[index];
	/* Only now: an interface that saw no packet harms nobody. */
	if (interface->link_type != FORMAT_LINK_ETHERNET && !format->any_link)
		return format_fail_link(format, -EPROTOTYPE, "the packet's interface has",
					interface->link_type);
	*out = interface;
	return 0;
}

void
format_interface_free(struct format *format)
{
	free(format->interfaces);
	format->interfaces = NULL;
	format->interface_count = 0;
	format->interface_room = 0;
}
