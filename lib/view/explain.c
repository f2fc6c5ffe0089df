/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "view/bytes.h"
#include "view/entry.h"
#include "view/value.h"
#include "view/worth.h"

#include "core/banned.h"

#define NAME_COLUMNS_MAX 16
#define LABEL_BYTES 128

/* What a field has: a number, a word, or nothing. */
static void
put_value(FILE *out, const json_t *value)
{
	if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		fputs(json_is_string(value) ? json_string_value(value) : "-", out);
}

static void
put_end(FILE *out, const json_t *fields, const char *address, const char *port)
{
	const char *text = value_text(fields, address);
	bool ports = json_object_get(fields, port);
	bool brackets = ports && strchr(text, ':');

	fprintf(out, brackets ? "[%s]" : "%s", text);
	if (ports)
		fprintf(out, ":%" PRIu64, value_number(fields, port));
}

/* "tcp 10.0.0.6:43211 > 192.0.2.1:443, vlan 100" */
static void
put_fields(FILE *out, const json_t *fields)
{
	const char *before = "";

	if (json_object_get(fields, "src")) {
		put_value(out, json_object_get(fields, json_object_get(fields, "protocol")
							       ? "protocol"
							       : "ether-type"));
		fputc(' ', out);
		put_end(out, fields, "src", "src-port");
		fputs(" > ", out);
		put_end(out, fields, "dst", "dst-port");
		before = ", ";
	} else if (json_object_get(fields, "ether-type")) {
		fputs("ether-type ", out);
		put_value(out, json_object_get(fields, "ether-type"));
		before = ", ";
	} else {
		fputs("it ends before an ether-type", out);
		before = ", ";
	}
	if (json_object_get(fields, "vlan"))
		fprintf(out, "%svlan %" PRIu64, before, value_number(fields, "vlan"));
	if (json_object_get(fields, "fragment"))
		fprintf(out, "%sa fragment", before);
	if (!json_object_get(fields, "tunnel"))
		return;
	fprintf(out, "%s%s", before, value_text(fields, "tunnel"));
	if (json_object_get(fields, "id"))
		fprintf(out, " %" PRIu64, value_number(fields, "id"));
	fputs(" with ", out);
	put_fields(out, json_object_get(fields, "inner"));
}

static void
say_packet(FILE *out, const json_t *answer)
{
	const json_t *packet = json_object_get(answer, "packet");
	const char *file = value_text(packet, "file"), *open = value_text(packet, "open");
	struct entry entry;

	if (!entry_begin(&entry, out))
		return;
	if (*file)
		fprintf(entry.text, "%s#%" PRIu64 ", ", file, value_number(packet, "record"));
	fprintf(entry.text, "%" PRIu64 " bytes, as if received on %s",
		value_number(packet, "length"), value_text(answer, "port"));
	if (json_object_get(packet, "wire_length"))
		fprintf(entry.text, "; on the wire it had %" PRIu64,
			value_number(packet, "wire_length"));
	if (json_is_true(json_object_get(packet, "converted")))
		fputs("; its Ethernet header is made, as the capture has none", entry.text);
	if (*open)
		fprintf(entry.text, "; made of words, the rest is taken as %s", open);
	entry_end(&entry, "packet", ENTRY_LABEL);
	if (entry_begin(&entry, out)) {
		put_fields(entry.text, json_object_get(answer, "parsed"));
		entry_end(&entry, "parsed", ENTRY_LABEL);
	}
}

/* "dst-port is 443, not 53" */
static void
put_fail(FILE *out, const json_t *fail)
{
	const char *field = value_text(fail, "field"), *part = value_text(fail, "part"),
		   *note = value_text(fail, "note");
	const json_t *has = json_object_get(fail, "has");

	if (strcmp(field, "filter") == 0) {
		fprintf(out,
			*part ? "of its filter \"%s\" does not hold" : "its filter does not hold",
			part);
		fprintf(out, "%s%s", *note ? ": " : "", note);
	} else if (json_is_null(has)) {
		fprintf(out, "no %s, and it wants %s", field, value_text(fail, "wants"));
	} else {
		fprintf(out, "%s is ", field);
		put_value(out, has);
		fprintf(out, ", not %s", value_text(fail, "wants"));
	}
}

