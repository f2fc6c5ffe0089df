/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/decimal.h"
#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define MIB (UINT64_C(1) << 20)
#define MEMORY_MIN (8 * MIB)
#define MEMORY_MAX (MIB << 14)
#define MEMORY_STEP MIB

#define AT(member) KEY_AT(struct config_return, member)
#define EXAMPLE "{ replay: morning, within: 100ms }"

static void
read_replay(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	const struct config *config = reader->config;
	const char *names[CONFIG_REPLAYS_MAX], *name, *nearest;
	struct config_return *back = into;

	if (!reader_text(reader, spot, "the name of a replay", &name))
		return;
	for (unsigned i = 0; i < config->replay_count; i++) {
		names[i] = config->replays[i].name;
		if (strcmp(names[i], name) == 0) {
			back->replay = i;
			return;
		}
	}
	nearest = text_nearest(name, names, config->replay_count);
	if (nearest)
		reader_error(reader, spot, "replay: there is no replay %s; did you mean \"%s\"?",
			     text_quote(name).text, nearest);
	else
		reader_error(reader, spot,
			     "replay: there is no replay %s; a return is of one in `replays`",
			     text_quote(name).text);
}

static void
write_replay(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_return *back = from;

	emit_name(out->file, out->config->replays[back->replay].name);
}

/* auto, or the list. */
static void
read_ignoring(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_return *back = into;

	if (spot->node->kind == NODE_SCALAR && strcmp(spot->node->text, "auto") == 0)
		back->automatic = true;
	else
		key_flags.read(reader, spot, key, into);
}

static void
write_ignoring(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_return *back = from;

	if (back->automatic)
		fputs("auto", out->file);
	else
		key_flags.write(out, key, from);
}

static bool
has_ignoring(const struct key *key, const void *from)
{
	const struct config_return *back = from;

	return back->automatic || back->ignoring;
}

#define TOLERATED_FORMS "a number of packets, a share of those sent such as 0.5%, or any"

/* In millionths. */
static const struct decimal_unit percent[] = {{"%", CONFIG_TOLERATED_ALL / 100}};

static void
read_tolerated(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_tolerated *tolerated = key_at(key, into);
	struct decimal share;
	const char *text;

	if (!reader_text(reader, spot, TOLERATED_FORMS, &text))
		return;
	if (strcmp(text, "any") == 0)
		tolerated->how = CONFIG_TOLERATE_ANY;
	else if (text_number(text, UINT64_C(1) << 50, &tolerated->value) == 0)
		tolerated->how = CONFIG_TOLERATE_PACKETS;
	else if (decimal_parse(text, percent, 1, &share) == 0 && share.den == 1 &&
		 share.num <= CONFIG_TOLERATED_ALL)
		*tolerated = (struct config_tolerated){CONFIG_TOLERATE_SHARE, share.num};
	else
		reader_expected(reader, spot, TOLERATED_FORMS);
}

static void
write_tolerated(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_tolerated *tolerated = key_at(key, from);
	char text[64];

	switch (tolerated->how) {
	case CONFIG_TOLERATE_ANY:
		fputs("any", out->file);
		break;
	case CONFIG_TOLERATE_SHARE:
		decimal_format(tolerated->value, 1, percent, text, sizeof(text));
		fputs(text, out->file);
		break;
	default:
		fprintf(out->file, "%" PRIu64, tolerated->value);
	}
}

static bool
has_tolerated(const struct key *key, const void *from)
{
	const struct config_tolerated *tolerated = key_at(key, from);

	return tolerated->how != CONFIG_TOLERATE_PACKETS || tolerated->value;
}

