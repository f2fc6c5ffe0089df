/* SPDX-License-Identifier: BSD-3-Clause */
/* What a snapshot's parts are called on the socket, and in which order they are told. */
#include "engine/snapshot.h"

#include "core/banned.h"

#define LEDGER(kind, name, member, sum) COUNTER(struct snapshot_ledger, kind, name, member, sum)
#define PORT(kind, name, member) COUNTER(struct snapshot_port, kind, name, member, APART)
#define WORKER(kind, name, member) COUNTER(struct snapshot_worker, kind, name, member, APART)
#define POOL(kind, name, member) COUNTER(struct snapshot_pool, kind, name, member, APART)

const struct counter snapshot_ledger_counts[] = {
	LEDGER(NUMBER, "in", in, ADD),
	LEDGER(NUMBER, "out", out, ADD),
	LEDGER(NUMBER, "dropped", dropped, ADD),
	LEDGER(NUMBER, "held", held, ADD),
	LEDGER(FLAG, "balanced", balanced, APART),
	{0},
};

/* Of a rule, as text writes them too: numbers of 8 bytes alone. */
#define RULE(kind, name, member) COUNTER(struct tally_rule, kind, name, member, APART)
const struct counter snapshot_rule_counts[] = {
	RULE(NUMBER, "packets", packets),
	RULE(NUMBER, "bytes", bytes),
	{0},
};

#define ACTED(name, member) COUNTER(struct tally_acted, GIVEN, name, member, APART)
const struct counter snapshot_acted_counts[] = {
	ACTED("unedited", unedited),
	ACTED("policed", policed),
	ACTED("duplicate", duplicate),
	ACTED("sampled_out", sampled_out),
	{0},
};

#define ENDED(kind, name, member) COUNTER(struct snapshot_ended, kind, name, member, APART)
const struct counter snapshot_ended_counts[] = {
	ENDED(NUMBER, "ports", ports),
	ENDED(NUMBER, "rx_packets", counts.rx_packets),
	ENDED(NUMBER, "rx_bytes", counts.rx_bytes),
	ENDED(NUMBER, "tx_packets", counts.tx_packets),
	ENDED(NUMBER, "tx_bytes", counts.tx_bytes),
	ENDED(NUMBER, "replayed", counts.replayed),
	ENDED(NUMBER, "mirrored", counts.copies),
	COUNTER_PART(struct snapshot_ended, "ledger", ledger, snapshot_ledger_counts),
	{0},
};

const struct counter snapshot_port_counts[] = {
	PORT(NUMBER, "rx_packets", counts.rx_packets),
	PORT(NUMBER, "rx_bytes", counts.rx_bytes),
	PORT(NUMBER, "tx_packets", counts.tx_packets),
	PORT(NUMBER, "tx_bytes", counts.tx_bytes),
	PORT(NUMBER, "truncated", read.truncated),
	PORT(NUMBER, "empty", read.empty),
	PORT(NUMBER, "too_long", read.too_long),
	PORT(NUMBER, "skipped", read.skipped),
	PORT(NUMBER, "converted", read.converted),
	PORT(FLAG, "cut", read.cut),
	{0},
};

