/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/form.h"

#include <errno.h>
#include <rte_common.h>
#include <stdlib.h>

#include "config/config.h"

#include "core/banned.h"

/* As many forms can be wanted of one packet as it can have references (classify/references.h). */
#define MOST_MAX 60000

/* What stands before a target. */
struct before {
	const struct config_action *edits[CONFIG_STEPS_MAX];
	uint16_t numbers[CONFIG_STEPS_MAX]; /* of the list's edits, which each is of */
	unsigned count;
	uint32_t gates;
	/* By edit, a stamp, which says what they found: those before it, mirrors' among them. */
	uint32_t dedups[CONFIG_STEPS_MAX];
};

/* A form while its list is read. */
struct draft {
	struct edit *edit; /* NULL: none */
	uint32_t gates;
	uint32_t dedups; /* before its last stamp */
	uint8_t targets;
	uint32_t segments;
	bool tells; /* what it cuts, since some target keeps packets */
};

struct build {
	struct forms *forms;
	const struct config *config;
	const struct form_targets *targets;
	/* Of programs by what they do: the number of a run, from 1; 0: none. size is a power of
	 * two. */
	uint32_t *table;
	uint32_t size;
	/* The list at hand. */
	uint32_t rule;
	struct draft drafts[CONFIG_FORMS_MAX];
	unsigned draft_count, gate_count, edit_count;
	uint32_t dedups;
	bool loops; /* some target gives packets back */
	struct unedited_draft unedited;
};

static void
add_one(const struct build *build, struct before *before, const struct config_action *action)
{
	before->dedups[before->count] = action->verb == CONFIG_STAMP ? build->dedups : 0;
	before->numbers[before->count] = build->edit_count;
	before->edits[before->count++] = action;
}

static void
add_edit(struct build *build, struct before *before, const struct config_action *action)
{
	const struct config_actions *named = NULL;

	if (action->verb == CONFIG_EDIT)
		named = &build->config->edits[action->edits].actions;
	else
		add_one(build, before, action);
	for (unsigned i = 0; named && i < named->count; i++)
		add_one(build, before, &named->items[i]);
	build->edit_count++;
}

static void
add_gate(struct build *build, struct before *before, const struct config_action *action)
{
	struct forms *forms = build->forms;

	forms->reasons[forms->reason_count++] =
		tally_acted_rows[tally_acted_of(action->verb)].reason;
	if (action->verb == CONFIG_DEDUP)
		build->dedups |= 1u << build->gate_count;
	before->gates |= 1u << build->gate_count++;
}

/* What a packet looks like behind these, which may be what it looks like to another target. */
static int
find_draft(struct build *build, const struct before *before, unsigned *found)
{
	struct edit *edit = NULL;
	uint32_t dedups = 0;

	if (before->count && edit_make(before->edits, before->count, &edit) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < before->count; i++) {
		if (before->dedups[i])
			edit_tell(edit, i, before->dedups[i]);
		dedups |= before->dedups[i];
	}
	for (*found = 0; *found < build->draft_count; ++*found) {
		const struct draft *draft = &build->drafts[*found];

		if (draft->gates == before->gates && !draft->edit == !edit &&
		    (!edit || edit_same(draft->edit, edit))) {
			edit_free(edit);
			return 0;
		}
	}
	build->drafts[build->draft_count++] = (struct draft){
		.edit = edit, .gates = before->gates, .dedups = dedups, .segments = UINT32_MAX};
	return 0;
}

static int
add_target(struct build *build, struct form_list *list, const struct before *before,
	   const struct config_target *target)
{
	struct forms *forms = build->forms;
	struct draft *draft;
	unsigned form;

	if (find_draft(build, before, &form) < 0)
		return -ENOMEM;
	forms->steps[forms->step_count++] = (struct form_step){
		build->targets->code(build->targets->of, build->rule, target), form};
	list->step_count++;
	draft = &build->drafts[form];
	draft->targets++;
	for (unsigned i = 0; i < before->count; i++)
		build->unedited.rows[build->unedited.count++] =
			(struct unedited_row){before->numbers[i], form, i};
	draft->segments =
		RTE_MIN(draft->segments, build->targets->segments(build->targets->of, target));
	draft->tells |= draft->edit && edit_reach(draft->edit)->cuts &&
			build->targets->keeps(build->targets->of, target);
	build->loops |= build->targets->loops(build->targets->of, target);
	return 0;
}

