/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define MIB (UINT64_C(1) << 20)
#define TIB (MIB << 20)
#define SECOND UINT64_C(1000000000)
#define MEMORY_MIN (8 * MIB)
#define AT(member) KEY_AT(struct config_capture, member)
#define EXAMPLE "{ directory: /data }"

static void
read_directory(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char **directory = key_at(key, into);
	const char *text;

	if (reader_text(reader, spot, "the directory for the files", &text))
		*directory = reader_path(reader, spot, text);
}

static void
read_trigger(struct reader *reader, const struct spot *spot, struct config_capture *capture)
{
	struct config_trigger *trigger = &capture->triggers[capture->trigger_count];
	const char *text;

	if (!reader_text(reader, spot, "a list of rules such as [flood]", &text))
		return;
	for (unsigned i = 0; i < capture->trigger_count; i++) {
		if (strcmp(capture->triggers[i].rule, text) == 0)
			reader_error(reader, spot, "trigger: rule %s stands twice; leave one out",
				     text_quote(text).text);
	}
	trigger->rule = reader_copy(reader, text);
	trigger->place = (struct config_place){spot->line, spot->column};
	capture->trigger_count += trigger->rule != NULL;
}

static void
read_triggers(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_capture *capture = into;
	unsigned count = spot->node->kind == NODE_LIST ? spot->node->count : 1;
	struct spot item = {0};

	capture->triggered = true;
	if (count > CONFIG_TRIGGERS_MAX) {
		reader_error(reader, spot, "trigger: more than %u rules", CONFIG_TRIGGERS_MAX);
		return;
	}
	capture->triggers = reader_alloc(reader, count + 1, sizeof(*capture->triggers));
	if (!capture->triggers)
		return;
	if (spot->node->kind != NODE_LIST)
		read_trigger(reader, spot, capture);
	while (spot->node->kind == NODE_LIST && spot_next_item(spot, &item))
		read_trigger(reader, &item, capture);
}

static void
write_triggers(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_capture *capture = from;

	fputs("[", out->file);
	for (unsigned i = 0; i < capture->trigger_count; i++) {
		fputs(i ? ", " : "", out->file);
		emit_name(out->file, capture->triggers[i].rule);
	}
	fputs("]", out->file);
}

static void
clear_triggers(const struct key *key, void *from)
{
	struct config_capture *capture = from;

	for (unsigned i = 0; i < capture->trigger_count; i++)
		free(capture->triggers[i].rule);
	free(capture->triggers);
	capture->triggers = NULL;
	capture->trigger_count = 0;
}

static bool
has_some(const struct key *key, const void *from)
{
	const uint64_t *limits = key_at(key, from);

	return limits[0] || limits[1] || limits[2];
}

static const struct key_type directory = {read_directory, key_write_text, NULL, key_clear_text};
static const struct key_type triggers = {read_triggers, write_triggers, NULL, clear_triggers};
static const struct key_type limits = {key_read_nested, key_write_nested, has_some,
				       key_clear_nested};

#define ROTATE(member) KEY_AT(struct config_rotate, member)
static const struct key rotate_keys[] = {
	{"size", &key_limit, ROTATE(size), .low = MIB, .high = TIB, .step = 1},
	{"every", &key_duration, ROTATE(every_ns), .low = SECOND,
	 .advice = "a file is for a second at least; write every: 1s, or more"},
	{"packets", &key_number, ROTATE(packets), .low = 1, .high = UINT32_MAX},
};
static const struct key_map rotate = {"a mapping such as { size: 4GiB, every: 10min }", NULL,
				      KEYS(rotate_keys)};

#define KEEP(member) KEY_AT(struct config_keep_files, member)
static const struct key keep_keys[] = {
	{"files", &key_number, KEEP(files), .low = 1, .high = UINT32_MAX},
	{"size", &key_limit, KEEP(size), .low = MIB, .high = UINT64_MAX / 2, .step = 1},
	{"free", &key_limit, KEEP(free), .low = MIB, .high = UINT64_MAX / 2, .step = 1},
};
static const struct key_map keep = {"a mapping such as { files: 100, size: 200GiB, free: 10GiB }",
				    NULL, KEYS(keep_keys)};

/* In the order in which they are read and written. */
static const struct key keys[] = {
	{"directory", &directory, AT(directory), .required = EXAMPLE},
	{"rotate", &limits, AT(rotate), .map = &rotate},
	{"keep", &limits, AT(keep), .map = &keep},
	{"snap", &key_number, AT(snap), .low = 1, .high = CONFIG_SNAP_MAX, .otherwise = "262144"},
	{"memory", &key_bytes, AT(memory), .low = MEMORY_MIN, .high = TIB, .step = 2 * MIB,
	 .otherwise = "64MiB"},
	{"queue", &key_number, AT(queue), .low = 1024, .high = 1 << 20, .otherwise = "8192"},
	{"before", &key_duration, AT(before_ns)},
	{"after", &key_duration, AT(after_ns),
	 .given = offsetof(struct config_capture, after_given)},
	{"trigger", &triggers, .given = offsetof(struct config_capture, triggered)},
};
const struct key_map key_capture = {"a mapping such as " EXAMPLE, "capture", KEYS(keys)};

