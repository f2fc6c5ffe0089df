/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pick: which records of a replay's files are to be sent. Made by the control thread, used by the
 * reader's.
 */
#ifndef REPLAY_PICK_H
#define REPLAY_PICK_H

#include <pcap/pcap.h>

#include "config/config.h"
#include "capture/file.h"

struct pick {
	struct config_moment from, until;
	enum config_truncated truncated;
	bool filtered;
	struct bpf_program filter;
};

enum pick_verdict {
	PICK_SEND,
	PICK_PAD,      /* and zeros up to its length on the wire */
	PICK_SKIP,     /* not wanted */
	PICK_DROP,     /* cut by the snap length */
	PICK_TOO_LONG, /* no mbuf holds it */
	PICK_EMPTY,    /* there is nothing to send */
	PICK_END,      /* neither this one nor any behind it */
};

/* 0, or a negative errno with a reason. */
int pick_make(struct pick *pick, const struct config_replay *replay, char *reason, size_t size);
void pick_free(struct pick *pick);

/* number counts records from 1; since_ns is the time since the first one, never less than that of
 * the record before. packet: the record's first byte. */
enum pick_verdict pick_record(const struct pick *pick, const struct capture_file *file,
			      const uint8_t *packet, uint64_t number, uint64_t since_ns);

/* Whether a record comes before a moment. */
static inline bool
pick_is_before(const struct config_moment *moment, uint64_t number, uint64_t since_ns)
{
	switch (moment->kind) {
	case CONFIG_MOMENT_TIME:
		return since_ns < moment->value;
	case CONFIG_MOMENT_PACKET:
		return number < moment->value;
	default:
		return false;
	}
}

#endif
