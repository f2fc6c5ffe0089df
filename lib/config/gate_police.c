/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define WHAT CONFIG_RATE_FORMS ", or the name of one under policers"

/* What begins with a digit, as a rate does, and is none is hardly a name. */
static void
unknown(struct reader *reader, const struct spot *spot, const char *text, const char *reason)
{
	const char *names[CONFIG_POLICERS_MAX], *nearest;
	unsigned count = reader->config->policer_count;

	for (unsigned i = 0; i < count; i++)
		names[i] = reader->config->policers[i].name;
	nearest = text_nearest(text, names, count);
	if (nearest)
		reader_error(reader, spot, "%s: there is no policer %s; did you mean \"%s\"?",
			     spot_key(spot), text_quote(text).text, nearest);
	else if (strchr("0123456789.", text[0]))
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	else
		reader_expected(reader, spot, WHAT);
}

static void
read_police(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_rate *rate = key_own(reader, key, into, sizeof(*rate));
	char reason[CONFIG_RATE_REASON_MAX];
	const char *text;
	uint32_t found;

	if (!rate || !reader_text(reader, spot, WHAT, &text))
		return;
	if (config_rate_parse(text, rate, reason, sizeof(reason)) == 0)
		return;
	found = names_find(&reader->policers, text);
	if (found == NAMES_NONE)
		unknown(reader, spot, text, reason);
	else
		*rate = reader->config->policers[found].rate;
}

static void
read_above(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_rate *rate = key_own(reader, key, into, sizeof(*rate));
	char reason[CONFIG_RATE_REASON_MAX];
	const char *text;

	if (!rate || !reader_text(reader, spot, CONFIG_RATE_FORMS, &text))
		return;
	if (config_rate_parse(text, rate, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
}

static void
write_rate(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_rate *rate = key_owns(key, from);
	char text[CONFIG_RATE_TEXT_MAX];

	if (rate->policer >= 0) {
		emit_name(out->file, out->config->policers[rate->policer].name);
		return;
	}
	config_rate_format(rate, text, sizeof(text));
	fputs(text, out->file);
}

const struct key_type key_police = {read_police, write_rate, NULL, key_clear_owned};
const struct key_type key_above = {read_above, write_rate, NULL, key_clear_owned};
