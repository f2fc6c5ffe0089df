/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/path.h"
#include "config/reader.h"
#include "core/text.h"

#include "core/banned.h"

#define PACKETS_DEFAULT 65535
#define PACKETS_MIN 1023
#define PACKETS_MAX 16777215
#define PACKET_SIZE_DEFAULT 2048
#define PACKET_SIZE_MIN 64
/* An mbuf's buffer is at most 65535 bytes, 128 of them headroom. */
#define PACKET_SIZE_MAX (65535 - 128)
/* Linux numbers CPUs below 1024 in its own tools' sets. */
#define CORE_MAX 1023

enum {
	FIELD_VERSION,
	FIELD_WORKERS,
	FIELD_MEMORY,
	FIELD_IDLE,
	FIELD_SANDBOX,
	FIELD_RUN_DIR,
	FIELD_PORTS,
	FIELD_GROUPS,
	FIELD_REPLAYS,
	FIELD_RULES,
	FIELD_DEFAULT,
	FIELDS
};

char *
config_default_run_dir(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *path;
	int length;

	if (geteuid() == 0)
		return strdup("/run/sluice");
	/* The XDG base directory specification has relative ones ignored. */
	if (runtime && runtime[0] == '/')
		length = asprintf(&path, "%s/sluice", runtime);
	else
		length = asprintf(&path, "/tmp/sluice-%u", geteuid());
	return length < 0 ? NULL : path;
}

static void
read_version(struct reader *reader, const struct spot *root, const struct field *field)
{
	uint32_t version;

	if (!field->given)
		reader_error(reader, root,
			     "there is no version; the config begins with \"version: 1\"");
	else
		reader_number(reader, &field->spot, 1, 1, &version);
}

static void
read_workers(struct reader *reader, const struct spot *spot)
{
	struct config *config = reader->config;
	struct spot item = {0};

	if (!reader_list(reader, spot, "a list of cores such as [1] or [2, 3]"))
		return;
	if (spot->node->count == 0)
		reader_error(reader, spot,
			     "workers: an empty list; name a core, or leave workers out for one "
			     "that sluice picks");
	while (spot_next_item(spot, &item)) {
		bool twice = false;
		uint32_t core;

		if (!reader_number(reader, &item, 0, CORE_MAX, &core))
			continue;
		for (unsigned i = 0; i < config->worker_count; i++)
			twice |= config->workers[i] == core;
		if (twice) {
			reader_error(reader, &item, "workers: core %u stands twice; leave one out",
				     core);
		} else if (config->worker_count == CONFIG_WORKERS_MAX) {
			reader_error(reader, &item, "workers: more than %u cores",
				     CONFIG_WORKERS_MAX);
			break;
		} else {
			config->workers[config->worker_count++] = core;
		}
	}
}

static void
read_memory(struct reader *reader, const struct spot *spot)
{
	static const char *const hugepages[] = {
		[CONFIG_HUGEPAGES_AUTO] = "auto",
		[CONFIG_HUGEPAGES_TRUE] = "true",
		[CONFIG_HUGEPAGES_FALSE] = "false",
	};
	struct field fields[] = {{"packets"}, {"packet-size"}, {"hugepages"}};
	struct config *config = reader->config;
	unsigned choice;

	if (!reader_fields(reader, spot, fields, 3,
			   "a mapping of packets, packet-size and hugepages"))
		return;
	if (fields[0].given)
		reader_number(reader, &fields[0].spot, PACKETS_MIN, PACKETS_MAX, &config->packets);
	if (fields[1].given)
		reader_number(reader, &fields[1].spot, PACKET_SIZE_MIN, PACKET_SIZE_MAX,
			      &config->packet_size);
	if (fields[2].given && reader_choice(reader, &fields[2].spot, hugepages, 3, &choice))
		config->hugepages = choice;
}

static void
read_idle(struct reader *reader, const struct spot *spot)
{
	static const char *const idle[] = {
		[CONFIG_IDLE_POLL] = "poll",
		[CONFIG_IDLE_PAUSE] = "pause",
		[CONFIG_IDLE_SLEEP] = "sleep",
	};
	unsigned choice;

	if (reader_choice(reader, spot, idle, 3, &choice))
		reader->config->idle = choice;
}

/* YAML 1.1 has six words for each of these, in three spellings, and programs that write it choose for
 * themselves. */
static bool
read_switch(struct reader *reader, const struct spot *spot, const char *what, bool *on)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes"};
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return false;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*on = i % 2;
			return true;
		}
	}
	reader_expected(reader, spot, what);
	return false;
}

