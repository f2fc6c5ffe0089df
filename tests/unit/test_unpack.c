/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "packed_kit.h"
#include "unpack/unpack.h"

#include "core/banned.h"

#define SIZE (3u << 20)

static uint8_t content[SIZE], got[SIZE + 1];

/* Not so uniform that all of it is one match, not so random that none is. */
static void
fill(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < SIZE; i++) {
		state = state * 1664525 + 1013904223;
		content[i] = i % 1500 < 60 ? i % 1500 : state >> 29;
	}
}

static int
file_of(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}

static ssize_t
read_file(void *context, void *bytes, size_t size, uint64_t offset)
{
	ssize_t count = pread((int)(intptr_t)context, bytes, size, (off_t)offset);

	return count < 0 ? -errno : count;
}

static struct unpack *
opened(int fd, const uint8_t *bytes)
{
	struct unpack_input input;
	struct unpack *unpack;

	assert_true(unpack_is_for(bytes, UNPACK_HEAD));
	input = (struct unpack_input){read_file, (void *)(intptr_t)fd, false};
	unpack = unpack_open(&input, bytes, UNPACK_HEAD);
	assert_non_null(unpack);
	return unpack;
}

/* One piece behind the other, as windows read them, and anywhere. */
static void
reads_pieces(void **state)
{
	static const struct {
		size_t offset, size;
	} reads[] = {
		{0, 2097152},  {2027520, 2097152}, {0, 1},
		{5, 70000},    {70000, 1000},      {69000, 3000},
		{72000, 0},    {3000000, 100},     {100, 100},
		{SIZE, 10},    {SIZE - 1, 10},     {SIZE + 5, 10},
		{0, SIZE + 1}, {SIZE - 69632, 1},  {SIZE - 69633, 1},
		{SIZE - 1, 1},
	};

	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		size_t size;
		uint8_t *bytes = packed(kind, content, SIZE, &size);
		int fd = file_of(bytes, size);
		struct unpack *unpack = opened(fd, bytes);

		for (unsigned i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
			size_t offset = reads[i].offset, left = offset < SIZE ? SIZE - offset : 0;
			size_t count = unpack_read(unpack, got, reads[i].size, offset);

			assert_int_equal(count, left < reads[i].size ? left : reads[i].size);
			assert_memory_equal(got, content + (left ? offset : 0), count);
			assert_null(unpack_reason(unpack));
		}
		assert_int_equal(unpack_read(unpack, got, SIZE + 1, 0), SIZE);
		assert_int_equal(unpack_taken(unpack), size);
		unpack_close(unpack);
		close(fd);
		free(bytes);
	}
}

/* What was compressed in parts and put together is one. */
static void
reads_several_parts(void **state)
{
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		size_t first, second;
		uint8_t *one = packed(kind, content, 100001, &first);
		uint8_t *other = packed(kind, content + 100001, 200000, &second);
		int fd = file_of(one, first);
		struct unpack *unpack;

		assert_int_equal(write(fd, other, second), second);
		if (kind == PACKED_GZIP || kind == PACKED_XZ) /* which may be padded */
			assert_int_equal(write(fd, "\0\0\0\0\0\0\0\0", 8), 8);
		unpack = opened(fd, one);
		assert_int_equal(unpack_read(unpack, got, SIZE, 0), 300001);
		assert_memory_equal(got, content, 300001);
		assert_null(unpack_reason(unpack));
		unpack_close(unpack);
		close(fd);
		free(one);
		free(other);
	}
}

/* Cut anywhere, it gives the beginning of what it was, and says so. */
static void
says_where_it_is_cut(void **state)
{
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		size_t size;
		uint8_t *bytes = packed(kind, content, 5000, &size);
		char reason[100];

		snprintf(reason, sizeof(reason), "its %s data is cut short", packed_names[kind]);
		for (size_t cut = UNPACK_HEAD; cut < size; cut++) {
			int fd = file_of(bytes, cut);
			struct unpack *unpack = opened(fd, bytes);
			size_t count = unpack_read(unpack, got, SIZE, 0);

			assert_true(count <= 5000);
			assert_memory_equal(got, content, count);
			assert_string_equal(unpack_reason(unpack), reason);
			/* And again, from the beginning. */
			assert_int_equal(unpack_read(unpack, got, 1, 0), count ? 1 : 0);
			assert_int_equal(unpack_read(unpack, got, SIZE, 0), count);
			assert_string_equal(unpack_reason(unpack), reason);
			unpack_close(unpack);
			close(fd);
		}
		free(bytes);
	}
}

