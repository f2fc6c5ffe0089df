/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/deeds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"

#include "core/banned.h"

int
deeds_init(struct deeds *deeds)
{
	*deeds = (struct deeds){.known = json_object()};
	return deeds->known ? 0 : -ENOMEM;
}

void
deeds_fini(struct deeds *deeds)
{
	json_decref(deeds->known);
}

const struct config_actions *
deeds_actions(const struct config *config, uint32_t rule)
{
	return rule < config->rule_count ? &config->rules[rule].actions : &config->default_actions;
}

const char *
deeds_name(const struct config *config, uint32_t rule)
{
	return rule < config->rule_count ? config->rules[rule].name : "default";
}

/* The number of a rule; 0 without memory. */
static uint32_t
number(struct deeds *deeds, const struct config *config, uint32_t rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_int_t found = 0;

	if (!out)
		return 0;
	fprintf(out, "%s\n", deeds_name(config, rule));
	config_put_actions(out, config, deeds_actions(config, rule));
	if (text_close(out, &text)) {
		found = json_integer_value(json_object_get(deeds->known, text));
		if (!found &&
		    json_object_set_new(deeds->known, text, json_integer(deeds->count + 1)) == 0)
			found = ++deeds->count;
	}
	free(text);
	return (uint32_t)found;
}

uint32_t *
deeds_of(struct deeds *deeds, const struct config *config)
{
	uint32_t *numbers = malloc((config->rule_count + 1) * sizeof(*numbers));

	for (uint32_t i = 0; numbers && i <= config->rule_count; i++) {
		numbers[i] = number(deeds, config, i);
		if (!numbers[i]) {
			free(numbers);
			return NULL;
		}
	}
	return numbers;
}
