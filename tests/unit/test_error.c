/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"

#include "core/banned.h"

static void
test_order(void **state)
{
	struct error_list list;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	error_list_init(&list, "site.yaml");
	error_add(&list, 3, 9, "ports.wan", "third %d", 3);
	error_add(&list, 3, 1, NULL, "second");
	error_add(&list, 3, 9, NULL, "fourth\nline");
	error_add(&list, 0, 0, NULL, "first");
	error_list_print(&list, out);
	fclose(out);
	assert_string_equal(text,
			    "site.yaml: first\nsite.yaml:3:1: second\nsite.yaml:3:9: third 3\n"
			    "site.yaml:3:9: fourth?line\n");
	assert_string_equal(list.items[2].field, "ports.wan");
	free(text);
	error_list_clear(&list);
	assert_int_equal(list.count, 0);
}

static void
test_no_file(void **state)
{
	struct error_list list;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	error_list_init(&list, NULL);
	error_add(&list, 0, 0, NULL, "a");
	error_add(&list, 1, 2, NULL, "b");
	error_list_print(&list, out);
	fclose(out);
	assert_string_equal(text, "a\n1:2: b\n");
	free(text);
	error_list_clear(&list);
}

static void
test_many(void **state)
{
	struct error_list list;

	error_list_init(&list, NULL);
	for (unsigned i = 0; i < 10000; i++)
		error_add(&list, 10000 - i % 100, i / 100, NULL, "%u", i);
	assert_int_equal(list.count, 10000);
	error_list_sort(&list);
	for (unsigned i = 1; i < list.count; i++) {
		const struct error *a = &list.items[i - 1], *b = &list.items[i];

		assert_true(a->line < b->line || (a->line == b->line && a->column < b->column));
	}
	error_list_clear(&list);
}

/* What a function that logs writes to stderr. */
static void
capture(void (*log)(void), char *text, size_t size)
{
	char path[] = "/tmp/sluice-log-XXXXXX";
	int file = mkstemp(path), kept = dup(STDERR_FILENO);
	ssize_t length;

	assert_true(file >= 0 && kept >= 0);
	unlink(path);
	dup2(file, STDERR_FILENO);
	log();
	dup2(kept, STDERR_FILENO);
	length = pread(file, text, size - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	close(file);
	close(kept);
}

static void
log_levels(void)
{
	log_open(LOG_LEVEL_INFO);
	log_error("port %s", "wan");
	log_info("a\nb");
	log_debug("not seen");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("not seen");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("seen");
	assert_int_equal(log_fail(-ENOENT, "file %d", 1), -ENOENT);
	assert_int_equal(log_fail(ENOENT, "file %d", 2), -ENOENT);
}

static void
test_log(void **state)
{
	char text[1024];

	program_invocation_short_name = (char *)(uintptr_t) "sluiced";
	unsetenv("JOURNAL_STREAM");
	capture(log_levels, text, sizeof(text));
	assert_string_equal(text, "sluiced: error: port wan\nsluiced: info: a?b\n"
				  "sluiced: debug: seen\n"
				  "sluiced: error: file 1: No such file or directory\n"
				  "sluiced: error: file 2: No such file or directory\n");
}

static void
log_to_journal(void)
{
	struct stat status;
	char stream[64];

	fstat(STDERR_FILENO, &status);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_LEVEL_INFO);
	log_warning("link is down");
}

static void
test_journal(void **state)
{
	char text[256];

	capture(log_to_journal, text, sizeof(text));
	assert_string_equal(text, "<4>link is down\n");
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open(LOG_LEVEL_INFO);
}

static void
log_long(void)
{
	char word[4000];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	log_error("%s", word);
}

static void
test_long_line(void **state)
{
	char text[5000];
	size_t length;

	capture(log_long, text, sizeof(text));
	length = strlen(text);
	assert_true(length > 1000 && length < 4000);
	assert_int_equal(text[length - 1], '\n');
	assert_ptr_equal(strchr(text, '\n'), text + length - 1);
}

static void
test_level_words(void **state)
{
	enum log_level level = LOG_LEVEL_ERROR;

	assert_true(log_level_parse("debug", &level));
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_false(log_level_parse("verbose", &level));
	assert_int_equal(level, LOG_LEVEL_DEBUG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),       cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_many),        cmocka_unit_test(test_log),
		cmocka_unit_test(test_journal),     cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_level_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
