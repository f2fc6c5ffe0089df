/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes behind a magic number unpack to something, or break: at once and in pieces alike, and again after a restart.
 * The first byte says which it is, the last how large the pieces are.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unpack/unpack.h"

#include "core/banned.h"

#define WHOLE_MAX (128u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static ssize_t
read_file(void *context, void *bytes, size_t size, uint64_t offset)
{
	const int *fd = context;

	return pread(*fd, bytes, size, (off_t)offset);
}

/* How much of it comes before damage is found may differ with the size of pieces; what comes may not. */
static void
compare(struct unpack *unpack, const uint8_t *whole, size_t count, bool all, size_t step)
{
	uint8_t *piece = malloc(step);
	size_t at = 0, got = step;

	while (at < count && got == step) {
		got = unpack_read(unpack, piece, step, at);
		must(memcmp(piece, whole + at, got < count - at ? got : count - at) == 0);
		must(!all || got == (step < count - at ? step : count - at));
		/* The next one begins in this one, as windows have it. */
		at += got - got / 4;
	}
	free(piece);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *bytes;
		size_t size;
	} magics[] = {{"\x1f\x8b\x08", 3},
		      {"\x28\xb5\x2f\xfd", 4},
		      {"\xfd"
		       "7zXZ\0",
		       6},
		      {"\x04\x22\x4d\x18", 4}};
	static uint8_t whole[WHOLE_MAX];
	struct unpack_input input;
	struct unpack *unpack;
	unsigned kind;
	size_t count;
	int fd;

	if (size < 2)
		return 0;
	kind = data[0] % 4;
	fd = memfd_create("packed", 0);
	must(fd >= 0 && write(fd, magics[kind].bytes, magics[kind].size) > 0);
	must(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	input = (struct unpack_input){read_file, &fd, false};
	unpack = unpack_open(&input, magics[kind].bytes, magics[kind].size);
	must(unpack != NULL);
	count = unpack_read(unpack, whole, WHOLE_MAX, 0);
	must(count <= WHOLE_MAX);
	must(unpack_taken(unpack) <= size - 1 + magics[kind].size);
	compare(unpack, whole, count, count < WHOLE_MAX && !unpack_reason(unpack),
		1000 + (size_t)data[size - 1] * 300);
	unpack_close(unpack);
	close(fd);
	return 0;
}
