/* SPDX-License-Identifier: BSD-3-Clause */
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon.h"

#include "core/banned.h"

static bool
is_name(const char *word)
{
	struct stat status;

	return !strpbrk(word, "./*?[") && strcmp(word, "-") != 0 && lstat(word, &status) < 0;
}

/* Takes a word over. */
static int
add(struct kept *kept, char *word)
{
	char **grown = word ? realloc(kept->words, (kept->count + 1) * sizeof(*grown)) : NULL;

	if (grown)
		kept->words = grown;
	if (!grown) {
		free(word);
		return say_failed(EXIT_FAILED, "%s", strerror(ENOMEM));
	}
	grown[kept->count++] = word;
	return EXIT_DONE;
}

static int
add_files(struct kept *kept, const char *name, const json_t *result)
{
	const char *directory = json_string_value(json_object_get(result, "directory"));
	const char *open = json_string_value(json_object_get(result, "open"));
	json_t *files = json_object_get(result, "files"), *file;
	int ret = EXIT_DONE;
	bool twice = false;
	size_t i;

	if (!open && json_array_size(files) == 0)
		return say_failed(EXIT_FAILED, "capture %s has no files yet", name);
	json_array_foreach (files, i, file) {
		const char *own = json_string_value(json_object_get(file, "name"));
		char *path = NULL;

		if (directory && own && asprintf(&path, "%s/%s", directory, own) < 0)
			path = NULL;
		/* It was closed between the one look and the other. */
		twice |= path && open && strncmp(open, path, strlen(path)) == 0;
		if (ret == EXIT_DONE)
			ret = add(kept, path);
		else
			free(path);
	}
	if (ret == EXIT_DONE && open && !twice)
		ret = add(kept, strdup(open));
	return ret;
}

static int
ask(struct kept *kept, const struct options *options, struct daemon *daemon, const char *name)
{
	json_t *answer = NULL, *params = json_pack("{s:s}", "name", name), *result;
	int ret;

	if (!params)
		return say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
	ret = daemon_call(daemon, "capture.list", params, false, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && result)
		ret = add_files(kept, name, result);
	else if (ret == EXIT_DONE)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	return ret < 0 ? EXIT_FAILED : ret;
}

int
kept_find(struct kept *kept, const struct options *options, char *const *words)
{
	struct daemon daemon;
	bool open = false;
	int ret = EXIT_DONE;

	*kept = (struct kept){0};
	for (; ret == EXIT_DONE && *words; words++) {
		if (!is_name(*words)) {
			ret = add(kept, strdup(*words));
			continue;
		}
		if (!open)
			ret = daemon_open(&daemon, options, true);
		open = ret == EXIT_DONE;
		if (open)
			ret = ask(kept, options, &daemon, *words);
	}
	if (open)
		daemon_close(&daemon);
	return ret;
}

void
kept_free(struct kept *kept)
{
	for (unsigned i = 0; i < kept->count; i++)
		free(kept->words[i]);
	free(kept->words);
}
