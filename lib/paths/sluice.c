/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames by sluice: this program's replay, in a process of its own, to an AF_XDP port. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths/way.h"

#include "core/banned.h"

#define PACKETS 256       /* of the capture, which is sent again and again */
#define GUESS_PPS 1600000 /* about what a veth takes */
/* What net_af_xdp sends of one buffer, memory.packet-size. */
#define FRAME_MAX 2048
/* The Ethernet link type of pcap, and the magic of its files, draft-ietf-opsawg-pcap. */
#define LINK_ETHERNET 1
#define MAGIC UINT32_C(0xa1b2c3d4)

struct sluice {
	char file[64];
	uint64_t limit;
};

static bool
write_capture(const char *path, struct way_run *run)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t reserved[2], longest, link;
	} head = {MAGIC, 2, 4, {0}, 65535, LINK_ETHERNET};
	FILE *file = fopen(path, "we");
	bool whole = file && fwrite(&head, sizeof(head), 1, file) == 1;

	for (uint32_t i = 0; whole && i < PACKETS; i++) {
		const uint32_t record[4] = {0, i, (uint32_t)run->size, (uint32_t)run->size};

		whole = fwrite(record, sizeof(record), 1, file) == 1 &&
			fwrite(way_next(run), run->size, 1, file) == 1;
	}
	if (file && fclose(file) != 0)
		whole = false;
	return whole;
}

static _Noreturn void
become_replay(const char *file, uint64_t limit, int output)
{
	char count[32];
	int nowhere = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(count, sizeof(count), "%llu", (unsigned long long)limit);
	dup2(nowhere, STDIN_FILENO);
	dup2(nowhere, STDERR_FILENO);
	dup2(output, STDOUT_FILENO);
	execl("/proc/self/exe", "sluiced", "replay", file, "--to", WIRE_NEAR, "--pace", "top",
	      "--loops", "forever", "--limit", count, "--hugepages", "false", "--quiet", "--json",
	      (char *)NULL);
	_exit(127);
}

/* The replay's own words, to be freed, or NULL with a reason. */
static json_t *
replay(struct way_run *run)
{
	const struct sluice *sluice = run->state;
	int output[2], status = -1;
	json_t *result;
	FILE *file;
	pid_t child;

	if (pipe2(output, O_CLOEXEC) < 0)
		return NULL;
	child = fork();
	if (child == 0)
		become_replay(sluice->file, sluice->limit, output[1]);
	close(output[1]);
	file = fdopen(output[0], "r");
	result = file ? json_loadf(file, 0, NULL) : NULL;
	if (file)
		fclose(file);
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0 || !result) {
		snprintf(run->reason, sizeof(run->reason), "sluiced replay ended with %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		json_decref(result);
		return NULL;
	}
	return result;
}

static void
sluice_close(struct way_run *run)
{
	struct sluice *sluice = run->state;

	unlink(sluice->file);
	free(sluice);
}

static int
sluice_open(struct way_run *run)
{
	struct sluice *sluice;

	if (run->size > FRAME_MAX) {
		snprintf(run->reason, sizeof(run->reason),
			 "DPDK's AF_XDP driver sends frames of one buffer, %d bytes", FRAME_MAX);
		return -EMSGSIZE;
	}
	sluice = calloc(1, sizeof(*sluice));
	if (!sluice)
		return -ENOMEM;
	run->state = sluice;
	snprintf(sluice->file, sizeof(sluice->file), "%s/paths.pcap", run->wire->directory);
	sluice->limit = run->slice_ns * GUESS_PPS / 1000000000 + PACKETS;
	if (write_capture(sluice->file, run))
		return 0;
	sluice_close(run);
	return -EIO;
}

static uint64_t
copied(const json_t *result)
{
	json_t *reasons = json_object_get(result, "copies"), *reason;
	const char *name;
	uint64_t bytes = 0;

	json_object_foreach (reasons, name, reason)
		bytes += (uint64_t)json_integer_value(json_object_get(reason, "bytes"));
	return bytes;
}

/* A worker polls: while it sends, the core is all its own (be_first in paths.c). Its processor time
 * would have what starting takes in it, which differs by more than sending costs. */
static int64_t
sluice_send(struct way_run *run)
{
	json_t *result = replay(run), *replays, *one, *took;
	uint64_t elapsed_ns;
	int64_t sent;

	if (!result)
		return -EIO;
	replays = json_object_get(result, "replays");
	one = json_object_iter_value(json_object_iter(replays));
	took = json_object_get(json_object_get(one, "verdict"), "achieved");
	sent = json_integer_value(json_object_get(one, "sent"));
	elapsed_ns = (uint64_t)(json_number_value(json_object_get(took, "elapsed")) * 1e9);
	run->elapsed_ns += elapsed_ns;
	run->cpu_ns += elapsed_ns;
	run->counted += copied(result);
	json_decref(result);
	return sent;
}

const struct way sluice_way = {
	.name = "sluice",
	.text = "sluice by AF_XDP: the driver's and the kernel's copy, of its own what it counts",
	.job = WAY_FRAMES,
	.copies = 2,
	.open = sluice_open,
	.send = sluice_send,
	.close = sluice_close,
};
