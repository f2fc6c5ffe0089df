/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/saver.h"

#include "core/banned.h"

#define PIECE (256 * 1024)
#define PIECES 16

static uint8_t *memory;
static char directory[64], path[96];

static int
begin(void **state)
{
	(void)state;
	memory = aligned_alloc(SAVER_ALIGN, (size_t)PIECE * PIECES);
	for (size_t i = 0; i < (size_t)PIECE * PIECES; i++)
		memory[i] = (uint8_t)(i / 7 + i / PIECE);
	/* Not below /tmp, which may be a tmpfs. */
	snprintf(directory, sizeof(directory), "/var/tmp/saver_XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	rmdir(directory);
	free(memory);
	return 0;
}

static void
wait_for(struct saver *saver, const struct save *save)
{
	while (save->state == SAVE_UNDER_WAY)
		assert_int_equal(saver_poll(saver, 100 * 1000 * 1000), 0);
}

static void
assert_file_has(uint64_t bytes)
{
	uint8_t *back = malloc(bytes + 1);
	int fd = open(path, O_RDONLY);

	assert_int_equal(read(fd, back, bytes + 1), bytes);
	assert_memory_equal(back, memory, bytes);
	free(back);
	close(fd);
}

static bool
write_all(struct saver *saver, bool *direct)
{
	int fd = saver_create(saver, path, direct);
	bool whole = true;

	assert_true(fd >= 0);
	for (unsigned i = 0; i < PIECES; i++) {
		struct save save = {.fd = fd,
				    .bytes = memory + (size_t)i * PIECE,
				    .length = PIECE,
				    .offset = (uint64_t)i * PIECE};

		saver_start(saver, &save);
		wait_for(saver, &save);
		whole = whole && save.state == SAVE_DONE && save.done == PIECE;
	}
	assert_int_equal(saver_create(saver, path, direct), -EEXIST);
	close(fd);
	return whole;
}

static void
writes_past_the_page_cache(void **state)
{
	struct saver saver;
	bool direct;

	(void)state;
	saver_open(&saver, memory, (uint64_t)PIECE * PIECES, 4, true);
	assert_true(write_all(&saver, &direct));
	if (!direct)
		print_message("this file system has no O_DIRECT\n");
	assert_file_has((uint64_t)PIECE * PIECES);
	saver_close(&saver);
}

static void
writes_through_the_page_cache(void **state)
{
	struct saver saver;
	bool direct;

	(void)state;
	saver_open(&saver, memory, (uint64_t)PIECE * PIECES, 4, false);
	assert_true(write_all(&saver, &direct));
	assert_false(direct);
	assert_file_has((uint64_t)PIECE * PIECES);
	saver_close(&saver);
}

/* A file that may not be longer than three and a half pieces. */
static void
what_fits_is_told(bool want_direct)
{
	struct rlimit limit = {.rlim_cur = PIECE * 7 / 2, .rlim_max = RLIM_INFINITY};
	struct saver saver;
	struct save save = {.bytes = memory};
	uint64_t done = 0;
	bool direct;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	saver_open(&saver, memory, (uint64_t)PIECE * PIECES, 4, want_direct);
	save.fd = saver_create(&saver, path, &direct);
	for (unsigned i = 0; i < 4; i++) {
		save.bytes = memory + done;
		save.offset = done;
		save.length = PIECE;
		saver_start(&saver, &save);
		wait_for(&saver, &save);
		assert_int_equal(save.state, i < 3 ? SAVE_DONE : SAVE_FAILED);
		done += save.done;
	}
	limit.rlim_cur = RLIM_INFINITY;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(save.error, -EFBIG);
	assert_int_equal(done, PIECE * 7 / 2);
	close(save.fd);
	assert_file_has(done);
	saver_close(&saver);
}

static void
what_fits_is_told_by_plain_writes(void **state)
{
	(void)state;
	what_fits_is_told(false);
}

static void
what_fits_is_told_by_direct_writes(void **state)
{
	(void)state;
	what_fits_is_told(true);
}

/* Memory that is not registered can be written, too. */
static void
other_memory_is_written(void **state)
{
	struct saver saver;
	struct save save = {.bytes = memory + PIECE, .length = PIECE};
	bool direct;

	(void)state;
	saver_open(&saver, memory + PIECE * 2, PIECE, 4, true);
	save.fd = saver_create(&saver, path, &direct);
	saver_start(&saver, &save);
	wait_for(&saver, &save);
	assert_int_equal(save.state, SAVE_DONE);
	memory += PIECE;
	assert_file_has(PIECE);
	memory -= PIECE;
	close(save.fd);
	saver_close(&saver);
}

static void
a_full_disk_is_told(void **state)
{
	struct saver saver;
	struct save save = {.bytes = memory, .length = PIECE};

	(void)state;
	saver_open(&saver, memory, PIECE, 4, true);
	save.fd = open("/dev/full", O_WRONLY);
	saver_start(&saver, &save);
	wait_for(&saver, &save);
	assert_int_equal(save.state, SAVE_FAILED);
	assert_int_equal(save.error, -ENOSPC);
	assert_int_equal(save.done, 0);
	close(save.fd);
	saver_close(&saver);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_past_the_page_cache, begin, end),
		cmocka_unit_test_setup_teardown(writes_through_the_page_cache, begin, end),
		cmocka_unit_test_setup_teardown(what_fits_is_told_by_plain_writes, begin, end),
		cmocka_unit_test_setup_teardown(what_fits_is_told_by_direct_writes, begin, end),
		cmocka_unit_test_setup_teardown(other_memory_is_written, begin, end),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
