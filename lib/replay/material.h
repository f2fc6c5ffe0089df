/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Material: what a replay makes its packets of: the reader with its arena, the mbufs that point
 * into it, and zeros. It is replaced as a whole when the files are others than they were; devices
 * may have packets of the one before for long. Control thread.
 */
#ifndef REPLAY_MATERIAL_H
#define REPLAY_MATERIAL_H

#include "port/ports.h"
#include "replay/lane.h"
#include "replay/reader.h"

struct material {
	struct reader *reader;
	struct rte_mempool *headers;
	uint8_t *zeros;
	bool back;             /* retired: no packet was out when last looked at */
	struct material *next; /* retired before */
};

/* Makes mbufs, and zeros, for a reader; the reader stays the caller's on failure. There are enough
 * mbufs for the rings of ports, and for as many packets in rings; live and beside those of ports as
 * many spare ones as are asked for: where more of its packets wait the replay does, and is late.
 * numa as in reader_open. 0 or a negative errno, with a sentence in reason (REPLAY_REASON_MAX
 * bytes). */
int material_make(struct material *material, struct reader *reader,
		  const struct config_replay *config, const struct ports *ports, uint64_t rings,
		  uint32_t spare, unsigned lanes, int numa, char *reason);

/* How many more mbufs it would need for so many packets in rings; 0: it has them. */
uint64_t material_lacks(const struct material *material, const struct config_replay *config,
			uint64_t rings, unsigned lanes);

/* What lanes are to work with from now on; they stand still. */
void material_use(const struct material *material, struct lane_plan *plan);

/* Frees it. No packet may be out. */
void material_free(struct material *material);

/* Puts aside what no lane uses any more; *material is empty afterwards. Without memory to remember
 * it, it is never freed. */
void material_retire(struct material *material, struct material **retired);

/* Frees, of what was put aside, that of which no device has a packet any more. */
void material_tidy(struct material **retired);

/* Mbufs that are out, and bytes of packet memory, of one and those that were put aside. */
uint64_t material_out(const struct material *material);
uint64_t material_bytes(const struct material *material);

#endif