static void
check(struct reader *reader, const struct spot *spot, const struct config_capture *capture)
{
	const struct config_rotate *rotates = &capture->rotate;
	const struct config_keep_files *keeps = &capture->keep;

	if ((capture->before_ns || capture->after_given) && !capture->triggered)
		reader_error(reader, spot,
			     "captures: %s: before and after need a trigger; name a rule, as in "
			     "trigger: [flood], or write trigger: [] where only `sluice capture "
			     "trigger` is one",
			     capture->name);
	if ((keeps->files || keeps->size || keeps->free) && !rotates->size && !rotates->every_ns &&
	    !rotates->packets)
		reader_error(reader, spot,
			     "captures: %s: keep removes whole files, and without rotate there is "
			     "one alone, which is never whole; say when another begins, as in "
			     "rotate: { size: 1GiB }",
			     capture->name);
}

static void
read_captures(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (!reader_section(reader, spot,
			    "a mapping of names to captures, such as { evidence: " EXAMPLE " }"))
		return;
	config->captures = reader_alloc(reader, CONFIG_CAPTURES_MAX, sizeof(*config->captures));
	if (!config->captures)
		return;
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_capture *capture = &config->captures[config->capture_count];
		unsigned before = reader->errors->count;

		if (config->capture_count == CONFIG_CAPTURES_MAX) {
			reader_error(reader, &key, "captures: more than %u", CONFIG_CAPTURES_MAX);
			break;
		}
		capture->name = reader_copy(reader, key.key);
		if (!capture->name)
			return;
		reader_claim(reader, &key, CONFIG_TARGET_CAPTURE, capture->name,
			     config->capture_count++);
		capture->place = (struct config_place){key.line, key.column};
		if (key_read(reader, &value, &key_capture, capture) &&
		    reader->errors->count == before)
			check(reader, &value, capture);
	}
}

const struct key_type key_captures_section = {.read = read_captures};

static bool
is_gift(const struct config_action *action)
{
	return (action->verb == CONFIG_MIRROR || action->verb == CONFIG_FORWARD) &&
	       action->target.kind == CONFIG_TARGET_CAPTURE;
}

static bool
gives(const struct config_rule *rule, unsigned capture)
{
	for (unsigned i = 0; i < rule->actions.count; i++) {
		const struct config_action *action = &rule->actions.items[i];

		if (is_gift(action) && action->target.index == capture)
			return true;
	}
	return false;
}

static void
check_trigger(struct reader *reader, unsigned capture, const struct config_trigger *trigger)
{
	const struct config *config = reader->config;
	uint32_t rule = names_find(&reader->rules, trigger->rule);
	const char *name = config->captures[capture].name;

	if (rule == NAMES_NONE)
		error_add(reader->errors, trigger->place.line, trigger->place.column, NULL,
			  "trigger: there is no rule %s", text_quote(trigger->rule).text);
	else if (!gives(&config->rules[rule], capture))
		error_add(reader->errors, trigger->place.line, trigger->place.column, NULL,
			  "trigger: rule %s gives %s nothing (no mirror or forward to it), so it "
			  "would never trigger",
			  trigger->rule, name);
}

void
capture_check_triggers(struct reader *reader)
{
	const struct config *config = reader->config;

	for (unsigned i = 0; i < config->capture_count; i++) {
		for (unsigned j = 0; j < config->captures[i].trigger_count; j++)
			check_trigger(reader, i, &config->captures[i].triggers[j]);
	}
}

bool
config_triggers(const struct config *config, uint32_t rule, unsigned capture)
{
	const struct config_capture *which = &config->captures[capture];

	if (rule >= config->rule_count)
		return false;
	for (unsigned i = 0; i < which->trigger_count; i++) {
		if (strcmp(which->triggers[i].rule, config->rules[rule].name) == 0)
			return true;
	}
	return false;
}

static bool
gives_twice(const struct config_actions *actions, unsigned *gifts)
{
	for (unsigned i = 0; i < actions->count; i++)
		*gifts += is_gift(&actions->items[i]);
	return *gifts > 1;
}

bool
config_captures_share(const struct config *config)
{
	unsigned gifts = 0;

	for (uint32_t i = 0; i < config->rule_count; i++) {
		if (gives_twice(&config->rules[i].actions, &gifts))
			return true;
	}
	return gives_twice(&config->default_actions, &gifts);
}

uint64_t
config_captures_bytes(const struct config *config, const struct config *before)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < config->capture_count; i++) {
		int at = before ? config_target_find(before, CONFIG_TARGET_CAPTURE,
						     config->captures[i].name)
				: -1;

		if (at < 0 ||
		    !config_target_same(before, config, CONFIG_TARGET_CAPTURE, (unsigned)at, i))
			bytes += config->captures[i].memory;
	}
	return bytes;
}

uint32_t
config_targets_packets(const struct config *config)
{
	uint32_t packets = config->return_count * CONFIG_RETURN_ROOM;

	for (unsigned i = 0; i < config->capture_count; i++)
		packets += config->captures[i].queue;
	return packets;
}
