/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words: a packet as people write one down: its bytes as hexadecimal digits, or its five-tuple, as
 * in "tcp 10.0.0.6:43211 > 192.0.2.1:443 vlan 100 syn". Pure.
 */
#ifndef EXPLAIN_WORDS_H
#define EXPLAIN_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_REASON_MAX 256
#define WORDS_PACKET_MAX 65535

struct words_packet {
	uint8_t *bytes; /* the caller's */
	uint32_t length;
	/* What the words leave open and how it was taken, as a sentence; "" of bytes. */
	char open[WORDS_REASON_MAX];
};

/* 0, or a negative errno with a sentence in reason: what is wrong and what would be right. */
int words_read(const char *text, struct words_packet *packet, char *reason, size_t size);

#endif
