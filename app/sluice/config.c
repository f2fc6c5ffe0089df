/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands about the config. The daemon reads files itself: a config may be larger than a request. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/table.h"
#include "core/units.h"
#include "daemon.h"

#include "core/banned.h"

/* What a request has room for, were every byte to be escaped. */
#define TEXT_MAX (64 * 1024)

/* The text of what is no regular file, and so nothing that another process could read. */
static json_t *
text_params(const char *file, const char *directory)
{
	static char text[TEXT_MAX + 1];
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
	size_t length = in ? fread(text, 1, sizeof(text), in) : 0;
	bool failed = !in || ferror(in);
	json_t *value;

	if (failed || length > TEXT_MAX) {
		say_failed(EXIT_FAILED, "%s: %s", file,
			   failed ? strerror(errno)
				  : "more than 64 KiB; put it in a file and name that");
		return NULL;
	}
	if (in != stdin)
		fclose(in);
	value = json_stringn(text, length);
	if (!value) {
		say_failed(EXIT_FAILED, "%s: not UTF-8 text", file);
		return NULL;
	}
	return json_pack("{s:o, s:s}", "text", value, "directory", directory);
}

static bool
is_regular(const char *file)
{
	struct stat stat_buffer;

	return strcmp(file, "-") != 0 &&
	       (stat(file, &stat_buffer) < 0 || S_ISREG(stat_buffer.st_mode));
}

/* What names the config to the daemon, which has another working directory. NULL: said on stderr. */
static json_t *
config_params(const char *file)
{
	char *directory = getcwd(NULL, 0), *path = NULL;
	json_t *params = NULL;

	if (!directory) {
		say_failed(EXIT_FAILED, "the working directory: %s", strerror(errno));
		return NULL;
	}
	if (!is_regular(file))
		params = text_params(file, directory);
	else if (*file == '/')
		path = strdup(file);
	else if (asprintf(&path, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory, file) < 0)
		path = NULL;
	if (path) {
		params = json_pack("{s:s}", "file", path);
		if (!params)
			say_failed(EXIT_FAILED, "%s: the path is not UTF-8; rename the file", file);
	}
	free(path);
	free(directory);
	return params;
}

/* The daemon may run as another user or on other files; say it plainly when the file isn't even here. */
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

static void
print_done(const char *method, const char *file, const json_t *result)
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
	}
}

/* The same file as text that this user could read, or NULL where that is of no use: it is too long for a
 * request, and the daemon's own words say what to do. */
static json_t *
readable_params(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat stat_buffer;
	char *directory;
	json_t *params;

	if (!slash || stat(path, &stat_buffer) < 0 || stat_buffer.st_size > TEXT_MAX)
		return NULL;
	directory = slash == path ? strdup("/") : strndup(path, slash - path);
	params = directory ? text_params(path, directory) : NULL;
	free(directory);
	return params;
}

static bool
could_not_read(const json_t *answer)
{
	const json_t *data = json_object_get(json_object_get(answer, "error"), "data");

	return json_is_false(json_object_get(data, "readable"));
}

/* The daemon may be another user, and its sandbox leaves it few directories: what it can't read itself is read
 * here. Takes params over. */
static int
call_with_file(struct daemon *daemon, const char *method, json_t *params, json_t **answer)
{
	const char *path = json_string_value(json_object_get(params, "file"));
	char *copy = path ? strdup(path) : NULL;
	int ret = daemon_call(daemon, method, params, true, answer);

	if (ret == EXIT_DONE && copy && could_not_read(*answer)) {
		json_t *text = readable_params(copy);

		if (text) {
			json_decref(*answer);
			ret = daemon_call(daemon, method, text, true, answer);
		}
	}
	free(copy);
	return ret;
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
	struct daemon daemon;
	const json_t *result;
	json_t *params, *answer;
	int ret = check_file(file);

	if (ret != EXIT_DONE)
		return ret;
	params = config_params(file);
	if (!params)
		return strcmp(command->method, "config.diff") == 0 ? EXIT_USAGE : EXIT_FAILED;
	ret = daemon_open(&daemon, options, false);
	if (ret != EXIT_DONE) {
		json_decref(params);
		return ret;
	}
	ret = call_with_file(&daemon, command->method, params, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result)
		ret = daemon_refused(options, json_object_get(answer, "error"), file);
	else if (ret == EXIT_DONE && options->json)
		daemon_print_result(result);
	else if (ret == EXIT_DONE)
		print_done(command->method, file, result);
	if (strcmp(command->method, "config.diff") == 0)
		ret = diff_exit(ret, result);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
