/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reload.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"

#include "core/banned.h"

int
reload_open(struct reload *reload, const char *file)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	*reload = (struct reload){
		.file = file,
		.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC),
	};
	return reload->signals < 0 ? -errno : 0;
}

void
reload_close(struct reload *reload)
{
	if (reload->signals >= 0)
		close(reload->signals);
	reload->signals = -1;
}

void
reload_hear(struct reload *reload)
{
	while (read(reload->signals, &reload->last, sizeof(reload->last)) == sizeof(reload->last))
		reload->wanted = true;
}

void
reload_begin(struct reload *reload, struct jobs *jobs)
{
	const struct signalfd_siginfo *signal = &reload->last;
	struct job *job;

	if (!reload->file || !reload->wanted || reload->under_way)
		return;
	reload->wanted = false;
	job = calloc(1, sizeof(*job));
	if (!job) {
		log_fail(ENOMEM, "reload");
		return;
	}
	log_info("SIGHUP from %s (process %u): reading %s", caller_name(signal->ssi_uid).text,
		 signal->ssi_pid, reload->file);
	job->slot = JOB_NOBODY;
	job->call.method = method_find("config.apply");
	job->call.by_signal = reload->under_way = true;
	job->call.caller.uid = signal->ssi_uid;
	job->call.caller.pid = (pid_t)signal->ssi_pid;
	job->call.params = json_pack("{s:s}", "file", reload->file);
	jobs_add(jobs, job);
}

void
reload_done(struct reload *reload)
{
	reload->under_way = false;
}
