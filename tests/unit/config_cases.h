/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configs with one mistake each, and the finding that it must make. Include cmocka.h before.
 */
#ifndef TESTS_CONFIG_CASES_H
#define TESTS_CONFIG_CASES_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "config/config.h"

struct config_case {
	const char *text;
	unsigned line, column;
	const char *field;   /* or NULL */
	const char *message; /* or a part of it */
};

/* Whether the config is refused with that finding alone; prints what it is refused with otherwise. */
static inline bool
config_is_case(const struct config_case *wanted)
{
	struct error_list errors;
	struct config *config;
	const struct error *error;
	bool good;

	error_list_init(&errors, NULL);
	config_parse(wanted->text, strlen(wanted->text), "/etc", &config, &errors);
	error = errors.items;
	good = !config && errors.count == 1 && error->line == wanted->line &&
	       error->column == wanted->column &&
	       strcmp(error->field ? error->field : "", wanted->field ? wanted->field : "") == 0 &&
	       strstr(error->message, wanted->message);
	if (!good) {
		print_error("%s\nexpected %u:%u %s \"%s\", and alone, got:\n", wanted->text,
			    wanted->line, wanted->column,
			    wanted->field ? wanted->field : "(no field)", wanted->message);
		for (unsigned i = 0; i < errors.count; i++)
			print_error("%u:%u %s \"%s\"\n", errors.items[i].line,
				    errors.items[i].column,
				    errors.items[i].field ? errors.items[i].field : "(no field)",
				    errors.items[i].message);
	}
	error_list_clear(&errors);
	config_free(config);
	return good;
}

static inline void
assert_config_cases(const struct config_case *cases, size_t count)
{
	unsigned bad = 0;

	for (size_t i = 0; i < count; i++)
		bad += !config_is_case(&cases[i]);
	assert_int_equal(bad, 0);
}

/* The config is refused with findings at those places, and at no others. */
static inline void
assert_config_places(const char *text, const struct config_place *places, unsigned count)
{
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, NULL);
	config_parse(text, strlen(text), NULL, &config, &errors);
	for (unsigned i = 0; i < errors.count; i++)
		print_message("%u:%u: %s\n", errors.items[i].line, errors.items[i].column,
			      errors.items[i].message);
	assert_null(config);
	assert_int_equal(errors.count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(errors.items[i].line, places[i].line);
		assert_int_equal(errors.items[i].column, places[i].column);
	}
	error_list_clear(&errors);
}

#endif
