/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/recall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/opener.h"
#include "format/index.h"

#include "core/banned.h"

#define INDEX_MOST (UINT64_C(64) << 20) /* of a file of a terabyte */

static uint8_t *
read_whole(int fd, size_t *size)
{
	struct stat status;
	uint8_t *bytes = NULL;
	size_t done = 0;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (uint64_t)status.st_size <= INDEX_MOST)
		bytes = malloc((size_t)status.st_size);
	while (bytes && done < (size_t)status.st_size) {
		ssize_t count = read(fd, bytes + done, (size_t)status.st_size - done);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	*size = done;
	return bytes;
}

static void
tell(const struct index *index, struct store_file *file)
{
	struct index_row last = index_row(index, index->count - 1);

	/* What is behind the last row is less than a block. */
	if (last.end > file->bytes || file->bytes - last.end > STORE_BLOCK_SIZE)
		return;
	file->first_ns = UINT64_MAX;
	for (uint64_t i = 0; i < index->count; i++) {
		struct index_row row = index_row(index, i);

		if (row.earliest_ns < file->first_ns)
			file->first_ns = row.earliest_ns;
		if (row.latest_ns > file->last_ns)
			file->last_ns = row.latest_ns;
	}
	file->packets = last.packets;
	file->known = true;
}

void
store_recall(const char *path, struct store_file *file)
{
	char name[STORE_PATH_MAX];
	struct index index;
	const char *reason;
	uint8_t *bytes;
	size_t size;
	int fd = -1;

	if (index_name(path, name, sizeof(name)))
		fd = opener_open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC, OPENER_PATIENCE_MS);
	if (fd < 0)
		return;
	bytes = read_whole(fd, &size);
	if (bytes && index_parse(&index, bytes, size, &reason) == 0 && index.count > 0)
		tell(&index, file);
	free(bytes);
	close(fd);
}
