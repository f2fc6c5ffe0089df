/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/unique.h"

#include <rte_byteorder.h>
#include <string.h>

#include "core/banned.h"

#define RING (UINT64_C(222) * (1 << 24) - 1)
/* Near RING times 0.618, and so that no quotient of RING / STEP as a continued fraction is more
 * than 3. */
#define STEP UINT64_C(2301893641)
#define STEP_IPV6 UINT64_C(0x9e3779b97f4a7c15)
#define BLOCK (UINT32_C(1) << 24) /* of a first byte */
#define LOOPBACK (127 * BLOCK)

static uint32_t
read_ipv4(const uint8_t *address)
{
	uint32_t word;

	memcpy(&word, address, sizeof(word));
	return rte_be_to_cpu_32(word);
}

/* Its place in the ring; RING or more: it has none. */
static uint32_t
place_of(uint32_t address)
{
	if (address < BLOCK || (address >= LOOPBACK && address < LOOPBACK + BLOCK))
		return UINT32_MAX;
	return address - (address < LOOPBACK ? BLOCK : 2 * BLOCK);
}

static uint32_t
at_place(uint32_t place)
{
	return place + (place + BLOCK < LOOPBACK ? BLOCK : 2 * BLOCK);
}

static void
move_ipv4(uint8_t *address, uint64_t loop)
{
	uint64_t place = place_of(read_ipv4(address)), turn = loop % (UINT64_C(1) << 32);
	uint32_t word;

	place = turn < RING ? place + turn * STEP % RING
			    : RING - place + (turn - RING) * STEP % RING;
	word = rte_cpu_to_be_32(at_place(place % RING));
	memcpy(address, &word, sizeof(word));
}

static void
move_ipv6(uint8_t *address, uint64_t loop)
{
	uint64_t word;

	memcpy(&word, address + 8, sizeof(word));
	word = rte_cpu_to_be_64(rte_be_to_cpu_64(word) + loop * STEP_IPV6);
	memcpy(address + 8, &word, sizeof(word));
}

bool
unique_moves(const uint8_t *address, unsigned words, uint64_t loop)
{
	if (loop == 0)
		return false;
	if (words == 1)
		return place_of(read_ipv4(address)) < RING;
	return address[0] != 0 && address[0] != 0xff;
}

void
unique_move(uint8_t *address, unsigned words, uint64_t loop)
{
	if (words == 1)
		move_ipv4(address, loop);
	else
		move_ipv6(address, loop);
}
