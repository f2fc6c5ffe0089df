/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshot: everything the engine can say of itself at one moment, as plain data. Each worker's
 * part is as it was between two bursts, so the ledger in it balances exactly.
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "core/histogram.h"
#include "core/when.h"
#include "engine/gauge.h"
#include "port/port.h"
#include "replay/report.h"
#include "stage/counters.h"
#include "stage/stage.h"
#include "stage/tally.h"

struct snapshot_ledger {
	uint64_t in, out, dropped, held;
	bool balanced; /* in == out + dropped + held */
};

/* Of packets, see gauge.h. */
struct snapshot_times {
	uint64_t p50, p99, max; /* nanoseconds; COUNTER_UNKNOWN: of none */
};

struct snapshot_peak {
	uint64_t packets, pps;
};

/* A microburst, see surge.h; or packets that were lost without one, of which nothing else is known
 * and that is COUNTER_UNKNOWN. */
struct snapshot_burst {
	char start[WHEN_TEXT_MAX];
	uint64_t duration_ns;
	uint64_t packets, mean_pps;
	struct snapshot_peak peaks[GAUGE_WINDOWS];
	double backlog; /* share of the receive ring, at the least; below 0: not known */
	uint64_t lost;  /* by the device meanwhile */
	bool goes_on;   /* until now */
};

/* Of the receive ring, or of the fullest of several: what waits in it at the least. */
struct snapshot_backlog {
	bool told;        /* false: the driver does not say, and the rest is unknown */
	double now, peak; /* shares; peak: of the last minute */
	/* How often a quarter of it came to wait, a half, and nine tenths. */
	uint64_t quarter, half, ninety;
};

/* How long a worker may stand still before a receive ring is full, in nanoseconds; COUNTER_UNKNOWN:
 * for ever, or not known. */
struct snapshot_survives {
	uint64_t now, peak; /* at the rate of the last second, and of the last minute's 1 ms peak */
};

#define SNAPSHOT_DELAYS 5

/* What a worker could take, see headroom.h. Numbers are COUNTER_UNKNOWN, and reals below 0, until
 * they are known. */
struct snapshot_headroom {
	uint64_t pps;               /* that it could take, */
	double room;                /* as so many times what it takes now */
	bool at_least;              /* as few bursts were full, it may be more */
	bool rehearsed;             /* it was found out, see rehearsal.h */
	bool rehearses;             /* that is being found out */
	uint64_t now_pps, seen_pps; /* of the last second, and of the best one */
	double lost; /* the share of its time that is taken from it, as by the kernel */
	double per_burst, per_packet; /* cycles */
	/* Nanoseconds until the last of so many packets that come at once is handed over. */
	uint64_t delays[SNAPSHOT_DELAYS];
};

struct snapshot_port {
	const char *name;
	const char *kind;   /* "pci", "af-xdp", "vdev" or "pcap" */
	const char *device; /* in the config's words; a capture port's "IN -> OUT" */
	const char *writes; /* the capture that it writes; NULL: none */
	const char *driver; /* DPDK's name of the driver */
	const char *state;  /* "up", "down", "stopped" or "removed" */
	bool up;            /* link */
	uint64_t link_changes;
	uint32_t speed;  /* Mbit/s; 0 unknown */
	int numa;        /* -1: none */
	const char *why; /* it has no link, or NULL; a constant */
	uint16_t rx_queues, tx_queues, rx_ring, tx_ring, mtu;
	/* The frames that it can send, in bytes; chained: of those in several buffers, 0: none. */
	uint32_t min_frame, max_frame, max_untagged, max_chained;
	uint8_t mac[6];
	bool promiscuous; /* as the driver has it, not as asked */
	bool tx_shared;   /* fewer TX queues than workers: they take turns under a lock */
	struct tally_port counts;
	struct reel_counts read; /* of its captures */
	struct port_losses losses;
	uint32_t verify; /* one packet in so many that the NIC calls good is checked; 0: none */
	/* Accesses of the device that the IOMMU blocked, at least; COUNTER_UNKNOWN where the
	 * kernel's log can't be read since the start. */
	uint64_t iommu_faults;
	struct snapshot_ledger ledger; /* of the packets that came in here */
	/* How long packets that it received were in the box, at least and at most. */
	struct snapshot_times lower, upper;
	struct histogram_sums lower_sums, upper_sums;
	uint64_t model_ns;  /* as most in 100 us would have, all at once */
	uint64_t saturated; /* those that a worker took when it was behind */
	struct snapshot_survives survives;
	struct snapshot_peak peaks[GAUGE_WINDOWS]; /* of the last minute */
	struct snapshot_backlog backlog;
	uint64_t burst_count;          /* microbursts since it is there */
	struct snapshot_burst *bursts; /* the last of them; NULL: none */
	unsigned bursts_kept;
};

/* So many, with every number 0, or NULL: on cache lines of their own, as their counters are. To be
 * freed. */
