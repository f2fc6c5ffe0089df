/* SPDX-License-Identifier: BSD-3-Clause */
#include "paths/paths.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "paths/crossing.h"
#include "paths/measure.h"

#include "core/banned.h"

#define WAYS_MAX 32

/* One way at one size, over the repeats. */
struct cell {
	size_t size; /* 0: there is none */
	unsigned count;
	uint64_t sent, received, counted;
	struct measured repeats[PATHS_REPEATS_MAX];
	char reason[192];
};

struct bench {
	const struct paths_terms *terms;
	struct wire wire;
	struct way_run run;
	double copy_ns; /* a byte */
	struct cell cells[WAYS_MAX][PATHS_SIZES_MAX];
};

static const char *const job_names[WAY_JOBS] = {"frames", "datagrams", "stream"};

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static json_t *
spread(double *values, unsigned count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return json_pack("{s:f, s:f, s:f}", "median", values[count / 2], "least", values[0], "most",
			 values[count - 1]);
}

static int
make_source(struct way_run *run)
{
	run->source_fd = memfd_create("paths", MFD_CLOEXEC);
	if (run->source_fd < 0 || ftruncate(run->source_fd, WAY_SOURCE) < 0)
		return log_fail(errno, "memory to send from");
	run->source = mmap(NULL, WAY_SOURCE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			   run->source_fd, 0);
	if (run->source == MAP_FAILED) {
		run->source = NULL;
		return log_fail(errno, "memory to send from");
	}
	for (size_t at = 0; at < WAY_SOURCE; at++)
		run->source[at] = (uint8_t)(at * 31 >> 3);
	return 0;
}

/* Before whatever else wants the cores: all ways alike have them to themselves. Where that is not
 * allowed the spans grow. */
static void
be_first(void)
{
	const struct sched_param least = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_RR, &least) < 0)
		log_warning("no real-time priority (%s): what else runs here is in the figures",
			    strerror(errno));
}

static void
measure_cell(struct bench *bench, const struct way *way, struct cell *cell)
{
	struct measured measured;

	/* What could not be done will not be possible the next time. */
	if (cell->reason[0])
		return;
	if (measure_way(way, &bench->run, &measured) < 0) {
		snprintf(cell->reason, sizeof(cell->reason), "%s", bench->run.reason);
		return;
	}
	cell->repeats[cell->count++] = measured;
	cell->sent += measured.sent;
	cell->received += measured.received;
	cell->counted += measured.counted;
}

static int
measure_size_of(struct bench *bench, enum way_job job, unsigned number)
{
	size_t size = measure_size(job, bench->terms->sizes[number]);
	int ret;

	if (size == 0)
		return 0;
	ret = measure_prepare(&bench->run, job, size);
	if (ret < 0)
		return log_fail(ret, "an MTU for packets of %zu bytes", size);
	for (unsigned i = 0; way_at(i); i++) {
		if (way_at(i)->job != job)
			continue;
		bench->cells[i][number].size = size;
		measure_cell(bench, way_at(i), &bench->cells[i][number]);
	}
	return 0;
}

/* Repeats are outermost: what the machine does meanwhile meets all ways alike. */
static int
measure_all(struct bench *bench, void (*progress)(const char *text))
{
	const struct paths_terms *terms = bench->terms;

	for (unsigned repeat = 0; repeat < terms->repeats; repeat++) {
		for (enum way_job job = 0; job < WAY_JOBS; job++) {
			for (unsigned i = 0; i < terms->size_count; i++) {
				char text[96];
				int ret;

				snprintf(text, sizeof(text), "%s of %u bytes, %u of %u",
					 job_names[job], terms->sizes[i], repeat + 1,
					 terms->repeats);
				if (progress)
					progress(text);
				ret = measure_size_of(bench, job, i);
				if (ret < 0)
					return ret;
			}
		}
	}
	return 0;
}

static const char *
how_copied(const struct way *way)
{
	if (way->copies == WAY_TOLD)
		return "told by the kernel";
	return way == &sluice_way ? "by construction, and counted by sluice" : "by construction";
}

