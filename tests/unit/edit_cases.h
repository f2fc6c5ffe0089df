/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edits, and frames before and after them. What comes after was worked out from the protocols' words, with checksums
 * that were added up anew. The rows stand in edit_cases/, by what they are about.
 */
#ifndef TESTS_EDIT_CASES_H
#define TESTS_EDIT_CASES_H

#include <stdbool.h>

#include "config/action.h"

#define EDITS_MAX 4

/* clang-format off */
#define VERB(is, member, type, ...) {.verb = CONFIG_##is, .member = &(struct config_##type){__VA_ARGS__}}
#define SET(...) VERB(SET, set, set_edit, __VA_ARGS__)
#define STRIP(...) VERB(STRIP, strip, strip, .what = {__VA_ARGS__}, .count = sizeof((uint8_t[]){__VA_ARGS__}))
#define SLICE(...) VERB(SLICE, slice, slice, __VA_ARGS__)
#define PUSH(...) VERB(PUSH, push, push, __VA_ARGS__)
#define MASK(...) VERB(MASK, mask, mask, __VA_ARGS__)
#define STAMP(...) VERB(STAMP, stamp, stamp, __VA_ARGS__)
#define THREE_PAIRS VERB(NAT, nat, nat, three_pairs, 3)

/* Addresses of documentation by their last byte, and those of a tunnel's two ends. */
#define DOC4(last) {4, 32, {192, 0, 2, last}}
#define DOC6(last) {6, 128, {0x20, 0x01, 0x0d, 0xb8, [15] = last}}
#define ENDS4 .src = DOC4(1), .dst = DOC4(2)
#define ENDS6 .src = DOC6(1), .dst = DOC6(2)
/* clang-format on */

static struct config_nat_pair three_pairs[] = {
	{{4, 16, {10, 1}}, {4, 16, {192, 168}}},
	{{4, 8, {10}}, {4, 8, {172}}},
	{{6, 32, {0x20, 0x01, 0x0d, 0xb8}}, {6, 32, {0xfd, [3] = 1}}},
};

/* 320 bytes, with which a frame is longer than the break. */
#define RUN16 "000102030405060708090a0b0c0d0e0f"
#define RUN80 RUN16 RUN16 RUN16 RUN16 RUN16
#define LONG RUN80 RUN80 RUN80 RUN80

/* What becomes of bytes that stand behind the frame before. */
enum edit_tail {
	TAIL_STAYS,
	TAIL_CUT,
	TAIL_MASKED,
	TAIL_INSIDE, /* in front of a trailer */
	TAIL_NONE,   /* there may be none */
};

struct edit_case {
	const char *name, *words, *before, *after;
	struct config_action actions[EDITS_MAX]; /* a verb of 0 ends them */
	unsigned idle;                           /* edits that find nothing to do, a bit each */
	enum edit_tail tail;
	unsigned sequence; /* where a number that grows stands; 0: nowhere */
};

static const struct edit_case edit_cases[] = {
#include "edit_cases/set.h"
#include "edit_cases/strip.h"
#include "edit_cases/cut.h"
#include "edit_cases/push.h"
#include "edit_cases/nat.h"
#include "edit_cases/lists.h"
};

#endif
