/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/run.h"

#include "core/banned.h"

/* Carries out one condition on a packet. True when it decides. */
static inline bool
carry_out(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	  unsigned packet, uint32_t index)
{
	const struct classify_condition *condition = &plan->conditions[index];
	struct rte_mbuf *mbuf = burst->packets[packet];

	if (condition->inside && !inside_holds(condition->inside, burst, packet))
		return false;
	if (condition->filter && !filter_passes(condition->filter, mbuf, local->scratch,
						&burst->tally->copies[COPY_FILTER_SEGMENTS]))
		return false;
	if (condition->decides) {
		burst->verdicts[packet] = condition->rule;
		return true;
	}
	burst->rules[condition->rule].packets++;
	burst->rules[condition->rule].bytes += rte_pktmbuf_pkt_len(mbuf);
	if (condition->mirrors)
		local->passed[burst->passed_count++] =
			(struct burst_pass){.packet = packet, .rule = condition->rule};
	return false;
}

static void
walk_list(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	  unsigned packet, struct classify_list list)
{
	uint32_t terminal = burst->verdicts[packet];

	for (uint32_t i = list.first; i < list.first + list.count; i++) {
		uint32_t index = plan->indices[i];

		if (plan->conditions[index].rule > terminal ||
		    carry_out(plan, local, burst, packet, index))
			return;
	}
}

/* The words of local->chosen between which bits are set. */
struct span {
	uint32_t low, high; /* empty: low > high */
};

static void
choose(const struct classify_plan *plan, struct classify_local *local, uint32_t terminal,
       struct classify_list list, struct span *span)
{
	for (uint32_t i = list.first; i < list.first + list.count; i++) {
		uint32_t index = plan->indices[i], word = index / 64;

		if (plan->conditions[index].rule > terminal)
			break;
		local->chosen[word] |= UINT64_C(1) << index % 64;
		if (word < span->low)
			span->low = word;
		if (word > span->high)
			span->high = word;
	}
}

/* Several lists in one order: their members as bits, which are then read from the lowest. */
static void
walk_lists(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	   unsigned packet, const uint32_t *sources, unsigned count, struct classify_list always)
{
	struct span span = {.low = UINT32_MAX};
	uint32_t terminal = burst->verdicts[packet];
	bool decided = false;

	choose(plan, local, terminal, always, &span);
	for (unsigned i = 0; i < count; i++)
		choose(plan, local, terminal, plan->predicates[sources[i]], &span);
	if (span.low == UINT32_MAX)
		return;
	for (uint32_t word = span.low; word <= span.high; word++) {
		uint64_t bits = local->chosen[word];

		local->chosen[word] = 0;
		for (; bits && !decided; bits &= bits - 1)
			decided = carry_out(plan, local, burst, packet,
					    word * 64 + __builtin_ctzll(bits));
	}
}

/* Appends to each packet's sources what the layers of one stack answer. */
static void
find_sources(const struct classify_plan *plan, struct classify_local *local,
	     const struct burst *burst, const struct classify_stack *stack,
	     uint32_t counts[BURST_MAX])
{
	const struct packet_view *views[PACKET_KINDS][BURST_MAX];
	uint8_t indices[PACKET_KINDS][BURST_MAX] = {{0}};
	unsigned kinds[PACKET_KINDS] = {0};
	uint32_t answers[BURST_MAX * ACL_CATEGORIES_MAX];

	for (unsigned i = 0; i < burst->count; i++) {
		unsigned kind = burst->views[i].kind;

		views[kind][kinds[kind]] = &burst->views[i];
		indices[kind][kinds[kind]++] = i;
	}
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
		const struct acl *table = stack->tables[kind];

		if (!table || kinds[kind] == 0)
			continue;
		acl_find(table, views[kind], kinds[kind], answers);
		for (unsigned i = 0; i < kinds[kind] * table->categories; i++) {
			unsigned packet = indices[kind][i / table->categories];

			if (answers[i])
				local->sources[(size_t)packet * plan->sources_max +
					       counts[packet]++] = answers[i] - 1;
		}
	}
}

/* Appends those that are looked up in lists. */
static void
find_listed(const struct classify_plan *plan, struct classify_local *local,
	    const struct burst *burst, uint32_t counts[BURST_MAX])
{
	const struct packet_view *views[BURST_MAX];

	for (unsigned i = 0; i < burst->count; i++)
		views[i] = &burst->views[i];
	lists_find_all(plan->predicate_lists, views, burst->count, burst->in_port, local->sources,
		       plan->sources_max, counts);
}

static void
walk_packet(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	    unsigned packet, unsigned count, struct classify_list always)
{
	const uint32_t *sources = local->sources + (size_t)packet * plan->sources_max;

	if (count == 0)
		walk_list(plan, local, burst, packet, always);
	else if (count == 1 && always.count == 0)
		walk_list(plan, local, burst, packet, plan->predicates[sources[0]]);
	else
		walk_lists(plan, local, burst, packet, sources, count, always);
}

/* Of the verdicts of packets that were looked up, and of nothing else where none of them may have a
 * tunnel. */
static uint32_t
take_suspects(struct burst *burst)
{
	uint32_t all = 0, some = 0;

	for (unsigned i = 0; i < burst->count; i++)
		all |= burst->verdicts[i];
	if (!(all & RUN_ENTERS))
		return 0;
	for (unsigned i = 0; i < burst->count; i++) {
		some |= (burst->verdicts[i] & RUN_ENTERS ? UINT32_C(1) : 0) << i;
		burst->verdicts[i] &= ~RUN_ENTERS;
	}
	return some;
}

/* The packets with tunnels. */
static uint32_t
enter(const struct classify_plan *plan, struct burst *burst)
{
	uint32_t some = classify_plan_looks_up(plan, burst->in_port) ? take_suspects(burst)
								     : burst_suspects(burst);

	if (some == 0)
		return 0;
	burst_enter(burst, some);
	return burst->tunnelled;
}

static void
walk_all(const struct classify_plan *plan, struct classify_local *local, struct burst *burst,
	 uint32_t tunnelled)
{
	const struct classify_port *port = &plan->ports[burst->in_port];
	uint32_t counts[BURST_MAX] = {0};

	if (classify_plan_looks_up_layers(plan, burst->in_port)) {
		burst_parse(burst);
		for (uint32_t i = 0; i < plan->stack_count; i++)
			find_sources(plan, local, burst, &plan->stacks[i], counts);
		if (plan->predicate_lists)
			find_listed(plan, local, burst, counts);
	}
	for (unsigned packet = 0; packet < burst->count; packet++)
		walk_packet(plan, local, burst, packet, counts[packet],
			    tunnelled >> packet & 1 ? port->tunnelled : port->always);
}

void
classify_run_conditional(const struct classify_plan *plan, struct classify_local *local,
			 struct burst *burst)
{
	const struct classify_port *port = &plan->ports[burst->in_port];
	uint32_t tunnelled = port->tunnels ? enter(plan, burst) : 0;

	burst->passed = local->passed;
	burst->passed_count = 0;
	if (port->always.count || classify_plan_looks_up_layers(plan, burst->in_port)) {
		walk_all(plan, local, burst, tunnelled);
		return;
	}
	for (; tunnelled; tunnelled &= tunnelled - 1)
		walk_list(plan, local, burst, __builtin_ctz(tunnelled), port->tunnelled);
}