static int
add_mirror(struct build *build, struct form_list *list, const struct before *before,
	   const struct config_action *mirror)
{
	struct before own = *before;

	for (unsigned i = 0; mirror->with && i < mirror->with->count; i++) {
		const struct config_action *action = &mirror->with->items[i];

		if (config_action_kind(action) == CONFIG_IS_EDIT)
			add_edit(build, &own, action);
		else
			add_gate(build, &own, action);
	}
	return add_target(build, list, &own, &mirror->target);
}

static int
read_list(struct build *build, struct form_list *list, const struct config_actions *actions)
{
	struct before before = {0};
	int ret = 0;

	for (unsigned i = 0; i < actions->count && ret == 0; i++) {
		const struct config_action *action = &actions->items[i];

		switch (config_action_kind(action)) {
		case CONFIG_IS_EDIT:
			add_edit(build, &before, action);
			break;
		case CONFIG_IS_GATE:
			add_gate(build, &before, action);
			break;
		case CONFIG_IS_MIRROR:
			ret = add_mirror(build, list, &before, action);
			break;
		case CONFIG_IS_END:
			list->forwards = action->verb == CONFIG_FORWARD;
			if (list->forwards)
				ret = add_target(build, list, &before, &action->target);
			break;
		}
	}
	return ret;
}

/* Takes over the edit. */
static uint32_t
find_run(struct build *build, struct edit *edit, unsigned manner)
{
	struct forms *forms = build->forms;
	uint32_t slot = edit_hash(edit) & (build->size - 1);

	for (; build->table[slot]; slot = (slot + 1) & (build->size - 1)) {
		const struct form_run *run = &forms->runs[build->table[slot] - 1];

		if (run->manner == manner && edit_same(run->edit, edit)) {
			edit_free(edit);
			return build->table[slot] - 1;
		}
	}
	forms->runs[forms->run_count++] = (struct form_run){edit, manner};
	build->table[slot] = forms->run_count;
	forms->parses |= edit_reach(edit)->parses;
	forms->timed |= edit_reach(edit)->timed;
	return forms->run_count - 1;
}

/*
 * The form that the list's end gets may be edited where the packet lies, as nobody needs that
 * behind the end. Others may have it still: who else is given the packet holds a reference of its
 * own while forms are made, and the mbuf's count says so. That count is the same in every run,
 * since nothing made of a burst leaves before all is made of it.
 */
static unsigned
manner_of(const struct forms *forms, const struct form_list *list, unsigned index,
	  const struct draft *draft)
{
	const struct form_step *end = &forms->steps[list->step + list->step_count - 1];
	bool last = list->forwards && end->form == index;
	unsigned manner = (last ? OWN_ALONE : 0) | (draft->tells ? EDIT_TELLS : 0);

	if (draft->segments <= 1)
		return manner | OWN_ONE_SEGMENT;
	return draft->segments < UINT16_MAX ? manner | draft->segments << OWN_SEGMENTS : manner;
}

static void
settle(struct build *build, const struct form_list *list)
{
	struct forms *forms = build->forms;

	for (unsigned i = 0; i < build->draft_count; i++) {
		const struct draft *draft = &build->drafts[i];
		struct form *form = &forms->forms[forms->form_count++];

		*form = (struct form){FORM_AS_IT_CAME, draft->gates, draft->dedups, draft->targets};
		if (draft->edit)
			form->run = find_run(build, draft->edit, manner_of(forms, list, i, draft));
	}
}

/* Whether nobody is given two forms, so that it doesn't matter which of a burst's are given
 * first. */
static bool
is_whole(const struct build *build, const struct form_list *list)
{
	const struct form_step *steps = &build->forms->steps[list->step];
	uint64_t seen = 0;

	for (unsigned i = 0; i < list->step_count; i++) {
		if (steps[i].target >= build->targets->ports || (seen >> steps[i].target & 1))
			return false;
		seen |= UINT64_C(1) << steps[i].target;
	}
	for (unsigned i = 0; i < build->draft_count; i++) {
		if (build->drafts[i].edit && edit_reach(build->drafts[i].edit)->timed)
			return false;
	}
	return build->draft_count <= FORM_WHOLE_MAX;
}

static bool
has_edits(const struct build *build)
{
	for (unsigned i = 0; i < build->draft_count; i++) {
		if (build->drafts[i].edit)
			return true;
	}
	return false;
}

