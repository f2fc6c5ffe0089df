/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/job.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/answer.h"
#include "core/log.h"

#include "core/banned.h"

struct jobs {
	const struct method_daemon *daemon;
	const char *name; /* of the thread; constant */
	void (*work)(const struct method_daemon *daemon, struct job *job);
	pthread_t thread;
	int event;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t wake;
	struct job *first, **last; /* waiting */
	struct job *done;
	bool settled; /* the control thread is through with the last one */
	bool stop;
};

void
job_free(struct job *job)
{
	call_clear(&job->call);
	free(job->line);
	free(job);
}

void
job_work(const struct method_daemon *daemon, struct job *job)
{
	job->call.method->work(daemon, &job->call);
}

void
job_render(const struct method_daemon *daemon, struct job *job)
{
	job->line = answer_piece(&job->call, &job->more);
}

/* The next job to be worked on, or NULL at the end. */
static struct job *
take(struct jobs *jobs)
{
	struct job *job = NULL;

	pthread_mutex_lock(&jobs->mutex);
	while (!jobs->stop && (!jobs->first || !jobs->settled))
		pthread_cond_wait(&jobs->wake, &jobs->mutex);
	if (!jobs->stop) {
		job = jobs->first;
		jobs->first = job->next;
		if (!jobs->first)
			jobs->last = &jobs->first;
		jobs->settled = false;
	}
	pthread_mutex_unlock(&jobs->mutex);
	return job;
}

static void *
run(void *argument)
{
	struct jobs *jobs = argument;
	struct job *job;

	/* By itself: only so does it need no file in /proc, where the sandbox lets nobody write. */
	pthread_setname_np(pthread_self(), jobs->name);
	while ((job = take(jobs))) {
		jobs->work(jobs->daemon, job);
		pthread_mutex_lock(&jobs->mutex);
		jobs->done = job;
		pthread_mutex_unlock(&jobs->mutex);
		eventfd_write(jobs->event, 1);
	}
	return NULL;
}

int
jobs_open(const struct method_daemon *daemon, const char *name,
	  void (*work)(const struct method_daemon *daemon, struct job *job), struct jobs **out)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	int ret;

	if (!jobs)
		return log_fail(ENOMEM, "job thread");
	jobs->daemon = daemon;
	jobs->name = name;
	jobs->work = work;
	jobs->last = &jobs->first;
	jobs->settled = true;
	jobs->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (jobs->event < 0) {
		ret = log_fail(errno, "job thread");
		goto event_failed;
	}
	pthread_mutex_init(&jobs->mutex, NULL);
	pthread_cond_init(&jobs->wake, NULL);
	ret = pthread_create(&jobs->thread, NULL, run, jobs);
	if (ret != 0) {
		ret = log_fail(ret, "job thread");
		goto thread_failed;
	}
	*out = jobs;
	return 0;

thread_failed:
	close(jobs->event);
event_failed:
	free(jobs);
	return ret;
}

void
jobs_close(struct jobs *jobs)
{
	struct job *job;

	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->mutex);
	jobs->stop = true;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->mutex);
	pthread_join(jobs->thread, NULL);
	while ((job = jobs->first)) {
		jobs->first = job->next;
		job_free(job);
	}
	if (jobs->done)
		job_free(jobs->done);
	close(jobs->event);
	free(jobs);
}

bool
jobs_idle(struct jobs *jobs)
{
	bool idle;

	pthread_mutex_lock(&jobs->mutex);
	idle = !jobs->first && jobs->settled;
	pthread_mutex_unlock(&jobs->mutex);
	return idle;
}

int
jobs_fd(const struct jobs *jobs)
{
	return jobs->event;
}

void
jobs_add(struct jobs *jobs, struct job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&jobs->mutex);
	*jobs->last = job;
	jobs->last = &job->next;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->mutex);
}

void
jobs_again(struct jobs *jobs, struct job *job)
{
	pthread_mutex_lock(&jobs->mutex);
	job->next = jobs->first;
	jobs->first = job;
	if (!job->next)
		jobs->last = &job->next;
	pthread_mutex_unlock(&jobs->mutex);
}

void
jobs_cancel(struct jobs *jobs, unsigned slot, uint64_t serial)
{
	struct job **link, *job;
	unsigned count = 0;

	pthread_mutex_lock(&jobs->mutex);
	for (link = &jobs->first; (job = *link);) {
		bool kept = job->call.method->changes && count < JOBS_KEPT;

		count++;
		if (job->slot != slot || job->serial != serial || kept) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		job_free(job);
	}
	jobs->last = link;
	pthread_mutex_unlock(&jobs->mutex);
}

struct job *
jobs_done(struct jobs *jobs)
{
	struct job *job;
	eventfd_t count;

	eventfd_read(jobs->event, &count);
	pthread_mutex_lock(&jobs->mutex);
	job = jobs->done;
	jobs->done = NULL;
	pthread_mutex_unlock(&jobs->mutex);
	return job;
}

void
jobs_next(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->mutex);
	jobs->settled = true;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->mutex);
}
