/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/value.h"

#include <stdio.h>
#include <string.h>

#include "core/banned.h"

uint64_t
value_number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

double
value_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

const char *
value_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

const json_t *
value_in(const json_t *object, const char *key, const char *inner)
{
	return json_object_get(json_object_get(object, key), inner);
}

double
value_rate(const struct view *view, const json_t *now, const json_t *before, const char *key)
{
	uint64_t after = value_number(now, key), first = value_number(before, key);

	if (!before || view->seconds <= 0 || after < first)
		return 0;
	return (double)(after - first) / view->seconds;
}

void
value_add(struct value_list *list, const char *text)
{
	size_t used = strlen(list->text);

	snprintf(list->text + used, sizeof(list->text) - used, "%s%s", used ? ", " : "", text);
}

void
value_say(struct value_list *list, uint64_t count, const char *what)
{
	char text[128];

	if (count == 0)
		return;
	snprintf(text, sizeof(text), "%s %s", units_count(count).text, what);
	value_add(list, text);
}

void
value_print_ledger(FILE *out, const json_t *ledger)
{
	const struct table_style *style = table_style(out);
	int balanced = json_is_true(json_object_get(ledger, "balanced"));

	fprintf(out, "%sledger%s   %s in = %s out + %s dropped + %s held: %s%s%s\n", style->bold,
		style->plain, units_count(value_number(ledger, "in")).text,
		units_count(value_number(ledger, "out")).text,
		units_count(value_number(ledger, "dropped")).text,
		units_count(value_number(ledger, "held")).text, balanced ? style->good : style->bad,
		balanced ? "balanced" : "NOT BALANCED", style->plain);
}

void
value_print_copies(FILE *out, const json_t *copies)
{
	const struct table_style *style = table_style(out);
	const char *reason;
	json_t *copy;
	uint64_t bytes = 0;

	json_object_foreach ((json_t *)copies, reason, copy)
		bytes += value_number(copy, "bytes");
	fprintf(out, "%scopied%s   %s%s%s of packets by the CPU", style->bold, style->plain,
		bytes ? "" : style->good, bytes ? units_bytes(bytes).text : "0 bytes",
		bytes ? "" : style->plain);
	json_object_foreach ((json_t *)copies, reason, copy) {
		if (value_number(copy, "packets"))
			fprintf(out, "; %s: %s packet%s, %s", reason,
				units_count(value_number(copy, "packets")).text,
				units_plural(value_number(copy, "packets")),
				units_bytes(value_number(copy, "bytes")).text);
	}
	fprintf(out, "\n");
}
