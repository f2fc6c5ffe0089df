/* SPDX-License-Identifier: BSD-3-Clause */
/* Which command words on the command line are, and what is said when they are none. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "sluice.h"

#include "core/banned.h"

/* There are fewer commands. */
#define COMMANDS_MAX 128

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

bool
command_is_group(const char *word)
{
	size_t length = strlen(word);
	const struct command *command;

	for (unsigned i = 0; (command = command_at(i)); i++) {
		if (strncmp(command->words, word, length) == 0 && command->words[length] == ' ')
			return true;
	}
	return false;
}

/* What may stand behind a word: "list, start". */
static char *
verbs_of(const char *word)
{
	size_t length = strlen(word), size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	const struct command *command;

	for (unsigned i = 0; out && (command = command_at(i)); i++) {
		const char *words = command->words;

		if (strncmp(words, word, length) == 0 && words[length] == ' ')
			fprintf(out, "%s%s", ftell(out) > 0 ? ", " : "", words + length + 1);
	}
	if (out)
		fclose(out);
	return text;
}

static void
say_what_follows(const char *word)
{
	char *verbs = verbs_of(word);

	say_failed(EXIT_USAGE, "`%s` is followed by %s; see `sluice %s --help`", word,
		   verbs ? verbs : "", word);
	free(verbs);
}

static void
say_unknown(int count, char *const *words)
{
	const char *known[COMMANDS_MAX], *nearest = NULL;
	char *two = NULL, *verbs = NULL;
	bool group = command_is_group(words[0]);
	const struct command *command;
	unsigned all = 0;

	for (; all < COMMANDS_MAX && (command = command_at(all)); all++)
		known[all] = command->words;
	if (count > 1 && asprintf(&two, "%s %s", words[0], words[1]) < 0)
		two = NULL;
	if (two)
		nearest = text_nearest(two, known, all);
	if (!nearest && !group)
		nearest = text_nearest(words[0], known, all);
	if (group)
		verbs = verbs_of(words[0]);
	say_failed(EXIT_USAGE, "unknown command %s%s%s%s%s%s%s%s; see `sluice %s%s--help`",
		   text_quote(two && group ? two : words[0]).text,
		   nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "",
		   group ? "; `" : "", group ? words[0] : "", group ? "` is followed by " : "",
		   verbs ? verbs : "", group ? words[0] : "", group ? " " : "");
	free(verbs);
	free(two);
}

const struct command *
command_find(int count, char *const *words, int *used)
{
	const struct command *command;

	for (unsigned i = 0; (command = command_at(i)); i++) {
		*used = match(command, count, words);
		if (*used)
			return command;
	}
	if (count == 1 && command_is_group(words[0]))
		say_what_follows(words[0]);
	else
		say_unknown(count, words);
	return NULL;
}
