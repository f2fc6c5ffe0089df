/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seek: packets that may show where two configs differ, rule by rule. For this room alone.
 */
#ifndef EXPLAIN_SEEK_H
#define EXPLAIN_SEEK_H

#include <pcap/pcap.h>

#include "explain/comparison.h"
#include "explain/words.h"

struct search {
	struct compare *compare;
	/* known: "rule\nrule\ngroup" of those that need no other; group: it has moved there. */
	json_t *witnesses, *known;
	json_t *shown; /* names of rules of which something is told */
	/* That of the rule whose packets are tried; NULL: it has none. */
	const struct bpf_program *filter;
	uint32_t pairs, packets;
	bool untried; /* there was more than that */
};

/* Tries packets of what the rules of one config that are others have in common with each of the
 * other config's. others: by rule; NULL: none. */
void seek(struct search *search, const struct config *a, const bool *others,
	  const struct config *b);

/* Tells of a packet, as if received on a port, where both treat it otherwise and nothing like it is
 * told. Through the tables first, which are quick. */
void witness_try(struct search *search, const char *port, const struct words_packet *made);

#endif
