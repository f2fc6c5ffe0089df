/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/records.h"

#include <rte_mbuf.h>

#include "port/cut.h"

#include "core/banned.h"

#define MAGIC_NS 0xa1b23c4d
#define LINK_ETHERNET 1

const struct pcap_header records_file_header = {
	.magic = MAGIC_NS,
	.major = 2,
	.minor = 4,
	.snap_length = RECORDS_SNAP_LENGTH,
	.link = LINK_ETHERNET,
};

void
records_gather(struct records *records, struct rte_mbuf *const *packets, uint16_t count,
	       const struct timespec *now)
{
	unsigned used = 0;

	records->count = 0;
	records->bytes = 0;
	while (records->count < count && records->count < RECORDS_MAX) {
		const struct rte_mbuf *packet = packets[records->count];
		struct record_header *header = &records->headers[records->count];

		if (used + 1 + packet->nb_segs > PIECES_MAX)
			break;
		*header = (struct record_header){(uint32_t)now->tv_sec, (uint32_t)now->tv_nsec,
						 packet->pkt_len, packet_cut_length(packet)};
		records->first[records->count++] = used;
		records->bytes += sizeof(*header) + packet->pkt_len;
		records->pieces[used++] = (struct iovec){header, sizeof(*header)};
		for (; packet; packet = packet->next)
			records->pieces[used++] =
				(struct iovec){rte_pktmbuf_mtod(packet, void *), packet->data_len};
	}
	records->first[records->count] = used;
}

void
pieces_pass(struct iovec **pieces, unsigned *count, size_t bytes)
{
	for (; *count && bytes >= (*pieces)->iov_len; (*pieces)++, (*count)--)
		bytes -= (*pieces)->iov_len;
	if (*count == 0)
		return;
	(*pieces)->iov_base = (uint8_t *)(*pieces)->iov_base + bytes;
	(*pieces)->iov_len -= bytes;
}
