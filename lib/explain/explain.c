/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/explain.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>

#include "classify/plan.h"
#include "explain/fate.h"
#include "explain/found.h"
#include "explain/reading.h"
#include "explain/tell.h"
#include "explain/trial.h"
#include "port/time.h"

#include "core/banned.h"

/* Enough for the EAL to begin with: a question's pools are small. */
#define EAL_PACKETS 1023

struct explain {
	struct trial trial;
	struct program *own; /* compiled for questions; NULL: another's */
};

int
explain_start(const struct config *config)
{
	uint16_t cores[CONFIG_WORKERS_MAX];
	struct config small = *config;
	int ret;

	small.hugepages = CONFIG_HUGEPAGES_FALSE;
	small.packets = EAL_PACKETS;
	small.replay_count = 0;
	ret = ports_start_eal(&small, PORT_OFFLINE, NULL, cores);
	return ret < 0 ? ret : packet_time_register();
}

static struct explain *
no_memory(struct error_list *errors)
{
	error_add(errors, 0, 0, NULL, "out of memory for an explanation");
	return NULL;
}

int
explain_compile(struct config *config, const struct stage_clock *clock, struct explain **out,
		struct error_list *errors)
{
	struct explain *explain = calloc(1, sizeof(*explain));
	int ret;

	if (!explain) {
		no_memory(errors);
		return -ENOMEM;
	}
	ret = trial_ports(config, NULL, NULL, &explain->trial);
	if (ret == 0)
		ret = program_make(config,
				   &(struct program_setting){STAGE_LOOKS, explain->trial.ports,
							     &explain->trial.pool, 1, NULL},
				   &explain->own, errors);
	else
		no_memory(errors);
	if (ret == 0 && trial_make(explain->own, NULL, &explain->trial) < 0) {
		explain->own->config = NULL;
		no_memory(errors);
		ret = -ENOMEM;
	}
	explain->trial.clock = clock;
	if (ret < 0)
		explain_free(explain);
	else
		*out = explain;
	return ret;
}

int
explain_running(const struct explain_live *live, struct explain **out, struct error_list *errors)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (explain && trial_make(live->program, live, &explain->trial) == 0) {
		*out = explain;
		return 0;
	}
	explain_free(explain);
	no_memory(errors);
	return -ENOMEM;
}

void
explain_free(struct explain *explain)
{
	if (!explain)
		return;
	trial_free(&explain->trial);
	program_free(explain->own);
	free(explain);
}

const struct config *
explain_config(const struct explain *explain)
{
	return explain->trial.config;
}

struct trial *
explain_trial(struct explain *explain)
{
	return &explain->trial;
}

static const struct classify_plan *
plan_of(const struct trial *trial)
{
	return trial->classify.state;
}

/* What the stages and the reading say of the rules, side by side. */
static bool
same_rules(const struct trial *trial, const struct found *found)
{
	const struct tally_rule *counted = trial->burst->rules;
	bool same = trial->verdict == found->winner && trial->steady;

	for (uint32_t i = 0; i <= trial->config->rule_count && same; i++)
		same = (counted[i].packets > 0) ==
		       (i == found->winner || (i < found->winner && found_took(found, i)));
	return same;
}

static void
read_fates(struct fates *fates, const struct found *found)
{
	const struct config *config = fates->trial->config;

	for (uint32_t i = 0; i < found->winner; i++) {
		if (found_took(found, i))
			fates_of_rule(fates, i);
	}
	if (found->winner < config->rule_count)
		fates_of_rule(fates, found->winner);
	else
		fates_of_default(fates);
}

/* Last of all: what the run noted is gone then. */
static json_t *
tell_cost(struct trial *trial, const struct explain_question *question)
{
	int64_t acts = trial_cost_acts(trial, question);

	return json_pack("{s:I, s:o}", "classify_cycles", (json_int_t)trial_cost(trial, question),
			 "act_cycles", acts < 0 ? json_null() : json_integer((json_int_t)acts));
}

