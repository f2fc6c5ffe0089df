/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the actions of a list mean for each other: whether something comes of each, and in how many
 * shapes packets leave. An edit that takes back what another did is an error; one that changes
 * nothing, or that leaves nothing of an earlier one, is worth a warning, as a list that is put
 * together by a program may well have some.
 */
#include <stdlib.h>
#include <string.h>

#include "config/list.h"
#include "core/text.h"

#include "core/banned.h"

#define ETHER_BYTES 14 /* no link header is shorter */

/* What is known of a packet behind the edits that were looked at. */
struct shape {
	unsigned steps; /* edits and gates */
	bool no_tags, stamped;
	const struct config_slice *slice; /* NULL: none, or headers were put on or off behind it */
	/* Since the last target, header and beginning of a list: what was written, and put on. */
	const struct config_set_edit *sets[CONFIG_SET_FIELDS];
	const struct config_push *push;
};

struct check {
	struct reader *reader;
	const struct spot *spot; /* of the action at hand */
};

/* Whoever has got the packet as it is by now has a use for it. */
static void
forget(struct shape *shape)
{
	memset(shape->sets, 0, sizeof(shape->sets));
	shape->push = NULL;
}

static bool
replaces_address(const struct config_prefix *later, const struct config_prefix *earlier)
{
	return later->family == earlier->family && later->length >= earlier->length;
}

/* Whether nothing is left of what the earlier one wrote into a field that both have. */
static bool
replaces(const struct config_set_edit *later, const struct config_set_edit *earlier,
	 enum config_set_field field)
{
	switch (field) {
	case CONFIG_SET_SRC:
		return replaces_address(&later->src, &earlier->src);
	case CONFIG_SET_DST:
		return replaces_address(&later->dst, &earlier->dst);
	case CONFIG_SET_TTL:
		return !later->ttl_relative;
	default:
		return true;
	}
}

static void
check_set(const struct check *check, struct shape *shape, const struct config_set_edit *set)
{
	for (unsigned i = 0; i < CONFIG_SET_FIELDS; i++) {
		enum config_set_field field = 1u << i;

		if (!(set->given & field))
			continue;
		if (shape->no_tags && (field == CONFIG_SET_VLAN || field == CONFIG_SET_PCP))
			reader_warning(
				check->reader, check->spot,
				"set: %s: no VLAN tag is left, as vlans were stripped; push one "
				"instead, as in { push: { vlan: 100 } }",
				key_set_field(field));
		else if (shape->sets[i] && replaces(set, shape->sets[i], field))
			reader_warning(
				check->reader, check->spot,
				"set: %s is set again, and what was set before is lost; leave "
				"one out",
				key_set_field(field));
		shape->sets[i] = set;
	}
}

static void
check_push(struct shape *shape, const struct config_push *push)
{
	forget(shape);
	shape->push = push;
	shape->no_tags = false;
	shape->slice = NULL;
}

static bool
takes_off(enum config_strip_word word, enum config_push_kind kind)
{
	switch (kind) {
	case CONFIG_PUSH_VLAN:
		return word == CONFIG_STRIP_VLAN || word == CONFIG_STRIP_VLANS;
	case CONFIG_PUSH_MPLS:
		return word == CONFIG_STRIP_MPLS;
	case CONFIG_PUSH_VXLAN:
		return word == CONFIG_STRIP_VXLAN || word == CONFIG_STRIP_TUNNEL;
	case CONFIG_PUSH_GENEVE:
		return word == CONFIG_STRIP_GENEVE || word == CONFIG_STRIP_TUNNEL;
	case CONFIG_PUSH_GRE:
		return word == CONFIG_STRIP_GRE || word == CONFIG_STRIP_TUNNEL;
	case CONFIG_PUSH_ERSPAN:
		return word == CONFIG_STRIP_ERSPAN || word == CONFIG_STRIP_TUNNEL;
	}
	return false;
}

