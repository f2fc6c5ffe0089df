/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/link.h"

#include <stdbool.h>
#include <string.h>

#include "core/banned.h"

#define IPV4 0x0800
#define IPV6 0x86dd

/* LINKTYPE_ values, and those of DLT_RAW that some systems wrote. */
enum {
	LINK_NULL = 0,
	LINK_PPP = 9,
	LINK_RAW_BSD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_SERIAL = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_PPP_PPPD = 166,
	LINK_PPP_DIRECTION = 204,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

#define LOOP_SIZE 4
#define SLL_SIZE 16
#define SLL2_SIZE 20
#define PPPOE_SIZE 6

static uint16_t
big16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static bool
is_ip(uint16_t ether_type)
{
	return ether_type == IPV4 || ether_type == IPV6;
}

/* By the version that the packet begins with. */
static int
find_raw(const uint8_t *bytes, uint32_t length, uint16_t *ether_type)
{
	unsigned version = length ? bytes[0] >> 4 : 0;

	*ether_type = version == 4 ? IPV4 : IPV6;
	return version == 4 || version == 6 ? 0 : -1;
}

/* The family of the system that wrote it, in that machine's byte order or the network's. IPv6 has
 * many numbers: Linux' 10, and those of the BSDs and of macOS. */
static int
find_loop(const uint8_t *bytes, uint32_t length, uint16_t *ether_type)
{
	uint8_t family;

	if (length <= LOOP_SIZE)
		return -1;
	if (bytes[1] || bytes[2] || (bytes[0] && bytes[3]))
		return -1;
	family = bytes[0] ? bytes[0] : bytes[3];
	*ether_type = family == 2 ? IPV4 : IPV6;
	if (family != 2 && family != 10 && family != 24 && family != 28 && family != 30)
		return -1;
	return LOOP_SIZE;
}

/* RFC 1661, and RFC 1662's framing, whose two bytes and whose protocol's first may be left out.
 * Some of Cisco's framing (RFC 1547) stands where that may. */
static int
find_ppp(const uint8_t *bytes, uint32_t length, uint16_t *ether_type)
{
	uint32_t at = 0;
	uint16_t protocol;

	if (length > 4 && (bytes[0] == 0x0f || bytes[0] == 0x8f) && bytes[1] == 0) {
		*ether_type = big16(bytes + 2);
		return is_ip(*ether_type) ? 4 : -1;
	}
	if (length > 2 && bytes[0] == 0xff && bytes[1] == 0x03)
		at = 2;
	if (length < at + 2)
		return -1;
	protocol = bytes[at] & 1 ? bytes[at] : big16(bytes + at);
	at += bytes[at] & 1 ? 1 : 2;
	*ether_type = protocol == 0x0021 ? IPV4 : IPV6;
	return protocol == 0x0021 || protocol == 0x0057 ? (int)at : -1;
}

/* Behind a header of so many bytes that has a protocol of Ethernet's at one place. */
static int
find_cooked(const uint8_t *bytes, uint32_t length, uint32_t protocol, uint32_t size,
	    uint16_t *ether_type)
{
	if (length < size)
		return -1;
	*ether_type = big16(bytes + protocol);
	return is_ip(*ether_type) ? (int)size : -1;
}

static int
behind(int before, int found)
{
	return found < 0 ? -1 : before + found;
}

int
capture_link_find_ip(uint16_t link_type, const uint8_t *bytes, uint32_t length,
		     uint16_t *ether_type)
{
	switch (link_type) {
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
		return find_raw(bytes, length, ether_type);
	case LINK_IPV4:
		*ether_type = IPV4;
		return 0;
	case LINK_IPV6:
		*ether_type = IPV6;
		return 0;
	case LINK_NULL:
	case LINK_LOOP:
		return find_loop(bytes, length, ether_type);
	case LINK_LINUX_SLL:
		return find_cooked(bytes, length, 14, SLL_SIZE, ether_type);
	case LINK_LINUX_SLL2:
		return find_cooked(bytes, length, 0, SLL2_SIZE, ether_type);
	case LINK_PPP:
	case LINK_PPP_SERIAL:
	case LINK_PPP_PPPD:
		/* pppd writes a direction, 0 or 1, where the framing has 0xff. */
		if (link_type == LINK_PPP_PPPD && length > 2 && bytes[0] <= 1 && bytes[1] == 0x03)
			return behind(2, find_ppp(bytes + 2, length - 2, ether_type));
		return find_ppp(bytes, length, ether_type);
	case LINK_PPP_DIRECTION:
		return length ? behind(1, find_ppp(bytes + 1, length - 1, ether_type)) : -1;
	case LINK_PPP_ETHER:
		/* A session's packets; those of discovery have a code. */
		if (length < PPPOE_SIZE || bytes[1] != 0)
			return -1;
		return behind(PPPOE_SIZE,
			      find_ppp(bytes + PPPOE_SIZE, length - PPPOE_SIZE, ether_type));
	default:
		return -1;
	}
}

void
capture_link_write(uint8_t header[CAPTURE_LINK_ETHERNET], uint16_t ether_type)
{
	static const uint8_t addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	memcpy(header, addresses, sizeof(addresses));
	header[12] = ether_type >> 8;
	header[13] = ether_type & 0xff;
}
