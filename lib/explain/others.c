/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/others.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/named.h"
#include "core/text.h"

#include "core/banned.h"

/* A rule's text, without its place. NULL: no memory. */
static char *
text_of(const struct config *config, uint32_t rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (rule < config->rule_count)
		config_emit_rule(out, config, rule);
	else
		config_put_actions(out, config, &config->default_actions);
	config_emit_named(out, config, rule);
	return text_close(out, &text);
}

json_t *
others_texts(const struct config *config)
{
	json_t *texts = json_object();

	for (uint32_t i = 0; texts && i <= config->rule_count; i++) {
		char *text = text_of(config, i);

		if (text)
			json_object_set_new(texts, text, json_integer(i));
		free(text);
	}
	return texts;
}

bool *
others_of(const struct config *config, const json_t *there)
{
	bool *others = calloc(config->rule_count + 1, sizeof(*others));
	json_int_t last = -1;

	for (uint32_t i = 0; others && i <= config->rule_count; i++) {
		char *text = text_of(config, i);
		const json_t *at = text ? json_object_get(there, text) : NULL;

		others[i] = !at || json_integer_value(at) < last;
		if (!others[i])
			last = json_integer_value(at);
		free(text);
	}
	return others;
}
