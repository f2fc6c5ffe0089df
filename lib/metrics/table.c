/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon as a whole, its memory and its cores. */
#include "metrics/table.h"

#include "core/banned.h"

const struct metric metrics_daemon[] = {
	{"up", METRIC_GAUGE, "1: sluiced answered; 0: it did not, and nothing else is told of it",
	 sample_number, "up"},
	{"build_info", METRIC_GAUGE, "1; its labels say what runs", sample_info, "software",
	 .label = "version|dpdk", .words = "version|dpdk"},
	{"state", METRIC_GAUGE, "1 for the state that the daemon is in", sample_state, "state",
	 .label = "state", .words = "running|draining|stopped"},
	{"uptime_seconds", METRIC_GAUGE, "Since the daemon began to poll", sample_number, "uptime"},
	{"configs_applied_total", METRIC_COUNTER, "Configs applied since the start", sample_number,
	 "applied"},
	{"config_restart", METRIC_GAUGE,
	 "1 for what the daemon's file holds, beside what runs, and a restart would find",
	 sample_state, "config.restart", .label = "verdict",
	 .words = "same|other|invalid|missing|unreadable|unknown"},
	{"unsafe", METRIC_GAUGE,
	 "1: devices may reach all memory, as there is no IOMMU before them", sample_number,
	 "unsafe"},
	{"sandbox", METRIC_GAUGE,
	 "What holds of the sandbox; of landlock its version in the kernel", sample_members,
	 "sandbox", .label = "part", .words = "landlock|seccomp|no_new_privs|memory_locked"},
	{"hugepages", METRIC_GAUGE, "1: packets lie in hugepages", sample_number, "hugepages"},
	{"energy_joules_total", METRIC_COUNTER,
	 "Energy that the machine's counters say it took since the start, for all that runs there; "
	 "not there where it has none",
	 sample_number, "energy.joules"},
	{"energy_per_million_packets_joules", METRIC_GAUGE,
	 "The same for a million packets, since the start", sample_number,
	 "energy.per_million_packets"},
	{0},
};

const struct metric metrics_ledger[] = {
	{"ledger_in_packets_total", METRIC_COUNTER, "Packets received, replayed, and mirrored",
	 sample_number, "ledger.in"},
	{"ledger_out_packets_total", METRIC_COUNTER, "Packets that left", sample_number,
	 "ledger.out"},
	{"ledger_dropped_packets_total", METRIC_COUNTER, "Packets that ended here", sample_number,
	 "ledger.dropped"},
	{"ledger_held_packets", METRIC_GAUGE, "Packets that are in the box", sample_number,
	 "ledger.held"},
	{"ledger_balanced", METRIC_GAUGE,
	 "1: in is out, dropped and held, for every port and in all", sample_number,
	 "ledger.balanced"},
	{"dropped_packets_total", METRIC_COUNTER,
	 "Packets that ended here; kind is loss where they should have left, policy where the "
	 "config asks for it",
	 sample_drops, "drops", .label = "reason|kind"},
	{"copied_packets_total", METRIC_COUNTER, "Packets of which the CPU copied bytes",
	 sample_each, "copies", .label = "reason", .words = "packets"},
	{"copied_bytes_total", METRIC_COUNTER, "Bytes of packets that the CPU copied", sample_each,
	 "copies", .label = "reason", .words = "bytes"},
	{0},
};

const struct metric metrics_workers[] = {
	{"worker_packets_total", METRIC_COUNTER, "Packets handled", sample_number, "packets"},
	{"worker_burst_packets", METRIC_HISTOGRAM, "Bursts by the packets in them", sample_bursts,
	 ""},
	{"worker_busy_seconds_total", METRIC_COUNTER, "Time with packets", sample_cycles,
	 "busy_cycles"},
	{"worker_idle_seconds_total", METRIC_COUNTER, "Time without", sample_cycles, "idle_cycles"},
	{"worker_sleep_seconds_total", METRIC_COUNTER, "Time asleep", sample_number, "sleep_ns",
	 .scale = 1e-9},
	{"worker_busy_cycles_total", METRIC_COUNTER, "Cycles with packets", sample_number,
	 "busy_cycles"},
	{"worker_fresh", METRIC_GAUGE, "0: it did not answer in time, and its numbers are old",
	 sample_number, "fresh"},
	{"worker_age_seconds", METRIC_GAUGE, "How old its numbers are", sample_number, "age_ns",
	 .scale = 1e-9},
	{"worker_stalled", METRIC_GAUGE, "1: it has not moved for a second or more", sample_number,
	 "stalled"},
	{"worker_page_faults_total", METRIC_COUNTER, "Page faults since it began to poll",
	 sample_members, "", .label = "kind", .words = "minor_faults|major_faults"},
	{"worker_cache_lookups_total", METRIC_COUNTER, "Packets looked for in its flow cache",
	 sample_number, "cache.lookups"},
	{"worker_cache_hits_total", METRIC_COUNTER, "Of these, those found", sample_number,
	 "cache.hits"},
	{"worker_rate_packets", METRIC_GAUGE, "Packets that it took in the last second",
	 sample_number, "headroom.now_pps"},
	{"worker_seen_rate_packets", METRIC_GAUGE, "The most that it ever took in one",
	 sample_number, "headroom.seen_pps"},
	{"worker_forecast_rate_packets", METRIC_GAUGE,
	 "Packets a second that it could take, by what bursts of the last minute took",
	 sample_number, "headroom.pps"},
	{"worker_forecast_at_least", METRIC_GAUGE,
	 "1: few packets came in full bursts, so the forecast goes beyond what was seen, and it "
	 "may be more",
	 sample_number, "headroom.at_least"},
	{"worker_lost_ratio", METRIC_GAUGE,
	 "Which part of its time with packets something else had its core", sample_number,
	 "headroom.lost"},
	{0},
};

const struct metric metrics_pools[] = {
	{"pool_buffers", METRIC_GAUGE, "Buffers in all", sample_number, "size"},
	{"pool_free_buffers", METRIC_GAUGE, "Of these, those that are free", sample_number, "free"},
	{"pool_memory_bytes", METRIC_GAUGE, "Memory that it takes", sample_number, "bytes"},
	{0},
};

const struct metric metrics_exporter[] = {
	{"exporter_info", METRIC_GAUGE, "1; its label says what asked", sample_info, "exporter",
	 .label = "version", .words = "version"},
	{"exporter_seconds", METRIC_GAUGE, "How long the daemon took to answer", sample_number,
	 "exporter.seconds"},
	{"exporter_rules_omitted", METRIC_GAUGE,
	 "Rules that are not told, as there are more than asked for", sample_number,
	 "exporter.rules_omitted"},
	{0},
};
