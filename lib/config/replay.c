/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/amount.h"
#include "config/reader.h"
#include "core/text.h"

#include "core/banned.h"

#define MIB (UINT64_C(1) << 20)
#define MEMORY_DEFAULT (256 * MIB)
#define MEMORY_MIN (8 * MIB)
#define MEMORY_MAX (MIB << 20)
#define MEMORY_STEP (2 * MIB) /* what a hugepage has */
#define LOOPS_MAX UINT64_C(1000000000000)

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char to_what[] = "the name of one port, or { as: PORT }";

static bool
is_group(const struct reader *reader, const struct node *node)
{
	uint32_t found = NAMES_NONE;

	if (node->kind == NODE_SCALAR)
		found = names_find(&reader->targets, node->text);
	return found != NAMES_NONE && (found & TARGET_GROUP);
}

/* Into the pipeline, as if received. Any port will do, since nothing is asked of its device. */
static void
read_as(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	struct field as = {"as"};

	if (!reader_fields(reader, spot, &as, 1, to_what))
		return;
	replay->as = true;
	if (spot->node->count == 0)
		reader_error(reader, spot, "to: expected %s, not an empty mapping", to_what);
	else if (as.given && is_group(reader, as.spot.node))
		reader_error(reader, &as.spot,
			     "as: %s is a group; packets come in on a port, so name one",
			     text_quote(as.spot.node->text).text);
	else if (as.given)
		reader_port(reader, &as.spot, "the name of one port", &replay->port);
}

static void
read_to(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	if (spot->node->kind == NODE_MAP) {
		read_as(reader, spot, replay);
	} else if (is_group(reader, spot->node)) {
		reader_error(reader, spot,
			     "to: %s is a group, and a replay leaves through one port; name one, "
			     "or write { as: PORT } and let a rule forward to the group",
			     text_quote(spot->node->text).text);
	} else if (reader_port(reader, spot, to_what, &replay->port) &&
		   !reader_can_send(reader, replay->port)) {
		const char *name = reader->config->ports[replay->port].name;

		reader_error(reader, spot,
			     "to: nothing can leave through port %s, a capture that is only read; "
			     "give it an \"out\", or write { as: %s }",
			     name, name);
	}
}

static void
read_pace(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	char reason[CONFIG_PACE_REASON_MAX];
	const char *text;

	if (reader_text(reader, spot, CONFIG_PACE_FORMS, &text) &&
	    config_pace_parse(text, &replay->pace, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "pace: %s", reason);
}

static void
read_loops(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	static const char what[] = "a number from 1 to 1000000000000, or forever";
	static const char *const forever = "forever";
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (strcmp(text, forever) == 0)
		replay->loops = 0;
	else if (text_nearest(text, &forever, 1))
		reader_error(reader, spot, "loops: expected %s, not %s; did you mean \"forever\"?",
			     what, text_quote(text).text);
	else if (text_number(text, LOOPS_MAX, &replay->loops) < 0 || replay->loops == 0)
		reader_expected(reader, spot, what);
}

static bool
read_duration(struct reader *reader, const struct spot *spot, uint64_t *ns)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text;

	if (!reader_text(reader, spot, CONFIG_DURATION_FORMS, &text))
		return false;
	if (config_duration_parse(text, ns, reason, sizeof(reason)) == 0)
		return true;
	reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	return false;
}

static void
read_gap(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	replay->gap_given = read_duration(reader, spot, &replay->gap_ns);
}

static void
read_max_gap(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	if (read_duration(reader, spot, &replay->max_gap_ns) && replay->max_gap_ns == 0)
		reader_error(
			reader, spot,
			"max-gap: without any pause a replay has no times; give the longest one "
			"that may be, such as 5s, or write pace: top");
}

static void
read_tolerance(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	replay->tolerance_given = read_duration(reader, spot, &replay->tolerance_ns);
}

static void
read_moment(struct reader *reader, const struct spot *spot, struct config_moment *moment)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	struct config_moment read;
	const char *text;

	if (!reader_text(reader, spot, CONFIG_MOMENT_FORMS, &text))
		return;
	if (config_moment_parse(text, &read, reason, sizeof(reason)) == 0)
		*moment = read;
	else
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
}

static void
read_from(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	read_moment(reader, spot, &replay->from);
}

/* Comes behind from. */
static void
read_until(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	const struct config_moment *from = &replay->from, *until = &replay->until;
	char first[CONFIG_AMOUNT_TEXT_MAX], last[CONFIG_AMOUNT_TEXT_MAX];
	uint64_t start;

	read_moment(reader, spot, &replay->until);
	if (until->kind == CONFIG_MOMENT_NONE)
		return;
	start = until->kind == CONFIG_MOMENT_PACKET;
	config_moment_format(until, last, sizeof(last));
	if (until->value <= start) {
		reader_error(reader, spot,
			     "until: nothing lies before %s; give what comes behind the last "
			     "packet wanted",
			     last);
	} else if (from->kind == until->kind && until->value <= from->value) {
		config_moment_format(from, first, sizeof(first));
		reader_error(reader, spot,
			     "until: %s does not lie behind from, %s, so nothing would be sent",
			     last, first);
	}
}

