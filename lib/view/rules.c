/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <stdbool.h>

#include "view/cell.h"
#include "view/value.h"

#include "core/banned.h"

/* A packet that no rule decides is the default's, so those that decide add up to what came in. */
static bool
decides(const json_t *rule)
{
	return !json_is_false(json_object_get(rule, "decides"));
}

static json_t *
add_up(const json_t *result)
{
	const json_t *retired = json_object_get(result, "retired");
	/* Those that the client did not choose to show. */
	const json_t *others = json_object_get(result, "others");
	uint64_t packets = value_number(retired, "packets") + value_number(others, "packets");
	uint64_t bytes = value_number(retired, "bytes") + value_number(others, "bytes");
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get(result, "rules"), name, rule) {
		if (!decides(rule))
			continue;
		packets += value_number(rule, "packets");
		bytes += value_number(rule, "bytes");
	}
	return json_pack("{s:I, s:I}", "packets", (json_int_t)packets, "bytes", (json_int_t)bytes);
}

struct rules {
	const struct view *view;
	uint64_t packets; /* that were decided */
	unsigned acted;   /* columns that there are */
};

/* What edits and gates count; a column where some row has it. */
static const struct acted {
	const char *member, *head;
} acted[] = {
	{"unedited", "UNEDITED"},
	{"policed", "POLICED"},
	{"duplicate", "DUPLICATE"},
	{"sampled_out", "SAMPLED OUT"},
};
#define ACTED (sizeof(acted) / sizeof(acted[0]))

/* As bits, of acted. */
static unsigned
acted_of(const json_t *row)
{
	unsigned found = 0;

	for (unsigned i = 0; i < ACTED; i++)
		found |= (unsigned)(json_object_get(row, acted[i].member) != NULL) << i;
	return found;
}

static void
rule_cells(struct table *table, const struct rules *rules, const char *name, const json_t *rule,
	   const json_t *before)
{
	const struct view *view = rules->view;
	uint64_t packets = value_number(rule, "packets");

	table_cell(table, "%s", name);
	table_cell(table, "%s", units_count(packets).text);
	cell_bytes(table, rule, "bytes");
	table_cell(table, "%s", units_share(packets, rules->packets).text);
	cell_packet_rate(table, view, rule, before, "packets");
	cell_bit_rate(table, view, rule, before, "bytes");
	for (unsigned i = 0; i < ACTED; i++) {
		if (!(rules->acted >> i & 1))
			continue;
		table_cell(table, "%s",
			   json_object_get(rule, acted[i].member)
				   ? units_count(value_number(rule, acted[i].member)).text
				   : "");
	}
	cell_text(table, rule, "actions");
	cell_text(table, rule, "filter");
}

static struct table *
table_of(const struct rules *rules)
{
	char heads[160];
	int length = snprintf(heads, sizeof(heads), "RULE|>PACKETS|>BYTES|>SHARE%s",
			      rules->view->before ? "|>NOW|>NOW" : "");

	for (unsigned i = 0; i < ACTED; i++) {
		if (rules->acted >> i & 1)
			length += snprintf(heads + length, sizeof(heads) - (size_t)length, "|>%s",
					   acted[i].head);
	}
	snprintf(heads + length, sizeof(heads) - (size_t)length, "|ACTIONS|FILTER");
	return table_new(heads);
}

static void
print_others(struct table *table, const struct rules *rules)
{
	const json_t *others = json_object_get(rules->view->now, "others");
	char text[48];

	if (!others)
		return;
	snprintf(text, sizeof(text), "(%s other%s)",
		 units_count(value_number(others, "count")).text,
		 units_plural(value_number(others, "count")));
	rule_cells(table, rules, text, others, json_object_get(rules->view->before, "others"));
}

static void
number_cell(struct table *table, const json_t *step, const char *member)
{
	table_cell(table, "%s",
		   json_object_get(step, member) ? units_count(value_number(step, member)).text
						 : "");
}

static void
step_cells(struct table *table, const json_t *steps, const char *before)
{
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step) {
		table_cell(table, "%s%s", before, value_text(step, "action"));
		number_cell(table, step, "packets");
		number_cell(table, step, "passed");
		number_cell(table, step, "stopped");
		number_cell(table, step, "unedited");
		step_cells(table, json_object_get(step, "with"), "  with ");
	}
}

/* What each action of the rules counted that were asked for. */
static void
print_steps(const struct view *view)
{
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get(view->now, "rules"), name, rule) {
		const json_t *steps = json_object_get(rule, "steps");
		struct table *table;

		if (!steps)
			continue;
		fprintf(view->out, "\n%s, each action\n", name);
		table = table_new("ACTION|>GIVEN|>PASSED|>STOPPED|>UNEDITED");
		step_cells(table, steps, "");
		table_print(table, view->out);
	}
}

void
view_rules(const struct view *view)
{
	const json_t *retired = json_object_get(view->now, "retired");
	json_t *sum = add_up(view->now), *sum_before = add_up(view->before);
	struct rules rules = {view, value_number(sum, "packets"), acted_of(retired)};
	struct table *table;
	const char *name;
	json_t *rule;

	json_object_foreach (json_object_get(view->now, "rules"), name, rule)
		rules.acted |= acted_of(rule);
	table = table_of(&rules);
	json_object_foreach (json_object_get(view->now, "rules"), name, rule)
		rule_cells(table, &rules, name, rule, value_in(view->before, "rules", name));
	print_others(table, &rules);
	if (value_number(retired, "packets") || acted_of(retired))
		rule_cells(table, &rules, "(rules of earlier configs)", retired,
			   json_object_get(view->before, "retired"));
	table_line(table);
	rule_cells(table, &rules, "decided", sum, sum_before);
	table_print(table, view->out);
	if (view->named)
		print_steps(view);
	json_decref(sum);
	json_decref(sum_before);
}
