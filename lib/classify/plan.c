/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/entries.h"
#include "classify/layers.h"
#include "classify/references.h"

#include "core/banned.h"

#define FIELD_LENGTH (CONFIG_NAME_MAX + 32)

static bool
is_plain(const struct config_rule *rule)
{
	return !rule->filter && !rule->match.tunnel && config_end(&rule->actions);
}

/* The ports on which a plain rule without keys stands before this one, so that it is never
 * reached. */
static uint64_t
dead_ports(const struct classify_plan *plan, uint32_t rule)
{
	uint64_t ports = 0;

	for (unsigned port = 0; port < plan->config->port_count; port++)
		ports |= (uint64_t)(plan->ports[port].terminal < rule) << port;
	return ports;
}

/* A rule's ports as a table needs to know them: where it is never reached it may as well hold, and
 * a table need not look at ports when all its rules hold on all. 0 when it is reached nowhere. */
static uint64_t
reached_from(const struct classify_plan *plan, uint32_t rule)
{
	uint64_t from = plan->config->rules[rule].from & plan->all_ports;
	uint64_t dead = dead_ports(plan, rule);

	if ((from & ~dead) == 0)
		return 0;
	return (from | dead) == plan->all_ports ? plan->all_ports : from;
}

static void
find_terminals(struct classify_plan *plan)
{
	for (unsigned port = 0; port < CONFIG_PORTS_MAX; port++)
		plan->ports[port].terminal = plan->rule_count;
	for (uint32_t i = plan->rule_count; i-- > 0;) {
		const struct config_rule *rule = &plan->config->rules[i];

		if (!is_plain(rule) || !match_is_empty(&rule->match))
			continue;
		for (uint64_t ports = rule->from & plan->all_ports; ports; ports &= ports - 1)
			plan->ports[__builtin_ctzll(ports)].terminal = i;
	}
}

/* A finding about memory that a table did not get. */
static int
table_failed(int ret, struct error_list *errors)
{
	if (ret == -ENOMEM)
		error_add(errors, 0, 0, NULL,
			  "out of memory for the tables of the rules; reserve more hugepages or "
			  "use fewer rules");
	else if (ret == -E2BIG)
		error_add(errors, 0, 0, NULL,
			  "the rules' matches overlap too much for tables to hold them; use fewer "
			  "rules, or fewer different ranges of one field");
	else
		error_add(errors, 0, 0, NULL, "the tables of the rules can't be built: %s",
			  strerror(-ret));
	return ret;
}

/* Kinds with more fields have the rules of those with fewer and perhaps more, so that where the
 * number is the same the rules are. */
static int
make_tables(struct classify_plan *plan, const struct acl_entry *entries, size_t count,
	    uint64_t all_ports, int numa)
{
	static const enum packet_kind order[] = {
		PACKET_IPV4_PORTS, PACKET_IPV4,  PACKET_IPV6_PORTS, PACKET_IPV6,
		PACKET_IPV6_BARE,  PACKET_OTHER, PACKET_RUNT};
	uint64_t previous = 0;
	bool made[PACKET_KINDS] = {false};

	for (unsigned i = 0; i < PACKET_KINDS; i++) {
		enum packet_kind kind = order[i];
		bool shares =
			kind == PACKET_IPV4 || kind == PACKET_IPV6 || kind == PACKET_IPV6_BARE;
		uint64_t total = 0;
		int ret;

		for (size_t j = 0; j < count; j++)
			total += match_entries(entries[j].match, entries[j].from, all_ports, kind);
		made[kind] = total != 0;
		if (total && !(shares && total == previous)) {
			ret = acl_make(kind, entries, count, 1, all_ports, numa,
				       &plan->tables[plan->table_count]);
			if (ret < 0)
				return ret;
			plan->table_count++;
		}
		plan->slots[kind] = plan->table_count - 1;
		previous = total;
	}
	for (unsigned kind = 0; kind < PACKET_KINDS; kind++) {
		if (!made[kind])
			plan->slots[kind] = plan->table_count;
	}
	return 0;
}

/* The plain rules with keys, apart by how they are looked up. */
struct plain {
	struct acl_entry *entries, *listed;
	uint32_t entry_count, listed_count;
	uint64_t common; /* the ports on which all of them can hold */
};