static void
read_sandbox(struct reader *reader, const struct spot *spot)
{
	static const char what[] = "on, off, or a mapping of core-dumps";
	struct field fields[] = {{"core-dumps"}};
	struct config *config = reader->config;

	if (spot->node->kind != NODE_MAP) {
		read_switch(reader, spot, what, &config->sandbox);
		config->core_dumps = !config->sandbox;
		return;
	}
	if (reader_fields(reader, spot, fields, 1, what) && fields[0].given)
		read_switch(reader, &fields[0].spot, "true or false", &config->core_dumps);
}

static void
read_run_dir(struct reader *reader, const struct spot *spot)
{
	size_t room = sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/control.sock");
	struct config *config = reader->config;
	const char *text;
	char *path;

	if (!reader_text(reader, spot, "the directory for the sockets", &text))
		return;
	path = reader_path(reader, spot, text);
	if (!path)
		return;
	if (strlen(path) > room)
		reader_error(reader, spot,
			     "run-dir: %s is too long for a socket's path; %zu bytes are the most",
			     text_quote(path).text, room);
	free(config->run_dir);
	config->run_dir = path;
}

/* Ports come before groups, these before replays, and these before rules, whatever their order in the file, so that
 * every name is known when it is used, and where packets come in. */
static void
read_sections(struct reader *reader, const struct spot *root)
{
	struct field fields[FIELDS] = {
		[FIELD_VERSION] = {"version"}, [FIELD_WORKERS] = {"workers"},
		[FIELD_MEMORY] = {"memory"},   [FIELD_IDLE] = {"idle"},
		[FIELD_RUN_DIR] = {"run-dir"}, [FIELD_PORTS] = {"ports"},
		[FIELD_GROUPS] = {"groups"},   [FIELD_RULES] = {"rules"},
		[FIELD_DEFAULT] = {"default"}, [FIELD_REPLAYS] = {"replays"},
		[FIELD_SANDBOX] = {"sandbox"},
	};
	static void (*const sections[FIELDS])(struct reader *, const struct spot *) = {
		[FIELD_WORKERS] = read_workers, [FIELD_MEMORY] = read_memory,
		[FIELD_IDLE] = read_idle,       [FIELD_RUN_DIR] = read_run_dir,
		[FIELD_PORTS] = read_ports,     [FIELD_GROUPS] = read_groups,
		[FIELD_RULES] = read_rules,     [FIELD_DEFAULT] = read_default,
		[FIELD_REPLAYS] = read_replays, [FIELD_SANDBOX] = read_sandbox,
	};

	if (!reader_fields(reader, root, fields, FIELDS,
			   "a mapping that begins with \"version: 1\""))
		return;
	read_version(reader, root, &fields[FIELD_VERSION]);
	if (!fields[FIELD_PORTS].given) {
		reader->no_ports = true;
		reader_error(reader, root,
			     "there are no ports; give one at least, as in \"ports: { wan: { pci: "
			     "\\\"0000:03:00.0\\\" } }\"");
	}
	for (unsigned i = 0; i < FIELDS; i++) {
		if (fields[i].given && sections[i])
			sections[i](reader, &fields[i].spot);
	}
}

static struct config *
new_config(const char *directory)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->sandbox = true;
	config->packets = PACKETS_DEFAULT;
	config->packet_size = PACKET_SIZE_DEFAULT;
	config->default_actions.end = CONFIG_END_DROP;
	config->directory = path_directory(directory);
	config->run_dir = config_default_run_dir();
	if (config->directory && config->run_dir)
		return config;
	config_free(config);
	return NULL;
}

static int
read_document(struct reader *reader, const char *text, size_t length)
{
	struct tree tree;
	int ret = tree_read(&tree, text, length, reader->errors);

	if (ret == 0) {
		struct spot root = {
			.node = tree.root, .line = tree.root->line, .column = tree.root->column};

		read_sections(reader, &root);
		ret = reader->no_memory ? -ENOMEM : 0;
	}
	tree_free(&tree);
	names_clear(&reader->targets);
	names_clear(&reader->rules);
	if (reader->pcap)
		pcap_close(reader->pcap);
	return ret;
}

int
config_parse(const char *text, size_t length, const char *directory, struct config **out,
	     struct error_list *errors)
{
	struct reader reader = {.errors = errors, .config = new_config(directory)};
	unsigned before = errors->count;
	int ret = -ENOMEM;

	*out = NULL;
	if (reader.config)
		ret = read_document(&reader, text, length);
	if (ret == -ENOMEM)
		error_add(errors, 0, 0, NULL, "out of memory while reading the config");
	if (ret == 0 && errors->count == before) {
		*out = reader.config;
		return 0;
	}
	config_free(reader.config);
	error_list_sort(errors);
	return ret == 0 ? -EINVAL : ret;
}
