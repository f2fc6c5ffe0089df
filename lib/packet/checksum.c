/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet/checksum.h"

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_mbuf_ptype.h>
#include <stdbool.h>

#include "packet/sum.h"
#include "packet/view.h"

#include "core/banned.h"

#define RIGHT \
	0xffff /* ones' complement of a sum over data with its checksum in it: RFC 1071 section 1 */

#define TCP_HEADER 20
#define UDP_HEADER 8 /* and its fields: RFC 768 */
#define UDP_LENGTH 4
#define UDP_CHECKSUM 6
#define OPTIONS_MAX 8 /* of IPv6, that are walked */

/* The transport's part of the datagram. */
struct payload {
	uint32_t offset, length;
	uint8_t protocol;
	uint32_t pseudo; /* sum of the pseudo-header, not folded */
};

/* What DPDK 22.11 has for it (rte_raw_cksum_mbuf) loses a carry where a segment begins at an odd
 * byte. */
bool
checksum_add_up(const struct rte_mbuf *packet, uint32_t offset, uint32_t length, uint16_t *sum)
{
	uint32_t total = 0, done = 0;

	if (offset + length > packet->pkt_len)
		return false;
	for (; packet && done < length; packet = packet->next) {
		uint32_t part;
		uint16_t here;

		if (offset >= packet->data_len) {
			offset -= packet->data_len;
			continue;
		}
		part = RTE_MIN(packet->data_len - offset, length - done);
		here = rte_raw_cksum(rte_pktmbuf_mtod_offset(packet, const void *, offset), part);
		/* RFC 1071 section 2 (B): the sum of bytes that change places changes its bytes. */
		total += done % 2 ? rte_bswap16(here) : here;
		done += part;
		offset = 0;
	}
	*sum = sum_fold(total);
	return done == length;
}