static void
say_rule(FILE *out, const json_t *rule, unsigned width)
{
	bool took = json_is_true(json_object_get(rule, "took"));
	bool decides = json_is_true(json_object_get(rule, "decides"));
	const char *action = value_text(rule, "action"), *before = "";
	struct entry entry;
	char label[LABEL_BYTES];
	json_t *fail;
	size_t i;

	if (!entry_begin(&entry, out))
		return;
	snprintf(label, sizeof(label), "  %-*s  %s ", (int)width, value_text(rule, "name"),
		 took ? "took" : "no  ");
	if (took)
		fprintf(entry.text, "%s%s", action, decides ? "   <- decides" : "");
	json_array_foreach (json_object_get(rule, "fails"), i, fail) {
		fputs(before, entry.text);
		put_fail(entry.text, fail);
		before = "; ";
	}
	entry_end(&entry, label, width + 9);
}

static void
say_rules(FILE *out, const json_t *answer)
{
	const json_t *rules = json_object_get(answer, "rules");
	uint64_t left_out = value_number(answer, "left_out");
	unsigned width = 0;
	json_t *rule;
	size_t i;

	json_array_foreach (rules, i, rule) {
		size_t length = strlen(value_text(rule, "name"));

		width = length > width ? (unsigned)length : width;
	}
	width = width > NAME_COLUMNS_MAX ? NAME_COLUMNS_MAX : width;
	json_array_foreach (rules, i, rule)
		say_rule(out, rule, width);
	if (left_out)
		fprintf(out, "  and %s that did not take it, by more than one key\n",
			units_count(left_out).text);
}

static void
say_decides(FILE *out, const json_t *answer, const char *file)
{
	const json_t *decides = json_object_get(answer, "decides");
	const json_t *line = json_object_get(decides, "line");
	uint64_t rest = value_number(answer, "not_reached");
	struct entry entry;

	if (!entry_begin(&entry, out))
		return;
	fprintf(entry.text, "%s: %s", value_text(decides, "rule"), value_text(decides, "action"));
	if (json_is_integer(line))
		fprintf(entry.text, " (%s:%" JSON_INTEGER_FORMAT ")", file,
			json_integer_value(line));
	if (rest)
		fprintf(entry.text, "; %s rule%s behind it not reached", units_count(rest).text,
			units_plural(rest));
	entry_end(&entry, "decides", ENTRY_LABEL);
}

static void
say_near(FILE *out, const json_t *answer)
{
	const char *label = "near";
	json_t *near;
	size_t i;

	json_array_foreach (json_object_get(answer, "near"), i, near) {
		entry_say(out, label, "%s: %s", value_text(near, "rule"), value_text(near, "why"));
		label = "";
	}
}

static void
put_gate_state(FILE *out, const json_t *gate)
{
	const json_t *lag = json_object_get(gate, "lag_ns");

	if (json_object_get(gate, "holds"))
		fprintf(out, ": the bucket has %s of %s %s, it takes %s",
			units_count(value_number(gate, "holds")).text,
			units_count(value_number(gate, "most")).text, value_text(gate, "unit"),
			units_count(value_number(gate, "takes")).text);
	else if (json_object_get(gate, "wait"))
		fprintf(out, ": %s more before the next one passes",
			units_count(value_number(gate, "wait")).text);
	else if (lag)
		fprintf(out, ": an equal one passed %s before",
			units_ns(value_number(gate, "lag_ns")).text);
}

static void
say_gates(FILE *out, const json_t *answer)
{
	const char *label = "gates";
	struct entry entry;
	json_t *gate;
	size_t i;

	json_array_foreach (json_object_get(answer, "gates"), i, gate) {
		bool asked = json_is_true(json_object_get(gate, "asked"));
		bool passes = json_is_true(json_object_get(gate, "passes"));

		if (!entry_begin(&entry, out))
			return;
		fprintf(entry.text, "%s: %s %s", value_text(gate, "rule"), value_text(gate, "gate"),
			!asked   ? "is not asked"
			: passes ? "lets it pass"
				 : "stops it");
		put_gate_state(entry.text, gate);
		entry_end(&entry, label, ENTRY_LABEL);
		label = "";
	}
}

