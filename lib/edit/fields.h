/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fields: where they stand in headers, how long these are, in bytes, and how they are read and
 * written where they lie.
 */
#ifndef EDIT_FIELDS_H
#define EDIT_FIELDS_H

#include <rte_byteorder.h>
#include <string.h>

/* RFC 791 section 3.1 */
#define IPV4_LENGTH 2
#define IPV4_TTL 8
#define IPV4_PROTOCOL 9
#define IPV4_SUM 10
#define IPV4_SRC 12
#define IPV4_DST 16
#define IPV4_HEADER 20

/* RFC 8200 section 3; of a routing header the segments left, section 4.4 */
#define IPV6_LENGTH 4
#define IPV6_NEXT 6
#define IPV6_HOPS 7
#define IPV6_SRC 8
#define IPV6_DST 24
#define IPV6_HEADER 40
#define ROUTING_LEFT 3

/* RFC 9293 section 3.1, RFC 768, RFC 9260 section 3.1 */
#define TCP_SUM 16
#define UDP_LENGTH 4
#define UDP_SUM 6
#define UDP_HEADER 8
#define SCTP_SUM 8
#define SCTP_HEADER 12

/* As it stands there: in network byte order. */
static inline uint16_t
get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void
put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* In host order. */
static inline void
put_be16(uint8_t *at, uint16_t value)
{
	put16(at, rte_cpu_to_be_16(value));
}

static inline void
put_be32(uint8_t *at, uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	memcpy(at, &value, sizeof(value));
}

#endif
