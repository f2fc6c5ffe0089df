/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section: one section of pcapng that packets of several captures are written to, block by block as
 * they stand there. Interfaces that are the same in all of them are one.
 */
#ifndef SLUICE_SECTION_H
#define SLUICE_SECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SECTION_NO_INTERFACE UINT32_MAX

struct section_interface {
	uint8_t *block;
	uint32_t length;
	bool taken; /* by an interface of the capture at hand */
};

struct section {
	FILE *out; /* NULL: nothing is written */
	bool begun;
	struct section_interface *interfaces;
	uint32_t count;
	uint32_t *numbers; /* of the interfaces of the capture at hand */
	uint32_t numbers_count;
};

/* Another capture, or another section of it, begins with this block: what it says of who wrote it
 * is what the first one says. */
void section_begin(struct section *section, const uint8_t *block, uint32_t length);

/* Another interface of the capture. False: no memory. */
bool section_interface(struct section *section, const uint8_t *block, uint32_t length);

/* Writes a packet's block, in which the interface's number is changed. */
void section_packet(struct section *section, uint8_t *block, uint32_t length);

void section_free(struct section *section);

#endif
