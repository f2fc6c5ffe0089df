/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/phrase.h"

#include <stdlib.h>

#include "core/text.h"

#include "core/banned.h"

json_t *
phrase_close(FILE *out, char **text)
{
	char *whole = text_close(out, text);
	json_t *json = json_string(whole ? whole : "");

	free(whole);
	return json;
}

/* actions: NULL: of the action alone. */
static json_t *
phrase(const struct config *config, const struct config_actions *actions,
       const struct config_action *action)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return json_null();
	if (actions)
		config_put_actions(out, config, actions);
	else
		config_put_action(out, config, action);
	return phrase_close(out, &text);
}

json_t *
phrase_action(const struct config *config, const struct config_action *action)
{
	return phrase(config, NULL, action);
}

json_t *
phrase_actions(const struct config *config, const struct config_actions *actions)
{
	return phrase(config, actions, NULL);
}
