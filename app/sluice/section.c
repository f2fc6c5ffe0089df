/* SPDX-License-Identifier: BSD-3-Clause */
#include "section.h"

#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

/* Where a section says how long it is, and a packet which interface's it is. */
#define SECTION_LENGTH 16
#define PACKET_INTERFACE 8

static void
put(const struct section *section, const void *bytes, size_t size)
{
	if (section->out)
		fwrite(bytes, 1, size, section->out);
}

void
section_begin(struct section *section, const uint8_t *block, uint32_t length)
{
	static const uint8_t unknown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	for (uint32_t i = 0; i < section->count; i++)
		section->interfaces[i].taken = false;
	section->numbers_count = 0;
	if (section->begun)
		return;
	section->begun = true;
	put(section, block, SECTION_LENGTH);
	put(section, unknown, sizeof(unknown));
	put(section, block + SECTION_LENGTH + sizeof(unknown),
	    length - SECTION_LENGTH - sizeof(unknown));
}

/* Two interfaces of one capture may be described alike, and are two. */
static uint32_t
find(struct section *section, const uint8_t *block, uint32_t length)
{
	for (uint32_t i = 0; i < section->count; i++) {
		const struct section_interface *interface = &section->interfaces[i];

		if (!interface->taken && interface->length == length &&
		    memcmp(interface->block, block, length) == 0)
			return i;
	}
	return SECTION_NO_INTERFACE;
}

static uint32_t
add(struct section *section, const uint8_t *block, uint32_t length)
{
	struct section_interface *grown =
		realloc(section->interfaces, (section->count + 1) * sizeof(*grown));
	uint8_t *copy = grown ? malloc(length) : NULL;

	if (grown)
		section->interfaces = grown;
	if (!copy)
		return SECTION_NO_INTERFACE;
	memcpy(copy, block, length);
	grown[section->count] = (struct section_interface){copy, length, false};
	put(section, block, length);
	return section->count++;
}

bool
section_interface(struct section *section, const uint8_t *block, uint32_t length)
{
	uint32_t *grown = realloc(section->numbers, (section->numbers_count + 1) * sizeof(*grown));
	uint32_t number;

	if (!grown)
		return false;
	section->numbers = grown;
	number = find(section, block, length);
	if (number == SECTION_NO_INTERFACE)
		number = add(section, block, length);
	if (number == SECTION_NO_INTERFACE)
		return false;
	section->interfaces[number].taken = true;
	section->numbers[section->numbers_count++] = number;
	return true;
}

void
section_packet(struct section *section, uint8_t *block, uint32_t length)
{
	uint32_t number;

	memcpy(&number, block + PACKET_INTERFACE, sizeof(number));
	memcpy(block + PACKET_INTERFACE, &section->numbers[number], sizeof(number));
	put(section, block, length);
}

void
section_free(struct section *section)
{
	for (uint32_t i = 0; i < section->count; i++)
		free(section->interfaces[i].block);
	free(section->interfaces);
	free(section->numbers);
}
