/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "config/emit.h"
#include "config/key.h"
#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define MIB (UINT64_C(1) << 20)
#define MEMORY_MIN (8 * MIB)
#define MEMORY_MAX (MIB << 20)
#define MEMORY_STEP (2 * MIB) /* what a hugepage has */

#define AT(member) KEY_AT(struct config_replay, member)
#define GIVEN(member) .given = offsetof(struct config_replay, member)

static void
read_pace(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_PACE_REASON_MAX];
	const char *text;

	if (!reader_text(reader, spot, CONFIG_PACE_FORMS, &text))
		return;
	if (config_pace_parse(text, key_at(key, into), reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "pace: %s", reason);
}

static void
write_pace(const struct key_out *out, const struct key *key, const void *from)
{
	char text[CONFIG_PACE_TEXT_MAX];

	config_pace_format(key_at(key, from), text, sizeof(text));
	fputs(text, out->file);
}

static void
read_loops(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a number from 1 to 1000000000000, or forever";
	static const char *const forever = "forever";
	uint64_t *loops = key_at(key, into);
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (strcmp(text, forever) == 0)
		*loops = 0;
	else if (text_nearest(text, &forever, 1))
		reader_error(reader, spot, "loops: expected %s, not %s; did you mean \"forever\"?",
			     what, text_quote(text).text);
	else if (text_number(text, CONFIG_LOOPS_MAX, loops) < 0 || *loops == 0)
		reader_expected(reader, spot, what);
}

static void
write_loops(const struct key_out *out, const struct key *key, const void *from)
{
	const uint64_t *loops = key_at(key, from);

	if (*loops)
		fprintf(out->file, "%" PRIu64, *loops);
	else
		fputs("forever", out->file);
}

static void
read_moment(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_moment *moment = key_at(key, into), read;
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text;

	if (!reader_text(reader, spot, CONFIG_MOMENT_FORMS, &text))
		return;
	if (config_moment_parse(text, &read, reason, sizeof(reason)) == 0)
		*moment = read;
	else
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
}

/* Comes behind from. */
static void
read_until(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const struct config_replay *replay = into;
	const struct config_moment *from = &replay->from, *until = &replay->until;
	char first[CONFIG_AMOUNT_TEXT_MAX], last[CONFIG_AMOUNT_TEXT_MAX];

	read_moment(reader, spot, key, into);
	if (until->kind == CONFIG_MOMENT_NONE)
		return;
	config_moment_format(until, last, sizeof(last));
	if (until->value <= (until->kind == CONFIG_MOMENT_PACKET)) {
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

static bool
has_moment(const struct key *key, const void *from)
{
	const struct config_moment *moment = key_at(key, from);

	return moment->kind != CONFIG_MOMENT_NONE;
}

static void
write_moment(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_moment *moment = key_at(key, from);
	const char *quote = moment->kind == CONFIG_MOMENT_PACKET ? "\"" : "";
	char text[CONFIG_AMOUNT_TEXT_MAX];

	config_moment_format(moment, text, sizeof(text));
	fprintf(out->file, "%s%s%s", quote, text, quote);
}

static void
read_edits(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_actions *edits = key_at(key, into);
	unsigned before = reader->errors->count;

	if (!list_read(reader, spot, LIST_REPLAY, edits))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot,
			     "edits: an empty list; leave it out where packets leave as they are");
	if (reader->errors->count == before)
		shape_check_edits(reader, spot, edits);
}

static void
write_edits(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("[", out->file);
	list_write(out, key_at(key, from));
	fputs("]", out->file);
}

static bool
has_edits(const struct key *key, const void *from)
{
	const struct config_actions *edits = key_at(key, from);

	return edits->count > 0;
}

static void
clear_edits(const struct key *key, void *from)
{
	list_clear(key_at(key, from));
}

static const struct key_type edits = {read_edits, write_edits, has_edits, clear_edits};
static const struct key_type pace = {read_pace, write_pace, NULL, NULL};
static const struct key_type loops = {read_loops, write_loops, NULL, NULL};
static const struct key_type moment = {read_moment, write_moment, has_moment, NULL};
static const struct key_type end = {read_until, write_moment, has_moment, NULL};

static const struct key_word start[] = {{"auto", true}, {"manual", false}, {NULL, 0}};
static const struct key_word late[] = {
	{"catch-up", CONFIG_LATE_CATCH_UP},
	{"shift", CONFIG_LATE_SHIFT},
	{"drop", CONFIG_LATE_DROP},
	{NULL, 0},
};
static const struct key_word truncated[] = {
	{"drop", CONFIG_TRUNCATED_DROP},
	{"send", CONFIG_TRUNCATED_SEND},
	{"pad", CONFIG_TRUNCATED_PAD},
	{NULL, 0},
};
static const struct key_word flows[] = {
	{"keep", CONFIG_FLOWS_KEEP},
	{"single", CONFIG_FLOWS_SINGLE},
	{NULL, 0},
};

#define EXAMPLE "{ file: site.pcap, to: wan }"

/* In the order in which they are read and written. */
static const struct key keys[] = {
	{"file", &key_captures, AT(in), .required = EXAMPLE},
	{"to", &key_replay_to, .required = EXAMPLE},
	{"clients", &key_clients, AT(clients)},
	{"edits", &edits, AT(edits)},
	{"unique-per-loop", &key_word, AT(unique), .words = key_bool},
	{"pace", &pace, AT(pace), .otherwise = "original"},
	{"loops", &loops, AT(loops), .otherwise = "1"},
	{"gap", &key_duration, AT(gap_ns), GIVEN(gap_given)},
	{"max-gap", &key_duration, AT(max_gap_ns), .low = 1,
	 .advice = "without any pause a replay has no times; give the longest one that may be, "
		   "such as 5s, or write pace: top"},
	{"order", &key_word, AT(in.order), .words = key_order, .otherwise = "merged"},
	{"other-links", &key_word, AT(in.other_links), .words = key_other_links,
	 .otherwise = "refuse"},
	{"start", &key_word, AT(start_auto), .words = start, .otherwise = "auto"},
	{"from", &moment, AT(from)},
	{"until", &end, AT(until)},
	{"filter", &key_filter, AT(filter),
	 .advice = "have tcpdump write what is wanted to a file"},
	{"late", &key_word, AT(late), .words = late},
	{"truncated", &key_word, AT(truncated), .words = truncated},
	{"memory", &key_bytes, AT(memory), .low = MEMORY_MIN, .high = MEMORY_MAX,
	 .step = MEMORY_STEP, .otherwise = "256MiB"},
	{"flows", &key_word, AT(flows), .words = flows},
	{"tolerance", &key_duration, AT(tolerance_ns), GIVEN(tolerance_given)},
};
const struct key_map key_replay = {"a mapping such as " EXAMPLE, "replay", KEYS(keys)};

static bool
stands_twice(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->replay_count; i++) {
		if (strcmp(config->replays[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
read_replays(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (!reader_section(reader, spot,
			    "a mapping of names to replays, such as { morning: { file: site.pcap, "
			    "to: wan } }"))
		return;
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
		replay->place = (struct config_place){key.line, key.column};
		replay->name = reader_copy(reader, key.key);
		if (!replay->name)
			return;
		config->replay_count++;
		key_read(reader, &value, &key_replay, replay);
	}
}

const struct key_type key_replays = {.read = read_replays};
