/* SPDX-License-Identifier: BSD-3-Clause */
/* Which rule counts on for which when a config follows another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/heirs.h"

/* "NAME:PORT" of each rule, which drops what goes to that port; "NAME" passes everything on. */
static struct config *
config_of(const char *words)
{
	char text[1024], copy[256], *rest = copy, *word;
	struct error_list errors;
	struct config *config;
	size_t used =
		snprintf(text, sizeof(text), "version: 1\nports: { a: { null: {} } }\nrules:\n");

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " "))) {
		char *port = strchr(word, ':');

		if (!*word)
			continue;
		used += snprintf(text + used, sizeof(text) - used, "  - { name: %.*s",
				 (int)strcspn(word, ":"), word);
		if (port)
			used += snprintf(text + used, sizeof(text) - used,
					 ", match: { dst-port: %s }, actions: [ drop ]", port + 1);
		used += snprintf(text + used, sizeof(text) - used, " }\n");
	}
	error_list_init(&errors, "config");
	assert_int_equal(config_parse(text, used, "/", &config, &errors), 0);
	error_list_clear(&errors);
	return config;
}

/* The heirs' names, "-" for none. */
static void
assert_heirs(const char *before, const char *after, const char *expected)
{
	struct config *old = config_of(before), *new = config_of(after);
	uint32_t *heirs = heirs_find(old, new);
	char text[256] = "";
	size_t used = 0;

	assert_non_null(heirs);
	assert_int_equal(heirs[old->rule_count], new->rule_count);
	for (unsigned i = 0; i < old->rule_count; i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
				 heirs[i] == HEIRS_NONE ? "-" : new->rules[heirs[i]].name);
	if (strcmp(text, expected) != 0)
		fail_msg("%s to %s: %s, not %s", before, after, text, expected);
	free(heirs);
	config_free(old);
	config_free(new);
}

static void
of_the_same_name(void **state)
{
	assert_heirs("", "x:1", "");
	assert_heirs("x:1", "", "-");
	assert_heirs("x:1 y:2 z", "z y:9 x:1", "x y z");
	/* What decides does not count on as what passes on. */
	assert_heirs("x:1 y", "x y:2", "- -");
}

static void
of_another_name(void **state)
{
	assert_heirs("x:1 y:2", "x:1 w:2", "x w");
	assert_heirs("x:1 y:2 z:3", "a:1 b:2 c:3", "a b c");
	assert_heirs("x:1", "a:2", "-");
	assert_heirs("x y:2", "w y:2", "w y");
	/* Others may come and go around it. */
	assert_heirs("x:1 y:2 z:3", "x:1 new:7 w:2 z:3", "x w z");
	assert_heirs("x:1 y:2 z:3", "w:2", "- w -");
	/* A name that goes to another rule counts for that one, as ever. */
	assert_heirs("x:1 y:2", "y:1 x:2", "x y");
}

static void
of_two_that_could_be(void **state)
{
	assert_heirs("x:1", "a:1 b:1", "-");
	assert_heirs("x:1 y:1", "a:1", "- -");
	assert_heirs("x:1 y:1", "a:1 b:1", "- -");
	/* The one that kept its name is no candidate. */
	assert_heirs("x:1 y:1", "x:1 b:1", "x b");
}

static void
of_another_place(void **state)
{
	/* Behind another rule it takes what it did not take before. */
	assert_heirs("x:1 y:2 z:3", "y:2 w:1 z:3", "- y z");
	assert_heirs("x:1 y:2 z:1", "a:1 y:2 c:1", "a y c");
	assert_heirs("x:1 y:2 z:1", "y:2 c:1", "- y c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_same_name),
		cmocka_unit_test(of_another_name),
		cmocka_unit_test(of_two_that_could_be),
		cmocka_unit_test(of_another_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
