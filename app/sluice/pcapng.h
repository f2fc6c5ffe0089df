/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng: packets that were looked at, as a capture that tcpdump and wireshark read while it is
 * written (draft-ietf-opsawg-pcapng): an interface a port, and in each packet's comment what became
 * of it.
 */
#ifndef SLUICE_PCAPNG_H
#define SLUICE_PCAPNG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pcapng {
	FILE *out;
	uint32_t snap;  /* the same of all interfaces: tcpdump takes no others */
	json_t *names;  /* number by port; owned */
	uint8_t *block; /* memory of the last block */
	size_t used, room;
	bool failed; /* for want of memory: nothing more is written */
};

/* Writes the section's head. False: no memory, or it can't be written. */
bool pcapng_begin(struct pcapng *pcapng, FILE *out, uint32_t snap);

/* Writes a packet as look.read has it. lost: how many are missing before it. */
bool pcapng_packet(struct pcapng *pcapng, const json_t *packet, uint64_t lost);

void pcapng_end(struct pcapng *pcapng);

#endif
