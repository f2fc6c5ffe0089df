/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/fate.h"

#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "explain/edited.h"
#include "explain/member.h"
#include "explain/phrase.h"
#include "packet/own.h"

#include "core/banned.h"

/* What stands before a target in a list. */
struct before {
	const struct config_action *edits[CONFIG_STEPS_MAX];
	unsigned edit_count;
	const struct config_action *gates[CONFIG_GATES_MAX]; /* by number; NULL: not before it */
	bool duplicate;                                      /* what a stamp before it says */
};

/* A list as it is walked. */
struct list {
	struct fates *fates;
	uint32_t rule;
	const struct config_rule *of; /* NULL: the default */
	unsigned gate_count;          /* those read so far */
	bool duplicate;               /* some gate of it so far says that it is one */
};

static const struct gate_look *
look_of(const struct fates *fates, uint32_t rule, unsigned gate)
{
	for (unsigned i = 0; i < fates->trial->look_count && i < TRIAL_LOOKS_MAX; i++) {
		const struct gate_look *look = &fates->trial->looks[i];

		if (look->rule == rule && look->gate == gate)
			return look;
	}
	return NULL;
}

static bool
stops(const struct list *list, unsigned gate)
{
	const struct gate_look *look = look_of(list->fates, list->rule, gate);

	return look && look->asked && !look->passes;
}

static void
add_one(const struct list *list, struct before *before, const struct config_action *edit)
{
	if (edit->verb == CONFIG_STAMP)
		before->duplicate = list->fates->duplicate || list->duplicate;
	if (before->edit_count < CONFIG_STEPS_MAX)
		before->edits[before->edit_count++] = edit;
}

static void
add_edit(const struct list *list, struct before *before, const struct config_action *action)
{
	const struct config *config = list->fates->trial->config;
	const struct config_actions *named;

	if (action->verb != CONFIG_EDIT) {
		add_one(list, before, action);
		return;
	}
	named = &config->edits[action->edits].actions;
	for (unsigned i = 0; i < named->count; i++)
		add_one(list, before, &named->items[i]);
}

static void
add_gate(struct list *list, struct before *before, const struct config_action *action)
{
	unsigned gate = list->gate_count++;

	before->gates[gate] = action;
	if (action->verb == CONFIG_DEDUP && stops(list, gate))
		list->duplicate = true;
}

/* The first gate before a target that keeps the packet from it; NULL: none does. */
static const struct config_action *
gate_that_stops(const struct list *list, const struct before *before)
{
	for (unsigned i = 0; i < list->gate_count; i++) {
		if (before->gates[i] && stops(list, i))
			return before->gates[i];
	}
	return NULL;
}

static const char *
name_of(const struct list *list)
{
	return list->of ? list->of->name : "default";
}

static json_t *
drop_json(enum drop_reason reason)
{
	return json_pack("{s:s, s:s, s:s}", "reason", drop_reasons[reason].name, "why",
			 drop_reasons[reason].text, "mend", drop_reasons[reason].mend);
}

/* Finds the packet among those that left; bytes may differ where a worker counts in them. */
static bool
claim(struct fates *fates, uint16_t slot, const struct edited *edited)
{
	struct trial *trial = fates->trial;

	for (unsigned i = 0; i < trial->sent_count; i++) {
		struct trial_sent *sent = &trial->sent[i];

		if (sent->claimed || sent->slot != slot || sent->length != edited->length)
			continue;
		if (!edited->sequenced && memcmp(sent->bytes, edited->bytes, sent->length) != 0)
			continue;
		sent->claimed = true;
		return true;
	}
	return false;
}

/* How a port's packets are taken for edits. */
static unsigned
manner_for(const struct port *port)
{
	const struct frame_limits *sends = &port->sends;

	if (sends->chained == 0)
		return OWN_ALONE | OWN_ONE_SEGMENT;
	return sends->segments < UINT16_MAX ? OWN_ALONE | sends->segments << OWN_SEGMENTS
					    : OWN_ALONE;
}

