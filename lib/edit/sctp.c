/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_hash_crc.h>
#include <string.h>

#include "edit/fields.h"
#include "edit/op.h"

#include "core/banned.h"

/*
 * CRC32c is linear: it changes by the CRC, begun with 0, of what the bytes differ in. So what was
 * right stays so, what was wrong is wrong by as much, and no byte is read but those that change:
 * for the others zeros are fed in.
 */
static uint32_t
feed_zeros(uint32_t crc, uint32_t count)
{
	for (; count >= 8; count -= 8)
		crc = rte_hash_crc_8byte(0, crc);
	for (; count; count--)
		crc = rte_hash_crc_1byte(0, crc);
	return crc;
}

uint32_t
edit_sctp_end(const struct frame *frame)
{
	uint8_t spare[EDIT_READ_MAX];
	bool wide = edit_is_ipv6(frame);
	const uint8_t *at;
	uint32_t end;

	if (frame->kind < PACKET_IPV4 || frame->protocol != IPPROTO_SCTP || frame->fragment ||
	    frame->l4 == 0)
		return 0;
	at = edit_read(frame, frame->l3 + (wide ? IPV6_LENGTH : IPV4_LENGTH), 2, spare);
	if (!at)
		return 0;
	end = frame->l3 + (wide ? IPV6_HEADER : 0u) + (at[0] << 8 | at[1]);
	return (uint32_t)frame->l4 + SCTP_HEADER <= end && end <= frame->length ? end : 0;
}

void
edit_sctp_ports(const struct frame *frame, uint32_t before, uint32_t after)
{
	uint32_t crc = rte_hash_crc_4byte(before ^ after, 0);

	edit_sctp_adjust(frame, feed_zeros(crc, frame->sctp_end - frame->l4 - sizeof(before)));
}

uint32_t
edit_sctp_masked(const struct frame *frame, uint8_t with)
{
	uint32_t from = RTE_MAX(frame->fill_from, (uint32_t)frame->l4);
	uint32_t to = RTE_MIN(frame->fill_to, frame->sctp_end), sum = frame->l4 + SCTP_SUM;
	uint8_t spare[EDIT_READ_MAX];
	uint32_t crc = 0;

	/* One that is masked itself is what it is masked with. */
	if (from >= to || (from < sum + 4 && to > sum))
		return 0;
	for (uint32_t at = from; at < to;) {
		uint32_t part = RTE_MIN(to - at, (uint32_t)EDIT_READ_MAX);
		const uint8_t *bytes = edit_read(frame, at, part, spare);

		for (uint32_t i = 0; bytes && i < part; i++)
			crc = rte_hash_crc_1byte((uint8_t)(bytes[i] ^ with), crc);
		at += part;
	}
	return feed_zeros(crc, frame->sctp_end - to);
}

void
edit_sctp_adjust(const struct frame *frame, uint32_t change)
{
	uint8_t *at = frame->start + frame->l4 + SCTP_SUM;
	uint32_t sum;

	/* Its lowest byte is sent first: RFC 9260 appendix A. */
	memcpy(&sum, at, sizeof(sum));
	sum ^= rte_cpu_to_le_32(change);
	memcpy(at, &sum, sizeof(sum));
}
