/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands about the config. What the daemon is to read is read here, by the right of who
 * calls, and passed to it: the daemon may be another user, and its sandbox leaves it few
 * directories. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bring.h"
#include "core/table.h"
#include "core/units.h"

#include "core/banned.h"

static bool
is_regular(const char *file)
{
	struct stat stat_buffer;

	return strcmp(file, "-") != 0 &&
	       (stat(file, &stat_buffer) < 0 || S_ISREG(stat_buffer.st_mode));
}

/* What names the config to the daemon, which has another working directory. What is no regular file
 * has no name: nobody can read it again. NULL: said on stderr. */
static json_t *
params_of(const char *file)
{
	char *directory = getcwd(NULL, 0), *path = NULL;
	json_t *params = NULL;

	if (!directory) {
		say_failed(EXIT_FAILED, "the working directory: %s", strerror(errno));
		return NULL;
	}
	if (!is_regular(file))
		params = json_pack("{s:s}", "directory", directory);
	else if (*file == '/')
		path = strdup(file);
	else if (asprintf(&path, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, file) < 0)
		path = NULL;
	if (path)
		params = json_pack("{s:s}", "file", path);
	if (!params)
		say_failed(EXIT_FAILED, "%s: the path is not UTF-8; rename the file", file);
	free(path);
	free(directory);
	return params;
}

int
config_give_more(struct daemon *daemon, const char *method, const char *file, json_t *more,
		 json_t **answer)
{
	json_t *params = params_of(file);
	int ret;

	*answer = NULL;
	json_object_update(params, more);
	json_decref(more);
	if (!params)
		return EXIT_FAILED;
	ret = bring_file(file, &daemon->brings);
	if (ret == 0)
		return daemon_call(daemon, method, params, true, answer);
	daemon->brings = -1;
	json_decref(params);
	return say_failed(EXIT_FAILED, "%s: %s", file,
			  ret == -EFBIG ? "more than 512 MiB" : strerror(-ret));
}

int
config_give(struct daemon *daemon, const char *method, const char *file, json_t **answer)
{
	return config_give_more(daemon, method, file, NULL, answer);
}

/* Said plainly when it isn't even here. */
static int
check_file(const char *file)
{
	if (strcmp(file, "-") == 0 || access(file, F_OK) == 0)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "%s: %s", file, strerror(errno));
}

static void
print_diff(const char *text)
{
	const struct table_style *style = table_style(stdout);

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		const char *colour = *line == '+'   ? style->good
				     : *line == '-' ? style->bad
				     : *line == '@' ? style->bold
						    : "";

		printf("%s%.*s%s\n", colour, (int)length, line, *colour ? style->plain : "");
		line += length + (line[length] == '\n');
	}
}

static unsigned
changed_lines(const char *diff)
{
	unsigned count = 0;

	for (const char *line = diff; *line; line += strspn(line, "\n")) {
		count += (*line == '+' && strncmp(line, "+++", 3) != 0) ||
			 (*line == '-' && strncmp(line, "---", 3) != 0);
		line += strcspn(line, "\n");
	}
	return count;
}

/* "begun: ports c, d; replays one", or nothing. */
static void
print_fate(const json_t *result, const char *fate)
{
	const char *kind, *before = "";
	json_t *names, *name;
	size_t i;

	json_object_foreach ((json_t *)json_object_get(result, fate), kind, names) {
		if (json_array_size(names) == 0)
			continue;
		printf("%s%s", *before ? "; " : fate, *before ? "" : ": ");
		before = kind;
		fputs(kind, stdout);
		json_array_foreach (names, i, name)
			printf("%s %s", i ? "," : "", json_string_value(name));
	}
	if (*before)
		putchar('\n');
}

/* Of an apply that changed rules alone all is kept: no word of that. */
static void
print_fates(const json_t *result)
{
	static const char *const fates[] = {"kept", "changed", "begun", "ended"};
	size_t moved = 0, i;
	const char *kind;
	json_t *names;

	for (i = 1; i < sizeof(fates) / sizeof(fates[0]); i++) {
		json_object_foreach ((json_t *)json_object_get(result, fates[i]), kind, names)
			moved += json_array_size(names);
	}
	for (i = 0; moved && i < sizeof(fates) / sizeof(fates[0]); i++)
		print_fate(result, fates[i]);
}

void
config_print_done(const char *method, const char *file, const json_t *result)
{
	const char *diff = json_string_value(json_object_get(result, "diff"));
	const char *changes = json_string_value(json_object_get(result, "changes"));

	if (strcmp(method, "config.check") == 0) {
		printf("%s: valid, and can be applied while sluiced runs\n", file);
	} else if (strcmp(method, "config.diff") == 0) {
		if (diff && *diff)
			print_diff(diff);
		else
			printf("%s: the same as what runs\n", file);
	} else {
		uint64_t rules = (uint64_t)json_integer_value(json_object_get(result, "rules"));
		unsigned lines = changed_lines(changes ? changes : "");

		printf("%s: applied, %s rule%s; %u line%s of the config changed\n", file,
		       units_count(rules).text, units_plural(rules), lines, units_plural(lines));
		print_fates(result);
	}
}

/* As diff(1) has it: 1 is a difference, so what is wrong is 2. */
static int
diff_exit(int ret, const json_t *result)
{
	const char *diff = json_string_value(json_object_get(result, "diff"));

	if (ret == EXIT_FAILED)
		return EXIT_USAGE;
	return ret == EXIT_DONE && diff && *diff ? EXIT_FAILED : ret;
}

int
run_config_file(const struct command *command, const struct options *options,
		char *const *arguments)
{
	const char *file = arguments[0];
	bool reading = strcmp(command->method, "config.apply") != 0;
	struct daemon daemon;
	const json_t *result;
	json_t *answer;
	int ret = check_file(file);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_open(&daemon, options, reading);
	if (ret != EXIT_DONE)
		return ret;
	ret = config_give(&daemon, command->method, file, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result)
		ret = daemon_refused(options, json_object_get(answer, "error"), file);
	else if (ret == EXIT_DONE && options->json)
		daemon_print_result(result);
	else if (ret == EXIT_DONE)
		config_print_done(command->method, file, result);
	if (strcmp(command->method, "config.diff") == 0)
		ret = diff_exit(ret, result);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
