/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules as text: of a million of them no tree is made. */
#include <stdlib.h>
#include <string.h>

#include "control/report.h"
#include "control/report_counters.h"
#include "control/report_steps.h"
#include "core/text.h"

#include "core/banned.h"

void
report_put_text(FILE *out, const char *text, size_t most)
{
	const char *end = text + strnlen(text, most), *plain = text;

	for (; text < end; text++) {
		unsigned char byte = *text;

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		fwrite(plain, 1, (size_t)(text - plain), out);
		plain = text + 1;
		if (byte == '\n')
			fputs("\\n", out);
		else if (byte < 0x20)
			fprintf(out, "\\u%04x", byte);
		else
			fprintf(out, "\\%c", byte);
	}
	fwrite(plain, 1, (size_t)(end - plain), out);
}

void
report_put_string(FILE *out, const char *text)
{
	report_put_text(out, text, strlen(text));
}

/* What a rule does, in words; to be freed. */
static char *
report_actions(const struct snapshot *snapshot, unsigned rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	snapshot_put_actions(out, snapshot, rule);
	return text_close(out, &text);
}

/* Not formatted: there may be millions. */
static void
put_number(FILE *out, uint64_t number)
{
	char text[20], *digits = text + sizeof(text);

	do
		*--digits = (char)('0' + number % 10);
	while (number /= 10);
	fwrite(digits, 1, (size_t)(text + sizeof(text) - digits), out);
}

static void
put_rows(FILE *out, const char *between, const struct counter *row, const void *from)
{
	for (; row->kind != COUNTER_END; row++) {
		uint64_t count = *(const uint64_t *)((const char *)from + row->offset);

		if (row->kind == COUNTER_GIVEN && count == COUNTER_UNKNOWN)
			continue;
		fputs(between, out);
		fputc('"', out);
		fputs(row->name, out);
		fputs("\":", out);
		put_number(out, count);
		between = ",";
	}
}

/* The name and the counters of a rule; its object is still open. */
static void
put_counts(FILE *out, const struct snapshot_rule *rule)
{
	fputc('"', out);
	report_put_string(out, rule->name);
	fputs("\":", out);
	put_rows(out, "{", snapshot_rule_counts, rule->counts);
	put_rows(out, ",", snapshot_acted_counts, &rule->acted);
}

void
report_put_rule_counts(FILE *out, const struct snapshot *snapshot, unsigned index)
{
	struct snapshot_rule rule = snapshot_rule(snapshot, index);

	put_counts(out, &rule);
	fputc('}', out);
}

static void
put_actions(FILE *out, const struct snapshot *snapshot, unsigned index)
{
	char *actions = report_actions(snapshot, index);

	report_put_string(out, actions ? actions : "");
	free(actions);
}

static char *
steps_text(const struct snapshot *snapshot, unsigned index)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool some = out && report_put_steps(out, snapshot, index);

	text = out ? text_close(out, &text) : NULL;
	if (some)
		return text;
	free(text);
	return NULL;
}

static void
put_steps(FILE *out, const struct snapshot *snapshot, unsigned index)
{
	char *text = steps_text(snapshot, index);

	if (text)
		fprintf(out, ",\"steps\":%s", text);
	free(text);
}

void
report_put_rule(FILE *out, const struct snapshot *snapshot, unsigned index)
{
	struct snapshot_rule rule = snapshot_rule(snapshot, index);

	put_counts(out, &rule);
	fputs(",\"actions\":\"", out);
	put_actions(out, snapshot, index);
	fprintf(out, "\",\"decides\":%s,\"filter\":", rule.decides ? "true" : "false");
	if (rule.filter)
		fprintf(out, "\"%s\"", rule.filter);
	else
		fputs("null", out);
	put_steps(out, snapshot, index);
	fputc('}', out);
}

json_t *
report_retired(const struct tally_rule *rules, const struct tally_acted *acted)
{
	struct tally_acted some = *acted;
	json_t *counts = report_object(snapshot_rule_counts, rules);

	for (unsigned i = 0; i < TALLY_ACTED; i++) {
		uint64_t *count = (uint64_t *)&some + i;

		*count = *count ? *count : COUNTER_UNKNOWN;
	}
	report_counters(counts, snapshot_acted_counts, &some);
	return counts;
}

static json_t *
counts_of(const struct snapshot_rule *rule)
{
	json_t *counts = report_object(snapshot_rule_counts, rule->counts);

	report_counters(counts, snapshot_acted_counts, &rule->acted);
	return counts;
}

json_t *
report_rule_counts(const struct snapshot *snapshot)
{
	json_t *result = json_object();

	for (unsigned i = 0; i < snapshot->rule_count; i++) {
		struct snapshot_rule rule = snapshot_rule(snapshot, i);

		json_object_set_new(result, rule.name, counts_of(&rule));
	}
	return result;
}

json_t *
report_all_rules(const struct snapshot *snapshot)
{
	json_t *rules = json_object();

	for (unsigned i = 0; i < snapshot->rule_count; i++) {
		struct snapshot_rule rule = snapshot_rule(snapshot, i);
		char *actions = report_actions(snapshot, i), *steps = steps_text(snapshot, i);
		json_t *told = counts_of(&rule);

		json_object_update_new(told, json_pack("{s:s, s:b, s:s?}", "actions",
						       actions ? actions : "", "decides",
						       (int)rule.decides, "filter", rule.filter));
		if (steps)
			json_object_set_new(told, "steps", json_loads(steps, 0, NULL));
		json_object_set_new(rules, rule.name, told);
		free(actions);
		free(steps);
	}
	return rules;
}