static int
sort_plain(struct classify_plan *plan, struct plain *plain, struct error_list *errors)
{
	uint64_t totals[PACKET_KINDS] = {0};

	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct config_rule *rule = &plan->config->rules[i];
		struct acl_entry entry = {.match = &rule->match};

		if (!is_plain(rule) || match_is_empty(&rule->match))
			continue;
		entry.from = reached_from(plan, i);
		if (entry.from == 0)
			continue;
		plan->table_ports |= entry.from;
		plain->common &= entry.from;
		if (!entries_are_listed(rule, entry.from, plan->all_ports, totals)) {
			entry.value = i + 1;
			plain->entries[plain->entry_count++] = entry;
			continue;
		}
		if (plain->listed_count == LISTS_RULES_MAX) {
			error_add(errors, rule->place.line, rule->place.column, NULL,
				  "rule %s is one too many: at most %u rules can have lists that "
				  "make more than %u combinations; shorten its lists, or join "
				  "their values to prefixes and ranges",
				  rule->name, LISTS_RULES_MAX, ENTRIES_COMBINATIONS_MAX);
			return -E2BIG;
		}
		entry.value = i;
		plain->listed[plain->listed_count++] = entry;
	}
	return 0;
}

static int
make_terminal_tables(struct classify_plan *plan, const struct stage_env *env,
		     struct error_list *errors)
{
	struct plain plain = {
		.entries = calloc(plan->rule_count + 1, sizeof(*plain.entries)),
		.listed = calloc(plan->rule_count + 1, sizeof(*plain.listed)),
		.common = plan->all_ports,
	};
	int ret = -ENOMEM;

	if (plain.entries && plain.listed)
		ret = sort_plain(plan, &plain, errors);
	/* When all rules are of the same ports, others are kept from the tables, which then need
	 * not look at ports. */
	if (ret == 0)
		ret = make_tables(plan, plain.entries, plain.entry_count,
				  plain.common == plan->table_ports ? plain.common
								    : plan->all_ports,
				  env->numa);
	if (ret == 0)
		ret = lists_make(plain.listed, plain.listed_count, &plan->lists);
	free(plain.entries);
	free(plain.listed);
	return ret;
}

static int
by_expression(const void *a, const void *b)
{
	const struct config_rule *const *left = a, *const *right = b;
	int order = strcmp((*left)->filter, (*right)->filter);

	/* Equal ones in the order of the config, so that the first is the one an error names. */
	if (order == 0)
		order = *left < *right ? -1 : 1;
	return order;
}

/* Every expression is compiled once. All that fail are told. */
static int
make_filters(struct classify_plan *plan, struct error_list *errors)
{
	const struct config_rule **sorted =
		calloc(plan->rule_count + 1, sizeof(const struct config_rule *));
	uint32_t count = 0;
	int ret = 0;

	plan->rule_filters = calloc(plan->rule_count + 1, sizeof(*plan->rule_filters));
	plan->filters = calloc(plan->rule_count + 1, sizeof(struct filter *));
	if (!sorted || !plan->rule_filters || !plan->filters) {
		free(sorted);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		if (plan->config->rules[i].filter)
			sorted[count++] = &plan->config->rules[i];
	}
	qsort(sorted, count, sizeof(const struct config_rule *), by_expression);
	for (uint32_t i = 0; i < count; i++) {
		const struct config_rule *rule = sorted[i];
		char message[PCAP_ERRBUF_SIZE], field[FIELD_LENGTH];
		struct filter *filter;
		int failed;

		if (i == 0 || strcmp(sorted[i - 1]->filter, rule->filter) != 0) {
			failed = filter_make(rule->filter, FILTER_BEST, &filter, message,
					     sizeof(message));
			if (failed < 0) {
				snprintf(field, sizeof(field), "rules.%s.filter", rule->name);
				error_add(errors, rule->filter_place.line,
					  rule->filter_place.column, field,
					  "the filter of rule %s can't be compiled: %s", rule->name,
					  message);
				ret = failed;
				continue;
			}
			plan->filters[plan->filter_count++] = filter;
			plan->interprets |= !filter->code;
		}
		plan->rule_filters[rule - plan->config->rules] = plan->filter_count;
	}
	free(sorted);
	return ret;
}

/* The conditions that no look-up finds: those without keys, and for packets with tunnels those that
 * look inside. Returns the rules with mirrors among them. */
