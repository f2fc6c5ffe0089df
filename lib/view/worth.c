/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/worth.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/table.h"
#include "view/edition.h"
#include "view/entry.h"
#include "view/value.h"

#include "core/banned.h"

void
worth_say_cost(FILE *out, const json_t *answer)
{
	const json_t *cost = json_object_get(answer, "cost");

	if (json_is_integer(json_object_get(cost, "act_cycles")))
		entry_say(out, "cost",
			  "about %" PRIu64 " cycles a packet to classify, %" PRIu64
			  " for what is done then, in a burst of such; gates and drivers aside",
			  value_number(cost, "classify_cycles"), value_number(cost, "act_cycles"));
	else if (cost)
		entry_say(out, "cost",
			  "about %" PRIu64
			  " cycles a packet to classify, in a burst of such; what is done then is "
			  "not known, for lack of buffers",
			  value_number(cost, "classify_cycles"));
}

void
worth_say_agreement(FILE *out, const json_t *answer)
{
	const struct table_style *style = table_style(out);
	json_t *differs;
	size_t i;

	if (json_is_true(json_object_get(answer, "agrees"))) {
		entry_say(out, "agrees",
			  "the tables, and the config read rule by rule, say the same");
		return;
	}
	fprintf(out,
		"%sIT DOES NOT AGREE: this is a bug of sluice; please report it with --json%s\n",
		style->bad, style->plain);
	json_array_foreach (json_object_get(answer, "differs"), i, differs)
		entry_say(out, "", "%s", json_string_value(differs));
}

void
worth_say_config(FILE *out, const json_t *answer)
{
	const json_t *running = json_object_get(answer, "running");
	struct entry entry;

	if (!json_is_object(running) || !entry_begin(&entry, out))
		return;
	edition_print(entry.text, running);
	entry_end(&entry, "config", ENTRY_LABEL);
}