static void
read_memory(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text;
	uint64_t bytes;

	if (!reader_text(reader, spot, CONFIG_SIZE_FORMS, &text))
		return;
	if (config_size_parse(text, &bytes, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "memory: %s", reason);
	else if (bytes < MEMORY_MIN || bytes > MEMORY_MAX)
		reader_error(reader, spot, "memory: expected a size from 8MiB to 1TiB, not %s",
			     text_quote(text).text);
	else
		replay->memory = (bytes + MEMORY_STEP - 1) / MEMORY_STEP * MEMORY_STEP;
}

static void
read_replay_filter(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	replay->filter = read_filter(reader, spot, "have tcpdump write what is wanted to a file");
}

static void
read_start(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	static const char *const choices[] = {"auto", "manual"};
	unsigned choice;

	if (reader_choice(reader, spot, choices, COUNT(choices), &choice))
		replay->start_auto = choice == 0;
}

static void
read_late(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	static const char *const choices[] = {
		[CONFIG_LATE_CATCH_UP] = "catch-up",
		[CONFIG_LATE_SHIFT] = "shift",
		[CONFIG_LATE_DROP] = "drop",
	};
	unsigned choice;

	if (reader_choice(reader, spot, choices, COUNT(choices), &choice))
		replay->late = choice;
}

static void
read_truncated(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	static const char *const choices[] = {
		[CONFIG_TRUNCATED_DROP] = "drop",
		[CONFIG_TRUNCATED_SEND] = "send",
		[CONFIG_TRUNCATED_PAD] = "pad",
	};
	unsigned choice;

	if (reader_choice(reader, spot, choices, COUNT(choices), &choice))
		replay->truncated = choice;
}

static void
read_flows(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	static const char *const choices[] = {
		[CONFIG_FLOWS_KEEP] = "keep",
		[CONFIG_FLOWS_SINGLE] = "single",
	};
	unsigned choice;

	if (reader_choice(reader, spot, choices, COUNT(choices), &choice))
		replay->flows = choice;
}

/* In the order in which they are read. */
static const struct {
	const char *name;
	void (*read)(struct reader *, const struct spot *, struct config_replay *);
} keys[] = {
	{"file", read_replay_files},    {"to", read_to},       {"pace", read_pace},
	{"loops", read_loops},          {"gap", read_gap},     {"max-gap", read_max_gap},
	{"start", read_start},          {"from", read_from},   {"until", read_until},
	{"filter", read_replay_filter}, {"late", read_late},   {"truncated", read_truncated},
	{"memory", read_memory},        {"flows", read_flows}, {"tolerance", read_tolerance},
};
#define REQUIRED 2 /* of them, the first */

static void
read_replay(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	struct field fields[COUNT(keys)];

	for (unsigned i = 0; i < COUNT(keys); i++)
		fields[i] = (struct field){keys[i].name};
	if (!reader_fields(reader, spot, fields, COUNT(keys),
			   "a mapping such as { file: site.pcap, to: wan }"))
		return;
	for (unsigned i = 0; i < COUNT(keys); i++) {
		if (fields[i].given)
			keys[i].read(reader, &fields[i].spot, replay);
		else if (i < REQUIRED)
			reader_error(reader, spot,
				     "replay %s: %s is missing, as in { file: site.pcap, to: wan }",
				     replay->name, keys[i].name);
	}
}

static bool
stands_twice(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->replay_count; i++) {
		if (strcmp(config->replays[i].name, name) == 0)
			return true;
	}
	return false;
}

void
read_replays(struct reader *reader, const struct spot *spot)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (node_is_null(spot->node))
		return;
	if (spot->node->kind != NODE_MAP) {
		reader_expected(reader, spot,
				"a mapping of names to replays, such as { morning: { file: "
				"site.pcap, to: wan } }");
		return;
	}
	config->replays = reader_alloc(reader, CONFIG_REPLAYS_MAX, sizeof(*config->replays));
	if (!config->replays)
		return;
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_replay *replay = &config->replays[config->replay_count];

		if (config->replay_count == CONFIG_REPLAYS_MAX) {
			reader_error(reader, &key, "replays: more than %u", CONFIG_REPLAYS_MAX);
			break;
		}
		reader_name(reader, &key, "replay", key.key);
		if (stands_twice(config, key.key))
			reader_error(reader, &key,
				     "replays: %s stands twice; a name is one replay's",
				     text_quote(key.key).text);
		*replay = (struct config_replay){.pace = {CONFIG_PACE_ORIGINAL, 1, 1},
						 .loops = 1,
						 .start_auto = true,
						 .memory = MEMORY_DEFAULT,
						 .place = {key.line, key.column}};
		replay->name = reader_copy(reader, key.key);
		if (!replay->name)
			return;
		config->replay_count++;
		read_replay(reader, &value, replay);
	}
}
