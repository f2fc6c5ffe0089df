/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nth: single records of a capture file, by their numbers, from 1 as other tools count them: what
 * gives no packet has a number, too. Records of other link types that hold IP get an Ethernet
 * header. One thread.
 */
#ifndef CAPTURE_NTH_H
#define CAPTURE_NTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nth;

struct nth_record {
	const uint8_t *bytes;         /* until the next call */
	uint32_t length, wire_length; /* as in struct reel_packet */
	uint64_t number, time_ns;
	bool converted; /* its Ethernet header is not of the file */
};

/* path must outlive it. NULL with "FILE: ..." in reason. */
struct nth *nth_open(const char *path, char *reason, size_t size);
void nth_close(struct nth *nth); /* NULL is fine */

/* The first record from this number on that gives a packet; numbers may only rise from call to
 * call. 1; 0 at the end; or a negative errno. In either case reason says what was found in its
 * place. */
int nth_find(struct nth *nth, uint64_t number, struct nth_record *out, char *reason, size_t size);

/* Whether the file ends in the middle of a record. */
bool nth_is_cut(const struct nth *nth);

#endif
