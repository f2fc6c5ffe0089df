/* SPDX-License-Identifier: BSD-3-Clause */
#include "compile.h"

#include "config/config.h"
#include "core/error.h"
#include "explain/explain.h"
#include "sluiced.h"

#include "core/banned.h"

int
compile_config(const char *path, const char *name, bool first, struct explain **out)
{
	struct error_list errors;
	struct config *config;
	int exit_code = EXIT_DONE;

	error_list_init(&errors, name);
	if (config_load(path, &config, &errors) < 0) {
		exit_code = EXIT_USAGE;
	} else if ((first && explain_start(config) < 0) ||
		   explain_compile(config, NULL, out, &errors) < 0) {
		config_free(config);
		exit_code = EXIT_FAILED;
	}
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return exit_code;
}
