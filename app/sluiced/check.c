/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "port/memory.h"
#include "port/ports.h"
#include "replay/replay.h"

#include "core/banned.h"

#define NOTICE_MAX 512

static json_t *
findings(const struct error_list *errors)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < errors->count; i++) {
		const struct error *error = &errors->items[i];

		json_array_append_new(list,
				      json_pack("{s:i, s:i, s:s?, s:s}", "line", (int)error->line,
						"column", (int)error->column, "field", error->field,
						"message", error->message));
	}
	return list;
}

static void
print_json(const char *path, const struct config *config, const struct error_list *errors,
	   const char *notice)
{
	json_t *result = json_pack("{s:s, s:b, s:b, s:o, s:s}", "file", path, "valid",
				   config != NULL, "runs_here", errors->count == 0, "errors",
				   findings(errors), "notice", notice);

	if (config)
		json_object_set_new(result, "memory_bytes",
				    json_integer((json_int_t)memory_pool_bytes(config)));
	json_dumpf(result, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(result);
}

static void
print_text(const char *path, const struct config *config, bool runs)
{
	printf("%s: a valid config%s: %u ports, %u groups, %u rules; %u mbufs of %u bytes need "
	       "%.1f "
	       "MiB\n",
	       path, runs ? "" : ", which this machine can't run", config->port_count,
	       config->group_count, config->rule_count, config->packets, config->packet_size,
	       (double)memory_pool_bytes(config) / (1 << 20));
}

/* Files and host, both, so that all that stands in the way is shown at once. */
static int
check_here(const struct config *config, struct error_list *errors, char notice[NOTICE_MAX])
{
	int captures = ports_check(config, errors);
	int replays = replay_check(config, errors);
	int host = ports_check_host(config, errors, notice, NOTICE_MAX);

	return captures < 0 ? captures : replays < 0 ? replays : host;
}

int
command_check(const struct options *options)
{
	struct config *config = NULL;
	struct error_list errors;
	char notice[NOTICE_MAX] = "";
	int exit_code = EXIT_DONE;

	error_list_init(&errors, options->config);
	if (config_load(options->config, &config, &errors) < 0)
		exit_code = EXIT_USAGE;
	else if (check_here(config, &errors, notice) < 0)
		exit_code = EXIT_FAILED;

	if (options->json) {
		print_json(options->config, config, &errors, notice);
	} else {
		error_list_print(&errors, stderr);
		if (*notice)
			fprintf(stderr, "%s: note: %s\n", options->config, notice);
		if (config)
			print_text(options->config, config, exit_code == EXIT_DONE);
	}
	config_free(config);
	error_list_clear(&errors);
	return exit_code;
}
