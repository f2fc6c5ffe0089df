/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes are a capture or are refused, compressed ones too: from a file and through a pipe that is still written come the
 * same packets, times, counts and end. The first byte says what becomes of other link types.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/reel.h"

#include "core/banned.h"

/* What a pipe takes without a reader. */
#define SIZE_MAX_PIPE 60000
/* Content of what unpacks to more is not compared to its end. */
#define PACKETS_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static struct reel *
open_reel(char *path, enum config_other_links links, bool live)
{
	char *files[] = {path};
	const struct config_captures captures = {
		.files = files, .file_count = 1, .other_links = links};
	const struct capture_options options = {.other_links = links, .live = live};
	char reason[CAPTURE_REASON_MAX] = "";
	struct reel *reel;

	if (reel_open(&captures, 0, &options, &reel, reason, sizeof(reason)) == 0)
		return reel;
	must(reason[0] != '\0');
	return NULL;
}

static int
make_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

static void
fill_stdin(const uint8_t *data, size_t size)
{
	int ends[2];

	must(pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	must(write(ends[1], data, size) == (ssize_t)size);
	close(ends[0]);
	close(ends[1]);
}

/* Of a pipe nobody knows the time of the first record that has one before it comes. */
static void
same(const struct reel_packet *packet, const struct reel_packet *piped)
{
	must(packet->length > 0 && packet->length <= FORMAT_PACKET_MAX);
	must(packet->wire_length >= packet->length);
	must(packet->length == piped->length && packet->wire_length == piped->wire_length);
	must(memcmp(packet->bytes, piped->bytes, packet->length) == 0);
	must(packet->time_ns == piped->time_ns || piped->time_ns == 0);
}

static void
compare(struct reel *reel, struct reel *piped)
{
	struct reel_packet packet, other;
	struct reel_counts counts, others;
	unsigned number = 0;

	while (number < PACKETS_MAX && reel_next(reel, &packet) == 1) {
		must(reel_next(piped, &other) == 1);
		same(&packet, &other);
		number++;
	}
	if (number == PACKETS_MAX)
		return;
	must(reel_next(piped, &other) == 0);
	reel_counts(reel, &counts);
	reel_counts(piped, &others);
	must(counts.cut == others.cut && counts.broken == others.broken);
	must(counts.empty == others.empty && counts.converted == others.converted);
	must(counts.truncated == others.truncated && counts.too_long == others.too_long);
	must(counts.skipped == others.skipped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum config_other_links links;
	struct reel *reel, *piped;
	char path[64], input[] = "-";
	int fd;

	if (size < 2 || size > SIZE_MAX_PIPE)
		return 0;
	links = (enum config_other_links)(data[0] % 3);
	fd = make_file(data + 1, size - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fill_stdin(data + 1, size - 1);
	reel = open_reel(path, links, false);
	piped = open_reel(input, links, true);
	must(piped != NULL);
	if (reel)
		compare(reel, piped);
	reel_close(reel);
	reel_close(piped);
	close(fd);
	return 0;
}
