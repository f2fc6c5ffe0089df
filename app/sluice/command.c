/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "sluice.h"

#include "core/banned.h"

#define READING(name, text_, more_)                                                             \
	{                                                                                       \
		.words = #name, .arguments = "", .text = text_, .more = more_, .method = #name, \
		.reading = true, .view = view_##name, .run = run_reading                        \
	}

#define CONFIG_FILE(name, text_, more_)                                                      \
	{                                                                                    \
		.words = "config " #name, .arguments = "FILE", .text = text_, .more = more_, \
		.least = 1, .most = 1, .method = "config." #name, .patient = true,           \
		.run = run_config_file                                                       \
	}

static const struct command commands[] = {
	READING(status, "everything at a glance: ports, rules, drops, ledger", ""),
	READING(ports, "each port: device, link, queues, what came in and left", ""),
	READING(rules, "each rule: what it took, what it does, how its filter runs",
		"A filter runs as machine code (jit), or in libpcap's interpreter where it can't "
		"be "
		"compiled.\n"),
	READING(workers, "each polling core: packets, cycles, bursts, cache", ""),
	READING(drops, "the ledger, and each packet that ended here by its reason",
		"For each port and in all, received and mirrored packets are those that left, "
		"were\n"
		"dropped or are held; it says so loudly if they are not.\n"),
	READING(memory, "pools of packet memory", ""),
	{.words = "config show",
	 .arguments = "",
	 .text = "the config that runs, as `config apply` takes it",
	 .more = "",
	 .method = "config.show",
	 .run = run_config_show},
	CONFIG_FILE(check, "say whether FILE could be applied, and what is wrong with it",
		    "FILE is read by the daemon, in its own user's name; - is standard input.\n"),
	CONFIG_FILE(diff, "what FILE would change, as a unified diff",
		    "FILE is read by the daemon, in its own user's name; - is standard input.\n"),
	CONFIG_FILE(apply, "run FILE from now on; no packet is lost",
		    "FILE is read by the daemon, in its own user's name; - is standard input.\n"
		    "A config that is refused changes nothing. Ports, workers, memory and run-dir "
		    "can't\nchange while the daemon runs.\n"),
	{.words = "call",
	 .arguments = "METHOD [JSON]",
	 .text = "any method of the socket, raw; `call methods` lists them",
	 .more = "JSON is the object of parameters. The result is printed as it came.\n",
	 .least = 1,
	 .most = 2,
	 .patient = true,
	 .run = run_call},
	{.words = "shutdown",
	 .arguments = "",
	 .text = "drain and end the daemon, and wait until it has",
	 .more = "",
	 .method = "shutdown",
	 .run = run_shutdown},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *
command_at(unsigned i)
{
	return i < COMMANDS ? &commands[i] : NULL;
}

/* How many words of the command line the command's own are; 0 when they are others. */
static int
match(const struct command *command, int count, char *const *words)
{
	const char *rest = command->words;

	for (int i = 0; i < count; i++) {
		size_t length = strcspn(rest, " ");

		if (strlen(words[i]) != length || strncmp(words[i], rest, length) != 0)
			return 0;
		if (!rest[length])
			return i + 1;
		rest += length + 1;
	}
	return 0;
}

/* A word that only begins commands of several: what may follow it. */
static bool
say_what_follows(const char *word)
{
	size_t length = strlen(word);
	bool any = false;

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		if (strncmp(command->words, word, length) != 0 || command->words[length] != ' ')
			continue;
		if (!any)
			fprintf(stderr, "sluice: `%s` is followed by", word);
		fprintf(stderr, "%s %s", any ? "," : "", command->words + length + 1);
		any = true;
	}
	if (any)
		fprintf(stderr, "; see `sluice --help`\n");
	return any;
}

static void
say_unknown(int count, char *const *words)
{
	const char *known[2 * COMMANDS], *nearest;
	char *typed = NULL;

	/* Both words as one, or the first alone against commands of one. */
	for (size_t i = 0; i < COMMANDS; i++)
		known[i] = commands[i].words;
	if (count > 1 && asprintf(&typed, "%s %s", words[0], words[1]) < 0)
		typed = NULL;
	nearest = typed ? text_nearest(typed, known, COMMANDS) : NULL;
	if (!nearest)
		nearest = text_nearest(words[0], known, COMMANDS);
	fprintf(stderr, "sluice: unknown command %s", text_quote(words[0]).text);
	if (nearest)
		fprintf(stderr, "; did you mean `%s`?", nearest);
	fprintf(stderr, "\nsee `sluice --help`\n");
	free(typed);
}

const struct command *
command_find(int count, char *const *words, int *used)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		*used = match(&commands[i], count, words);
		if (*used)
			return &commands[i];
	}
	if (count == 1 && say_what_follows(words[0]))
		return NULL;
	say_unknown(count, words);
	return NULL;
}