const struct counter snapshot_port_details[] = {
	PORT(TEXT, "kind", kind),
	PORT(TEXT, "device", device),
	PORT(TEXT, "writes", writes),
	PORT(TEXT, "driver", driver),
	PORT(TEXT, "state", state),
	PORT(FLAG, "up", up),
	PORT(NUMBER, "link_changes", link_changes),
	PORT(NUMBER, "speed", speed),
	PORT(SIGNED, "numa", numa),
	PORT(MAC, "mac", mac),
	PORT(NUMBER, "mtu", mtu),
	PORT(NUMBER, "rx_queues", rx_queues),
	PORT(NUMBER, "tx_queues", tx_queues),
	PORT(NUMBER, "rx_ring", rx_ring),
	PORT(NUMBER, "tx_ring", tx_ring),
	PORT(FLAG, "promiscuous", promiscuous),
	PORT(FLAG, "tx_shared", tx_shared),
	PORT(NUMBER, "min_frame", min_frame),
	PORT(NUMBER, "max_frame", max_frame),
	PORT(NUMBER, "max_untagged", max_untagged),
	PORT(NUMBER, "max_chained", max_chained),
	PORT(NUMBER, "missed", losses.missed),
	PORT(NUMBER, "rx_errors", losses.rx_errors),
	PORT(NUMBER, "rx_nombuf", losses.no_mbuf),
	PORT(NUMBER, "tx_errors", losses.tx_errors),
	PORT(NUMBER, "verify", verify),
	PORT(NUMBER, "checksum_checked", counts.checksum_checked),
	PORT(NUMBER, "checksum_wrong", counts.checksum_wrong),
	PORT(TEXT, "why", why),
	PORT(KNOWN, "iommu_faults", iommu_faults),
	{0},
};

#define TIMES(name, member) COUNTER(struct snapshot_times, KNOWN, name, member, APART)
static const struct counter times[] = {
	TIMES("p50", p50),
	TIMES("p99", p99),
	TIMES("max", max),
	{0},
};

static const struct counter latency[] = {
	COUNTER_PART(struct snapshot_port, "lower_ns", lower, times),
	COUNTER_PART(struct snapshot_port, "upper_ns", upper, times),
	PORT(KNOWN, "model_ns", model_ns),
	PORT(NUMBER, "saturated", saturated),
	COUNTER_PART(struct snapshot_port, "lower_histogram_ns", lower_sums, counters_histogram),
	COUNTER_PART(struct snapshot_port, "upper_histogram_ns", upper_sums, counters_histogram),
	{0},
};

#define PEAK(name, member) COUNTER(struct snapshot_peak, NUMBER, name, member, APART)
static const struct counter peak[] = {
	PEAK("packets", packets),
	PEAK("pps", pps),
	{0},
};

#define BACKLOG(kind, name, member) COUNTER(struct snapshot_backlog, kind, name, member, APART)
static const struct counter backlog[] = {
	BACKLOG(SHARE, "now", now),         BACKLOG(SHARE, "peak", peak),
	BACKLOG(KNOWN, "quarter", quarter), BACKLOG(KNOWN, "half", half),
	BACKLOG(KNOWN, "ninety", ninety),   {0},
};

#define SURVIVES(name, member) COUNTER(struct snapshot_survives, KNOWN, name, member, APART)
static const struct counter survives[] = {
	SURVIVES("now_ns", now),
	SURVIVES("peak_ns", peak),
	{0},
};

/* What workers noted of what it received; nothing of that is the same in two runs. */
const struct counter snapshot_port_gauges[] = {
	COUNTER_OBJECT("latency", latency),
	COUNTER_PART(struct snapshot_port, "peak_100us", peaks[GAUGE_100US], peak),
	COUNTER_PART(struct snapshot_port, "peak_1ms", peaks[GAUGE_1MS], peak),
	COUNTER_PART(struct snapshot_port, "backlog", backlog, backlog),
	PORT(NUMBER, "bursts", burst_count),
	COUNTER_PART(struct snapshot_port, "survives", survives, survives),
	{0},
};

static const struct counter burst_peak[] = {
	COUNTER(struct snapshot_peak, KNOWN, "packets", packets, APART),
	COUNTER(struct snapshot_peak, KNOWN, "pps", pps, APART),
	{0},
};

#define BURST(kind, name, member) COUNTER(struct snapshot_burst, kind, name, member, APART)
const struct counter snapshot_burst_counts[] = {
	BURST(WORDS, "start", start),
	BURST(NUMBER, "duration_ns", duration_ns),
	BURST(FLAG, "goes_on", goes_on),
	BURST(KNOWN, "packets", packets),
	COUNTER_PART(struct snapshot_burst, "peak_100us", peaks[GAUGE_100US], burst_peak),
	COUNTER_PART(struct snapshot_burst, "peak_1ms", peaks[GAUGE_1MS], burst_peak),
	BURST(KNOWN, "mean_pps", mean_pps),
	BURST(SHARE, "backlog", backlog),
	BURST(NUMBER, "lost", lost),
	{0},
};