static void
add_figures(json_t *row, const struct way *way, const struct cell *cell)
{
	double cpu[PATHS_REPEATS_MAX] = {0}, far[PATHS_REPEATS_MAX] = {0};
	double pps[PATHS_REPEATS_MAX] = {0}, gbps[PATHS_REPEATS_MAX] = {0};
	double copies[PATHS_REPEATS_MAX] = {0}, bytes = 0;

	for (unsigned i = 0; i < cell->count; i++) {
		const struct measured *measured = &cell->repeats[i];

		cpu[i] = measured->cpu_ns;
		far[i] = measured->far_ns;
		pps[i] = (double)measured->received / measured->seconds;
		gbps[i] = pps[i] * (double)cell->size * 8 / 1e9;
		copies[i] = measured->copies;
		bytes += measured->copies * (double)measured->sent * (double)cell->size;
	}
	json_object_set_new(row, "cpu_ns", spread(cpu, cell->count));
	json_object_set_new(row, "far_cpu_ns", spread(far, cell->count));
	json_object_set_new(row, "pps", spread(pps, cell->count));
	json_object_set_new(row, "gbps", spread(gbps, cell->count));
	json_object_set_new(row, "copied",
			    json_pack("{s:o, s:I, s:s, s:I}", "times", spread(copies, cell->count),
				      "bytes", (json_int_t)llround(bytes), "how", how_copied(way),
				      "counted_bytes", (json_int_t)cell->counted));
}

static json_t *
row_json(const struct way *way, const struct cell *cell)
{
	json_t *row =
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "job", job_names[way->job], "way",
			  way->name, "text", way->text, "size", (json_int_t)cell->size, "sent",
			  (json_int_t)cell->sent, "received", (json_int_t)cell->received);
	char lost[64];

	if (cell->count)
		add_figures(row, way, cell);
	if (cell->reason[0])
		json_object_set_new(row, "reason", json_string(cell->reason));
	else if (cell->received < cell->sent) {
		snprintf(lost, sizeof(lost), "%llu were lost on the veth",
			 (unsigned long long)(cell->sent - cell->received));
		json_object_set_new(row, "reason", json_string(lost));
	} else
		json_object_set_new(row, "reason", json_null());
	return row;
}

static const char *
processor(char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(text, size, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		const char *value = strstr(line, ": ");

		if (strncmp(line, "model name", 10) != 0 || !value)
			continue;
		snprintf(text, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (file)
		fclose(file);
	return text;
}

static json_t *
machine_json(void)
{
	char name[128], date[32] = "";
	time_t now = time(NULL);
	struct utsname kernel;
	struct tm utc;

	uname(&kernel);
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%d", &utc);
	return json_pack("{s:s, s:i, s:s, s:s}", "processor", processor(name, sizeof(name)),
			 "cores", (int)sysconf(_SC_NPROCESSORS_ONLN), "kernel", kernel.release,
			 "date", date);
}

static json_t *
result_json(const struct bench *bench)
{
	json_t *rows = json_array(), *result;

	for (unsigned i = 0; way_at(i); i++) {
		for (unsigned j = 0; j < bench->terms->size_count; j++) {
			if (bench->cells[i][j].size)
				json_array_append_new(rows,
						      row_json(way_at(i), &bench->cells[i][j]));
		}
	}
	result = json_pack("{s:i, s:o, s:i, s:i, s:f, s:o}", "version", 1, "machine",
			   machine_json(), "repeats", (int)bench->terms->repeats, "slice_ms",
			   (int)bench->terms->slice_ms, "copy_ns_per_byte", bench->copy_ns, "rows",
			   rows);
	json_object_set_new(result, "crossings", crossings(rows, bench->copy_ns));
	return result;
}

json_t *
paths_run(const struct paths_terms *terms, void (*progress)(const char *text))
{
	struct bench *bench = calloc(1, sizeof(*bench));
	json_t *result = NULL;

	if (!bench) {
		log_fail(ENOMEM, "bench paths");
		return NULL;
	}
	bench->terms = terms;
	bench->run = (struct way_run){.wire = &bench->wire,
				      .slice_ns = terms->slice_ms * UINT64_C(1000000),
				      .source_fd = -1};
	if (wire_open(&bench->wire) == 0) {
		if (make_source(&bench->run) == 0) {
			be_first();
			bench->copy_ns = measure_copy(&bench->run);
			if (measure_all(bench, progress) == 0)
				result = result_json(bench);
		}
		wire_close(&bench->wire);
	}
	if (bench->run.source)
		munmap(bench->run.source, WAY_SOURCE);
	if (bench->run.source_fd >= 0)
		close(bench->run.source_fd);
	free(bench);
	return result;
}
