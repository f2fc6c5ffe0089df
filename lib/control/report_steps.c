/* SPDX-License-Identifier: BSD-3-Clause */
/* What each action of a list with edits or gates counted. */
#include "control/report_steps.h"

#include <inttypes.h>
#include <stdlib.h>

#include "control/report.h"
#include "core/text.h"

#include "core/banned.h"

struct walk {
	FILE *out;
	const struct config *config;
	const uint64_t *counts; /* see config_steps */
	unsigned gate, edit;    /* the next ones' numbers among the counts */
};

static void
put_action(const struct walk *walk, const struct config_action *action)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	config_put_action(out, walk->config, action);
	text = text_close(out, &text);
	fputs("{\"action\":\"", walk->out);
	report_put_string(walk->out, text ? text : "");
	fputc('"', walk->out);
	free(text);
}

/* How many of the packets that came to a mirror pass the gates of its own. */
static uint64_t
mirrored(const struct walk *walk, const struct config_action *mirror, uint64_t packets)
{
	unsigned gate = walk->gate;

	for (unsigned i = 0; mirror->with && i < mirror->with->count; i++) {
		if (config_action_kind(&mirror->with->items[i]) == CONFIG_IS_GATE)
			packets -= walk->counts[gate++];
	}
	return packets;
}

static void put_list(struct walk *walk, const struct config_actions *actions, uint64_t packets);

/* Returns how many of the packets that came to it go on. */
static uint64_t
put_step(struct walk *walk, const struct config_action *action, uint64_t packets)
{
	uint64_t stopped;

	put_action(walk, action);
	switch (config_action_kind(action)) {
	case CONFIG_IS_EDIT:
		fprintf(walk->out, ",\"unedited\":%" PRIu64, walk->counts[walk->edit++]);
		break;
	case CONFIG_IS_GATE:
		stopped = walk->counts[walk->gate++];
		packets -= stopped;
		fprintf(walk->out, ",\"passed\":%" PRIu64 ",\"stopped\":%" PRIu64, packets,
			stopped);
		break;
	case CONFIG_IS_MIRROR:
		fprintf(walk->out, ",\"packets\":%" PRIu64, mirrored(walk, action, packets));
		if (action->with) {
			fputs(",\"with\":", walk->out);
			put_list(walk, action->with, packets);
		}
		break;
	case CONFIG_IS_END:
		/* Whatever gates say. */
		if (action->verb == CONFIG_DROP)
			packets = walk->counts[CONFIG_STEP_TAKEN];
		fprintf(walk->out, ",\"packets\":%" PRIu64, packets);
		break;
	}
	fputc('}', walk->out);
	return packets;
}

static void
put_list(struct walk *walk, const struct config_actions *actions, uint64_t packets)
{
	fputc('[', walk->out);
	for (unsigned i = 0; i < actions->count; i++) {
		fputs(i ? "," : "", walk->out);
		packets = put_step(walk, &actions->items[i], packets);
	}
	fputc(']', walk->out);
}

bool
report_put_steps(FILE *out, const struct snapshot *snapshot, unsigned index)
{
	const struct config *config = snapshot->config;
	struct walk walk = {.out = out, .config = config};
	const struct config_rule *rule;

	if (index >= config->rule_count || !snapshot->steps)
		return false;
	rule = &config->rules[index];
	if (config_steps(&rule->actions) == 0)
		return false;
	walk.counts = snapshot->steps + rule->step;
	walk.gate = CONFIG_STEP_GATES;
	walk.edit = config_step_edits(&rule->actions);
	put_list(&walk, &rule->actions, walk.counts[CONFIG_STEP_TAKEN]);
	return true;
}
