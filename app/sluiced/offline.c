/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "control/expect.h"
#include "control/print.h"
#include "control/report.h"
#include "core/log.h"
#include "engine/engine.h"

#include "core/banned.h"

/* The output captures' paths, which outlive the config that the engine takes over. */
static char **
written_captures(const struct config *config)
{
	char **paths = calloc(config->port_count + 1, sizeof(*paths));
	unsigned count = 0;

	for (unsigned i = 0; paths && i < config->port_count; i++) {
		if (config->ports[i].pcap_out)
			paths[count++] = strdup(config->ports[i].pcap_out);
	}
	return paths;
}

static void
free_paths(char **paths)
{
	for (char **path = paths; path && *path; path++)
		free(*path);
	free(paths);
}

/* What a return says of its replay is asked for; a replay without one is not judged offline. */
static bool
is_failed(const struct snapshot *snapshot)
{
	bool failed = false;

	for (unsigned i = 0; i < snapshot->replay_count; i++)
		failed |= snapshot->replays[i].back &&
			  strcmp(snapshot->replays[i].result, "fail") == 0;
	return failed;
}

/* Prints the report, and compares it and the captures where that was asked for. */
static int
conclude(const struct options *options, const struct snapshot *snapshot, char *const *paths)
{
	json_t *report = report_json(snapshot);
	bool whole = !snapshot->leaked && snapshot->ledger.balanced && !is_failed(snapshot);
	int exit_code = whole ? EXIT_DONE : EXIT_FAILED;

	if (!report) {
		log_error("out of memory for the report");
		return EXIT_FAILED;
	}
	if (options->json) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		report_print(snapshot, stdout);
	}
	if (options->expect && expect_compare(options->expect, paths, report, stderr) != 0)
		exit_code = EXIT_FAILED;
	json_decref(report);
	if (fflush(stdout) != 0) {
		log_error("the report could not be written");
		return EXIT_FAILED;
	}
	return exit_code;
}

/* Whether the run has an end; what has none is said. */
static bool
has_end(const struct config *config, const char *file)
{
	struct error_list errors;
	bool endless = false;

	error_list_init(&errors, file);
	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *replay = &config->replays[i];

		if (!replay->start_auto || replay->loops != 0)
			continue;
		endless = true;
		error_add(&errors, replay->place.line, replay->place.column, NULL,
			  "replay %s: with `loops: forever` an offline run would never end; give "
			  "a number",
			  replay->name);
	}
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return !endless;
}

int
command_offline(const struct options *options)
{
	struct snapshot *snapshot = NULL;
	struct error_list errors;
	struct config *config;
	char **paths;
	int exit_code = load_config(options->config, &config, NULL);

	if (exit_code != EXIT_DONE)
		return exit_code;
	keep_private();
	if (!has_end(config, options->config)) {
		config_free(config);
		return EXIT_USAGE;
	}
	error_list_init(&errors, options->config);
	paths = written_captures(config);
	/* A FIFO whose reader leaves is a capture that can't be written. */
	signal(SIGPIPE, SIG_IGN);
	if (engine_offline(config, &errors, &snapshot) < 0)
		exit_code = EXIT_FAILED;
	signal(SIGPIPE, SIG_DFL);
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	if (snapshot && paths) {
		int concluded = conclude(options, snapshot, paths);

		exit_code = exit_code ? exit_code : concluded;
	}
	snapshot_free(snapshot);
	free_paths(paths);
	return exit_code;
}
