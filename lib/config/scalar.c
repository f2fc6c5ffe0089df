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
reader_number(struct reader *reader, const struct spot *spot, uint32_t low, uint32_t high,
	      uint32_t *number)
{
	char what[WHAT_BYTES];
	const char *text;
	uint64_t value;

	if (low == high)
		snprintf(what, sizeof(what), "%u", low);
	else
		snprintf(what, sizeof(what), "a number from %u to %u", low, high);
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

/* Names of ports, and of groups, in the order of the config; returns how many. */
static unsigned
known_names(const struct reader *reader, bool groups, const char *names[])
{
	const struct config *config = reader->config;
	unsigned count = 0;

	for (unsigned i = 0; i < config->port_count; i++)
		names[count++] = config->ports[i].name;
	for (unsigned i = 0; groups && i < config->group_count; i++)
		names[count++] = config->groups[i].name;
	return count;
}

void
reader_unknown(struct reader *reader, const struct spot *spot, bool groups, const char *name)
{
	const char *what = groups ? "port or group" : "port";
	const char *names[CONFIG_PORTS_MAX + CONFIG_GROUPS_MAX] = {NULL};
	unsigned count = known_names(reader, groups, names);
	const char *nearest = text_nearest(name, names, count);
	char all[WHAT_BYTES] = "";
	size_t used = 0;

	if (nearest) {
		reader_error(reader, spot, "%s: there is no %s %s; did you mean \"%s\"?",
			     spot_key(spot), what, text_quote(name).text, nearest);
		return;
	}
	for (unsigned i = 0; i < count && used < sizeof(all); i++)
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", names[i]);
	reader_error(reader, spot, "%s: there is no %s %s; there %s %s%s", spot_key(spot), what,
		     text_quote(name).text, count == 1 ? "is" : "are", all,
		     used < sizeof(all) ? "" : "...");
}

bool
reader_port(struct reader *reader, const struct spot *spot, const char *what, uint16_t *index)
{
	const char *name;
	uint32_t found;

	if (!reader_text(reader, spot, what, &name))
		return false;
	found = names_find(&reader->targets, name);
	if (found < TARGET_GROUP) {
		*index = found;
		return true;
	}
	if (reader->no_ports)
		return false;
	if (found != NAMES_NONE) {
		reader_error(reader, spot, "%s: \"%s\" is a group; expected %s", spot_key(spot),
			     name, what);
		return false;
	}
	reader_unknown(reader, spot, false, name);
	return false;
}