static const struct key_type tolerated = {read_tolerated, write_tolerated, has_tolerated, NULL};
#define TOLERATED(name, member)                                                                  \
	{                                                                                        \
		name, &tolerated, KEY_AT(struct config_tolerance, counts[CONFIG_COUNT_##member]) \
	}
#define QUANTILE(name, number)                                                          \
	{                                                                               \
		name, &key_duration, KEY_AT(struct config_tolerance, latencies[number]) \
	}
static const struct key tolerance_keys[] = {
	TOLERATED("lost", LOST),
	TOLERATED("changed", CHANGED),
	TOLERATED("duplicated", DUPLICATED),
	TOLERATED("reordered", REORDERED),
	TOLERATED("late", LATE),
	TOLERATED("unknown", UNKNOWN),
	QUANTILE("p50", 0),
	QUANTILE("p99", 1),
	QUANTILE("p99.9", 2),
	QUANTILE("p99.99", 3),
	QUANTILE("max", 4),
};
static const struct key_map tolerance_map = {"a mapping such as { lost: 0, p99: 50us }", NULL,
					     KEYS(tolerance_keys)};

static bool
has_tolerance(const struct key *key, const void *from)
{
	const struct config_return *back = from;

	for (unsigned i = 0; i < tolerance_map.count; i++) {
		if (tolerance_keys[i].type->stands(&tolerance_keys[i], &back->tolerance))
			return true;
	}
	return false;
}

static void
read_tolerance(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	key_read(reader, spot, key->map, key_at(key, into));
}

static const struct key_type replay_name = {read_replay, write_replay, NULL, NULL};
static const struct key_type ignoring = {read_ignoring, write_ignoring, has_ignoring, NULL};
static const struct key_type tolerance = {read_tolerance, key_write_nested, has_tolerance, NULL};

static const struct key_word words[] = {
	{"mac", CONFIG_DIFFERS_MAC},
	{"vlan", CONFIG_DIFFERS_VLAN},
	{"ttl", CONFIG_DIFFERS_TTL},
	{"dscp", CONFIG_DIFFERS_DSCP},
	{"checksums", CONFIG_DIFFERS_CHECKSUMS},
	{"nat", CONFIG_DIFFERS_NAT},
	{NULL, 0},
};
static const struct key keys[] = {
	{"replay", &replay_name, AT(replay), .required = EXAMPLE},
	{"ignoring", &ignoring, AT(ignoring), .words = words,
	 .what = "auto, or a list of mac, vlan, ttl, dscp, checksums and nat"},
	{"within", &key_duration, AT(within_ns), .low = 1000, .high = UINT64_C(60000000000),
	 .otherwise = "100ms",
	 .advice = "a packet that is behind this time is lost, so give the longest time that one "
		   "may take through the device"},
	{"memory", &key_bytes, AT(memory), .low = MEMORY_MIN, .high = MEMORY_MAX,
	 .step = MEMORY_STEP, .otherwise = "64MiB"},
	{"tolerance", &tolerance, AT(tolerance), .map = &tolerance_map},
};
const struct key_map key_return = {"a mapping such as " EXAMPLE, "return", KEYS(keys)};

/* Two workers that send at once have no order to each other. */
static void
check_order(struct reader *reader, const struct spot *spot, const struct config_return *back)
{
	const struct config *config = reader->config;
	const struct config_replay *replay = &config->replays[back->replay];

	if (config->worker_count > 1 && replay->flows == CONFIG_FLOWS_KEEP &&
	    back->tolerance.counts[CONFIG_COUNT_REORDERED].how != CONFIG_TOLERATE_ANY)
		reader_error(reader, spot,
			     "returns: replay %s leaves from %u workers at once, so its packets "
			     "have no one order; give it \"flows: single\", or the return "
			     "\"tolerance: { reordered: any }\"",
			     replay->name, config->worker_count);
}

static void
check(struct reader *reader, const struct spot *spot, const struct config_return *back)
{
	const struct config *config = reader->config;
	unsigned index = back - config->returns;

	for (unsigned i = 0; i < index; i++) {
		if (config->returns[i].replay == back->replay)
			reader_error(reader, spot,
				     "returns: %s and %s are both of replay %s, which has one "
				     "verdict; let rules give packets of both ways to one return",
				     config->returns[i].name, back->name,
				     config->replays[back->replay].name);
	}
	check_order(reader, spot, back);
}

static void
read_returns(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (!reader_section(reader, spot,
			    "a mapping of names to returns, such as { through: " EXAMPLE " }"))
		return;
	config->returns = reader_alloc(reader, CONFIG_RETURNS_MAX, sizeof(*config->returns));
	if (!config->returns)
		return;
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_return *back = &config->returns[config->return_count];
		unsigned before = reader->errors->count;

		if (config->return_count == CONFIG_RETURNS_MAX) {
			reader_error(reader, &key, "returns: more than %u", CONFIG_RETURNS_MAX);
			break;
		}
		back->place = (struct config_place){key.line, key.column};
		back->name = reader_copy(reader, key.key);
		if (!back->name)
			return;
		reader_claim(reader, &key, CONFIG_TARGET_RETURN, back->name, config->return_count);
		config->return_count++;
		if (key_read(reader, &value, &key_return, back) && reader->errors->count == before)
			check(reader, &key, back);
	}
}

const struct key_type key_returns = {.read = read_returns};
