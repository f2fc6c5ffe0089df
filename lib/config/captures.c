/* SPDX-License-Identifier: BSD-3-Clause */
/* Which captures a port or a replay reads, and how: one file, a list, a glob, a directory, a FIFO,
 * or "-". */
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

static const char what[] = "the name of a capture file, or a list of these";

/* A port's output is truncated when it is opened. */
static void
check_written(struct reader *reader, const struct spot *spot, const char *path)
{
	for (unsigned i = 0; i < reader->config->port_count; i++) {
		const struct config_port *port = &reader->config->ports[i];

		if (port->pcap_out && strcmp(port->pcap_out, path) == 0)
			reader_error(reader, spot,
				     "%s: %s is what port %s writes; name another file",
				     spot_key(spot), text_quote(path).text, port->name);
	}
}

static void
read_file(struct reader *reader, const struct spot *spot, struct config_captures *captures)
{
	const char *text;
	bool is_stdin;
	char *path;

	if (!reader_text(reader, spot, what, &text))
		return;
	is_stdin = strcmp(text, "-") == 0;
	path = is_stdin ? reader_copy(reader, text) : reader_path(reader, spot, text);
	if (!path)
		return;
	if (is_stdin && reader->takes_stdin)
		reader_error(
			reader, spot,
			"%s: \"-\", the standard input, can be read once, by one port or replay",
			spot_key(spot));
	reader->takes_stdin |= is_stdin;
	check_written(reader, spot, path);
	for (unsigned i = 0; i < captures->file_count && !is_stdin; i++) {
		if (strcmp(captures->files[i], path) == 0)
			reader_warning(reader, spot,
				       "%s: %s stands twice; each of its packets comes twice",
				       spot_key(spot), text_quote(path).text);
	}
	captures->files[captures->file_count++] = path;
}

static void
read_files(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_captures *captures = key_at(key, into);
	struct spot item = {0};
	unsigned count = spot->node->kind == NODE_LIST ? spot->node->count : 1;

	if (count == 0 || count > CONFIG_FILES_MAX) {
		reader_error(reader, spot, "%s: %s; 1 to %u files may be named, or a directory",
			     key->name, count ? "too many" : "an empty list", CONFIG_FILES_MAX);
		return;
	}
	captures->files = reader_alloc(reader, count, sizeof(*captures->files));
	if (!captures->files)
		return;
	if (spot->node->kind != NODE_LIST) {
		read_file(reader, spot, captures);
		return;
	}
	while (spot_next_item(spot, &item))
		read_file(reader, &item, captures);
}

static void
write_files(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_captures *captures = key_at(key, from);

	fputs(captures->file_count > 1 ? "[" : "", out->file);
	for (unsigned i = 0; i < captures->file_count; i++) {
		fputs(i ? ", " : "", out->file);
		emit_quoted(out->file, captures->files[i]);
	}
	fputs(captures->file_count > 1 ? "]" : "", out->file);
}

static bool
has_files(const struct key *key, const void *from)
{
	const struct config_captures *captures = key_at(key, from);

	return captures->file_count > 0;
}

static void
clear_files(const struct key *key, void *from)
{
	struct config_captures *captures = key_at(key, from);

	for (unsigned i = 0; i < captures->file_count; i++)
		free(captures->files[i]);
	free(captures->files);
	captures->files = NULL;
	captures->file_count = 0;
}

const struct key_type key_captures = {read_files, write_files, has_files, clear_files};

const struct key_word key_order[] = {
	{"merged", CONFIG_ORDER_MERGED},
	{"sequential", CONFIG_ORDER_SEQUENTIAL},
	{NULL, 0},
};
const struct key_word key_other_links[] = {
	{"refuse", CONFIG_LINKS_REFUSE},
	{"skip", CONFIG_LINKS_SKIP},
	{"convert", CONFIG_LINKS_CONVERT},
	{NULL, 0},
};
