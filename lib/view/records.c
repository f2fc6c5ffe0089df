/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/records.h"

#include <stdio.h>

#include "core/banned.h"

static void
say_missing(struct value_list *list, const json_t *object, const char *skipped)
{
	value_say(list, value_number(object, "too_long"), "longer than 65,535 bytes");
	value_say(list, value_number(object, "empty"), "empty");
	value_say(list, value_number(object, "skipped"), skipped);
}

void
records_changed(struct value_list *list, const json_t *object)
{
	value_say(list, value_number(object, "truncated"), "cut short by the capture");
	value_say(list, value_number(object, "converted"), "given an Ethernet header");
	value_say(list, value_number(object, "backwards"), "earlier than the one before");
	if (json_is_true(json_object_get(object, "cut")))
		value_add(list, "the last of a file incomplete");
}

void
records_not_sent(struct value_list *list, const json_t *replay)
{
	say_missing(list, replay, "left out by from, until, filter or other-links");
}

void
records_unedited(struct value_list *list, const json_t *replay)
{
	json_t *step;
	size_t i;

	json_array_foreach (json_object_get(replay, "steps"), i, step) {
		char text[sizeof(list->text)];

		snprintf(text, sizeof(text), "by %s", value_text(step, "action"));
		value_say(list, value_number(step, "unedited"), text);
	}
}

void
records_of_port(struct value_list *list, const json_t *port)
{
	struct value_list missing = {""};
	char text[sizeof("left out: ") + sizeof(missing.text)];

	records_changed(list, port);
	say_missing(&missing, port, "of other link types");
	if (!*missing.text)
		return;
	snprintf(text, sizeof(text), "left out: %s", missing.text);
	value_add(list, text);
}