static void
check_strip(const struct check *check, struct shape *shape, const struct config_strip *strip)
{
	for (unsigned i = 0; i < strip->count; i++) {
		enum config_strip_word word = strip->what[i];
		bool tags = word == CONFIG_STRIP_VLAN || word == CONFIG_STRIP_VLANS;

		if (tags && shape->no_tags)
			reader_warning(
				check->reader, check->spot,
				"strip: no VLAN tag is left behind vlans, which takes off all; "
				"leave one out");
		else if (shape->push && takes_off(word, shape->push->kind))
			reader_error(check->reader, check->spot,
				     "strip: it takes off what push: %s put on; leave both out",
				     key_push_kind(shape->push->kind));
		shape->no_tags = word == CONFIG_STRIP_VLANS || (tags && shape->no_tags);
		shape->push = NULL;
	}
	forget(shape);
	shape->slice = NULL;
}

static void
check_slice(const struct check *check, struct shape *shape, const struct config_slice *slice)
{
	const struct config_slice *before = shape->slice;

	if (shape->stamped)
		reader_error(check->reader, check->spot,
			     "slice: it cuts off the trailer that stamp put on; put stamp behind "
			     "slice");
	else if (before && before->after == slice->after && before->bytes <= slice->bytes)
		reader_warning(check->reader, check->spot,
			       "slice: %u bytes are no less than the %u of the slice before; leave "
			       "one out",
			       slice->bytes, before->bytes);
	shape->slice = slice;
}

/* A header that the packet lacks begins where the one before it ends, so all may lie together. */
static bool
cut_off(const struct config_slice *slice, const struct config_mask *mask)
{
	bool behind_link = slice->after == CONFIG_AFTER_NOTHING && mask->after > slice->after;

	return mask->after >= slice->after &&
	       mask->from + (behind_link ? ETHER_BYTES : 0) >= slice->bytes;
}

static void
check_mask(const struct check *check, struct shape *shape, const struct config_mask *mask)
{
	if (shape->stamped && mask->bytes == 0)
		reader_error(
			check->reader, check->spot,
			"mask: it covers the trailer that stamp put on; put stamp behind mask");
	else if (shape->slice && cut_off(shape->slice, mask))
		reader_error(check->reader, check->spot,
			     "mask: slice cut off all that it covers; put mask before slice, or "
			     "leave it out");
}

static void check_steps(const struct check *check, struct shape *shape,
			const struct config_actions *actions);

static void
check_step(const struct check *check, struct shape *shape, const struct config_action *action)
{
	shape->steps += action->verb != CONFIG_EDIT;
	switch (action->verb) {
	case CONFIG_EDIT:
		check_steps(check, shape, &check->reader->config->edits[action->edits].actions);
		break;
	case CONFIG_SET:
		check_set(check, shape, action->set);
		break;
	case CONFIG_PUSH:
		check_push(shape, action->push);
		break;
	case CONFIG_STRIP:
		check_strip(check, shape, action->strip);
		break;
	case CONFIG_SLICE:
		check_slice(check, shape, action->slice);
		break;
	case CONFIG_MASK:
		check_mask(check, shape, action->mask);
		break;
	case CONFIG_STAMP:
		shape->stamped = true;
		break;
	default:
		break;
	}
}

/* Of a named list, which stand where it is used. */
static void
check_steps(const struct check *check, struct shape *shape, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++)
		check_step(check, shape, &actions->items[i]);
}

static struct spot
item_spot(const struct spot *list, unsigned index, const struct config_action *action)
{
	return (struct spot){.up = list,
			     .index = index,
			     .line = action->place.line,
			     .column = action->place.column};
}

static void
check_count(const struct check *check, const struct shape *shape)
{
	if (shape->steps > CONFIG_STEPS_MAX)
		reader_error(check->reader, check->spot,
			     "%s: %u edits and gates, one behind the other; at most %u can be",
			     spot_key(check->spot), shape->steps, CONFIG_STEPS_MAX);
}

/* Of a mirror: its own edits come behind those before it, and don't touch what follows. */
static void
check_with(const struct check *check, struct shape shape, const struct config_actions *with)
{
	struct spot list = {.up = check->spot, .key = "with"};

	for (unsigned i = 0; i < with->count; i++) {
		struct spot spot = item_spot(&list, i, &with->items[i]);

		check_step(&(struct check){check->reader, &spot}, &shape, &with->items[i]);
	}
	check_count(check, &shape);
}

