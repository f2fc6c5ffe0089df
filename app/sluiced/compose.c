/* SPDX-License-Identifier: BSD-3-Clause */
/* The config that does what a request asks for: ports, one replay, and what came back of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/emit.h"
#include "core/text.h"
#include "request.h"

#include "core/banned.h"

/* Of two ports all rings are full with less, and it is little memory. A return has rings, too. */
#define PACKETS 8191
#define PACKETS_RETURN 32767

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-";

/* A name as a config has them, from the last part of a path or the like, up to where it ends at the
 * earliest behind its first character. */
static void
name_after(const char *path, char end, char *name)
{
	const char *slash = strrchr(path, '/');
	const char *from = slash && slash[1] ? slash + 1 : path;
	unsigned used = 0;

	for (; from[used] && (used == 0 || from[used] != end) && used < CONFIG_NAME_MAX; used++)
		name[used] = strchr(name_letters, from[used]) ? from[used] : '-';
	name[used] = '\0';
}

void
request_replay_name(const struct request *request, char *name)
{
	const char *file = request->files[0];

	name_after(strcmp(file, "-") == 0 ? "stdin" : file, '.', name);
	/* Of "*.pcap" no letter is left. */
	if (name[strspn(name, "-")] == '\0')
		snprintf(name, CONFIG_NAME_MAX + 1, "captures");
}

static bool
is_pci(const char *text)
{
	return strchr(text, ':') && strchr(text, '.') &&
	       text[strspn(text, "0123456789abcdefABCDEF:.")] == '\0';
}

static bool
ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), of_end = strlen(end);

	return length > of_end && strcmp(text + length - of_end, end) == 0;
}

/* What kind of port a word means, that option gave, and *rest of it. Negative, said why: none. */
static int
kind_of(const char *option, const char *to, const char **rest)
{
	static const char *const kinds[] = {
		[CONFIG_PORT_PCI] = "pci",   [CONFIG_PORT_AF_XDP] = "af-xdp",
		[CONFIG_PORT_VDEV] = "vdev", [CONFIG_PORT_PCAP] = "pcap",
		[CONFIG_PORT_NULL] = "null",
	};
	size_t count = sizeof(kinds) / sizeof(kinds[0]), length = strcspn(to, ":");

	*rest = to;
	for (size_t i = 0; to[length] && i < count; i++) {
		if (strncmp(to, kinds[i], length) == 0 && kinds[i][length] == '\0') {
			*rest = to + length + 1;
			return (int)i;
		}
	}
	if (is_pci(to))
		return CONFIG_PORT_PCI;
	if (ends_in(to, ".pcapng")) {
		fprintf(stderr,
			"sluiced replay: --%s %s: a capture is written as pcap; name it "
			".pcap\n",
			option, to);
		return -1;
	}
	if (ends_in(to, ".pcap") || strchr(to, '/'))
		return CONFIG_PORT_PCAP;
	if (to[length]) {
		fprintf(stderr,
			"sluiced replay: --%s %s: before a colon stands pci, af-xdp, vdev "
			"or pcap\n",
			option, to);
		return -1;
	}
	return strcmp(to, "null") == 0 ? CONFIG_PORT_NULL : CONFIG_PORT_AF_XDP;
}

struct port_names {
	char to[CONFIG_NAME_MAX + 1], server[CONFIG_NAME_MAX + 1], back[CONFIG_NAME_MAX + 1];
	bool own; /* what comes back does so by a port that sends nothing */
};

/* Whether an option means the port that what comes back comes in by. */
static bool
is_back(const struct request *request, enum request_what what)
{
	const char *text = request->texts[what], *back = request->texts[REQUEST_RETURN];

	return text && back && strcmp(text, back) == 0;
}

/* Two of one name are two ports all the same, as two files in two directories. */
static struct port_names
port_names(const struct request *request)
{
	struct port_names names = {0};

	name_after(request->texts[REQUEST_TO], ',', names.to);
	if (request->texts[REQUEST_SERVER])
		name_after(request->texts[REQUEST_SERVER], ',', names.server);
	if (strcmp(names.to, names.server) == 0)
		snprintf(names.server, sizeof(names.server), "%.*s-2", CONFIG_NAME_MAX - 2,
			 names.to);
	if (!request->texts[REQUEST_RETURN])
		return names;
	names.own = !is_back(request, REQUEST_TO) && !is_back(request, REQUEST_SERVER);
	name_after(request->texts[REQUEST_RETURN], ',', names.back);
	if (is_back(request, REQUEST_SERVER))
		memcpy(names.back, names.server, sizeof(names.back));
	else if (names.own &&
		 (strcmp(names.back, names.to) == 0 || strcmp(names.back, names.server) == 0))
		snprintf(names.back, sizeof(names.back), "%.*s-3", CONFIG_NAME_MAX - 2, names.to);
	return names;
}

/* What is on the line for others does not concern a port that is there to send. */
static int
put_port(FILE *out, const char *name, const struct request *request, enum request_what what)
{
	const char *rest;
	int kind = kind_of(request->words[what], request->texts[what], &rest);

	if (kind < 0)
		return -1;
	fputs("  ", out);
	emit_name(out, name);
	fprintf(out, ": { %s: ", config_port_kind(kind));
	if (kind == CONFIG_PORT_NULL) {
		fputs("{}", out);
	} else if (kind == CONFIG_PORT_PCAP) {
		fputs("{ out: ", out);
		emit_quoted(out, rest);
		fputs(" }", out);
	} else {
		emit_quoted(out, rest);
	}
	if (kind != CONFIG_PORT_PCAP && kind != CONFIG_PORT_NULL && !is_back(request, what))
		fputs(", promiscuous: false", out);
	fputs(" }\n", out);
	return 0;
}

