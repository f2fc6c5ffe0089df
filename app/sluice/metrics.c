/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's numbers as Prometheus reads them, on stdout or in a file for node_exporter. */
#include "metrics/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/now.h"
#include "core/text.h"
#include "daemon.h"
#include "replace.h"
#include "watch.h"

#include "core/banned.h"

/* Whoever collects it is another user. */
#define MODE_TEXTFILE (S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH)

static int
write_textfile(const char *path, const char *text)
{
	struct stat like = {.st_uid = geteuid(), .st_gid = getegid(), .st_mode = MODE_TEXTFILE};
	struct stat there;
	int err = replace_file(path, text, strlen(text), stat(path, &there) == 0 ? &there : &like);

	return err == 0 ? EXIT_DONE
			: say_failed(EXIT_FAILED, "%s can't be written: %s", path, strerror(-err));
}

/* snapshot: NULL where nobody answered, which is to be seen, too. */
static int
write_text(const struct options *options, json_t *snapshot, double seconds)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int ret;

	if (!options->textfile) {
		metrics_put(stdout, snapshot, seconds);
		return EXIT_DONE;
	}
	out = open_memstream(&text, &size);
	if (out) {
		metrics_put(out, snapshot, seconds);
		text = text_close(out, &text);
	}
	ret = text ? write_textfile(options->textfile, text)
		   : say_failed(EXIT_FAILED, "out of memory for the text");
	free(text);
	return ret;
}

static int
look(const struct command *command, const struct options *options, struct daemon *daemon)
{
	unsigned rules = options->rules_given ? options->rules : METRICS_RULES;
	double began = now_seconds();
	json_t *answer, *result;
	int ret = daemon_call(daemon, command->method, metrics_params(rules), false, &answer);

	if (ret != EXIT_DONE)
		return ret;
	result = json_object_get(answer, "result");
	if (!result)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	else if (options->json)
		daemon_print_result(result);
	else
		ret = write_text(options, result, now_seconds() - began);
	json_decref(answer);
	return ret;
}

static int
look_on(const struct command *command, const struct options *options, struct daemon *daemon)
{
	int ret;

	if (options->watch > 0)
		watch_begin();
	for (;;) {
		ret = look(command, options, daemon);
		if (ret == EXIT_DONE)
			ret = finish_output(ret);
		if (ret != EXIT_DONE || options->watch <= 0 || ferror(stdout))
			return ret;
		watch_sleep(options->watch);
		if (watch_ended())
			return EXIT_DONE;
		if (!options->textfile)
			printf("\n");
	}
}

int
run_metrics(const struct command *command, const struct options *options, char *const *arguments)
{
	struct daemon daemon;
	int ret;

	if (options->list) {
		metrics_list(stdout);
		return EXIT_DONE;
	}
	ret = daemon_open(&daemon, options, true);
	if (ret == EXIT_DONE) {
		ret = look_on(command, options, &daemon);
		daemon_close(&daemon);
	}
	/* Old numbers are not to be taken for new ones. */
	if (ret == EXIT_UNREACHABLE && options->textfile)
		write_text(options, NULL, 0);
	return ret < 0 ? EXIT_DONE : ret;
}