static bool
says_ip(const struct rte_mbuf *packet)
{
	return (packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

static bool
says_l4(const struct rte_mbuf *packet)
{
	return (packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;
}

/* The header of IPv4, RFC 791 section 3.1. */
static enum checksum_verdict
check_header(const struct rte_mbuf *packet, uint32_t offset, uint32_t length)
{
	uint16_t sum;

	if (!checksum_add_up(packet, offset, length, &sum))
		return CHECKSUM_UNSAID;
	return sum == RIGHT ? CHECKSUM_RIGHT : CHECKSUM_WRONG;
}

/* What follows the header, up to the total length: behind it is padding. False: not whole. */
static bool
find_payload4(const struct rte_mbuf *packet, uint32_t offset, const struct rte_ipv4_hdr *header,
	      struct payload *payload)
{
	uint32_t length = rte_ipv4_hdr_len(header);
	uint32_t total = rte_be_to_cpu_16(header->total_length);

	if (total < length || offset + total > packet->pkt_len)
		return false;
	payload->offset = offset + length;
	payload->length = total - length;
	payload->protocol = header->next_proto_id;
	/* Flags of 0: this is no segment to be cut up, so the length is part of it. */
	payload->pseudo = rte_ipv4_phdr_cksum(header, 0);
	return true;
}

/* The same behind options of IPv6, RFC 8200 sections 4.3 and 4.6. A routing header changes the
 * address that is summed (section 8.1), and others hide the payload: false. */
static bool
find_payload6(const struct rte_mbuf *packet, uint32_t offset, const struct rte_ipv6_hdr *header,
	      struct payload *payload)
{
	uint32_t end = offset + sizeof(*header) + rte_be_to_cpu_16(header->payload_len);
	uint8_t next = header->proto;
	uint32_t tail[2];

	offset += sizeof(*header);
	if (end > packet->pkt_len)
		return false;
	for (unsigned i = 0;
	     i < OPTIONS_MAX && (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS); i++) {
		uint8_t spare[2];
		const uint8_t *option = rte_pktmbuf_read(packet, offset, sizeof(spare), spare);

		if (!option)
			return false;
		next = option[0];
		offset += (option[1] + 1) * 8;
	}
	if (offset > end)
		return false;
	payload->offset = offset;
	payload->length = end - offset;
	payload->protocol = next;
	/* Addresses, upper-layer length, three zeros and the protocol: RFC 8200 section 8.1. */
	tail[0] = rte_cpu_to_be_32(payload->length);
	tail[1] = rte_cpu_to_be_32(next);
	payload->pseudo = __rte_raw_cksum_reduce(
		__rte_raw_cksum(header->src_addr, 32, __rte_raw_cksum(tail, sizeof(tail), 0)));
	return true;
}

/* Whether there is a checksum to be checked. */
static bool
has_checksum(const struct rte_mbuf *packet, const struct payload *payload)
{
	uint8_t spare[UDP_HEADER];
	const uint8_t *udp;

	if (payload->protocol == IPPROTO_TCP)
		return payload->length >= TCP_HEADER;
	if (payload->protocol != IPPROTO_UDP || payload->length < UDP_HEADER)
		return false;
	udp = rte_pktmbuf_read(packet, payload->offset, UDP_HEADER, spare);
	if (!udp || (udp[UDP_CHECKSUM] | udp[UDP_CHECKSUM + 1]) == 0)
		return false;
	/* Where the two lengths differ, NICs differ in which they take. */
	return (uint32_t)(udp[UDP_LENGTH] << 8 | udp[UDP_LENGTH + 1]) == payload->length;
}

static enum checksum_verdict
check_payload(const struct rte_mbuf *packet, const struct payload *payload)
{
	uint16_t sum;

	if (!has_checksum(packet, payload) ||
	    !checksum_add_up(packet, payload->offset, payload->length, &sum))
		return CHECKSUM_UNSAID;
	return sum_fold(payload->pseudo + sum) == RIGHT ? CHECKSUM_RIGHT : CHECKSUM_WRONG;
}

static enum checksum_verdict
check_ipv4(const struct rte_mbuf *packet, const struct packet_view *view)
{
	struct rte_ipv4_hdr spare;
	const struct rte_ipv4_hdr *header =
		rte_pktmbuf_read(packet, view->l3_offset, sizeof(spare), &spare);
	enum checksum_verdict verdict = CHECKSUM_UNSAID, below;
	struct payload payload;

	if (says_ip(packet))
		verdict = check_header(packet, view->l3_offset, rte_ipv4_hdr_len(header));
	if (verdict == CHECKSUM_WRONG || !says_l4(packet) || view->fragment ||
	    !find_payload4(packet, view->l3_offset, header, &payload))
		return verdict;
	below = check_payload(packet, &payload);
	return below == CHECKSUM_UNSAID ? verdict : below;
}

static enum checksum_verdict
check_ipv6(const struct rte_mbuf *packet, const struct packet_view *view)
{
	struct rte_ipv6_hdr spare;
	const struct rte_ipv6_hdr *header =
		rte_pktmbuf_read(packet, view->l3_offset, sizeof(spare), &spare);
	struct payload payload;

	if (!says_l4(packet) || view->fragment ||
	    !find_payload6(packet, view->l3_offset, header, &payload))
		return CHECKSUM_UNSAID;
	return check_payload(packet, &payload);
}

enum checksum_verdict
checksum_verify(const struct rte_mbuf *packet)
{
	struct rte_mbuf *one = (struct rte_mbuf *)packet;
	struct packet_view view;

	if ((!says_ip(packet) && !says_l4(packet)) || (packet->packet_type & RTE_PTYPE_TUNNEL_MASK))
		return CHECKSUM_UNSAID;
	packet_parse(&one, 1, 0, &view);
	switch (view.kind) {
	case PACKET_IPV4:
	case PACKET_IPV4_PORTS:
		return check_ipv4(packet, &view);
	case PACKET_IPV6:
	case PACKET_IPV6_PORTS:
		return check_ipv6(packet, &view);
	default:
		return CHECKSUM_UNSAID;
	}
}