/* Whether a tag of 802.1Q stands first. */
static bool
is_tagged(const struct edited *edited)
{
	return edited->length >= 14 && edited->bytes[12] == 0x81 && edited->bytes[13] == 0;
}

/* Why a port does not take a packet, as docs/guide.md has it of each reason; DROP_REASONS: it
 * does. */
static enum drop_reason
refusal(const struct fates *fates, const struct port *port, const struct edited *edited)
{
	const struct frame_limits *sends = &port->sends;
	uint32_t length = edited->length;

	if (!(trial_up(fates->trial, fates->question) >> port->index & 1))
		return port_service(port) == PORT_REMOVED ? DROP_REMOVED : DROP_PORT_DOWN;
	if (length < sends->min)
		return DROP_TOO_SHORT;
	if (length > sends->max || (length > sends->untagged && !is_tagged(edited)))
		return DROP_TOO_LONG;
	if (edited->segments == 1)
		return DROP_REASONS;
	if (sends->chained == 0 || edited->segments > sends->segments)
		return DROP_SEGMENTS;
	return length > sends->chained ? DROP_TOO_LONG : DROP_REASONS;
}

static uint64_t
ports_up(const struct fates *fates)
{
	const struct trial *trial = fates->trial;
	uint64_t up = 0;

	for (unsigned i = 0; i < trial->config->port_count; i++)
		up |= (uint64_t) !(fates->question->down >> i & 1) << i;
	return up;
}

/* Whether it leaves where it is to: what is no port, and so in no slot of one, takes all. */
static enum drop_reason
judge(struct fates *fates, uint16_t slot, const struct edited *edited)
{
	enum drop_reason reason = DROP_REASONS;

	if (slot < CONFIG_PORTS_MAX)
		reason = refusal(fates, fates->trial->ports[slot], edited);
	if (reason == DROP_REASONS)
		fates->agree &= claim(fates, slot, edited);
	return reason;
}

/* A packet as a target gets it. Returns why it does not leave; DROP_REASONS: it does. */
static enum drop_reason
leave(struct fates *fates, const struct list *list, const struct before *before, uint16_t slot,
      const struct config_action *action)
{
	const struct trial *trial = fates->trial;
	unsigned manner =
		slot < CONFIG_PORTS_MAX ? manner_for(trial->ports[slot]) : (unsigned)OWN_ALONE;
	enum drop_reason reason = DROP_REASONS;
	struct edited edited;

	if (edited_make(trial, fates->question, fates->reading, before->edits, before->edit_count,
			before->duplicate, manner, &edited) < 0)
		fates->no_memory = true;
	else
		reason = judge(fates, slot, &edited);
	if (reason == DROP_REASONS && !fates->no_memory)
		json_array_append_new(fates->leaves,
				      json_pack("{s:s, s:s, s:o, s:O, s:i, s:o}", "port",
						trial_name(trial, slot), "rule", name_of(list),
						"action", phrase_action(trial->config, action),
						"edits", edited.steps, "length", (int)edited.length,
						"bytes", edited_hex(edited.bytes, edited.length)));
	free(edited.bytes);
	json_decref(edited.steps);
	return reason;
}

/* One target; *group: how its member was chosen, or NULL; *name: who gets it, or NULL. */
static enum drop_reason
give(struct fates *fates, const struct list *list, const struct before *before,
     const struct config_action *action, json_t **group, const char **name)
{
	const struct config *config = fates->trial->config;
	struct config_target target = action->target;
	enum drop_reason reason;
	uint16_t slot;
	int member;

	*name = NULL;
	if (target.kind == CONFIG_TARGET_GROUP) {
		member = member_choose(fates->reading, &config->groups[target.index],
				       ports_up(fates), group);
		if (member < 0)
			return DROP_NO_MEMBER;
		target = (struct config_target){CONFIG_TARGET_PORT, (uint16_t)member};
	}
	slot = trial_slot(fates->trial, &target);
	reason = leave(fates, list, before, slot, action);
	if (reason == DROP_REASONS)
		*name = trial_name(fates->trial, slot);
	return reason;
}

