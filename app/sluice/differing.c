/* SPDX-License-Identifier: BSD-3-Clause */
/* config diff with packets: those of captures, or those that pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "differ.h"
#include "looking.h"
#include "watch.h"

#include "core/banned.h"

/* Of each worker: few enough to cost it nothing that is felt. */
#define LIVE_RATE 1000
#define LIVE_SNAP 65535

/* What is wrong is 2, as 1 is a difference; who does not answer is no difference either. */
static int
exit_of(int ret)
{
	return ret == EXIT_FAILED ? EXIT_USAGE : ret;
}

static int
check_file(const char *file)
{
	if (strcmp(file, "-") == 0)
		return say_failed(EXIT_USAGE, "with --on and --live FILE is a file, not standard "
					      "input");
	if (access(file, R_OK) == 0)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "%s: %s", file, strerror(errno));
}

static int
open_differ(struct differ *differ, const struct options *options, const char *file, bool reading)
{
	struct daemon daemon;
	int ret = daemon_open(&daemon, options, reading);

	if (ret != EXIT_DONE)
		return ret;
	ret = differ_open(differ, options, &daemon, file);
	daemon_close(&daemon);
	return exit_of(ret);
}

static int
run_on(const struct options *options, const char *file, char *const *captures)
{
	struct differ differ = {.config = -1};
	int ret = open_differ(&differ, options, file, true);

	if (ret == EXIT_DONE) {
		for (unsigned i = 0; i < options->on_count; i++) {
			differ_word(&differ, "--on");
			differ_word(&differ, options->on[i]);
		}
		differ_word(&differ, "--");
		for (; *captures; captures++)
			differ_word(&differ, *captures);
		ret = exit_of(differ_start(&differ, false));
	}
	if (ret == EXIT_DONE)
		ret = differ_wait(&differ);
	differ_close(&differ);
	return ret;
}

static bool
give(void *to, const json_t *packet, uint64_t lost)
{
	FILE *input = ((struct differ *)to)->input;

	json_dumpf(packet, input, JSON_COMPACT);
	fputc('\n', input);
	return !ferror(input);
}

static bool
flush(void *to)
{
	return fflush(((struct differ *)to)->input) == 0;
}

/* How many passed in all is known at the end. */
static void
conclude(void *to, uint64_t shown, const json_t *counts)
{
	FILE *input = ((struct differ *)to)->input;
	json_t *last = json_pack("{s:O}", "counts", (json_t *)counts);

	json_dumpf(last, input, JSON_COMPACT);
	fputc('\n', input);
	json_decref(last);
}

static int
run_live(const struct options *options, const char *file)
{
	struct differ differ = {.config = -1};
	struct options look = *options;
	struct looking looking = {.in = options->port,
				  .snap = LIVE_SNAP,
				  .rate = LIVE_RATE,
				  .show = give,
				  .flush = flush,
				  .conclude = conclude,
				  .to = &differ};
	double until;
	int ret = looking_seconds("--live", options->live, &until);

	look.looking.seconds = options->live;
	if (ret == EXIT_DONE)
		ret = open_differ(&differ, options, file, false);
	if (ret == EXIT_DONE) {
		differ_word(&differ, "--traced");
		differ_word(&differ, "-");
		ret = exit_of(differ_start(&differ, true));
	}
	if (ret == EXIT_DONE) {
		int looked = exit_of(looking_run(&looking, &look));

		if (looked != EXIT_DONE)
			differ_stop(&differ);
		ret = differ_wait(&differ);
		ret = looked == EXIT_DONE ? ret : looked;
	}
	differ_close(&differ);
	return ret;
}

int
run_config_diff(const struct command *command, const struct options *options,
		char *const *arguments)
{
	int ret;

	if (options->on_count && options->live)
		return say_failed(EXIT_USAGE, "--on compares captures, --live what passes; leave "
					      "one out");
	if (!options->on_count && arguments[1])
		return say_failed(EXIT_USAGE, "one word too many for `config diff`; captures are "
					      "named with --on");
	if (!options->on_count && !options->live)
		return options->port ? say_failed(EXIT_USAGE, "--port is for --on and --live")
				     : run_config_file(command, options, arguments);
	ret = check_file(arguments[0]);
	if (ret != EXIT_DONE)
		return ret;
	return options->on_count ? run_on(options, arguments[0], arguments + 1)
				 : run_live(options, arguments[0]);
}
