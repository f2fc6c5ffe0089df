/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link: records of other link types than Ethernet that have an IP packet in them, which can go
 * behind an Ethernet header: raw IP, loopback, cooked v1 and v2, and PPP. Link types are those of
 * tcpdump.org/linktypes.html.
 */
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include <stdint.h>

/* Of an Ethernet header. So many bytes before a record's packet are there to be written over. */
#define CAPTURE_LINK_ETHERNET 14

/* How many of a record's bytes come before its IP packet, and what it is in an Ethernet header, in
 * host order; -1 when it has none that is known here. */
int capture_link_find_ip(uint16_t link_type, const uint8_t *bytes, uint32_t length,
			 uint16_t *ether_type);

/* Writes the header: from 02:00:00:00:00:01 to 02:00:00:00:00:02. */
void capture_link_write(uint8_t header[CAPTURE_LINK_ETHERNET], uint16_t ether_type);

#endif
