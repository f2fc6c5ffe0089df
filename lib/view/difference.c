/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <inttypes.h>
#include <string.h>

#include "view/entry.h"
#include "view/value.h"

#include "core/banned.h"

#define CHANGES_MAX 20 /* that are shown; JSON has more */
#define NAMES_MAX 20
#define INDENT 13

/* "397 packets in 12 flows" */
static void
put_count(FILE *out, const json_t *of, bool exact)
{
	uint64_t packets = value_number(of, "packets"), flows = value_number(of, "flows");

	fprintf(out, "%s packet%s in %s%s flow%s", units_count(packets).text, units_plural(packets),
		exact ? "" : "at least ", units_count(flows).text, units_plural(flows));
}

/* "mirror tap, next rule (syns); forward tools", with what it was dropped as besides its lists. */
static void
put_side(FILE *out, const json_t *side)
{
	const char *before = "", *actions = value_text(side, "actions");
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(side, "passed"), i, one) {
		fprintf(out, "%s%s (%s)", before, value_text(one, "actions"),
			value_text(one, "rule"));
		before = "; ";
	}
	fprintf(out, "%s%s", before, actions);
	json_array_foreach (json_object_get(side, "drops"), i, one) {
		const char *reason = json_string_value(one);

		if (strcmp(reason, "rule") != 0 && strcmp(reason, "default") != 0)
			fprintf(out, "; dropped as %s", reason);
	}
}

static void
say_side(FILE *out, const char *label, const json_t *side)
{
	struct entry entry;

	if (!entry_begin(&entry, out))
		return;
	put_side(entry.text, side);
	entry_end(&entry, label, INDENT);
}

static void
say_example(FILE *out, const json_t *change)
{
	const json_t *example = json_object_get(change, "example");
	const char *capture = value_text(example, "capture");
	struct entry entry;

	if (!entry_begin(&entry, out))
		return;
	if (*capture && strcmp(capture, "-") != 0)
		fprintf(entry.text, "%s#%" PRIu64 ": ", capture, value_number(example, "record"));
	fprintf(entry.text, "%s, on %s", value_text(example, "text"), value_text(example, "port"));
	entry_end(&entry, "     e.g.", INDENT);
}

static bool
same_lists(const json_t *old, const json_t *new)
{
	return json_equal(json_object_get(old, "actions"), json_object_get(new, "actions")) &&
	       json_equal(json_object_get(old, "passed"), json_object_get(new, "passed")) &&
	       json_equal(json_object_get(old, "drops"), json_object_get(new, "drops"));
}

static void
say_change(FILE *out, const char *label, const json_t *change, bool exact)
{
	const json_t *old = json_object_get(change, "old"), *new = json_object_get(change, "new");
	bool same_end = json_is_true(json_object_get(change, "same_outcome"));
	struct entry entry;

	if (!entry_begin(&entry, out))
		return;
	put_count(entry.text, change, exact);
	fprintf(entry.text, ": %s", value_text(old, "rule"));
	if (strcmp(value_text(old, "rule"), value_text(new, "rule")) != 0)
		fprintf(entry.text, " -> %s", value_text(new, "rule"));
	if (same_end)
		fputs(", and the same comes of it", entry.text);
	entry_end(&entry, label, ENTRY_LABEL);
	if (same_lists(old, new)) {
		say_side(out, "     both", old);
		if (!same_end)
			entry_say(out, "", "by the same words, but what leaves is other bytes");
	} else {
		say_side(out, "     was", old);
		say_side(out, "     now", new);
	}
	say_example(out, change);
}

static void
say_changes(FILE *out, const json_t *result, bool exact)
{
	const json_t *changes = json_object_get(result, "changes");
	uint64_t left_out = value_number(result, "left_out");
	json_t *change;
	size_t i;

	json_array_foreach (changes, i, change) {
		if (i == CHANGES_MAX)
			break;
		say_change(out, "other", change, exact);
	}
	if (json_array_size(changes) > CHANGES_MAX)
		entry_say(out, "", "and %zu more kinds of change, which --json shows",
			  json_array_size(changes) - CHANGES_MAX);
	if (left_out)
		entry_say(out, "", "and %s packets in further kinds, which are not told apart",
			  units_count(left_out).text);
	json_array_foreach (json_object_get(result, "moved"), i, change) {
		struct entry entry;

		if (!entry_begin(&entry, out))
			return;
		put_count(entry.text, change, exact);
		fprintf(entry.text, " within group %s (%s)", value_text(change, "group"),
			value_text(json_object_get(change, "old"), "rule"));
		entry_end(&entry, "moved", ENTRY_LABEL);
		say_example(out, change);
	}
}

static void
put_leaves(FILE *out, const json_t *side)
{
	const json_t *leaves = json_object_get(side, "leaves");
	json_t *port;
	size_t i;

	json_array_foreach (leaves, i, port)
		fprintf(out, "%s%s", i ? ", " : "", json_string_value(port));
	if (json_array_size(leaves) == 0)
		fputs("nowhere", out);
}

