/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether something else runs on the workers' cores now. */
#include <inttypes.h>
#include <stdio.h>

#include "host/checks.h"

#include "core/banned.h"

#define SAMPLE_MS 200
#define BUSY_PERCENT 10
#define FIELDS 8 /* user, nice, system, idle, iowait, irq, softirq, steal: proc(5) */
#define FIELD_IDLE 3
#define FIELD_IOWAIT 4

struct sample {
	uint64_t busy, all; /* ticks since the machine started */
};

static bool
read_core(const struct root *root, unsigned core, struct sample *sample)
{
	uint64_t fields[FIELDS];
	char key[16], text[ROOT_LINE_MAX];

	*sample = (struct sample){0};
	snprintf(key, sizeof(key), "cpu%u ", core);
	if (root_value(root, key, text, sizeof(text), "/proc/stat") < 0 ||
	    sscanf(text,
		   "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &fields[0], &fields[1], &fields[2], &fields[3], &fields[4], &fields[5],
		   &fields[6], &fields[7]) != FIELDS)
		return false;
	for (unsigned i = 0; i < FIELDS; i++) {
		sample->all += fields[i];
		if (i != FIELD_IDLE && i != FIELD_IOWAIT)
			sample->busy += fields[i];
	}
	return true;
}

static void
say(const struct preflight *work, unsigned core, unsigned percent)
{
	struct finding *finding = finding_add(work->list, FINDING_WARNING, "core-busy", "workers");

	finding_field(finding, "workers");
	finding_what(finding, "core %u is %u %% busy already", core, percent);
	finding_why(finding, "what runs there takes its time from the worker, which loses packets "
			     "meanwhile");
	finding_mend(finding,
		     "ps -eLo psr,pid,pcpu,comm | awk '$1 == %u && $3 > 1', and move what "
		     "it shows: taskset -pc OTHERS PID",
		     core);
}

void
check_load(struct preflight *work)
{
	struct sample before[CONFIG_WORKERS_MAX], after;
	unsigned count = work->cores.worker_count;

	/* A config that is refused is checked again anyway: it need not wait. */
	if (work->nic_count == 0 || finding_list_has(work->list, FINDING_REFUSED))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (!read_core(work->root, work->cores.workers[i], &before[i]))
			before[i].all = UINT64_MAX; /* no later look is later */
	}
	work->host->wait(work->host->argument, SAMPLE_MS);
	for (unsigned i = 0; i < count; i++) {
		uint64_t busy, all;

		if (!read_core(work->root, work->cores.workers[i], &after) ||
		    after.all <= before[i].all || after.busy < before[i].busy)
			continue;
		busy = after.busy - before[i].busy;
		all = after.all - before[i].all;
		if (busy * 100 >= all * BUSY_PERCENT)
			say(work, work->cores.workers[i], (unsigned)(busy * 100 / all));
	}
}
