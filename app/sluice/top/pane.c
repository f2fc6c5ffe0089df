/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/pane.h"

#include "view/value.h"

#include "core/banned.h"

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static const struct sheet_column ports_now[] = {
	{"PORT", 8, .right = false},
	{"IN/s", 6, .right = true},
	{"bit/s", 6, .right = true, .rank = 4},
	{"IN+OUT", 10, .grows = true, .rank = 5},
	{"OUT/s", 6, .right = true},
	{"bit/s", 6, .right = true, .rank = 4},
	{"LOST/s", 6, .right = true, .rank = 1},
	{"LOST", 6, .right = true},
	{"QUEUE", 6, .right = true, .rank = 2},
	{"PEAK 1ms", 10, .right = true, .rank = 3},
};
static const struct sheet_column ports_all[] = {
	{"PORT", 8, .right = false},
	{"IN", 6, .right = true},
	{"BYTES", 6, .right = true, .rank = 4},
	{"IN+OUT", 10, .grows = true, .rank = 5},
	{"OUT", 6, .right = true},
	{"BYTES", 6, .right = true, .rank = 4},
	{"LOST/s", 6, .right = true, .rank = 1},
	{"LOST", 6, .right = true},
	{"Q PEAK", 6, .right = true, .rank = 2},
	{"PEAK 1ms", 10, .right = true, .rank = 3},
};

static const struct sheet_column rules_now[] = {
	{"RULE", 8, .right = false},
	{"/s", 6, .right = true},
	{"bit/s", 6, .right = true, .rank = 1},
	{"SHARE", 6, .right = true},
	{"", 4, .grows = true, .rank = 2},
};
static const struct sheet_column rules_all[] = {
	{"RULE", 8, .right = false},
	{"PACKETS", 8, .right = true},
	{"BYTES", 6, .right = true, .rank = 1},
	{"SHARE", 6, .right = true},
	{"", 4, .grows = true, .rank = 2},
};

static const struct sheet_column workers_now[] = {
	{"WORKER", 8, .right = false},     {"BUSY", 6, .right = true},
	{"", 4, .grows = true, .rank = 2}, {"CYC/PKT", 7, .right = true, .rank = 1},
	{"ROOM", 6, .right = true},
};

static const struct sheet_column times_now[] = {
	{"IN BOX", 8, .right = false},          {"50 %", 5, .right = true},
	{"99 %", 5, .right = true, .rank = 1},  {"max", 5, .right = true, .rank = 2},
	{"<=50%", 5, .right = true, .rank = 5}, {"<=99%", 5, .right = true, .rank = 4},
	{"<=max", 5, .right = true, .rank = 3},
};

static const struct sheet_column drops_now[] = {
	{"DROPPED", 11, .right = false},
	{"/s", 6, .right = true},
	{"WHY", 6, .rank = 1},
};
static const struct sheet_column drops_all[] = {
	{"DROPPED", 11, .right = false},
	{"PACKETS", 8, .right = true},
	{"WHY", 6, .rank = 1},
};

static const struct sheet_column replays_now[] = {
	{"REPLAY", 8, .right = false},         {"STATE", 8, .rank = 1},
	{"DONE", 5, .right = true, .rank = 2}, {"/s", 6, .right = true},
	{"LATE", 6, .right = true, .rank = 3}, {"p99", 6, .right = true, .rank = 4},
};
static const struct sheet_column replays_all[] = {
	{"REPLAY", 8, .right = false},         {"STATE", 8, .rank = 1},
	{"DONE", 5, .right = true, .rank = 2}, {"SENT", 6, .right = true},
	{"LATE", 6, .right = true, .rank = 3}, {"p99", 6, .right = true, .rank = 4},
};

static const char *
no_replays(const struct pane_data *data)
{
	return "the config has no replays";
}

static const char *
no_captures(const struct pane_data *data)
{
	return "nothing is written to a capture";
}

static const char *
no_times(const struct pane_data *data)
{
	return "nothing was received";
}

static const struct sheet_column captures_now[] = {
	{"CAPTURE", 8, .right = false},
	{"/s", 6, .right = true},
	{"bit/s", 6, .right = true, .rank = 2},
	{"HELD", 6, .right = true, .rank = 3},
	{"LOST", 6, .right = true},
	{"FILE", 8, .grows = true, .rank = 1},
};
static const struct sheet_column captures_all[] = {
	{"CAPTURE", 8, .right = false},
	{"PACKETS", 7, .right = true},
	{"BYTES", 6, .right = true, .rank = 2},
	{"HELD", 6, .right = true, .rank = 3},
	{"LOST", 6, .right = true},
	{"FILE", 8, .grows = true, .rank = 1},
};

static const struct sheet_column talkers_now[] = {
	{"TALKER", 20, .right = false},         {"SHARE", 6, .right = true},
	{"+-", 6, .right = true, .rank = 2},    {"/s", 6, .right = true, .rank = 1},
	{"RULE", 10, .grows = true, .rank = 3},
};

static const char *
no_drops(const struct pane_data *data)
{
	return "nothing was dropped";
}

static const char *
no_talkers(const struct pane_data *data)
{
	const json_t *talkers = json_object_get(data->figures, "talkers");

	if (!talkers)
		return "";
	return *value_text(talkers, "why") ? value_text(talkers, "why") : "no packets";
}

#define PANE(title_, name, now, all, sort_, none_, spare_)                                    \
	{                                                                                     \
		.title = title_, .columns = {now, all}, .width = COUNT(now), .sort = (sort_), \
		.fill = pane_##name, .none = none_, .spare = spare_                           \
	}

const struct pane panes[PANES] = {
	[PANE_PORTS] = PANE("PORT", ports, ports_now, ports_all, -1, NULL, false),
	[PANE_RULES] = PANE("RULE", rules, rules_now, rules_all, 1, NULL, false),
	[PANE_WORKERS] = PANE("WORKER", workers, workers_now, workers_now, -1, NULL, false),
	[PANE_TIMES] = PANE("IN BOX", times, times_now, times_now, -1, no_times, false),
	[PANE_DROPS] = PANE("DROPPED", drops, drops_now, drops_all, 1, no_drops, false),
	[PANE_REPLAYS] = PANE("REPLAY", replays, replays_now, replays_all, -1, no_replays, true),
	[PANE_CAPTURES] =
		PANE("CAPTURE", captures, captures_now, captures_all, -1, no_captures, true),
	[PANE_TALKERS] = PANE("TALKER", talkers, talkers_now, talkers_now, -1, no_talkers, false),
};
