/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/report_replay.h"

#include "config/amount.h"
#include "control/report_number.h"

#include "core/banned.h"

json_t *
report_reasons(const uint64_t drops[DROP_REASONS])
{
	json_t *result = json_object();

	for (unsigned i = 0; i < DROP_REASONS; i++)
		json_object_set_new(result, drop_reasons[i].name, number(drops[i]));
	return result;
}

json_t *
report_replay_counts(const struct snapshot_replay *replay)
{
	json_t *result = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "state", replay->state, "sent",
				   number(replay->sent), "bytes", number(replay->bytes), "loops",
				   number(replay->loops), "late", number(replay->late), "truncated",
				   number(replay->truncated));

	json_object_update_new(
		result, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "dropped",
				  number(replay->dropped), "drops", report_reasons(replay->drops),
				  "refused", number(replay->refused), "underruns",
				  number(replay->underruns), "skipped", number(replay->skipped),
				  "too_long", number(replay->too_long), "empty",
				  number(replay->empty), "backwards", number(replay->backwards)));
	if (replay->reason)
		json_object_set_new(result, "reason", json_string(replay->reason));
	return result;
}

static json_t *
seconds(uint64_t ns)
{
	return json_real((double)ns / 1e9);
}

/* Packets, but for the first, by the time from the first to the last. */
static json_t *
rate(uint64_t packets, uint64_t ns)
{
	return json_real(packets > 1 && ns ? (double)(packets - 1) * 1e9 / (double)ns : 0);
}

/* How exact a replay was, measured where its packets are handed to the NIC, which is not the wire. */
static json_t *
verdict_json(const struct snapshot_replay *replay)
{
	return json_pack(
		"{s:{s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o, s:o, s:o}, s:s, s:o, s:s}", "asked",
		"elapsed", seconds(replay->asked_ns), "pps",
		rate(replay->sent + replay->dropped, replay->asked_ns), "achieved", "elapsed",
		seconds(replay->taken_ns), "pps", rate(replay->sent, replay->taken_ns), "error_ns",
		"p50", number(replay->p50_ns), "p99", number(replay->p99_ns), "p99.9",
		number(replay->p99_9_ns), "max", number(replay->max_ns), "measured",
		"handed to the NIC", "tolerance_ns",
		replay->tolerance_given ? number(replay->tolerance_ns) : json_null(), "result",
		!replay->judged  ? "not judged"
		: replay->passed ? "pass"
				 : "fail");
}

/* What JSON's integers hold, which is 292 years. */
static uint64_t
whole_ns(double ns)
{
	return ns < (double)INT64_MAX ? (uint64_t)ns : INT64_MAX;
}

json_t *
report_replay(const struct snapshot_replay *replay)
{
	json_t *result = report_replay_counts(replay);
	char pace[CONFIG_AMOUNT_TEXT_MAX];

	config_pace_format(&replay->pace, pace, sizeof(pace));
	json_object_set_new(result, "waiting", number(replay->waiting));
	json_object_update_new(
		result,
		json_pack("{s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o, s:o}",
			  "port", replay->port, "as", (int)replay->as, "pace", pace, "loops_asked",
			  number(replay->loops_asked), "packet", number(replay->packet), "time",
			  seconds(replay->time_ns), "packets", number(replay->packets), "resident",
			  (int)replay->resident, "direct", (int)replay->direct, "ended",
			  (int)replay->ended, "memory", number(replay->memory), "progress",
			  replay->progress < 0 ? json_null() : json_real(replay->progress),
			  "verdict", verdict_json(replay)));
	json_object_set_new(result, "remaining_ns",
			    replay->remaining_ns < 0 ? json_null()
						     : number(whole_ns(replay->remaining_ns)));
	json_object_set_new(result, "next_in_ns",
			    replay->waits ? number(replay->next_in_ns) : json_null());
	return result;
}
