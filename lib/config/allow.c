/* SPDX-License-Identifier: BSD-3-Clause */
/* Which directories the sandbox leaves to the daemon for configs that come later. */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static const char what[] = "a list of directories such as [/captures]";

static void
read_directory(struct reader *reader, const struct spot *spot, struct config_allow *allow)
{
	const char *text;
	char *path;

	if (!reader_text(reader, spot, what, &text))
		return;
	path = reader_path(reader, spot, text);
	for (unsigned i = 0; path && i < allow->count; i++) {
		if (strcmp(allow->directories[i], path) == 0)
			reader_warning(reader, spot, "allow: %s stands twice",
				       text_quote(path).text);
	}
	if (path)
		allow->directories[allow->count++] = path;
}

static void
read_allow(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_allow *allow = key_at(key, into);
	struct spot item = {0};

	if (!reader_list(reader, spot, what))
		return;
	if (spot->node->count > CONFIG_ALLOW_MAX) {
		reader_error(reader, spot,
			     "allow: %u directories are the most; name one above them",
			     CONFIG_ALLOW_MAX);
		return;
	}
	allow->directories = reader_alloc(reader, spot->node->count, sizeof(*allow->directories));
	while (allow->directories && spot_next_item(spot, &item))
		read_directory(reader, &item, allow);
}

static void
write_allow(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_allow *allow = key_at(key, (void *)from);

	fputc('[', out->file);
	for (unsigned i = 0; i < allow->count; i++) {
		fputs(i ? ", " : "", out->file);
		emit_quoted(out->file, allow->directories[i]);
	}
	fputc(']', out->file);
}

static bool
allows_any(const struct key *key, const void *from)
{
	const struct config_allow *allow = key_at(key, (void *)from);

	return allow->count > 0;
}

static void
clear_allow(const struct key *key, void *from)
{
	struct config_allow *allow = key_at(key, from);

	for (unsigned i = 0; i < allow->count; i++)
		free(allow->directories[i]);
	free(allow->directories);
	*allow = (struct config_allow){0};
}

const struct key_type key_allow = {read_allow, write_allow, allows_any, clear_allow};