static inline struct snapshot_port *
snapshot_ports(unsigned count)
{
	size_t size = (count + 1) * sizeof(struct snapshot_port);
	void *ports = aligned_alloc(_Alignof(struct snapshot_port), size);

	return ports ? memset(ports, 0, size) : NULL;
}

/* Of ports that no config has any more. */
struct snapshot_ended {
	uint64_t ports;
	struct tally_port counts;
	struct snapshot_ledger ledger;
};

struct snapshot_rule {
	const char *name;
	const struct tally_rule *counts; /* of the snapshot */
	struct tally_acted acted;        /* COUNTER_UNKNOWN: the rule has nothing that counts so */
	bool decides;                    /* ends in drop or forward */
	const char *filter; /* "jit", "interpreter" or NULL when the rule has no filter */
};

struct snapshot_worker {
	unsigned core;
	bool fresh; /* false: it did not answer in time, and its numbers are age_ns old */
	uint64_t age_ns;
	bool stalled;                        /* it stood still for a second or more */
	uint64_t minor_faults, major_faults; /* page faults since it began to poll */
	uint64_t packets, bursts;
	uint64_t busy_cycles, idle_cycles, sleep_ns;
	double cycles_per_packet;
	uint64_t fill[TALLY_FILL_STEPS];    /* bursts by packets in them, see tally.h */
	uint64_t cache_lookups, cache_hits; /* the flow cache in front of the classifier */
	struct snapshot_headroom headroom;
};

struct snapshot_pool {
	const char *name;
	int numa;
	uint32_t size, free, in_use; /* mbufs */
	uint32_t packet_size;
	uint64_t bytes; /* of memory */
};

/* What a stage tells of things of its own. */
struct snapshot_section {
	const struct stage_section *section;
	unsigned count; /* at least 1 */
	char **names;
	void *numbers; /* count of the section's structs */
};

#define SNAPSHOT_SECTIONS_MAX 8

struct snapshot {
	atomic_uint holders; /* beside its owner */
	uint64_t uptime_ns;
	uint64_t tsc_hz;
	const char *state; /* "running", "draining", "stopped" */
	unsigned applied;  /* configs applied since start */
	bool hugepages;
	uint32_t copy_break; /* bytes, see own.h */
	bool copy_break_measured;
	bool unsafe; /* started with leave to go without an IOMMU */
	unsigned port_count, rule_count, worker_count, pool_count, replay_count;
	struct snapshot_port *ports;
	struct config *config;     /* held: what rules are called and do */
	struct tally_rule *rules;  /* the config's order, then "default"; see snapshot_rule */
	struct tally_acted *acted; /* as many; NULL where no rule has edits or gates */
	uint64_t *steps;           /* step_count of the config; NULL likewise */
	/* What rules decided, and passed on, that a later config no longer has. */
	struct tally_rule retired, retired_passed;
	/* And what edits and gates counted that are no more. */
	struct tally_acted retired_acted, retired_passed_acted;
	struct snapshot_worker *workers;
	struct snapshot_pool *pools;
	struct replay_report *replays; /* the config's order */
	unsigned section_count;        /* of those in which there is something */
	struct snapshot_section sections[SNAPSHOT_SECTIONS_MAX];
	uint64_t drops[DROP_REASONS];
	struct tally_copy copies[COPY_REASONS];
	/* Of all ports, those that ended as well. balanced: each port's is, and out is what ports
	 * sent and other targets took */
	struct snapshot_ledger ledger;
	struct snapshot_ended ended; /* in ledger, drops and sent, too */
	uint64_t sent;               /* tx_packets of all ports, */
	uint64_t taken;              /* and what other targets took */
	uint64_t leaked;             /* mbufs missing after drain; 0 while running */
};

/* What is told of its parts, as JSON has it. */
extern const struct counter snapshot_ledger_counts[], snapshot_rule_counts[],
	snapshot_acted_counts[], snapshot_port_counts[], snapshot_port_details[],
	snapshot_port_account[], snapshot_port_before[], snapshot_port_gauges[],
	snapshot_burst_counts[], snapshot_worker_counts[], snapshot_pool_counts[],
	snapshot_ended_counts[];

/* Of snapshot_headroom's delays, of how many packets. */
extern const uint64_t snapshot_delays[SNAPSHOT_DELAYS];

/* A snapshot is not changed once it is made, and may be held by many, of any thread; each gives it
 * up by snapshot_free. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);
bool snapshot_is_shared(const struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

/* A rule of it, and what it does in words: "mirror tap, forward tools". Of a rule are kept 16
 * bytes, and 32 more where any has edits or gates, and 8 for each step; the rest is the
 * config's. */
struct snapshot_rule snapshot_rule(const struct snapshot *snapshot, unsigned rule);
void snapshot_put_actions(FILE *out, const struct snapshot *snapshot, unsigned rule);

#endif