/* What the NIC dropped before sluice had it: it never came in, so it is no part of the ledger. */
const struct counter snapshot_port_before[] = {
	COUNTER(struct snapshot_port, NUMBER, "missed", losses.missed, ADD),
	COUNTER(struct snapshot_port, NUMBER, "no-mbuf", losses.no_mbuf, ADD),
	{0},
};

const struct counter snapshot_port_account[] = {
	COUNTER_PART(struct snapshot_port, "ledger", ledger, snapshot_ledger_counts),
	PORT(NUMBER, "received", counts.rx_packets),
	PORT(NUMBER, "replayed", counts.replayed),
	PORT(NUMBER, "mirrored", counts.copies),
	PORT(DROPS, "drops", counts.drops),
	COUNTER_OBJECT("before", snapshot_port_before),
	{0},
};

static const struct counter cache[] = {
	WORKER(NUMBER, "lookups", cache_lookups),
	WORKER(NUMBER, "hits", cache_hits),
	{0},
};

#define HEADROOM(kind, name, member) COUNTER(struct snapshot_headroom, kind, name, member, APART)
static const struct counter delays[] = {
	HEADROOM(KNOWN, "1", delays[0]),    HEADROOM(KNOWN, "32", delays[1]),
	HEADROOM(KNOWN, "256", delays[2]),  HEADROOM(KNOWN, "1024", delays[3]),
	HEADROOM(KNOWN, "4096", delays[4]), {0},
};
/* As these are called. */
const uint64_t snapshot_delays[SNAPSHOT_DELAYS] = {1, 32, 256, 1024, 4096};

static const struct counter headroom[] = {
	HEADROOM(KNOWN, "pps", pps),
	HEADROOM(SHARE, "room", room),
	HEADROOM(FLAG, "at_least", at_least),
	HEADROOM(FLAG, "rehearsed", rehearsed),
	HEADROOM(FLAG, "rehearses", rehearses),
	HEADROOM(KNOWN, "now_pps", now_pps),
	HEADROOM(KNOWN, "seen_pps", seen_pps),
	HEADROOM(SHARE, "lost", lost),
	HEADROOM(SHARE, "per_burst", per_burst),
	HEADROOM(SHARE, "per_packet", per_packet),
	COUNTER_OBJECT("delay_ns", delays),
	{0},
};

const struct counter snapshot_worker_counts[] = {
	WORKER(NUMBER, "core", core),
	WORKER(FLAG, "fresh", fresh),
	WORKER(NUMBER, "age_ns", age_ns),
	WORKER(FLAG, "stalled", stalled),
	WORKER(NUMBER, "minor_faults", minor_faults),
	WORKER(NUMBER, "major_faults", major_faults),
	WORKER(NUMBER, "packets", packets),
	WORKER(NUMBER, "bursts", bursts),
	WORKER(NUMBER, "busy_cycles", busy_cycles),
	WORKER(NUMBER, "idle_cycles", idle_cycles),
	WORKER(NUMBER, "sleep_ns", sleep_ns),
	WORKER(REAL, "cycles_per_packet", cycles_per_packet),
	WORKER(LIST, "fill", fill),
	COUNTER_OBJECT("cache", cache),
	COUNTER_PART(struct snapshot_worker, "headroom", headroom, headroom),
	{0},
};

const struct counter snapshot_pool_counts[] = {
	POOL(TEXT, "name", name),       POOL(SIGNED, "numa", numa),
	POOL(NUMBER, "size", size),     POOL(NUMBER, "free", free),
	POOL(NUMBER, "in_use", in_use), POOL(NUMBER, "packet_size", packet_size),
	POOL(NUMBER, "bytes", bytes),   {0},
};
