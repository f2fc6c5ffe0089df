/* SPDX-License-Identifier: BSD-3-Clause */
#include "view/unsent.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stage/reasons.h"
#include "view/value.h"

#include "core/banned.h"

static void
say(struct unsent_text *text, uint64_t count, const char *why)
{
	size_t used = strlen(text->text);

	if (count)
		snprintf(text->text + used, sizeof(text->text) - used, "%s%s %s", used ? ", " : "",
			 units_count(count).text, why);
}

/* One that the config asked for; what a newer daemon has besides is none. */
static bool
is_policy(const char *reason)
{
	static const struct {
		const char *name;
		enum reason_kind kind;
	} rows[] = {
#define X(id, name, kind, text, mend) {name, REASON_##kind},
		DROP_REASON_TABLE(X)
#undef X
	};

	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (strcmp(rows[i].name, reason) == 0)
			return rows[i].kind == REASON_POLICY;
	}
	return false;
}

static void
say_drops(struct unsent_text *text, const json_t *replay, bool all)
{
	const char *reason;
	json_t *count;

	json_object_foreach (json_object_get(replay, "drops"), reason, count) {
		if (all || !is_policy(reason))
			say(text, (uint64_t)json_integer_value(count), reason);
	}
}

struct unsent_text
unsent_lost(const json_t *replay)
{
	struct unsent_text text = {""};

	say_drops(&text, replay, false);
	return text;
}

struct unsent_text
unsent_all(const json_t *replay)
{
	static const struct {
		const char *key, *text;
	} reasons[] = {
		{"dropped", "late"},
		{"too_long", "too long for any frame"},
		{"empty", "empty"},
		{"skipped", "outside from, until or filter"},
	};
	struct unsent_text text = {""};

	say_drops(&text, replay, true);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		say(&text, value_number(replay, reasons[i].key), reasons[i].text);
	return text;
}
