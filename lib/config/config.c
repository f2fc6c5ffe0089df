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
#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define PACKETS_MIN 1023
#define PACKETS_MAX 16777215
#define HEADERS_MIN 255
#define PACKET_SIZE_MIN 64
/* An mbuf's buffer is at most 65535 bytes, 128 of them headroom. */
#define PACKET_SIZE_MAX (65535 - 128)
/* Linux numbers CPUs below 1024 in its own tools' sets. */
#define CORE_MAX 1023
#define RESERVE_DEFAULT (UINT64_C(512) << 20)
#define RESERVE_STEP (UINT64_C(2) << 20)
#define RESERVE_MAX (UINT64_C(1) << 40)

#define AT(member) KEY_AT(struct config, member)

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
read_version(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	uint32_t version;

	reader_number(reader, spot, "a number", 1, 1, &version);
}

static void
write_version(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("1", out->file);
}

static void
read_workers(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config *config = into;
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

		if (!reader_number(reader, &item, "a number", 0, CORE_MAX, &core))
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
write_workers(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config *config = from;

	for (unsigned i = 0; i < config->worker_count; i++)
		fprintf(out->file, "%s%u", i ? ", " : "[", config->workers[i]);
	fputs("]", out->file);
}

/* YAML 1.1 has six words for each of these, in three spellings, and programs that write it choose
 * for themselves. */
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
read_on_off(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char what[sizeof("false or true")];

	snprintf(what, sizeof(what), "%s or %s", key->words[1].name, key->words[0].name);
	read_switch(reader, spot, what, key_at(key, into));
}

static bool
differs(const struct key *key, const void *from)
{
	const bool *value = key_at(key, (void *)from);

	return *value != (key->low != 0);
}

static const struct key_word on_off[] = {{"off", false}, {"on", true}, {NULL, 0}};
/* low is what it is when it is left out, and then not written. */
static const struct key_type sandbox_switch = {read_on_off, key_write_word, differs, NULL};
static const struct key_word keep[] = {
	{"af-xdp", CONFIG_KEEP_AF_XDP},
	{"vdev", CONFIG_KEEP_VDEV},
	{NULL, 0},
};
static const struct key sandbox_keys[] = {
	{"core-dumps", &sandbox_switch, AT(core_dumps), .words = key_bool, .low = false},
	{"opener", &sandbox_switch, AT(opener), .words = on_off, .low = true},
	{"keep", &key_flags, AT(keep), .words = keep, .what = "a list of af-xdp and vdev"},
};
static const struct key_map sandbox_map = {"on, off, or a mapping of core-dumps, opener and keep",
					   NULL, KEYS(sandbox_keys)};

static void
read_sandbox(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config *config = into;

	if (spot->node->kind == NODE_MAP) {
		key_read(reader, spot, &sandbox_map, into);
		return;
	}
	read_switch(reader, spot, sandbox_map.what, &config->sandbox);
	config->core_dumps = !config->sandbox;
}

static void
write_sandbox(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config *config = from;
	bool more = false;

	for (unsigned i = 0; i < sandbox_map.count; i++)
		more |= sandbox_keys[i].type->stands(&sandbox_keys[i], from);
	if (config->sandbox && more)
		key_write_flow(out, &sandbox_map, from);
	else
		fputs(config->sandbox ? "on" : "off", out->file);
}

static void
read_run_dir(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	size_t room = sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/control.sock");
	struct config *config = into;
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

/* auto leaves what is there. */
static void
read_auto(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	uint32_t *number = key_at(key, into);

	if (spot->node->kind != NODE_SCALAR || strcmp(spot->node->text, "auto") != 0)
		reader_number(reader, spot, key->what, key->low, key->high, number);
}

static void
write_auto(const struct key_out *out, const struct key *key, const void *from)
{
	fprintf(out->file, "%u", *(const uint32_t *)key_at(key, (void *)from));
}

static bool
has_copy_break(const struct key *key, const void *from)
{
	return *(const uint32_t *)key_at(key, (void *)from) != CONFIG_COPY_BREAK_AUTO;
}

static const struct key_type headers = {read_auto, write_auto, key_has_number, NULL};
static const struct key_type copy_break = {read_auto, write_auto, has_copy_break, NULL};
static const struct key_word hugepages[] = {
	{"auto", CONFIG_HUGEPAGES_AUTO},
	{"true", CONFIG_HUGEPAGES_TRUE},
	{"false", CONFIG_HUGEPAGES_FALSE},
	{NULL, 0},
};
static const struct key memory_keys[] = {
	{"packets", &key_number, AT(packets), .low = PACKETS_MIN, .high = PACKETS_MAX,
	 .otherwise = "65535"},
	{"packet-size", &key_number, AT(packet_size), .low = PACKET_SIZE_MIN,
	 .high = PACKET_SIZE_MAX, .otherwise = "2048"},
	{"headers", &headers, AT(headers), .low = HEADERS_MIN, .high = PACKETS_MAX,
	 .what = "auto or a number"},
	{"copy-break", &copy_break, AT(copy_break), .high = PACKET_SIZE_MAX,
	 .what = "auto or a number"},
	{"hugepages", &key_word, AT(hugepages), .words = hugepages},
	{"reserve", &key_bytes, AT(reserve), .given = offsetof(struct config, reserve_given),
	 .low = RESERVE_STEP, .high = RESERVE_MAX, .step = RESERVE_STEP},
};
static const struct key_map memory = {
	"a mapping of packets, packet-size, headers, copy-break, hugepages and reserve", NULL,
	KEYS(memory_keys)};

static const struct key_word idle[] = {
	{"poll", CONFIG_IDLE_POLL},
	{"pause", CONFIG_IDLE_PAUSE},
	{"sleep", CONFIG_IDLE_SLEEP},
	{NULL, 0},
};

static const struct key_word looks[] = {
	{"full", CONFIG_LOOKS_FULL},
	{"headers", CONFIG_LOOKS_HEADERS},
	{"off", CONFIG_LOOKS_OFF},
	{NULL, 0},
};

static const struct key_type version = {read_version, write_version, NULL, NULL};
static const struct key_type workers = {read_workers, write_workers, key_has_number, NULL};
static const struct key_type sandbox = {read_sandbox, write_sandbox, NULL, NULL};
static const struct key_type run_dir = {read_run_dir, key_write_text, NULL, key_clear_text};

/* Ports come before groups and captures, these, policers, edits and replays before rules, whatever
 * their order in the file, so that every name is known when it is used, and where packets come
 * in. */
static const struct key keys[] = {
	{"version", &version,
	 .required = "there is no version; the config begins with \"version: 1\""},
	{"workers", &workers, AT(worker_count)},
	{"memory", &key_nested, .map = &memory},
	{"idle", &key_word, AT(idle), .words = idle},
	{"looks", &key_word, AT(looks), .words = looks},
	{"sandbox", &sandbox},
	{"allow", &key_allow, AT(allow)},
	{"run-dir", &run_dir, AT(run_dir)},
	{"ports", &key_ports,
	 .required = "there are no ports; give one at least, as in \"ports: { wan: { pci: "
		     "\\\"0000:03:00.0\\\" } }\""},
	{"groups", &key_groups},
	{"captures", &key_captures_section},
	{"policers", &key_policers},
	{"edits", &key_edits},
	{"replays", &key_replays},
	{"returns", &key_returns},
	{"rules", &key_rules},
	{"default", &key_default, AT(default_actions), .otherwise = "drop"},
};
const struct key_map key_root = {"a mapping that begins with \"version: 1\"", NULL, KEYS(keys)};

static struct config *
new_config(const char *directory)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	config->sandbox = config->opener = true;
	config->reserve = RESERVE_DEFAULT;
	config->copy_break = CONFIG_COPY_BREAK_AUTO;
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

	if (names_init(&reader->targets, CONFIG_TARGET_KINDS * CONFIG_KIND_MAX) < 0)
		ret = -ENOMEM;
	if (ret == 0) {
		struct spot root = {
			.node = tree.root, .line = tree.root->line, .column = tree.root->column};

		key_read(reader, &root, &key_root, reader->config);
		capture_check_triggers(reader);
		ret = reader->no_memory ? -ENOMEM : 0;
	}
	tree_free(&tree);
	names_clear(&reader->targets);
	names_clear(&reader->rules);
	names_clear(&reader->policers);
	names_clear(&reader->edits);
	if (reader->pcap)
		pcap_close(reader->pcap);
	return ret;
}

static int
parse(const char *text, size_t length, const char *directory, bool alone, struct config **out,
      struct error_list *errors)
{
	struct reader reader = {
		.errors = errors, .config = new_config(directory), .no_ports = true};
	unsigned before = errors->count;
	int ret = -ENOMEM;

	*out = NULL;
	if (reader.config) {
		reader.config->alone = alone;
		ret = read_document(&reader, text, length);
	}
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

int
config_parse(const char *text, size_t length, const char *directory, struct config **out,
	     struct error_list *errors)
{
	return parse(text, length, directory, false, out, errors);
}

int
config_parse_alone(const char *text, size_t length, const char *directory, struct config **out,
		   struct error_list *errors)
{
	return parse(text, length, directory, true, out, errors);
}
