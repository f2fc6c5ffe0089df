/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture: what a capture file holds, found out by reading it once from end to end with libpcap,
 * before DPDK's driver, which tells neither a wrong link type nor a broken record, sees it.
 */
#ifndef PORT_CAPTURE_H
#define PORT_CAPTURE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest record that is a packet: net_pcap counts bytes of a chain in 16 bits, and no mbuf holds more. */
#define CAPTURE_RECORD_MAX 65535

struct capture_info {
	uint64_t records;
	uint64_t truncated; /* of them, cut by the snap length when they were captured */
	uint64_t empty;     /* without a byte of their packet, */
	uint64_t too_long;  /* or of more than CAPTURE_RECORD_MAX: these are left out */
	uint64_t bytes;
	uint64_t first_ns, last_ns; /* earliest and latest time; 0 without records */
	uint32_t longest;           /* bytes of the longest record */
};

/* Whether a record of so many bytes is a packet, and not to be left out. */
static inline bool
capture_is_packet(const struct pcap_pkthdr *header)
{
	return header->caplen > 0 && header->caplen <= CAPTURE_RECORD_MAX;
}

/* Reads the file. Returns 0, or a negative errno with a sentence in reason: "has link type LINUX_SLL
 * (Linux cooked v1), not Ethernet". A capture without records is no error here. */
int capture_scan(const char *path, struct capture_info *info, char *reason, size_t reason_size);

/* A record's time in nanoseconds since the epoch, from a header read at nanosecond precision. One that does not fit
 * is the last that does. */
uint64_t capture_record_ns(const struct pcap_pkthdr *header);

/* Whether the record just read has a time: one of a simple packet block of pcapng has not, and libpcap does not tell. */
bool capture_has_time(pcap_t *pcap, const struct pcap_pkthdr *header);

#endif
