/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key of any bytes, cut or not, in any manner: made of the frame alone, and no byte outside it is read; the same where a
 * frame is another one only in what is ignored, or in what lies behind its end; and another where any byte of it is.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/changes.h"
#include "match/key.h"
#include "match/layout.h"

#include "core/banned.h"

#define INPUT_MAX 4096
#define FRONT 5 /* what says how: the manner, which byte is another one */
#define MACS 12
#define TAG 4
#define PADDED 60
#define ROUTED (MATCH_MAC | MATCH_VLAN | MATCH_TTL | MATCH_DSCP | MATCH_CHECKSUMS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory that ends where the frame does. */
struct frame {
	uint8_t *bytes;
	uint32_t length;
};

static struct frame
copy(const uint8_t *bytes, uint32_t length, uint32_t more)
{
	struct frame frame = {malloc(length + more), length + more};

	if (!frame.bytes)
		abort();
	memcpy(frame.bytes, bytes, length);
	memset(frame.bytes + length, 0, more);
	return frame;
}

static struct match_keys
keys_of(const struct match_manner *manner, const struct frame *frame, uint32_t wire_length)
{
	struct match_keys keys = {.flow = 0};

	match_key(manner, frame->bytes, frame->length, wire_length, &keys);
	if (keys.length > frame->length)
		abort();
	return keys;
}

static uint64_t
key(unsigned ignoring, const struct frame *frame)
{
	return keys_of(&(struct match_manner){.ignoring = ignoring}, frame, frame->length).of[0];
}

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* The three levels are the keys that are made one by one, and what else is known does not depend on them. */
static void
check_levels(const struct frame *frame, uint32_t wire_length, uint32_t snap)
{
	static const unsigned levels[MATCH_LEVELS] = {0, ROUTED, ROUTED | MATCH_NAT};
	struct match_keys all = keys_of(&(struct match_manner){.automatic = true, .snap = snap},
					frame, wire_length);

	for (unsigned i = 0; i < MATCH_LEVELS; i++) {
		struct match_keys one =
			keys_of(&(struct match_manner){.ignoring = levels[i], .snap = snap}, frame,
				wire_length);

		check(all.of[i] == one.of[0] && all.flow == one.flow &&
		      all.payload == one.payload && all.length == one.length);
	}
}

static void
check_another_byte(unsigned ignoring, struct frame *frame, uint32_t at, uint8_t bits)
{
	uint32_t length =
		keys_of(&(struct match_manner){.ignoring = 0}, frame, frame->length).length;
	uint64_t whole = key(0, frame), before = key(ignoring, frame);
	struct match_difference difference;
	struct frame was = copy(frame->bytes, frame->length, 0);
	struct layout layout;

	layout_find(&layout, frame->bytes, frame->length, frame->length, 0);
	frame->bytes[at] ^= bits;
	if (at < length)
		check(key(0, frame) != whole);
	else if (layout.ip)
		check(key(0, frame) == whole && key(ignoring, frame) == before);
	if (at < MACS && ignoring & MATCH_MAC)
		check(key(ignoring, frame) == before);
	match_differ(was.bytes, was.length, frame->bytes, frame->length, &difference);
	check(difference.ranges <= MATCH_RANGES_MAX);
	frame->bytes[at] ^= bits;
	match_differ(was.bytes, was.length, frame->bytes, frame->length, &difference);
	check(difference.fields == 0 && difference.bytes == 0);
	free(was.bytes);
}

/* Some switches push a tag, and ports pad. */
static void
check_tagged_and_padded(unsigned ignoring, const struct frame *frame, uint16_t tag)
{
	struct frame other = copy(frame->bytes, frame->length, TAG);
	struct layout layout, after;

	layout_find(&layout, frame->bytes, frame->length, frame->length, 0);
	memmove(other.bytes + MACS + TAG, other.bytes + MACS, frame->length - MACS);
	other.bytes[MACS] = 0x81;
	other.bytes[MACS + 1] = 0;
	other.bytes[MACS + 2] = (uint8_t)(tag >> 8);
	other.bytes[MACS + 3] = (uint8_t)tag;
	layout_find(&after, other.bytes, other.length, other.length, 0);
	/* But where there are more of them than are looked at. */
	if (after.network == layout.network + TAG)
		check(key(ignoring | MATCH_VLAN, frame) == key(ignoring | MATCH_VLAN, &other));
	free(other.bytes);
	if (frame->length >= PADDED)
		return;
	other = copy(frame->bytes, frame->length, PADDED - frame->length);
	layout_find(&after, other.bytes, other.length, other.length, 0);
	/* A header that says that there is more has these zeros for it. */
	if (after.end == layout.end && after.whole == layout.whole)
		check(key(ignoring, frame) == key(ignoring, &other));
	free(other.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned ignoring;
	uint32_t length, cut;
	struct frame frame, kept;

	if (size <= FRONT || size > INPUT_MAX)
		return 0;
	ignoring = data[0] & ((1u << MATCH_IGNORING_COUNT) - 1);
	length = (uint32_t)size - FRONT;
	cut = (data[1] << 8 | data[2]) % (length + 1);
	frame = copy(data + FRONT, length, 0);
	kept = copy(data + FRONT, cut, 0);
	check_levels(&frame, length, 0);
	check_levels(&frame, length, MATCH_SNAP_MIN + data[3]);
	check_levels(&kept, length, 0);
	check_levels(&kept, length, MATCH_SNAP_MIN + data[3]);
	check_another_byte(ignoring, &frame, cut % length, data[4] | 1);
	if (length >= MACS + 2)
		check_tagged_and_padded(ignoring, &frame, (uint16_t)(data[3] << 8 | data[4]));
	free(frame.bytes);
	free(kept.bytes);
	return 0;
}
