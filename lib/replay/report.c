/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/report.h"

#include <stdlib.h>
#include <string.h>

#include "stage/target.h"

#include "core/banned.h"

#define ROW(kind, name, member, sum) COUNTER(struct replay_report, kind, name, member, sum)

const struct counter replay_counts[] = {
	ROW(TEXT, "state", state_name, APART),
	ROW(NUMBER, "sent", sum.sent, ADD),
	ROW(NUMBER, "bytes", sum.bytes, ADD),
	ROW(GIVEN, "unedited", unedited, APART),
	ROW(GIVEN, "server_sent", server_sent, APART),
	ROW(GIVEN, "server_bytes", server_bytes, APART),
	ROW(NUMBER, "loops", sum.loops, LEAST),
	ROW(NUMBER, "late", sum.late, ADD),
	ROW(NUMBER, "truncated", reader.truncated, APART),
	ROW(NUMBER, "dropped", sum.dropped, ADD),
	ROW(DROPS, "drops", sum.drops, ADD),
	ROW(NUMBER, "refused", refused, APART),
	ROW(NUMBER, "underruns", sum.underruns, ADD),
	ROW(NUMBER, "skipped", reader.skipped, APART),
	ROW(NUMBER, "too_long", reader.too_long, APART),
	ROW(NUMBER, "empty", reader.empty, APART),
	ROW(NUMBER, "converted", reader.converted, APART),
	ROW(NUMBER, "backwards", reader.backwards, APART),
	ROW(FLAG, "cut", reader.cut, APART),
	ROW(REMARK, "reason", reason, APART),
	{0},
};

static const struct counter asked[] = {
	ROW(SECONDS, "elapsed", asked_ns, APART),
	ROW(REAL, "pps", asked_pps, APART),
	{0},
};

static const struct counter achieved[] = {
	ROW(SECONDS, "elapsed", taken_ns, APART),
	ROW(REAL, "pps", taken_pps, APART),
	{0},
};

static const struct counter errors[] = {
	ROW(NUMBER, "p50", p50_ns, APART),
	ROW(NUMBER, "p99", p99_ns, APART),
	ROW(NUMBER, "p99.9", p99_9_ns, APART),
	ROW(NUMBER, "max", max_ns, APART),
	{0},
};

static const struct counter start[] = {
	ROW(TEXT, "at", began_at, APART),
	ROW(KNOWN, "error_ns", start_error_ns, APART),
	ROW(KNOWN, "bound_ns", start_bound_ns, APART),
	{0},
};

static const struct counter verdict[] = {
	COUNTER_OBJECT("asked", asked),     COUNTER_OBJECT("achieved", achieved),
	COUNTER_OBJECT("error_ns", errors), ROW(TEXT, "measured", measured, APART),
	COUNTER_OBJECT("start", start),     ROW(KNOWN, "tolerance_ns", tolerance_ns, APART),
	ROW(TEXT, "result", result, APART), {0},
};

/* Lanes walk the same entries: where they are is where the last of them is. */
const struct counter replay_details[] = {
	ROW(NUMBER, "waiting", sum.waiting, ADD),
	ROW(TEXT, "port", port, APART),
	ROW(REMARK, "server_port", server_port, APART),
	ROW(FLAG, "as", as, APART),
	ROW(WORDS, "pace", pace_words, APART),
	ROW(NUMBER, "loops_asked", loops_asked, APART),
	ROW(KNOWN, "limit", limit, APART),
	ROW(KNOWN, "duration_ns", duration_ns, APART),
	ROW(NUMBER, "packet", sum.packet, LEAST),
	ROW(SECONDS, "time", sum.time_ns, LEAST),
	ROW(NUMBER, "packets", packets, APART),
	ROW(FLAG, "resident", resident, APART),
	ROW(FLAG, "direct", direct, APART),
	ROW(FLAG, "ended", ended, APART),
	ROW(NUMBER, "memory", memory, APART),
	ROW(SHARE, "progress", progress, APART),
	COUNTER_OBJECT("verdict", verdict),
	ROW(REMARK, "return", back, APART),
	ROW(REMARK, "return_why", back_why, APART),
	ROW(GIVEN, "lost", lost, APART),
	ROW(GIVEN, "changed", changed, APART),
	ROW(GIVEN, "latency_p99_ns", latency_p99_ns, APART),
	COUNTER_PART(struct replay_report, "error_histogram_ns", errors, counters_histogram),
	ROW(KNOWN, "remaining_ns", remaining_ns, APART),
	ROW(KNOWN, "next_in_ns", next_in_ns, APART),
	ROW(TEXT, "starts_at", starts_at, APART),
	ROW(KNOWN, "starts_in_ns", starts_in_ns, APART),
	{0},
};

const struct counter replay_memory[] = {
	ROW(NUMBER, "bytes", memory, APART),    ROW(FLAG, "resident", resident, APART),
	ROW(NUMBER, "headers", headers, APART), ROW(NUMBER, "free", free, APART),
	ROW(NUMBER, "in_use", in_use, APART),   {0},
};

const char *
replay_state_name(enum replay_state state)
{
	static const char *const names[] = {
		[REPLAY_STOPPED] = "stopped", [REPLAY_OPENING] = "opening",
		[REPLAY_WAITING] = "waiting", [REPLAY_RUNNING] = "running",
		[REPLAY_PAUSED] = "paused",   [REPLAY_DONE] = "done",
		[REPLAY_FAILED] = "failed",
	};

	return names[state];
}

void
replay_report_join(struct replay_report *report, const struct target_verdict *back)
{
	free(report->back);
	free(report->back_why);
	report->back = strdup(back->name);
	report->back_why = *back->why ? strdup(back->why) : NULL;
	report->lost = back->lost;
	report->changed = back->changed;
	report->latency_p99_ns = back->latency_p99_ns;
	report->ended &= back->settled;
	if (back->judged && !back->passes)
		report->result = "fail";
	else if (back->judged && back->settled && strcmp(report->result, "not judged") == 0)
		report->result = "pass";
}

void
replay_report_clear(struct replay_report *report)
{
	free(report->name);
	free(report->port);
	free(report->server_port);
	free(report->reason);
	free(report->starts_at);
	free(report->back);
	free(report->back_why);
	free(report->began_at);
	for (unsigned i = 0; i < report->edit_count; i++)
		free(report->edits[i]);
}
