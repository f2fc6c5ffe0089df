/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A classifier under test with what a worker has around it, and the rules' meaning, packet by packet, to
 * hold it against. One subject at a time.
 */
#ifndef TESTS_CLASSIFY_KIT_H
#define TESTS_CLASSIFY_KIT_H

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "captures.h"
#include "classify/classify.h"
#include "classify/filter.h"
#include "fake_mbuf.h"
#include "rules_kit.h"

#define PORTS 5

static struct captures captures;
static struct arena arena;
static struct burst burst;
static struct tally tally;

/* A compiled config with everything that a worker would have. */
struct subject {
	struct config config;
	struct config_rule *rules;
	void *state, *local;
	struct tally_rule *counts;
	struct tally_rule *wanted;
	struct filter **filters; /* interpreted, of the reference */
};

static struct config_action drop = {.verb = CONFIG_DROP}, mirror = {.verb = CONFIG_MIRROR};

static void
make_rules(struct subject *subject, unsigned count)
{
	memset(subject, 0, sizeof(*subject));
	arena.used = 0;
	subject->rules = arena_take(&arena, (count + 1) * sizeof(*subject->rules));
	for (unsigned i = 0; i < count; i++) {
		subject->rules[i].name = (char *)(uintptr_t) "rule";
		subject->rules[i].from = (1u << PORTS) - 1;
		subject->rules[i].actions = (struct config_actions){&drop, 1};
	}
	subject->config.rules = subject->rules;
	subject->config.rule_count = count;
	subject->config.port_count = PORTS;
}

static double
compile(struct subject *subject)
{
	const struct stage_env env = {.config = &subject->config, .numa = -1};
	unsigned count = subject->config.rule_count;
	struct error_list errors;
	uint64_t start = rte_rdtsc();
	double seconds;

	error_list_init(&errors, NULL);
	if (classify_stage.compile(&env, &subject->state, &errors) < 0) {
		error_list_print(&errors, stderr);
		fail_msg("the rules do not compile");
	}
	seconds = (double)(rte_rdtsc() - start) / rte_get_tsc_hz();
	error_list_clear(&errors);
	subject->local = rte_zmalloc(NULL, classify_stage.local_size(subject->state), 64);
	assert_non_null(subject->local);
	assert_int_equal(classify_stage.local_init(subject->state, subject->local), 0);
	subject->counts = calloc(count + 1, sizeof(*subject->counts));
	subject->wanted = calloc(count + 1, sizeof(*subject->wanted));
	subject->filters = calloc(count + 1, sizeof(*subject->filters));
	for (unsigned i = 0; i < count; i++) {
		char message[PCAP_ERRBUF_SIZE];

		if (subject->rules[i].filter)
			assert_int_equal(filter_make(subject->rules[i].filter, FILTER_INTERPRETED,
						     &subject->filters[i], message,
						     sizeof(message)),
					 0);
	}
	return seconds;
}

static void
release(struct subject *subject)
{
	for (unsigned i = 0; i < subject->config.rule_count; i++)
		filter_free(subject->filters[i]);
	free(subject->filters);
	free(subject->counts);
	free(subject->wanted);
	rte_free(subject->local);
	classify_stage.release(subject->state);
}

/* What must come of one packet, rule by rule. */
static void
expect(struct subject *subject, unsigned index, const struct captured *packet, unsigned *passed)
{
	const struct config *config = &subject->config;
	const struct packet_view *view = &burst.views[index];
	unsigned verdict = config->rule_count;

	for (unsigned i = 0; i < config->rule_count; i++) {
		const struct config_rule *rule = &config->rules[i];

		if (!(rule->from >> burst.in_port & 1) || !plain_match_holds(&rule->match, view))
			continue;
		if (rule->filter && !bpf_filter(subject->filters[i]->program.bf_insns,
						packet->bytes, packet->length, packet->length))
			continue;
		if (config_end(&rule->actions)) {
			verdict = i;
			break;
		}
		subject->wanted[i].packets++;
		subject->wanted[i].bytes += packet->length;
		if (rule->actions.count) {
			if (*passed >= burst.passed_count ||
			    burst.passed[*passed].packet != index ||
			    burst.passed[*passed].rule != i)
				fail_msg("packet %u is not passed on by rule %u", index, i);
			(*passed)++;
		}
	}
	subject->wanted[verdict].packets++;
	subject->wanted[verdict].bytes += packet->length;
	if (burst.verdicts[burst.uniform ? 0 : index] != verdict)
		fail_msg("kind %u on port %u: rule %u decides, not %u", view->kind, burst.in_port,
			 verdict, burst.verdicts[burst.uniform ? 0 : index]);
}

static void
run(struct subject *subject, const struct captured *const *packets, unsigned count, uint16_t port)
{
	static struct rte_mbuf mbufs[BURST_MAX][2];
	unsigned passed = 0;

	memset(burst.views, 0xa5, sizeof(burst.views));
	memset(burst.verdicts, 0xa5, sizeof(burst.verdicts));
	burst.count = count;
	burst.in_port = port;
	burst.parsed = burst.uniform = false;
	burst.entered = 0;
	burst.passed_count = 0;
	burst.bytes = 0;
	burst.tally = &tally;
	burst.rules = subject->counts;
	for (unsigned i = 0; i < count; i++) {
		uint32_t cut = rand() % (packets[i]->length + 1);

		fake_mbuf_chain(mbufs[i], chance(4) ? 2 : 1, packets[i]->bytes, &cut,
				packets[i]->length);
		burst.packets[i] = mbufs[i];
		burst.bytes += packets[i]->length;
	}
	classify_stage.run(subject->state, subject->local, &burst);
	burst_parse(&burst);
	for (unsigned i = 0; i < count; i++)
		expect(subject, i, packets[i], &passed);
	assert_int_equal(passed, burst.passed_count);
}

static void
check_counts(const struct subject *subject)
{
	for (unsigned i = 0; i <= subject->config.rule_count; i++) {
		assert_int_equal(subject->counts[i].packets, subject->wanted[i].packets);
		assert_int_equal(subject->counts[i].bytes, subject->wanted[i].bytes);
	}
}

/* Bursts of neighbours, and of packets from anywhere. */
static void
run_many(struct subject *subject, unsigned bursts)
{
	const struct captured *some[BURST_MAX];

	for (unsigned i = 0; i < bursts; i++) {
		unsigned count = chance(3) ? BURST_MAX : 1 + rand() % BURST_MAX;
		unsigned at = rand() % captures.count;
		bool neighbours = chance(2);

		for (unsigned j = 0; j < count; j++)
			some[j] = &captures.packets[neighbours ? (at + j) % captures.count
							       : rand() % captures.count];
		run(subject, some, count, rand() % PORTS);
	}
	check_counts(subject);
}

#endif
