/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Passing: frames that a pcap filter takes, or does not, made of what it compares. It is carried
 * out on a frame that stands for any, and at each comparison goes both ways: where the frame's
 * bytes say otherwise, they are changed. What comes of it is given to the filter once more, so that
 * those that are told do pass, or do not. For this room alone.
 */
#ifndef EXPLAIN_PASSING_H
#define EXPLAIN_PASSING_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>

/* A frame, until this returns; false: no more of them. */
typedef bool passing_take(void *context, const uint8_t *bytes, uint32_t length);

/* passes: which frames are asked for. bytes: one to begin with, which is changed meanwhile and left
 * as it was. */
void passing_find(const struct bpf_program *filter, bool passes, uint8_t *bytes, uint32_t length,
		  passing_take *take, void *context);

#endif
