/* SPDX-License-Identifier: BSD-3-Clause */
#include "unpack/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unpack/codec.h"

#include "core/banned.h"

#define IN_SIZE (256u << 10)

struct unpack {
	struct unpack_input input;
	const struct codec *codec;
	void *state;
	struct codec_flow flow;
	uint64_t in_offset; /* in the file, behind what is in memory of it */
	uint64_t position;  /* of the content, behind what was given */
	bool ended, cut;
	char reason[160];
	size_t kept; /* bytes of the content before position, at the end of tail */
	uint8_t tail[UNPACK_KEPT];
	uint8_t passed[UNPACK_KEPT];
	uint8_t in[IN_SIZE];
};

static const struct codec *const codecs[] = {&codec_gzip, &codec_zstd, &codec_xz, &codec_lz4};

/* The bytes of a frame that zstd and lz4 pass over, which may stand before the first with content;
 * 0: it is none. */
static uint64_t
skippable(const uint8_t *head, size_t size)
{
	if (size < 8 || head[0] >> 4 != 5 || memcmp(head + 1, "\x2a\x4d\x18", 3) != 0)
		return 0;
	return 8 + (head[4] | (uint64_t)head[5] << 8 | (uint64_t)head[6] << 16 |
		    (uint64_t)head[7] << 24);
}

static const struct codec *
find(const uint8_t *head, size_t size)
{
	uint64_t before = skippable(head, size);

	for (unsigned i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (size >= before + codecs[i]->magic_size &&
		    memcmp(head + before, codecs[i]->magic, codecs[i]->magic_size) == 0)
			return codecs[i];
	}
	/* Few but zstd's writers begin so. */
	return before ? &codec_zstd : &codec_plain;
}

bool
unpack_is_for(const void *head, size_t size)
{
	return find(head, size) != &codec_plain;
}

/* Begins at the first byte. */
static void
restart(struct unpack *unpack)
{
	if (unpack->state)
		unpack->codec->free(unpack->state);
	unpack->state = unpack->codec->make();
	unpack->flow = (struct codec_flow){0};
	unpack->in_offset = unpack->position = 0;
	unpack->kept = 0;
	unpack->reason[0] = '\0';
	unpack->cut = false;
	unpack->ended = !unpack->state;
	if (!unpack->state)
		snprintf(unpack->reason, sizeof(unpack->reason),
			 "there is no memory to unpack its %s data", unpack->codec->name);
}

struct unpack *
unpack_open(const struct unpack_input *input, const void *head, size_t size)
{
	struct unpack *unpack = malloc(sizeof(*unpack));

	if (!unpack)
		return NULL;
	unpack->input = *input;
	unpack->codec = find(head, size);
	unpack->state = NULL;
	restart(unpack);
	return unpack;
}

void
unpack_close(struct unpack *unpack)
{
	if (!unpack)
		return;
	if (unpack->state)
		unpack->codec->free(unpack->state);
	free(unpack);
}

static void
end(struct unpack *unpack, const char *what, const char *why)
{
	unpack->ended = true;
	snprintf(unpack->reason, sizeof(unpack->reason), "its %s%sdata %s%s", unpack->codec->name,
		 unpack->codec->name[0] ? " " : "", what, why);
}

static void
refill(struct unpack *unpack)
{
	struct codec_flow *flow = &unpack->flow;
	ssize_t count =
		unpack->input.read(unpack->input.context, unpack->in, IN_SIZE, unpack->in_offset);

	if (count == -ESPIPE) {
		end(unpack, "comes from a pipe, which can be read only once", "");
		return;
	}
	if (count < 0) {
		end(unpack, "can't be read: ", strerror(-(int)count));
		return;
	}
	flow->in = unpack->in;
	flow->in_left = count;
	flow->in_end = count == 0;
	unpack->in_offset += count;
}

static void
at_end(struct unpack *unpack)
{
	unpack->cut = !unpack->flow.whole;
	if (unpack->cut)
		end(unpack, "is cut short", "");
	unpack->ended = true;
}

static bool
is_bomb(const struct unpack *unpack, size_t given)
{
	uint64_t content = unpack->position + given;

	return content > UNPACK_FREE && content / UNPACK_RATIO_MAX > unpack_taken(unpack) &&
	       unpack->codec != &codec_plain;
}

/* Gives the next bytes of the content. */
static size_t
go_on(struct unpack *unpack, uint8_t *bytes, size_t size)
{
	struct codec_flow *flow = &unpack->flow;

	flow->out = bytes;
	flow->out_left = size;
	while (flow->out_left && !unpack->ended) {
		size_t in, out = flow->out_left;

		if (!flow->in_left && !flow->in_end) {
			if (unpack->input.live && out < size)
				break;
			refill(unpack);
		}
		if (unpack->ended)
			break;
		in = flow->in_left;
		if (!unpack->codec->step(unpack->state, flow))
			end(unpack,
			    flow->greedy ? "needs more than 128 MiB to be unpacked"
					 : "is damaged: ",
			    flow->greedy ? "; unpack it first" : flow->why);
		else if (in == flow->in_left && out == flow->out_left && (in || flow->in_end))
			at_end(unpack);
		else if (is_bomb(unpack, size - flow->out_left))
			end(unpack, "unpacks to more than 500 times its size, as no capture does",
			    "; unpack it first if you trust it");
	}
	return size - flow->out_left;
}

/* Keeps the end of what was given. */
static void
keep(struct unpack *unpack, const uint8_t *bytes, size_t count)
{
	size_t stay = count < UNPACK_KEPT ? UNPACK_KEPT - count : 0;
	size_t fresh = UNPACK_KEPT - stay;

	memmove(unpack->tail, unpack->tail + UNPACK_KEPT - stay, stay);
	memcpy(unpack->tail + stay, bytes + count - fresh, fresh);
	unpack->kept = unpack->kept + count < UNPACK_KEPT ? unpack->kept + count : UNPACK_KEPT;
	unpack->position += count;
}

/* Passes over what comes before an offset. */
static bool
pass(struct unpack *unpack, uint64_t offset)
{
	while (unpack->position < offset && !unpack->ended) {
		uint64_t left = offset - unpack->position;
		size_t size = left < UNPACK_KEPT ? left : UNPACK_KEPT;

		keep(unpack, unpack->passed, go_on(unpack, unpack->passed, size));
	}
	return unpack->position >= offset;
}

size_t
unpack_read(struct unpack *unpack, void *bytes, size_t size, uint64_t offset)
{
	size_t done = 0, fresh;

	if (offset + unpack->kept < unpack->position)
		restart(unpack);
	if (!pass(unpack, offset))
		return 0;
	if (offset < unpack->position) {
		done = unpack->position - offset;
		memcpy(bytes, unpack->tail + UNPACK_KEPT - done, done < size ? done : size);
		if (done >= size)
			return size;
	}
	fresh = go_on(unpack, (uint8_t *)bytes + done, size - done);
	keep(unpack, (uint8_t *)bytes + done, fresh);
	return done + fresh;
}

uint64_t
unpack_position(const struct unpack *unpack)
{
	return unpack->position;
}

bool
unpack_ended(const struct unpack *unpack)
{
	return unpack->ended;
}

bool
unpack_is_cut(const struct unpack *unpack)
{
	return unpack->cut;
}

const char *
unpack_reason(const struct unpack *unpack)
{
	return unpack->ended && unpack->reason[0] ? unpack->reason : NULL;
}

uint64_t
unpack_taken(const struct unpack *unpack)
{
	return unpack->in_offset - unpack->flow.in_left;
}