static json_t *
answer(struct explain *explain, const struct explain_question *question,
       const struct reading *reading)
{
	struct trial *trial = &explain->trial;
	struct found found;
	struct fates fates = {.trial = trial,
			      .question = question,
			      .reading = reading,
			      .agree = true,
			      .mirrors = json_array(),
			      .leaves = json_array()};
	json_t *told = NULL;

	if (found_make(&found, reading, plan_of(trial), question->near) == 0 &&
	    trial_run(trial, question) == 0) {
		read_fates(&fates, &found);
		told = tell(trial, question, reading, plan_of(trial), &found, &fates);
		tell_agreement(told, trial, same_rules(trial, &found), fates_agree(&fates));
		if (question->cost)
			json_object_set_new(told, "cost", tell_cost(trial, question));
	}
	found_free(&found);
	json_decref(fates.mirrors);
	json_decref(fates.leaves);
	json_decref(fates.group);
	json_decref(fates.drop);
	if (fates.no_memory) {
		json_decref(told);
		return NULL;
	}
	return told;
}

json_t *
explain_ask(struct explain *explain, const struct explain_question *question)
{
	struct trial *trial = &explain->trial;
	struct reading reading = {.config = trial->config,
				  .packet = trial_packet(trial, question),
				  .bytes = question->bytes,
				  .length = question->length,
				  .wire_length = packet_time_offset >= 0 ? question->wire_length
									 : question->length,
				  .port = question->port};
	json_t *told = NULL;

	if (reading.packet) {
		reading_begin(&reading);
		told = answer(explain, question, &reading);
	}
	rte_pktmbuf_free((struct rte_mbuf *)(uintptr_t)reading.packet);
	return told;
}

bool
explain_agrees(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "agrees"));
}

/* What can be said of two packets that leave without the bytes, in which times and numbers may be
 * that differ from one asking to the next. */
static bool
leaves_same(const json_t *a, const json_t *b)
{
	static const char *const members[] = {"port", "action", "length"};
	const json_t *steps = json_object_get(a, "edits"), *others = json_object_get(b, "edits");
	bool same = json_array_size(steps) == json_array_size(others);

	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		same &= json_equal(json_object_get(a, members[i]), json_object_get(b, members[i]));
	for (size_t i = 0; same && i < json_array_size(steps); i++)
		same = json_equal(json_object_get(json_array_get(steps, i), "edit"),
				  json_object_get(json_array_get(others, i), "edit"));
	return same;
}

/* Also those of which nothing leaves now. */
static bool
mirrors_same(const json_t *a, const json_t *b)
{
	static const char *const members[] = {"rule", "target", "stopped_by", "drop"};
	bool same = true;

	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		same &= json_equal(json_object_get(a, members[i]), json_object_get(b, members[i]));
	return same;
}

/* Lists of the same length, of the same things. */
static bool
each_same(const json_t *a, const json_t *b, const char *key,
	  bool (*same)(const json_t *a, const json_t *b))
{
	const json_t *some = json_object_get(a, key), *others = json_object_get(b, key);
	bool all = json_array_size(some) == json_array_size(others);

	for (size_t i = 0; all && i < json_array_size(some); i++)
		all = same(json_array_get(some, i), json_array_get(others, i));
	return all;
}

bool
explain_same(const json_t *a, const json_t *b)
{
	const json_t *one = json_object_get(a, "decides"), *other = json_object_get(b, "decides");

	return json_equal(json_object_get(one, "rule"), json_object_get(other, "rule")) &&
	       json_equal(json_object_get(one, "action"), json_object_get(other, "action")) &&
	       json_equal(json_object_get(a, "drop"), json_object_get(b, "drop")) &&
	       each_same(a, b, "mirrors", mirrors_same) && each_same(a, b, "leaves", leaves_same);
}
