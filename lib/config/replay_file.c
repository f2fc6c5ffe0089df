/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "config/reader.h"
#include "core/text.h"

#include "core/banned.h"

/* A port's output is truncated when it is opened. */
static void
check_written(struct reader *reader, const struct spot *spot, const char *path)
{
	for (unsigned i = 0; i < reader->config->port_count; i++) {
		const struct config_port *port = &reader->config->ports[i];

		if (port->pcap_out && strcmp(port->pcap_out, path) == 0)
			reader_error(reader, spot, "file: %s is what port %s writes; name another",
				     text_quote(path).text, port->name);
	}
}

static void
read_file(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	const char *text;
	char *path;

	if (!reader_text(reader, spot, "the name of a capture file, or a list of these", &text))
		return;
	path = reader_path(reader, spot, text);
	if (!path)
		return;
	check_written(reader, spot, path);
	for (unsigned i = 0; i < replay->file_count; i++) {
		if (strcmp(replay->files[i], path) == 0)
			reader_warning(reader, spot,
				       "file: %s stands twice; each of its packets leaves twice",
				       text_quote(path).text);
	}
	replay->files[replay->file_count++] = path;
}

void
read_replay_files(struct reader *reader, const struct spot *spot, struct config_replay *replay)
{
	struct spot item = {0};
	unsigned count = spot->node->kind == NODE_LIST ? spot->node->count : 1;

	if (count == 0 || count > CONFIG_REPLAY_FILES_MAX) {
		reader_error(reader, spot, "file: %s; a replay has 1 to %u files",
			     count ? "too many" : "an empty list", CONFIG_REPLAY_FILES_MAX);
		return;
	}
	replay->files = reader_alloc(reader, count, sizeof(*replay->files));
	if (!replay->files)
		return;
	if (spot->node->kind != NODE_LIST) {
		read_file(reader, spot, replay);
		return;
	}
	while (spot_next_item(spot, &item))
		read_file(reader, &item, replay);
}
