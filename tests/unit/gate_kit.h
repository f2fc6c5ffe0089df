/* SPDX-License-Identifier: BSD-3-Clause */
/* The gate stage over bursts whose verdicts, times and hashes are set by hand. Include after cmocka's headers. */
#ifndef TESTS_GATE_KIT_H
#define TESTS_GATE_KIT_H

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "config_kit.h"
#include "eal.h"
#include "gate/gate.h"

#define NS UINT64_C(1000000000)
#define WORKERS 2
#define RULES 8

static struct config *config;
static void *plan;
static void *locals[WORKERS];
static struct rte_mbuf mbufs[BURST_MAX];
static struct tally_acted acted[RULES];
static uint64_t steps[RULES * (CONFIG_STEP_GATES + CONFIG_GATES_MAX)];
static struct burst_pass passes[64];
static struct burst burst;

/* Rules without keys, r0 and so on, with these lists; policers stand before them. */
static struct config *
config_with(const char *policers, const char *const *lists)
{
	char text[4096];
	int at = snprintf(text, sizeof(text), CONFIG_HEAD "policers: { %s }\nrules:\n", policers);

	for (unsigned i = 0; lists[i]; i++)
		at += snprintf(text + at, sizeof(text) - at, "  - { name: r%u, actions: [ %s ] }\n",
			       i, lists[i]);
	return config_of(text);
}

static void *
compile(struct config *with, const void *before, unsigned workers)
{
	struct stage_env env = {.config = with, .before = before, .workers = workers, .numa = -1};
	struct error_list errors;
	void *state = NULL;

	error_list_init(&errors, NULL);
	assert_int_equal(gate_stage.compile(&env, &state, &errors), 0);
	error_list_clear(&errors);
	return state;
}

static void
make_locals(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		locals[i] = rte_zmalloc(NULL, gate_stage.local_size(plan) + 64, 64);
}

static void
free_locals(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		rte_free(locals[i]);
}

static void
begin(const char *policers, const char *const *lists, unsigned workers)
{
	config = config_with(policers, lists);
	assert_non_null(config);
	plan = compile(config, NULL, workers);
	assert_non_null(plan);
	make_locals();
	memset(acted, 0, sizeof(acted));
}

static void
end(void)
{
	free_locals();
	gate_stage.release(plan);
	config_free(config);
}

/* Another config in the place of the first. */
static inline void
apply(const char *policers, const char *const *lists, unsigned workers)
{
	struct config *next = config_with(policers, lists);
	void *after;

	assert_non_null(next);
	after = compile(next, plan, workers);
	end();
	config = next;
	plan = after;
	make_locals();
}

#define BEGIN(workers, policers, ...) begin(policers, (const char *[]){__VA_ARGS__, NULL}, workers)
#define APPLY(workers, policers, ...) apply(policers, (const char *[]){__VA_ARGS__, NULL}, workers)

/* Packets of 100 bytes at one time, of flows that are their numbers, all decided by rule 0. */
static void
fill(unsigned count, uint64_t time)
{
	burst = (struct burst){.count = count, .uniform = true, .timed = true, .hashed = true};
	burst.acted = acted;
	burst.steps = steps;
	burst.passed = passes;
	for (unsigned i = 0; i < count; i++) {
		mbufs[i] = (struct rte_mbuf){.pkt_len = 100, .data_len = 100};
		burst.packets[i] = &mbufs[i];
		burst.times[i] = time;
		burst.stopped[i] = 0xdeadbeef;
	}
}

static void
run_as(unsigned worker)
{
	burst.worker = worker;
	gate_stage.run(plan, locals[worker], &burst);
}

static inline void
run(void)
{
	run_as(0);
}

static inline unsigned
count_passed(void)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < burst.count; i++)
		passed += burst_stopped(&burst, i) == 0;
	return passed;
}

/* A number that is told of a policer or a dedup. */
static inline uint64_t
told(const char *section_name, const char *thing, const char *count)
{
	const struct stage_section *section = gate_stage.sections;
	const struct counter *row;
	char numbers[4096] = {0};
	unsigned at = 0;
	uint64_t number;

	while (strcmp(section->name, section_name) != 0)
		section++;
	while (at < section->count(plan) && strcmp(section->thing(plan, at), thing) != 0)
		at++;
	assert_true(at < section->count(plan) && section->size <= sizeof(numbers));
	section->look(plan, at, numbers);
	row = section->counts;
	while (strcmp(row->name, count) != 0)
		row++;
	memcpy(&number, numbers + row->offset, sizeof(number));
	return number;
}

#endif
