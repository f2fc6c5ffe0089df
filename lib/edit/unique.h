/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unique: addresses that are others in each loop of a replay, both directions alike: what an
 * address becomes is told from it and the loop's number alone, and in one loop no two addresses
 * become the same.
 *
 * IPv4: the addresses from 1.0.0.0 to 223.255.255.254, without 127.0.0.0/8, stand in a ring of 222
 * * 2^24 - 1, and every loop moves all of them on by the same step. The ring's length is odd, and
 * the step has no divisor in common with it: an address comes again after as many loops as the ring
 * is long, 3,724,541,951. From there to 2^32 loops the ring runs backwards, so that the distance of
 * two addresses is minus what it was, and no pair of two that move comes again. The step is near
 * the golden section, whose multiples stay as far from each other as multiples can: addresses of
 * one range, such as 2^16, meet none of that range's in another loop before the ring is quite full
 * of them.
 *
 * IPv6: the lower 64 bits move, by the golden section of 2^64; the network stays.
 *
 * What is no single station's stays as it is: IPv4 of 0.0.0.0/8, 127.0.0.0/8 and 223.255.255.255
 * on, IPv6 of ::/8 and ff00::/8. So does everything in loop 0.
 */
#ifndef EDIT_UNIQUE_H
#define EDIT_UNIQUE_H

#include <stdbool.h>
#include <stdint.h>

/* Of an address of 1 word (IPv4) or 4, as it lies in a packet: whether it moves, */
bool unique_moves(const uint8_t *address, unsigned words, uint64_t loop);

/* and where to in a loop; it must. */
void unique_move(uint8_t *address, unsigned words, uint64_t loop);

#endif
