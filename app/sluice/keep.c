/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs is kept in the daemon's file, and what ran before comes back. The file is written here,
 * by the right of who calls: the daemon, in its sandbox, may write no config. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "replace.h"

#include "core/banned.h"

#define KEPT ".old"

/* The file where it really lies, so that a link stays one; of one that is not there, its name. To
 * be freed. */
static char *
real_path(const char *file)
{
	char *real = realpath(file, NULL);

	return real ? real : strdup(file);
}

static char *
kept_path(const char *file)
{
	char *real = real_path(file), *kept = NULL;

	if (real && asprintf(&kept, "%s" KEPT, real) < 0)
		kept = NULL;
	free(real);
	return kept;
}

/* Whether the file is the daemon's, and not one of that name elsewhere, as in a container. */
static bool
is_the_daemons(const json_t *answer, const struct stat *status, bool there)
{
	json_int_t inode = json_integer_value(json_object_get(answer, "inode"));
	json_int_t device = json_integer_value(json_object_get(answer, "device"));

	return there ? (json_int_t)status->st_ino == inode && (json_int_t)status->st_dev == device
		     : inode == 0;
}

/* The whole of a file; to be freed. */
static char *
content_of(const char *path, size_t length)
{
	FILE *in = fopen(path, "re");
	char *bytes = in ? malloc(length + 1) : NULL;

	if (bytes && fread(bytes, 1, length, in) != length) {
		free(bytes);
		bytes = NULL;
	}
	if (in)
		fclose(in);
	return bytes;
}

static int
say_unsaved(const char *path, int err)
{
	return say_failed(EXIT_FAILED,
			  "%s can't be written: %s; `sluice config show` prints what runs", path,
			  err == -EPERM ? "it would lose its owner or mode" : strerror(-err));
}

static int
print_saved(const struct options *options, const char *file, const char *kept, bool written)
{
	json_t *result;

	if (options->json) {
		result = json_pack("{s:b, s:s, s:s?}", "saved", (int)written, "file", file, "kept",
				   written ? kept : NULL);
		daemon_print_result(result);
		json_decref(result);
	} else if (!written) {
		printf("%s: holds what runs already\n", file);
	} else if (kept) {
		printf("%s: saved; the one before is kept as %s\n", file, kept);
	} else {
		printf("%s: saved\n", file);
	}
	return EXIT_DONE;
}

/* What is there is kept first: there is no moment without the old one. */
static int
save_over(const struct options *options, const char *file, const char *path,
	  const struct stat *status, const char *text)
{
	char *old = content_of(path, (size_t)status->st_size), *kept = kept_path(file);
	bool same = old && strlen(text) == (size_t)status->st_size &&
		    memcmp(old, text, (size_t)status->st_size) == 0;
	int ret, exit_code;

	if (!old || !kept) {
		exit_code = say_failed(EXIT_FAILED, "%s can't be read: %s", path, strerror(errno));
	} else if (same) {
		exit_code = print_saved(options, file, NULL, false);
	} else if ((ret = replace_file(kept, old, (size_t)status->st_size, status)) < 0) {
		exit_code = say_unsaved(kept, ret);
	} else if ((ret = replace_file(path, text, strlen(text), status)) < 0) {
		exit_code = say_unsaved(path, ret);
	} else {
		exit_code = print_saved(options, file, kept, true);
	}
	free(old);
	free(kept);
	return exit_code;
}

static int
save(const struct options *options, const json_t *answer)
{
	const char *file = json_string_value(json_object_get(answer, "file"));
	const char *text = json_string_value(json_object_get(answer, "text"));
	struct stat status;
	char *path;
	bool there;
	int exit_code, ret;

	if (!file || !text)
		return say_failed(EXIT_FAILED, "the daemon's answer is not understood");
	path = real_path(file);
	if (!path)
		return say_failed(EXIT_FAILED, "%s: %s", file, strerror(errno));
	there = stat(path, &status) == 0;
	if (there && !S_ISREG(status.st_mode)) {
		exit_code = say_failed(EXIT_FAILED,
				       "sluiced was started with %s, which is no regular file; "
				       "`sluice config show` prints what runs",
				       file);
	} else if (!is_the_daemons(answer, &status, there)) {
		exit_code =
			say_failed(EXIT_FAILED,
				   "%s is not the file that the daemon sees by that name; save it "
				   "where the daemon runs",
				   file);
	} else if (there) {
		exit_code = save_over(options, file, path, &status, text);
	} else {
		ret = replace_file(path, text, strlen(text), NULL);
		exit_code =
			ret < 0 ? say_unsaved(path, ret) : print_saved(options, file, NULL, true);
	}
	free(path);
	return exit_code;
}

