/* SPDX-License-Identifier: BSD-3-Clause */
/* What the docs say of reasons is what the rows say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage/reasons.h"

#include "core/banned.h"

static char *guide, *replay, *socket_page;

static char *
page(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	assert_true(getdelim(&text, &size, '\0', in) > 0);
	fclose(in);
	return text;
}

/* Appends text as a reader sees it: a link's words alone, and no marks of code. */
static void
put_plain(FILE *out, const char *text, size_t length)
{
	for (const char *c = text; c < text + length; c++) {
		if (*c == ']' && c[1] == '(')
			c = strchr(c, ')');
		else if (*c != '`' && *c != '[')
			fputc(*c, out);
	}
}

/* The rows of all tables of a page with these columns. */
static char *
table_rows(const char *text)
{
	static const char head[] = "\n| reason | meaning | what to do |\n|---|---|---|\n";
	char *rows = NULL;
	size_t size;
	FILE *out = open_memstream(&rows, &size);

	while ((text = strstr(text, head))) {
		for (text += strlen(head); *text == '|'; text = strchr(text, '\n') + 1)
			put_plain(out, text, strcspn(text, "\n") + 1);
		text--;
	}
	fclose(out);
	return rows;
}

static void
put_rows(FILE *out, const struct reason *reasons, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		fprintf(out, "| %s | ", reasons[i].name);
		put_plain(out, reasons[i].text, strlen(reasons[i].text));
		fputs(" | ", out);
		put_plain(out, reasons[i].mend, strlen(reasons[i].mend));
		fputs(" |\n", out);
	}
}

/* First the copies, then the drops, each in its order. */
static void
guide_has_every_row(void **state)
{
	char *expected = NULL, *found = table_rows(guide);
	size_t size;
	FILE *out = open_memstream(&expected, &size);

	put_rows(out, copy_reasons, COPY_REASONS);
	put_rows(out, drop_reasons, DROP_REASONS);
	fclose(out);
	assert_string_equal(found, expected);
	free(expected);
	free(found);
}

/* "`rule`, `default`", with another word before the last. */
static void
policies(char *text, size_t size, const char *last)
{
	const char *names[DROP_REASONS];
	unsigned count = 0;

	for (unsigned i = 0; i < DROP_REASONS; i++) {
		if (drop_reasons[i].kind == REASON_POLICY)
			names[count++] = drop_reasons[i].name;
	}
	*text = '\0';
	for (unsigned i = 0; i < count; i++)
		snprintf(text + strlen(text), size - strlen(text), "%s`%s`",
			 i == 0          ? ""
			 : i + 1 < count ? ", "
					 : last,
			 names[i]);
}

static void
pages_name_what_is_no_loss(void **state)
{
	char names[512], words[600];

	policies(names, sizeof(names), ", ");
	snprintf(words, sizeof(words), "\n| `drops`: %s | rules dropped", names);
	assert_non_null(strstr(replay, words));

	policies(names, sizeof(names), " and ");
	snprintf(words, sizeof(words), "the sum of `drops` but for %s:", names);
	assert_non_null(strstr(socket_page, words));
}

static void
losses_are_told_from_policies(void **state)
{
	uint64_t drops[DROP_REASONS];
	unsigned policies = 0;

	for (unsigned i = 0; i < DROP_REASONS; i++) {
		drops[i] = 1;
		policies += drop_reasons[i].kind == REASON_POLICY;
	}
	assert_int_equal(reasons_lost(drops), DROP_REASONS - policies);
	drops[DROP_RULE] = drops[DROP_DEFAULT] = 1000;
	assert_int_equal(reasons_lost(drops), DROP_REASONS - policies);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guide_has_every_row),
		cmocka_unit_test(pages_name_what_is_no_loss),
		cmocka_unit_test(losses_are_told_from_policies),
	};
	int failed;

	guide = page(DOCS "/guide.md");
	replay = page(DOCS "/replay.md");
	socket_page = page(DOCS "/socket.md");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(guide);
	free(replay);
	free(socket_page);
	return failed;
}