/* A bit that fell over is found by the checksums, if by nothing else. */
static void
says_that_it_is_damaged(void **state)
{
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		size_t size;
		uint8_t *bytes = packed(kind, content, 5000, &size);
		unsigned told = 0;

		for (size_t at = size / 2; at < size; at++) {
			struct unpack *unpack;
			int fd;

			bytes[at] ^= 0x10;
			fd = file_of(bytes, size);
			unpack = opened(fd, bytes);
			assert_true(unpack_read(unpack, got, SIZE, 0) <= SIZE);
			assert_non_null(unpack_reason(unpack));
			told += strstr(unpack_reason(unpack), "data is damaged: ") != NULL;
			unpack_close(unpack);
			close(fd);
			bytes[at] ^= 0x10;
		}
		assert_true(told > size / 4);
		free(bytes);
	}
}

static void
tells_what_follows(void **state)
{
	for (unsigned kind = 0; kind < PACKED_KINDS; kind++) {
		size_t size;
		uint8_t *bytes = packed(kind, content, 5000, &size);
		int fd = file_of(bytes, size);
		struct unpack *unpack;

		assert_int_equal(write(fd, "This is a text.\n", 16), 16);
		unpack = opened(fd, bytes);
		assert_int_equal(unpack_read(unpack, got, SIZE, 0), 5000);
		assert_memory_equal(got, content, 5000);
		assert_non_null(unpack_reason(unpack));
		unpack_close(unpack);
		close(fd);
		free(bytes);
	}
}

static long
memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* Half a gigabyte of zeros in a few kilobytes: time, and no memory. */
static void
bounds_memory(void **state)
{
	size_t zeros = 64u << 20, size, sum = 0, count;
	uint8_t *bytes = calloc(1, zeros);
	uint8_t *one = packed(PACKED_ZSTD, bytes, zeros, &size);
	int fd = file_of(one, size);
	struct unpack *unpack;
	long before;

	for (unsigned i = 1; i < 8; i++)
		assert_int_equal(write(fd, one, size), size);
	free(bytes);
	before = memory_kib();
	unpack = opened(fd, one);
	while ((count = unpack_read(unpack, got, SIZE, sum)) > 0)
		sum += count;
	assert_int_equal(sum, 8 * zeros);
	assert_null(unpack_reason(unpack));
	assert_true(memory_kib() - before < 64 << 10);
	unpack_close(unpack);
	close(fd);
	free(one);
}

/* What says that it needs more memory than is given is refused. */
static void
refuses_large_windows(void **state)
{
	/* A frame of zstd without a size, of a window of 2 GiB. */
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
	int fd = file_of(frame, sizeof(frame));
	struct unpack *unpack = opened(fd, frame);

	assert_int_equal(unpack_read(unpack, got, SIZE, 0), 0);
	assert_non_null(strstr(unpack_reason(unpack), "needs more than 128 MiB to be unpacked"));
	unpack_close(unpack);
	close(fd);
}

static void
knows_what_it_is_for(void **state)
{
	assert_false(unpack_is_for("", 0));
	assert_false(unpack_is_for("\x1f", 1));
	assert_true(unpack_is_for("\x1f\x8b", 2));
	assert_false(unpack_is_for("\xd4\xc3\xb2\xa1\2\0\4\0", 8));
	assert_false(unpack_is_for("\x0a\x0d\x0d\x0a\0\0\0\x1c", 8));
	assert_false(unpack_is_for("BZh91AY&", 8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pieces),          cmocka_unit_test(reads_several_parts),
		cmocka_unit_test(says_where_it_is_cut),  cmocka_unit_test(says_that_it_is_damaged),
		cmocka_unit_test(tells_what_follows),    cmocka_unit_test(bounds_memory),
		cmocka_unit_test(refuses_large_windows), cmocka_unit_test(knows_what_it_is_for),
	};

	fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