static void
say_group(FILE *out, const char *label, const json_t *group)
{
	const char *before = "", *member = value_text(group, "member");
	struct entry entry;
	json_t *one;
	size_t i;

	if (!json_is_object(group) || !entry_begin(&entry, out))
		return;
	fprintf(entry.text, "%s: flow hash %s is %s's", value_text(group, "name"),
		value_text(group, "hash"), value_text(group, "flow_of"));
	if (strcmp(member, value_text(group, "flow_of")) != 0)
		fprintf(entry.text, ", which has no link; %s%s",
			*member ? "so it goes to " : "none has one", member);
	fputs(" (", entry.text);
	json_array_foreach (json_object_get(group, "members"), i, one) {
		fprintf(entry.text, "%s%s %s", before, value_text(one, "port"),
			json_is_true(json_object_get(one, "up")) ? "up" : "down");
		before = ", ";
	}
	fputc(')', entry.text);
	entry_end(&entry, label, ENTRY_LABEL);
}

static void
say_mirrors(FILE *out, const json_t *answer)
{
	json_t *mirror;
	size_t i;

	json_array_foreach (json_object_get(answer, "mirrors"), i, mirror) {
		const json_t *drop = json_object_get(mirror, "drop");

		say_group(out, "group", json_object_get(mirror, "group"));
		if (json_is_string(json_object_get(mirror, "stopped_by")))
			entry_say(out, "mirror", "%s of %s: none, %s stops it",
				  value_text(mirror, "target"), value_text(mirror, "rule"),
				  value_text(mirror, "stopped_by"));
		else if (json_is_object(drop))
			entry_say(out, "mirror", "%s of %s: dropped as %s: %s",
				  value_text(mirror, "target"), value_text(mirror, "rule"),
				  value_text(drop, "reason"), value_text(drop, "why"));
	}
}

static void
say_leaves(FILE *out, const json_t *answer)
{
	json_t *leaves, *step;
	size_t i, j;

	json_array_foreach (json_object_get(answer, "leaves"), i, leaves) {
		const json_t *edits = json_object_get(leaves, "edits");

		entry_say(out, "leaves", "on %s: %" PRIu64 " bytes, %s (%s of %s)",
			  value_text(leaves, "port"), value_number(leaves, "length"),
			  json_array_size(edits) ? "edited" : "as it came",
			  value_text(leaves, "action"), value_text(leaves, "rule"));
		json_array_foreach (edits, j, step) {
			char *text = bytes_changed(step);

			entry_say(out, "", "%s", text ? text : "");
			free(text);
		}
	}
}

static void
say_drop(FILE *out, const json_t *answer)
{
	const json_t *drop = json_object_get(answer, "drop");
	const char *gate = value_text(drop, "stopped_by");

	if (!json_is_object(drop))
		return;
	entry_say(out, "dropped", "as %s: %s%s%s", value_text(drop, "reason"),
		  value_text(drop, "why"), *gate ? "; by " : "", gate);
}

/* What another config would do, beside it. */
static void
say_with(FILE *out, const json_t *with)
{
	bool same = json_is_true(json_object_get(with, "same"));

	fputc('\n', out);
	entry_say(out, "with", "%s it is treated %s", value_text(with, "config"),
		  same ? "the same" : "otherwise:");
	if (same)
		return;
	say_decides(out, with, value_text(with, "config"));
	say_group(out, "group", json_object_get(with, "group"));
	say_mirrors(out, with);
	say_leaves(out, with);
	say_drop(out, with);
	worth_say_agreement(out, with);
}

void
view_explain(const struct view *view)
{
	const json_t *answer = view->now, *with = json_object_get(answer, "with");
	const char *file = value_text(answer, "config");

	say_packet(view->out, answer);
	say_rules(view->out, answer);
	say_decides(view->out, answer, file);
	say_near(view->out, answer);
	say_gates(view->out, answer);
	say_group(view->out, "group", json_object_get(answer, "group"));
	say_mirrors(view->out, answer);
	say_leaves(view->out, answer);
	say_drop(view->out, answer);
	worth_say_cost(view->out, answer);
	worth_say_agreement(view->out, answer);
	worth_say_config(view->out, answer);
	if (json_is_object(with))
		say_with(view->out, with);
}
