/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <stdbool.h>
#include <string.h>

#include "core/banned.h"

/* Of "2026-11-30T02:55:25.056123456Z": the time of day, to the microsecond. */
#define DATE_CHARS (sizeof("2026-11-30T") - 1)
#define TIME_CHARS (sizeof("02:55:25.056123") - 1)

static const char *
text_of(const json_t *packet, const char *name)
{
	const char *text = json_string_value(json_object_get(packet, name));

	return text ? text : "";
}

static bool
print_list(FILE *out, const json_t *list, const char *before, const char *between)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		fprintf(out, "%s%s", i ? between : before, json_string_value(item));
	return i > 0;
}

void
line_fate(FILE *out, const json_t *packet)
{
	const char *rule = text_of(packet, "rule");
	bool passed = print_list(out, json_object_get(packet, "passed"), "", ", ");
	bool leaves;

	fprintf(out, "%s%s", passed && *rule ? ", " : "", *rule ? rule : passed ? "" : "no rule");
	leaves = print_list(out, json_object_get(packet, "out"), " -> ", " ");
	if (print_list(out, json_object_get(packet, "drops"), leaves ? "; dropped (" : " dropped (",
		       ", "))
		fprintf(out, ")");
}

void
line_print(FILE *out, const json_t *packet)
{
	const char *time = text_of(packet, "time");

	if (strlen(time) > DATE_CHARS + TIME_CHARS)
		fprintf(out, "%.*s ", (int)TIME_CHARS, time + DATE_CHARS);
	fprintf(out, "%s %s %s, %lld bytes  ",
		json_is_true(json_object_get(packet, "leaves")) ? "out" : "in ",
		text_of(packet, "port"), text_of(packet, "text"),
		json_integer_value(json_object_get(packet, "length")));
	line_fate(out, packet);
	fprintf(out, "\n");
}