static void
mirror(struct list *list, const struct before *outer, const struct config_action *action)
{
	struct fates *fates = list->fates;
	const struct config *config = fates->trial->config;
	struct before before = *outer;
	const struct config_action *gate;
	enum drop_reason reason = DROP_REASONS;
	json_t *group = NULL, *told;
	const char *name = NULL;

	for (unsigned i = 0; action->with && i < action->with->count; i++) {
		if (config_action_kind(&action->with->items[i]) == CONFIG_IS_EDIT)
			add_edit(list, &before, &action->with->items[i]);
		else
			add_gate(list, &before, &action->with->items[i]);
	}
	gate = gate_that_stops(list, &before);
	if (!gate)
		reason = give(fates, list, &before, action, &group, &name);
	told = json_pack("{s:s, s:s, s:s?, s:o?}", "rule", name_of(list), "target",
			 config_target_name(config, &action->target), "port", name, "group", group);
	json_object_set_new(told, "stopped_by", gate ? phrase_action(config, gate) : json_null());
	json_object_set_new(told, "drop", reason == DROP_REASONS ? json_null() : drop_json(reason));
	json_array_append_new(fates->mirrors, told);
	if (reason != DROP_REASONS)
		fates->drops[reason]++;
}

static enum drop_reason
reason_of(enum config_verb verb)
{
	return tally_acted_rows[tally_acted_of(verb)].reason;
}

static void
end(struct list *list, const struct before *before, const struct config_action *action)
{
	struct fates *fates = list->fates;
	const struct config_action *gate = NULL;
	enum drop_reason reason = list->of ? DROP_RULE : DROP_DEFAULT;
	json_t *group = NULL;
	const char *name;

	if (action->verb == CONFIG_FORWARD) {
		gate = gate_that_stops(list, before);
		reason = gate ? reason_of(gate->verb)
			      : give(fates, list, before, action, &group, &name);
	}
	fates->group = group ? group : json_null();
	if (reason == DROP_REASONS) {
		fates->drop = json_null();
		return;
	}
	fates->drops[reason]++;
	fates->drop = drop_json(reason);
	if (gate)
		json_object_set_new(fates->drop, "stopped_by",
				    phrase_action(fates->trial->config, gate));
}

static void
walk(struct list *list, const struct config_actions *actions)
{
	struct before before = {0};

	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		switch (config_action_kind(action)) {
		case CONFIG_IS_EDIT:
			add_edit(list, &before, action);
			break;
		case CONFIG_IS_GATE:
			add_gate(list, &before, action);
			break;
		case CONFIG_IS_MIRROR:
			mirror(list, &before, action);
			break;
		case CONFIG_IS_END:
			end(list, &before, action);
			break;
		}
	}
	list->fates->duplicate |= list->duplicate;
}

void
fates_of_rule(struct fates *fates, uint32_t rule)
{
	struct list list = {.fates = fates, .rule = rule, .of = &fates->trial->config->rules[rule]};

	walk(&list, &list.of->actions);
}

void
fates_of_default(struct fates *fates)
{
	struct list list = {.fates = fates, .rule = fates->trial->config->rule_count};

	walk(&list, &fates->trial->config->default_actions);
}

bool
fates_agree(const struct fates *fates)
{
	const struct trial *trial = fates->trial;
	bool agree = fates->agree;

	for (unsigned i = 0; i < trial->sent_count; i++)
		agree &= trial->sent[i].claimed;
	return agree && memcmp(trial->burst->in->drops, fates->drops, sizeof(fates->drops)) == 0;
}