static bool
is_step(const struct config_action *action)
{
	enum config_action_kind kind = config_action_kind(action);

	return kind == CONFIG_IS_EDIT || kind == CONFIG_IS_GATE;
}

static bool
is_target(const struct config_action *action)
{
	return action->verb == CONFIG_FORWARD || action->verb == CONFIG_MIRROR;
}

static bool
has_gates(const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		if (config_action_kind(&actions->items[i]) == CONFIG_IS_GATE)
			return true;
	}
	return false;
}

/* Two lists of edits do the same when they are written the same. Gates count for themselves. */
static bool
same_with(const struct config *config, const struct config_actions *a,
	  const struct config_actions *b)
{
	char *first = NULL, *second = NULL;
	struct key_out out = {NULL, config};
	size_t size;
	bool same;

	if (!a || !b || has_gates(a) || has_gates(b))
		return a == b;
	out.file = open_memstream(&first, &size);
	if (out.file) {
		list_write(&out, a);
		first = text_close(out.file, &first);
	}
	out.file = open_memstream(&second, &size);
	if (out.file) {
		list_write(&out, b);
		second = text_close(out.file, &second);
	}
	same = first && second && strcmp(first, second) == 0;
	free(first);
	free(second);
	return same;
}

static const struct config_actions *
with_of(const struct config_action *action)
{
	return action->verb == CONFIG_MIRROR ? action->with : NULL;
}

/* In how many ways a packet is given away. A step begins others, as does a with that none had. */
static unsigned
count_forms(const struct config *config, const struct config_actions *actions)
{
	unsigned forms = 0, first = 0;

	for (unsigned i = 0; i < actions->count; i++) {
		bool known = false;

		if (is_step(&actions->items[i]))
			first = i;
		for (unsigned j = first; j < i && !known && is_target(&actions->items[i]); j++)
			known = is_target(&actions->items[j]) &&
				same_with(config, with_of(&actions->items[j]),
					  with_of(&actions->items[i]));
		forms += is_target(&actions->items[i]) && !known;
	}
	return forms;
}

/* The first step that has no target behind it, or NULL. */
static const struct config_action *
find_useless(const struct config_actions *actions)
{
	unsigned at = actions->count;

	while (at > 0 && !is_target(&actions->items[at - 1]))
		at--;
	for (; at < actions->count; at++) {
		if (is_step(&actions->items[at]))
			return &actions->items[at];
	}
	return NULL;
}

void
shape_check_rule(struct reader *reader, const struct spot *list,
		 const struct config_actions *actions)
{
	const struct config_action *useless = find_useless(actions);
	struct config_gate gates[CONFIG_GATES_MAX];
	unsigned forms, gate_count = config_gates(actions, gates);
	struct shape shape = {0};

	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];
		struct spot spot = item_spot(list, i, action);
		struct check check = {reader, &spot};

		if (action == useless)
			reader_error(
				reader, &spot,
				"actions: %s leaves the rule with nothing to send it to; put a "
				"mirror or forward behind it, or take it out",
				config_verb_name(action->verb));
		if (is_step(action)) {
			check_step(&check, &shape, action);
		} else if (is_target(action)) {
			check_count(&check, &shape);
			forget(&shape);
			if (with_of(action))
				check_with(&check, shape, action->with);
		}
	}
	forms = count_forms(reader->config, actions);
	if (forms > CONFIG_FORMS_MAX)
		reader_error(
			reader, list,
			"actions: packets leave in %u forms, by their edits and gates; one rule "
			"can make %u",
			forms, CONFIG_FORMS_MAX);
	if (gate_count > CONFIG_GATES_MAX)
		reader_error(reader, list, "actions: %u gates; one rule can have %u", gate_count,
			     CONFIG_GATES_MAX);
}

void
shape_check_edits(struct reader *reader, const struct spot *list,
		  const struct config_actions *actions)
{
	struct shape shape = {0};

	for (unsigned i = 0; i < actions->count; i++) {
		struct spot spot = item_spot(list, i, &actions->items[i]);

		check_step(&(struct check){reader, &spot}, &shape, &actions->items[i]);
	}
	check_count(&(struct check){reader, list}, &shape);
}
