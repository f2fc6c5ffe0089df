/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `sluiced replay`: what `run` does, with a config that the words on the command line come to, and
 * the client's part in the same process: it starts the one replay, follows it, and ends with it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "control/control.h"
#include "control/print.h"
#include "control/report.h"
#include "core/log.h"
#include "core/spool.h"
#include "request.h"
#include "view/progress.h"
#include "view/value.h"
#include "view/view.h"

#include "core/banned.h"

#define CALLED "sluiced replay"
#define LAST_WORDS_NS UINT64_C(200000000)
/* Ticks of the control thread: between two looks, and how long a link is waited for. */
#define LOOK_TICKS 2
#define LINK_TICKS 90

struct following {
	char name[CONFIG_NAME_MAX + 1];
	bool json, started, endless;
	json_t *terms;
	unsigned ticks;
	struct progress progress;
};

/* All that it sends to. */
static bool
has_link(struct control *control)
{
	json_t *result = control_ask(control, "ports", NULL), *ports, *port;
	const char *name;
	bool up;

	ports = json_object_get(result, "ports");
	up = json_object_size(ports) > 0;
	json_object_foreach (ports, name, port)
		up &= json_is_true(json_object_get(port, "up"));
	json_decref(result);
	return up;
}

/* False: not yet, or not at all, where control is told to end. */
static bool
start(struct following *following, struct control *control)
{
	json_t *started;

	if (following->started)
		return true;
	if (!has_link(control)) {
		if (following->ticks == 1)
			log_info("the port's link is waited for");
		if (following->ticks == LINK_TICKS) {
			log_error("the port has no link: nothing was sent");
			control_stop(control);
		}
		return false;
	}
	started = control_ask(control, "replay.start", json_incref(following->terms));
	following->started = started != NULL;
	following->ticks = 0;
	if (!started)
		control_stop(control);
	json_decref(started);
	return following->started;
}

static void
tick(void *context, struct control *control)
{
	struct following *following = context;
	json_t *result;

	following->ticks++;
	if (!start(following, control) || following->ticks % LOOK_TICKS)
		return;
	result = control_ask(control, "replay.list", NULL);
	if (!progress_look(&following->progress, result) || progress_ended(&following->progress))
		control_stop(control);
	json_decref(result);
	fflush(stdout);
}

/* One that was ended before it was through did not do what was asked for. */
static int
judge(void *context, const struct snapshot *last, int exit_code)
{
	struct following *following = context;
	json_t *result = last ? report_replays(last) : NULL;
	bool known, whole;

	following->progress.quiet = true;
	known = progress_look(&following->progress, result);
	whole = following->endless ||
		strcmp(value_text(progress_replay(&following->progress), "state"), "done") == 0;
	json_decref(result);
	return known && whole && !progress_failed(&following->progress) ? exit_code : EXIT_FAILED;
}

/* What came back of it, where that was looked at. */
static json_t *
come_back(const struct snapshot *last)
{
	json_t *result = last ? report_returns(last) : NULL;

	if (json_object_size(json_object_get(result, "returns")))
		return result;
	json_decref(result);
	return NULL;
}

/* What sluice itself copied of it: mostly nothing. */
static void
add_copies(json_t *result, const struct snapshot *last)
{
	json_t *drops = last ? report_drops(last) : NULL;

	if (drops)
		json_object_set(result, "copies", json_object_get(drops, "copies"));
	json_decref(drops);
}

static void
report(void *context, const struct snapshot *last)
{
	const struct following *following = context;
	const struct progress *progress = &following->progress;
	json_t *back;

	if (last && (last->leaked || !last->ledger.balanced))
		report_print(last, stderr);
	/* Of one that was refused there is no verdict: the log has why. */
	if (!progress->last || !following->started)
		return;
	back = come_back(last);
	if (following->json) {
		add_copies(progress->last, last);
		json_object_update_missing(progress->last, back);
		json_dumpf(progress->last, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		view_verdict(stdout, following->name, progress_replay(progress));
		if (back)
			view_returns(&(struct view){.now = back, .out = stdout});
	}
	json_decref(back);
}

/* Places in a text that nobody wrote would only confuse. */
static void
print_errors(struct error_list *errors)
{
	for (unsigned i = 0; i < errors->count; i++)
		errors->items[i].line = errors->items[i].column = 0;
	error_list_print(errors, stderr);
	error_list_clear(errors);
}

static int
parse(const char *text, struct config **config)
{
	struct error_list errors;
	char directory[PATH_MAX];
	int exit_code = EXIT_USAGE;

	error_list_init(&errors, CALLED);
	if (!getcwd(directory, sizeof(directory))) {
		error_add(&errors, 0, 0, NULL, "the working directory can't be told");
		exit_code = EXIT_FAILED;
	} else if (config_parse(text, strlen(text), directory, config, &errors) == 0) {
		(*config)->replays[0].place = (struct config_place){0};
		for (unsigned i = 0; i < (*config)->port_count; i++)
			(*config)->ports[i].place = (struct config_place){0};
		exit_code = check_files(*config, &errors);
		if (exit_code != EXIT_DONE)
			config_free(*config);
	}
	print_errors(&errors);
	return exit_code;
}

static int
load(const struct request *request, struct config **config)
{
	char *text = request_config(request);
	int exit_code = text ? parse(text, config) : EXIT_USAGE;

	free(text);
	if (exit_code != EXIT_DONE)
		return exit_code;
	free((*config)->run_dir);
	(*config)->run_dir = NULL;
	return EXIT_DONE;
}

static int
run(const struct request *request, struct options *options)
{
	struct following following = {.json = options->json, .terms = request_terms(request)};
	const struct session session = {&following, tick, judge, report};
	struct config *config;
	int exit_code = following.terms ? load(request, &config) : EXIT_USAGE;

	if (exit_code == EXIT_DONE) {
		request_replay_name(request, following.name);
		following.progress.name = following.name;
		following.progress.quiet = request->quiet || options->json;
		following.endless = config->replays[0].loops == 0;
		exit_code = session_run(config, NULL, options, &session);
	}
	progress_clear(&following.progress);
	json_decref(following.terms);
	return exit_code;
}

int
command_replay(const struct options *words)
{
	struct options options = *words;
	struct request request;
	int exit_code = request_read(&options, &request);

	options.config = CALLED;
	if (exit_code < 0) {
		if (request.quiet && log_get_level() == LOG_LEVEL_INFO)
			log_set_level(LOG_LEVEL_WARNING);
		session_begin();
		exit_code = run(&request, &options);
		spool_flush(LAST_WORDS_NS);
	}
	request_clear(&request);
	return exit_code;
}