static int
put_ports(FILE *out, const struct request *request)
{
	struct port_names names = port_names(request);
	int ret;

	fputs("ports:\n", out);
	ret = put_port(out, names.to, request, REQUEST_TO);
	if (ret == 0 && request->texts[REQUEST_SERVER])
		ret = put_port(out, names.server, request, REQUEST_SERVER);
	if (ret == 0 && names.own)
		ret = put_port(out, names.back, request, REQUEST_RETURN);
	return ret;
}

/* Words between commas, as a list. */
static void
put_list(FILE *out, const char *key, const char *text)
{
	char *words = text ? strdup(text) : NULL, *rest = words, *word;

	if (!words)
		return;
	fprintf(out, "    %s: [", key);
	for (const char *before = ""; (word = strsep(&rest, ",")); before = ", ") {
		fputs(before, out);
		emit_quoted(out, word);
	}
	fputs("]\n", out);
	free(words);
}

static void
put_to(FILE *out, const struct request *request)
{
	struct port_names names = port_names(request);

	fputs(request->texts[REQUEST_SERVER] ? "    to: { client: " : "    to: ", out);
	emit_name(out, names.to);
	if (request->texts[REQUEST_SERVER]) {
		fputs(", server: ", out);
		emit_name(out, names.server);
		fputs(" }", out);
	}
	fputc('\n', out);
}

/* As they stand in a config; the brackets may be left out. A comment in them ends with its line. */
static void
put_edits(FILE *out, const char *text)
{
	if (text && text[strspn(text, " ")] == '[')
		fprintf(out, "    edits: %s\n", text);
	else if (text)
		fprintf(out, "    edits: [%s\n      ]\n", text);
}

static void
put_replay(FILE *out, const struct request *request)
{
	char name[CONFIG_NAME_MAX + 1];

	request_replay_name(request, name);
	fputs("replays:\n  ", out);
	emit_name(out, name);
	fputs(":\n", out);
	put_to(out, request);
	put_list(out, "clients", request->texts[REQUEST_CLIENTS]);
	put_edits(out, request->texts[REQUEST_EDITS]);
	fputs("    start: manual\n    file: [", out);
	for (unsigned i = 0; i < request->file_count; i++) {
		fputs(i ? ", " : "", out);
		emit_quoted(out, request->files[i]);
	}
	fputs("]\n", out);
	for (unsigned i = 0; i < REQUEST_KEYS; i++) {
		if (!request->texts[i])
			continue;
		fprintf(out, "    %s: ", request_name(i));
		emit_quoted(out, request->texts[i]);
		fputc('\n', out);
	}
}

/* What comes in by that port is compared with what was sent. Its name is that of no port. */
static void
put_return(FILE *out, const struct request *request)
{
	const char *ignoring = request->texts[REQUEST_IGNORING];
	const struct port_names names = port_names(request);
	char replay[CONFIG_NAME_MAX + 1], name[] = "back-0";

	if (!request->texts[REQUEST_RETURN])
		return;
	request_replay_name(request, replay);
	name[4] = '\0';
	for (char digit = '1'; strcmp(name, names.to) == 0 || strcmp(name, names.server) == 0 ||
			       strcmp(name, names.back) == 0;
	     digit++) {
		name[4] = '-';
		name[5] = digit;
	}
	fprintf(out, "returns:\n  %s:\n    replay: ", name);
	emit_name(out, replay);
	fputc('\n', out);
	if (ignoring && strcmp(ignoring, "auto") == 0)
		fputs("    ignoring: auto\n", out);
	else
		put_list(out, "ignoring", ignoring);
	if (request->texts[REQUEST_WITHIN]) {
		fputs("    within: ", out);
		emit_quoted(out, request->texts[REQUEST_WITHIN]);
		fputc('\n', out);
	}
	fputs("rules:\n  - name: back\n    from: [", out);
	emit_name(out, names.back);
	fprintf(out, "]\n    actions: [ { forward: %s } ]\n", name);
}

/* A config is text, so a name that is none would be another file's. */
static bool
are_text(const struct request *request)
{
	const char *bad = NULL;

	for (unsigned i = 0; i < request->file_count; i++)
		bad = text_is_utf8(request->files[i]) ? bad : request->files[i];
	for (unsigned i = 0; i < REQUEST_ALL; i++)
		bad = !request->texts[i] || text_is_utf8(request->texts[i]) ? bad
									    : request->texts[i];
	if (bad)
		fprintf(stderr, "sluiced replay: %s is not UTF-8 text\n", text_quote(bad).text);
	return !bad;
}

static void
put_memory(FILE *out, const struct request *request)
{
	const char *hugepages = request->texts[REQUEST_HUGEPAGES];

	fprintf(out, "memory: { packets: %d",
		request->texts[REQUEST_RETURN] ? PACKETS_RETURN : PACKETS);
	if (hugepages) {
		fputs(", hugepages: ", out);
		emit_quoted(out, hugepages);
	}
	fputs(" }\n", out);
}

static void
put_worker(FILE *out, const char *core)
{
	fputs("workers: [", out);
	emit_quoted(out, core);
	fputs("]\n", out);
}

char *
request_config(const struct request *request)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int ret;

	if (!are_text(request))
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	fputs("version: 1\ndefault: drop\n", out);
	put_memory(out, request);
	if (request->texts[REQUEST_WORKER])
		put_worker(out, request->texts[REQUEST_WORKER]);
	ret = put_ports(out, request);
	put_replay(out, request);
	put_return(out, request);
	if (fclose(out) == 0 && ret == 0)
		return text;
	free(text);
	return NULL;
}
