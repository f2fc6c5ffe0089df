/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <jansson.h>
#include <stdio.h>

#include "config/config.h"
#include "port/memory.h"
#include "port/ports.h"

#include "core/banned.h"

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
print_json(const char *path, const struct config *config, const struct error_list *errors)
{
	json_t *result = json_pack("{s:s, s:b, s:o}", "file", path, "valid", errors->count == 0,
				   "errors", findings(errors));

	if (config)
		json_object_set_new(result, "memory",
				    json_integer((json_int_t)memory_pool_bytes(config)));
	json_dumpf(result, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(result);
}

static void
print_text(const char *path, const struct config *config)
{
	printf("%s: valid: %u ports, %u groups, %u rules; %u mbufs of %u bytes need %.1f MiB\n",
	       path, config->port_count, config->group_count, config->rule_count, config->packets,
	       config->packet_size, (double)memory_pool_bytes(config) / (1 << 20));
}

int
command_check(const struct options *options)
{
	struct config *config = NULL;
	struct error_list errors;
	int exit_code = EXIT_DONE;

	error_list_init(&errors, options->config);
	if (config_load(options->config, &config, &errors) < 0)
		exit_code = EXIT_USAGE;
	else if (ports_check(config, &errors) < 0)
		exit_code = EXIT_FAILED;

	if (options->json)
		print_json(options->config, config, &errors);
	else if (exit_code == EXIT_DONE)
		print_text(options->config, config);
	if (!options->json)
		error_list_print(&errors, stderr);
	config_free(config);
	error_list_clear(&errors);
	return exit_code;
}