/* By other words, or by the same ones what comes of it. */
static void
put_witness(FILE *out, const json_t *witness)
{
	const json_t *old = json_object_get(witness, "old"), *new = json_object_get(witness, "new");
	const char *group = value_text(witness, "group"), *rule = value_text(old, "rule");

	fprintf(out, "%s, on %s: %s (", value_text(witness, "text"), value_text(witness, "port"),
		rule);
	put_side(out, old);
	fputs(") ", out);
	if (strcmp(rule, value_text(new, "rule")) != 0 || !same_lists(old, new)) {
		fprintf(out, "-> %s (", value_text(new, "rule"));
		put_side(out, new);
		fputc(')', out);
	} else if (json_equal(json_object_get(old, "leaves"), json_object_get(new, "leaves"))) {
		fputs("by the same words, but what leaves is other bytes", out);
	} else {
		fputs("leaves through ", out);
		put_leaves(out, old);
		fputs(" -> ", out);
		put_leaves(out, new);
	}
	if (*group)
		fprintf(out, ", within group %s", group);
}

/* Packets that were made: what else differs. */
static void
say_witnesses(FILE *out, const json_t *result)
{
	const json_t *witnesses = json_object_get(result, "witnesses");
	json_t *one;
	size_t i;

	json_array_foreach (witnesses, i, one) {
		struct entry entry;

		if (i == CHANGES_MAX || !entry_begin(&entry, out))
			break;
		put_witness(entry.text, one);
		entry_end(&entry, i ? "" : "besides", ENTRY_LABEL);
	}
	if (json_array_size(witnesses) > CHANGES_MAX)
		entry_say(out, "", "and %zu more, which --json shows",
			  json_array_size(witnesses) - CHANGES_MAX);
}

/* "syns (a filter)": what packets are sure to be made for is not said. */
static void
put_unshown(FILE *out, const json_t *one)
{
	const char *why = value_text(one, "why");

	fputs(value_text(one, "rule"), out);
	if (strcmp(why, "filter") == 0)
		fputs(" (a filter)", out);
	else if (strcmp(why, "tunnel") == 0)
		fputs(" (a tunnel in a tunnel)", out);
}

static void
say_names(FILE *out, const char *label, const char *what, const json_t *names)
{
	struct entry entry;
	json_t *name;
	size_t i;

	if (json_array_size(names) == 0 || !entry_begin(&entry, out))
		return;
	fputs(what, entry.text);
	json_array_foreach (names, i, name) {
		if (i == NAMES_MAX)
			break;
		fputs(i ? ", " : " ", entry.text);
		if (json_is_string(name))
			fputs(json_string_value(name), entry.text);
		else if (json_object_get(name, "why"))
			put_unshown(entry.text, name);
		else
			fprintf(entry.text, "%s (behind %s)", value_text(name, "rule"),
				value_text(name, "behind"));
	}
	if (json_array_size(names) > NAMES_MAX)
		fprintf(entry.text, " and %zu more", json_array_size(names) - NAMES_MAX);
	entry_end(&entry, label, ENTRY_LABEL);
}

static void
say_all(FILE *out, const json_t *result, bool exact)
{
	json_t *capture;
	struct entry entry;
	size_t i;

	if (!entry_begin(&entry, out))
		return;
	put_count(entry.text, result, exact);
	json_array_foreach (json_object_get(result, "captures"), i, capture) {
		if (*value_text(capture, "port"))
			fprintf(entry.text, "%s%s on %s", i ? ", " : ": ",
				value_text(capture, "file"), value_text(capture, "port"));
	}
	if (json_object_get(result, "not_looked_at"))
		fprintf(entry.text, ", of %s that passed",
			units_count(value_number(result, "packets") +
				    value_number(result, "not_looked_at"))
				.text);
	entry_end(&entry, "of", ENTRY_LABEL);
}

void
view_difference(const struct view *view)
{
	const json_t *result = view->now;
	bool exact = !json_is_false(json_object_get(result, "flows_exact"));
	uint64_t packets = value_number(result, "packets"), same = value_number(result, "same");

	say_all(view->out, result, exact);
	if (json_object_get(result, "at_most_share"))
		entry_say(view->out, "same",
			  "all of them: at 95 %% fewer than 1 in %s of such packets would be "
			  "treated otherwise",
			  units_count(packets / 3).text);
	else if (packets == same)
		entry_say(view->out, "same", "all of them");
	else
		entry_say(view->out, "same", "%s packet%s", units_count(same).text,
			  units_plural(same));
	if (value_number(result, "cut"))
		entry_say(view->out, "cut", "of %s packets not all bytes are known",
			  units_count(value_number(result, "cut")).text);
	say_changes(view->out, result, exact);
	say_witnesses(view->out, result);
	say_names(view->out, "unshown",
		  "rules that differ, and no packet shows it:", json_object_get(result, "unshown"));
	if (json_is_true(json_object_get(result, "untried")))
		entry_say(view->out, "", "not all pairs of rules were tried");
	say_names(view->out, "unseen",
		  "rules that take nothing here:", json_object_get(result, "unseen_rules"));
	say_names(view->out, "never",
		  "rules that no packet reaches:", json_object_get(result, "unreachable"));
	if (value_number(result, "unasked"))
		entry_say(view->out, "",
			  "the last %s rules were not asked whether one reaches them",
			  units_count(value_number(result, "unasked")).text);
}
