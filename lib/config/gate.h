/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gate: who goes on in a rule's list, as plain data: the values of the verbs `police`, `above`,
 * `sample` and `dedup`.
 */
#ifndef CONFIG_GATE_H
#define CONFIG_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_RATE_MAX UINT64_C(10000000000000) /* 10 Tbit/s */
#define CONFIG_RATE_FORMS "a rate such as 2Gbps or 50kpps"
#define CONFIG_RATE_REASON_MAX 320
#define CONFIG_RATE_TEXT_MAX 80

/* A bucket that rate fills and packets empty. */
struct config_rate {
	uint64_t rate;  /* bits of frames, or packets, a second; 1 to CONFIG_RATE_MAX */
	uint64_t burst; /* what it holds: bytes, or packets; at least 1 */
	bool packets;
	int policer; /* of config->policers, which has the rest too; -1: none */
};

/* A rate that several lists share. */
struct config_policer {
	char *name;
	struct config_rate rate; /* policer is its own index */
};

struct config_sample {
	uint32_t one_in; /* at least 1 */
	bool by_flow;    /* whole flows */
};

/* What a packet may differ in and is a duplicate all the same. */
enum config_ignoring {
	CONFIG_IGNORE_MAC = 1 << 0,
	CONFIG_IGNORE_VLAN = 1 << 1,
	CONFIG_IGNORE_TTL = 1 << 2,
	CONFIG_IGNORE_DSCP = 1 << 3,
	CONFIG_IGNORE_CHECKSUMS = 1 << 4,
};

#define CONFIG_WINDOW_MAX UINT64_C(60000000000) /* ns */

struct config_dedup {
	uint64_t window_ns; /* 1 to CONFIG_WINDOW_MAX */
	unsigned ignoring;  /* enum config_ignoring */
	bool across_ports;  /* only what came in on another port is a duplicate */
	uint32_t entries;   /* packets that it can remember at once; 0: CONFIG_ENTRIES */
};

#define CONFIG_ENTRIES 500000

/* Reads "2Gbps" or "50kpps". Returns 0 with the burst that a rate has where none is given, or
 * -EINVAL with what is wrong and what would be right in reason (CONFIG_RATE_REASON_MAX bytes do).
 * Pure. */
int config_rate_parse(const char *text, struct config_rate *out, char *reason, size_t reason_size);

/* Writes it as text that config_rate_parse reads to the same rate; CONFIG_RATE_TEXT_MAX bytes
 * do. */
void config_rate_format(const struct config_rate *rate, char *out, size_t size);

#endif