static uint32_t
list_conditions(struct classify_plan *plan, unsigned port, bool tunnelled)
{
	struct classify_port *lists = &plan->ports[port];
	struct classify_list *list = tunnelled ? &lists->tunnelled : &lists->always;
	uint32_t mirrors = 0;

	list->first = plan->index_count;
	for (uint32_t i = 0; i < plan->condition_count; i++) {
		const struct classify_condition *condition = &plan->conditions[i];
		const struct config_rule *rule = &plan->config->rules[condition->rule];

		if (condition->rule > plan->ports[port].terminal)
			break;
		if (!(rule->from >> port & 1) ||
		    (condition->inside ? !tunnelled : !match_is_empty(&rule->match)))
			continue;
		plan->indices[plan->index_count++] = i;
		list->count++;
		mirrors += condition->mirrors;
		if (!condition->inside)
			continue;
		if (lists->tunnels == 0)
			lists->enters = condition->rule;
		lists->tunnels |= rule->match.tunnel->kinds;
	}
	if (tunnelled && lists->tunnels == 0) {
		plan->index_count = list->first;
		list->count = 0;
	}
	return mirrors;
}

static int
make_conditions(struct classify_plan *plan)
{
	size_t room = 0;
	uint32_t mirrors_most = 0;

	plan->conditions = calloc(plan->rule_count + 1, sizeof(*plan->conditions));
	if (!plan->conditions)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->rule_count; i++) {
		const struct config_rule *rule = &plan->config->rules[i];
		struct classify_condition *condition = &plan->conditions[plan->condition_count];
		bool decides = config_end(&rule->actions);

		if (is_plain(rule) || reached_from(plan, i) == 0)
			continue;
		*condition = (struct classify_condition){
			.rule = i,
			.decides = decides,
			.mirrors = !decides && config_targets(&rule->actions) != 0,
			.filter = rule->filter ? plan->filters[plan->rule_filters[i] - 1] : NULL,
			.inside = rule->match.tunnel ? inside_make(&rule->match) : NULL,
		};
		plan->condition_count++;
		if (rule->match.tunnel && !condition->inside)
			return -ENOMEM;
		/* In both lists of a port. */
		room += condition->inside || match_is_empty(&rule->match)
				? 2 * __builtin_popcountll(rule->from & plan->all_ports)
				: 1;
	}
	plan->indices = calloc(room + 1, sizeof(*plan->indices));
	if (!plan->indices)
		return -ENOMEM;
	for (unsigned port = 0; port < plan->config->port_count; port++) {
		uint32_t mirrors = list_conditions(plan, port, false);
		uint32_t tunnelled = list_conditions(plan, port, true);

		mirrors_most = RTE_MAX(mirrors_most, RTE_MAX(mirrors, tunnelled));
	}
	plan->passes_max += mirrors_most;
	return 0;
}

static void
find_looked_ports(struct classify_plan *plan)
{
	plan->looked_ports = plan->table_ports | plan->layer_ports;
	for (unsigned port = 0; port < plan->config->port_count; port++) {
		if (plan->ports[port].always.count || plan->ports[port].tunnels)
			plan->looked_ports |= UINT64_C(1) << port;
	}
}

int
classify_plan_make(const struct stage_env *env, struct classify_plan **out,
		   struct error_list *errors)
{
	struct classify_plan *plan = calloc(1, sizeof(*plan));
	unsigned found = errors->count;
	int ret = -ENOMEM;

	if (!plan)
		goto failed;
	plan->config = env->config;
	plan->rule_count = env->config->rule_count;
	plan->all_ports = env->config->port_count < 64
				  ? (UINT64_C(1) << env->config->port_count) - 1
				  : UINT64_MAX;
	find_terminals(plan);
	ret = references_check(env->config, errors);
	if (ret == 0)
		ret = make_filters(plan, errors);
	if (ret == 0)
		ret = make_terminal_tables(plan, env, errors);
	if (ret == 0)
		ret = make_conditions(plan);
	if (ret == 0)
		ret = layers_make(plan, env, errors);
	if (ret == 0) {
		find_looked_ports(plan);
		*out = plan;
		return 0;
	}
failed:
	classify_plan_free(plan);
	if (errors->count == found)
		table_failed(ret, errors);
	return ret;
}

void
classify_plan_free(struct classify_plan *plan)
{
	if (!plan)
		return;
	for (unsigned i = 0; i < plan->table_count; i++)
		acl_free(plan->tables[i]);
	lists_free(plan->lists);
	lists_free(plan->predicate_lists);
	for (uint32_t i = 0; i < plan->stack_count; i++) {
		for (unsigned kind = 0; kind < PACKET_KINDS; kind++)
			acl_free(plan->stacks[i].tables[kind]);
	}
	for (uint32_t i = 0; plan->conditions && i < plan->condition_count; i++)
		inside_free(plan->conditions[i].inside);
	for (uint32_t i = 0; i < plan->filter_count; i++)
		filter_free(plan->filters[i]);
	free(plan->filters);
	free(plan->rule_filters);
	free(plan->conditions);
	free(plan->predicates);
	free(plan->indices);
	free(plan->stacks);
	free(plan);
}
