/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames: made by hand, with right checksums in IPv4's header and none in what is behind it.
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

struct frame {
	uint8_t bytes[2048];
	uint32_t length;
};

struct frame_words {
	const char *from, *to; /* IPv4 or IPv6 */
	uint16_t sport, dport;
	uint8_t protocol; /* 6, 17, 1; or whatever */
	uint16_t identification;
	uint32_t sequence; /* TCP; ICMP: identifier and sequence */
	uint8_t ttl;
	uint16_t vlan; /* 0: no tag */
	const char *payload;
};

static inline void
frame_16(uint8_t *at, uint16_t number)
{
	at[0] = number >> 8;
	at[1] = (uint8_t)number;
}

static inline void
frame_32(uint8_t *at, uint32_t number)
{
	frame_16(at, number >> 16);
	frame_16(at + 2, (uint16_t)number);
}

static inline void
frame_ipv4_sum(uint8_t *header)
{
	uint32_t sum = 0;

	frame_16(header + 10, 0);
	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	frame_16(header + 10, (uint16_t)~sum);
}

/* Where the network header is. */
static inline unsigned
frame_network(const struct frame *frame)
{
	return frame->bytes[12] == 0x81 ? 18 : 14;
}

static inline struct frame
frame_make(const struct frame_words *words)
{
	struct frame frame = {{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, 12};
	size_t payload = words->payload ? strlen(words->payload) : 0;
	unsigned header = words->protocol == 6 ? 20 : words->protocol == 17 ? 8 : 8;
	bool v6 = strchr(words->from, ':');
	uint8_t *at = frame.bytes + 12, *l4;

	if (words->vlan) {
		frame_16(at, 0x8100);
		frame_16(at + 2, words->vlan);
		at += 4;
	}
	frame_16(at, v6 ? 0x86dd : 0x0800);
	at += 2;
	if (v6) {
		at[0] = 0x60;
		frame_16(at + 4, (uint16_t)(header + payload));
		at[6] = words->protocol;
		at[7] = words->ttl ? words->ttl : 64;
		inet_pton(AF_INET6, words->from, at + 8);
		inet_pton(AF_INET6, words->to, at + 24);
		l4 = at + 40;
	} else {
		at[0] = 0x45;
		frame_16(at + 2, (uint16_t)(20 + header + payload));
		frame_16(at + 4, words->identification);
		at[8] = words->ttl ? words->ttl : 64;
		at[9] = words->protocol;
		inet_pton(AF_INET, words->from, at + 12);
		inet_pton(AF_INET, words->to, at + 16);
		frame_ipv4_sum(at);
		l4 = at + 20;
	}
	if (words->protocol == 1 || words->protocol == 58) {
		l4[0] = words->protocol == 1 ? 8 : 128;
		frame_32(l4 + 4, words->sequence);
	} else {
		frame_16(l4, words->sport);
		frame_16(l4 + 2, words->dport);
	}
	if (words->protocol == 6) {
		frame_32(l4 + 4, words->sequence);
		l4[12] = 0x50;
		l4[13] = 0x18;
		frame_16(l4 + 14, 1000);
	} else if (words->protocol == 17) {
		frame_16(l4 + 4, (uint16_t)(8 + payload));
	}
	if (payload)
		memcpy(l4 + header, words->payload, payload);
	frame.length = (uint32_t)(l4 + header + payload - frame.bytes);
	return frame;
}

#endif