static int
add_list(struct build *build, const struct config_rule *rule)
{
	const struct config_actions *actions = &rule->actions;
	struct forms *forms = build->forms;
	struct form_list list = {.form = forms->form_count,
				 .step = forms->step_count,
				 .reason = forms->reason_count,
				 .unedited = forms->unedited.count,
				 .counts = rule->step + config_step_edits(actions)};

	build->rule = rule - build->config->rules;
	build->draft_count = 0;
	build->gate_count = 0;
	build->edit_count = 0;
	build->unedited.count = 0;
	build->dedups = 0;
	build->loops = false;
	if (read_list(build, &list, actions) < 0 ||
	    unedited_add(&forms->unedited, &build->unedited) < 0) {
		for (unsigned i = 0; i < build->draft_count; i++)
			edit_free(build->drafts[i].edit);
		return -ENOMEM;
	}
	/* The same mbuf would come in again and still say it. */
	for (unsigned i = 0; i < build->draft_count; i++)
		build->drafts[i].tells &= !build->loops;
	list.whole = is_whole(build, &list);
	list.plain = list.whole && !has_edits(build);
	list.single = list.whole && !list.plain && list.step_count == 1 && list.forwards &&
		      !build->drafts[0].tells;
	settle(build, &list);
	list.form_count = build->draft_count;
	list.unedited_count = build->unedited.count;
	list.dedups = build->dedups;
	if (!config_end(actions))
		forms->most = RTE_MIN(forms->most + list.form_count, MOST_MAX);
	forms->lists[forms->list_count++] = list;
	return 0;
}

static bool
has_forms(const struct config_rule *rule)
{
	return config_verbs(&rule->actions) & (CONFIG_EDIT_VERBS | CONFIG_GATE_VERBS);
}

/* As many of everything as there can be. */
static bool
allocate(struct build *build)
{
	const struct config *config = build->config;
	struct config_gate gates[CONFIG_GATES_MAX];
	struct forms *forms = build->forms;
	size_t targets = 0, reasons = 0, lists = 0;

	for (unsigned i = 0; i < config->rule_count; i++) {
		if (!has_forms(&config->rules[i]))
			continue;
		lists++;
		targets += config_targets(&config->rules[i].actions);
		reasons += config_gates(&config->rules[i].actions, gates);
	}
	for (build->size = 2; build->size < 2 * targets;)
		build->size *= 2;
	build->table = calloc(build->size, sizeof(*build->table));
	forms->forms = calloc(targets + 1, sizeof(*forms->forms));
	forms->steps = calloc(targets + 1, sizeof(*forms->steps));
	forms->runs = calloc(targets + 1, sizeof(*forms->runs));
	forms->reasons = calloc(reasons + 1, sizeof(*forms->reasons));
	forms->lists = calloc(lists + 1, sizeof(*forms->lists));
	return build->table && forms->forms && forms->steps && forms->runs && forms->reasons &&
	       forms->lists;
}

int
forms_make(struct forms *forms, const struct config *config, const struct form_targets *targets,
	   uint32_t *by)
{
	struct build build = {.forms = forms, .config = config, .targets = targets};
	int ret = allocate(&build) ? 0 : -ENOMEM;

	for (unsigned i = 0; i < config->rule_count && ret == 0; i++) {
		by[i] = 0;
		if (!has_forms(&config->rules[i]))
			continue;
		ret = add_list(&build, &config->rules[i]);
		by[i] = forms->list_count;
	}
	/* Beside those of rules that pass it on, those of the one that decides. */
	forms->most += CONFIG_FORMS_MAX;
	free(build.table);
	if (ret < 0)
		forms_free(forms);
	return ret;
}

void
forms_free(struct forms *forms)
{
	for (uint32_t i = 0; i < forms->run_count; i++)
		edit_free(forms->runs[i].edit);
	free(forms->forms);
	free(forms->steps);
	free(forms->reasons);
	free(forms->lists);
	free(forms->runs);
	free(forms->unedited.rows);
	*forms = (struct forms){0};
}

enum drop_reason
forms_reason(const struct forms *forms, const struct form_list *list, uint32_t stopped)
{
	const struct form_step *end = &forms->steps[list->step + list->step_count - 1];
	uint32_t gates;

	if (!list->forwards)
		return DROP_RULE;
	gates = forms->forms[list->form + end->form].gates & stopped;
	return forms->reasons[list->reason + __builtin_ctz(gates)];
}