/* Calls the command's method. The daemon is to be closed and *answer, which may be NULL, freed
 * whatever is returned. */
static int
ask(struct daemon *daemon, const struct command *command, const struct options *options,
    json_t **answer)
{
	int ret = daemon_open(daemon, options, false);

	*answer = NULL;
	return ret == EXIT_DONE
		       ? daemon_call(daemon, command->method, NULL, command->patient, answer)
		       : ret;
}

int
run_config_save(const struct command *command, const struct options *options,
		char *const *arguments)
{
	const json_t *result;
	struct daemon daemon;
	json_t *answer;
	int ret = ask(&daemon, command, options, &answer);

	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && result)
		ret = save(options, result);
	else if (ret == EXIT_DONE)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}

/* The file that the daemon was started with; to be freed. NULL: *ret says why. */
static char *
ask_file(struct daemon *daemon, const struct options *options, int *ret)
{
	json_t *answer;
	const char *file;
	char *copy = NULL;

	*ret = daemon_call(daemon, "hello", NULL, false, &answer);
	file = json_string_value(json_object_get(json_object_get(answer, "result"), "config"));
	if (*ret == EXIT_DONE && file)
		copy = strdup(file);
	else if (*ret == EXIT_DONE)
		*ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	return copy;
}

static int
tell(const struct options *options, const char *file, int ret, const json_t *answer)
{
	const json_t *result = json_object_get(answer, "result");

	if (ret == EXIT_DONE && !result)
		return daemon_refused(options, json_object_get(answer, "error"), file);
	if (ret == EXIT_DONE && options->json)
		daemon_print_result(result);
	else if (ret == EXIT_DONE)
		config_print_done("config.apply", file ? file : "the config before", result);
	return ret;
}

static int
apply(struct daemon *daemon, const struct options *options, const char *file)
{
	json_t *answer;
	int ret = config_give(daemon, "config.apply", file, &answer);

	ret = tell(options, file, ret, answer);
	json_decref(answer);
	return ret;
}

int
run_config_reload(const struct command *command, const struct options *options,
		  char *const *arguments)
{
	struct daemon daemon;
	int ret = daemon_open(&daemon, options, false);
	char *file = ret == EXIT_DONE ? ask_file(&daemon, options, &ret) : NULL;

	if (file)
		ret = apply(&daemon, options, file);
	free(file);
	daemon_close(&daemon);
	return ret;
}

/* Of a daemon that was started since, the one before is what the last save has kept. */
static int
apply_kept(struct daemon *daemon, const struct options *options, const json_t *answer)
{
	int ret = EXIT_FAILED;
	char *file = ask_file(daemon, options, &ret);
	char *kept = file ? kept_path(file) : NULL;

	if (kept && access(kept, F_OK) == 0)
		ret = apply(daemon, options, kept);
	else if (kept)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	free(kept);
	free(file);
	return ret;
}

int
run_config_rollback(const struct command *command, const struct options *options,
		    char *const *arguments)
{
	const json_t *data;
	struct daemon daemon;
	json_t *answer;
	int ret = ask(&daemon, command, options, &answer);

	data = json_object_get(json_object_get(answer, "error"), "data");
	if (ret == EXIT_DONE && json_is_false(json_object_get(data, "before")))
		ret = apply_kept(&daemon, options, answer);
	else
		ret = tell(options, NULL, ret, answer);
	json_decref(answer);
	daemon_close(&daemon);
	return ret;
}
