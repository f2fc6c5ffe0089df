/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/path.h"
#include "core/text.h"

#include "core/banned.h"

#define WHAT_BYTES 256

bool
reader_text(struct reader *reader, const struct spot *spot, const char *what, const char **text)
{
	const struct node *node = spot->node;

	if (node->kind != NODE_SCALAR || node_is_null(node) || !*node->text) {
		reader_expected(reader, spot, what);
		return false;
	}
	*text = node->text;
	return true;
}

bool
reader_number(struct reader *reader, const struct spot *spot, const char *noun, uint32_t low,
	      uint32_t high, uint32_t *number)
{
	char what[WHAT_BYTES];
	const char *text;
	uint64_t value;

	if (low == high)
		snprintf(what, sizeof(what), "%u", low);
	else
		snprintf(what, sizeof(what), "%s from %u to %u", noun, low, high);
	if (!reader_text(reader, spot, what, &text))
		return false;
	if (text_number(text, high, &value) < 0 || value < low) {
		reader_expected(reader, spot, what);
		return false;
	}
	*number = value;
	return true;
}

bool
reader_list(struct reader *reader, const struct spot *spot, const char *what)
{
	if (spot->node->kind == NODE_LIST)
		return true;
	reader_expected(reader, spot, what);
	return false;
}

char *
reader_path(struct reader *reader, const struct spot *spot, const char *path)
{
	char *joined = path_join(reader->config->directory, path);

	if (!joined) {
		reader->no_memory = true;
	} else if (!text_is_utf8(joined)) {
		reader_error(
			reader, spot,
			"%s: the config's directory has a name that is no UTF-8, and so no answer "
			"could show it; move the config, or give an absolute path",
			spot_key(spot));
		free(joined);
		joined = NULL;
	}
	return joined;
}

bool
reader_name(struct reader *reader, const struct spot *spot, const char *kind, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t length = strlen(name);

	if (length == 0 || strspn(name, allowed) != length) {
		reader_error(reader, spot,
			     "%s is no name for a %s; a name has letters, digits, \".\", \"_\" and "
			     "\"-\" alone",
			     text_quote(name).text, kind);
		return false;
	}
	if (length > CONFIG_NAME_MAX) {
		reader_error(reader, spot,
			     "%s is too long a name for a %s; %u characters are the most",
			     text_quote(name).text, kind, CONFIG_NAME_MAX);
		return false;
	}
	return true;
}
