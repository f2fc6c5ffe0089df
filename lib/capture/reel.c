/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/reel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/strand.h"
#include "core/text.h"

#include "core/banned.h"

/* Why a file ended, and what became of it. */
#define SENTENCE_MAX (CAPTURE_REASON_MAX + 32)

struct reel {
	struct capture_names names;
	struct strand *strands; /* one a file */
	unsigned count;
	enum config_order order;
	uint64_t gap_ns;
	struct strand *given; /* whose packet was given last */
	unsigned at;          /* sequential: the file that is read */
	bool begun;           /* it has given a packet */
	uint64_t shift_ns;    /* what its times are moved by, modulo 2^64 */
	uint64_t last_ns;     /* of the packet given last */
	bool ended;
	struct strand_counts counts;
	reel_tell *tell;
	void *context;
};

static void
say(struct reel *reel, bool broken, const char *text)
{
	char clean[SENTENCE_MAX];

	snprintf(clean, sizeof(clean), "%s", text);
	/* Files have names of any bytes. */
	text_clean(clean);
	if (reel->tell)
		reel->tell(reel->context, broken, clean);
}

/* Gives a strand its next packet; what ends it is told of. */
static void
load(struct reel *reel, struct strand *strand)
{
	char text[SENTENCE_MAX];
	int ret = strand_next(strand, &reel->counts);

	if (ret == 1)
		return;
	if (ret < 0) {
		atomic_store_explicit(&reel->counts.broken, true, memory_order_relaxed);
		say(reel, true, strand->file.reason);
	} else if (strand->file.cut) {
		atomic_store_explicit(&reel->counts.cut, true, memory_order_relaxed);
		snprintf(text, sizeof(text), "%s; what came before is taken", strand->file.reason);
		say(reel, false, text);
	}
	strand_end(strand);
}

static bool
comes_before(const struct strand *one, const struct strand *other)
{
	return strand_time(one) < strand_time(other);
}

static struct strand *
earliest(struct reel *reel)
{
	struct strand *best = NULL;

	for (unsigned i = 0; i < reel->count; i++) {
		struct strand *strand = &reel->strands[i];

		if (strand->state != STRAND_ENDED && (!best || comes_before(strand, best)))
			best = strand;
	}
	return best;
}

static struct strand *
next_in_row(struct reel *reel)
{
	while (reel->at < reel->count && reel->strands[reel->at].state == STRAND_ENDED) {
		reel->at++;
		reel->begun = false;
	}
	return reel->at < reel->count ? &reel->strands[reel->at] : NULL;
}

/* The strand whose packet is next, which is at hand. */
static struct strand *
find_next(struct reel *reel)
{
	for (;;) {
		struct strand *strand =
			reel->order == CONFIG_ORDER_MERGED ? earliest(reel) : next_in_row(reel);

		if (!strand || strand->state == STRAND_LOADED)
			return strand;
		load(reel, strand);
	}
}

static uint64_t
moved(struct reel *reel, uint64_t ns)
{
	if (reel->order == CONFIG_ORDER_MERGED || reel->at == 0)
		return ns;
	if (!reel->begun)
		reel->shift_ns = reel->last_ns + reel->gap_ns - ns;
	return ns + reel->shift_ns;
}

/* Nothing at all came of it, for no reason that the config gives: odd enough for a word. */
static void
end(struct reel *reel)
{
	struct reel_counts counts;

	reel_counts(reel, &counts);
	if (!reel->ended && !reel->given && !counts.cut && !counts.broken && !counts.skipped) {
		bool odd = counts.empty || counts.too_long;
		char text[SENTENCE_MAX];

		snprintf(text, sizeof(text), "%.120s%s no packets%s", reel->strands[0].file.name,
			 reel->count > 1 ? " and the files after it: have" : ": has",
			 odd ? " that can be sent: what is in it is empty, or longer than 65535 "
			       "bytes"
			     : "");
		say(reel, false, text);
	}
	reel->ended = true;
}

int
reel_next(struct reel *reel, struct reel_packet *out)
{
	struct strand *strand;

	if (reel->given && reel->given->state == STRAND_LOADED)
		load(reel, reel->given);
	strand = find_next(reel);
	if (!strand) {
		end(reel);
		return 0;
	}
	*out = (struct reel_packet){
		.bytes = strand_bytes(strand),
		.length = strand->file.record.length,
		.wire_length = strand->file.record.wire_length,
		.time_ns = moved(reel, strand->file.raw_ns),
	};
	reel->begun = true;
	reel->last_ns = out->time_ns;
	reel->given = strand;
	return 1;
}

static int
open_strands(struct reel *reel, const struct capture_options *options, char *reason, size_t size)
{
	reel->strands = calloc(reel->names.count, sizeof(*reel->strands));
	if (!reel->strands) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (; reel->count < reel->names.count; reel->count++) {
		struct strand *strand = &reel->strands[reel->count];
		int ret = capture_file_open(&strand->file, reel->names.items[reel->count], options,
					    reason, size);

		if (ret < 0)
			return ret;
		capture_file_rest(&strand->file);
		strand->rests = reel->names.count > CAPTURE_OPEN_MAX;
	}
	return 0;
}

int
reel_open(const struct config_captures *captures, uint64_t gap_ns,
	  const struct capture_options *options, struct reel **out, char *reason, size_t size)
{
	struct reel *reel = calloc(1, sizeof(*reel));
	int ret;

	if (!reel) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	reel->order = captures->order;
	reel->gap_ns = gap_ns;
	ret = capture_names_find(&reel->names, captures, reason, size);
	if (ret == 0)
		ret = open_strands(reel, options, reason, size);
	if (ret < 0) {
		text_clean(reason);
		reel_close(reel);
		return ret;
	}
	*out = reel;
	return 0;
}

void
reel_close(struct reel *reel)
{
	if (!reel)
		return;
	for (unsigned i = 0; i < reel->count; i++) {
		strand_end(&reel->strands[i]);
		capture_file_close(&reel->strands[i].file);
	}
	capture_names_free(&reel->names);
	free(reel->strands);
	free(reel);
}

void
reel_listen(struct reel *reel, reel_tell *tell, void *context)
{
	reel->tell = tell;
	reel->context = context;
}

bool
reel_is_slow(const struct reel *reel)
{
	return reel->given && reel->given->file.pipe && reel->given->at >= reel->given->size;
}

void
reel_counts(const struct reel *reel, struct reel_counts *out)
{
	struct strand_counts *counts = (struct strand_counts *)(uintptr_t)&reel->counts;

#define LOOK(name) out->name = atomic_load_explicit(&counts->name, memory_order_relaxed)
	LOOK(truncated);
	LOOK(empty);
	LOOK(too_long);
	LOOK(skipped);
	LOOK(converted);
	LOOK(cut);
	LOOK(broken);
#undef LOOK
}
