/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "control/clients.h"
#include "control/listener.h"
#include "control/reload.h"
#include "control/watchdog.h"
#include "core/log.h"
#include "core/now.h"
#include "core/opener.h"

#include "core/banned.h"

#define TICK_NS 100000000
/* Ticks that answers still on their way get when the daemon stops. */
#define PARTING_TICKS 5
/* Between two looks at the energy: its counters begin anew after minutes at the soonest. */
#define ENERGY_NS UINT64_C(1000000000)
#define EVENTS_MAX 128 /* all there can be */

/* What epoll reports; below are the slots of clients. */
enum {
	EVENT_CONTROL = CLIENTS_SLOTS,
	EVENT_STATS,
	EVENT_HANGUP,
	EVENT_STOP,
	EVENT_TICK,
	EVENT_REPLAY,
	EVENT_WORK,
	EVENT_RENDER
};

struct control {
	struct listener listener;
	int epoll, stop, timer;
	struct method_daemon daemon;
	struct jobs *works, *renders;
	struct clients clients;
	struct watchdog watchdog;
	struct reload reload;
	void (*on_tick)(void *context, struct control *control);
	void *context; /* of on_tick */
};

static int
watch(struct control *control, int fd, uint32_t what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};

	if (epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return log_fail(errno, "epoll");
	return 0;
}

static int
open_orders(struct control *control)
{
	int ret = reload_open(&control->reload, control->daemon.config_file);

	control->stop = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ret < 0 || control->stop < 0)
		return log_fail(ret < 0 ? -ret : errno, "signals");
	ret = watch(control, control->reload.signals, EVENT_HANGUP);
	return ret < 0 ? ret : watch(control, control->stop, EVENT_STOP);
}

static int
open_timer(struct control *control)
{
	struct itimerspec tick = {.it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS};

	control->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (control->timer < 0 || timerfd_settime(control->timer, 0, &tick, NULL) < 0)
		return log_fail(errno, "timer");
	return watch(control, control->timer, EVENT_TICK);
}

static int
listen_in(struct control *control, const char *run_dir)
{
	int ret = listener_open(&control->listener, run_dir);

	if (ret == 0)
		ret = watch(control, control->listener.sockets[LISTENER_CONTROL], EVENT_CONTROL);
	if (ret == 0)
		ret = watch(control, control->listener.sockets[LISTENER_STATS], EVENT_STATS);
	return ret;
}

static int
open_all(struct control *control, const char *run_dir)
{
	int ret = 0;

	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll < 0)
		return log_fail(errno, "epoll");
	if (run_dir)
		ret = listen_in(control, run_dir);
	if (ret == 0)
		ret = open_orders(control);
	if (ret == 0)
		ret = open_timer(control);
	return ret;
}

/* Without memory for it there is nothing to save or go back to, and it is served all the same. */
static struct edition *
first_edition(const char *config_file, const struct config_text *text)
{
	struct edition *edition = text ? edition_new(config_file, NULL, text) : NULL;

	if (edition) {
		edition_sign(edition, "start", &(struct caller){.uid = getuid(), .pid = getpid()});
		clock_gettime(CLOCK_REALTIME, &edition->since);
	}
	return edition;
}

int
control_open(const char *run_dir, const char *config_file, const struct config_text *text,
	     struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	int ret;

	if (!control)
		return log_fail(ENOMEM, "control");
	control->epoll = control->reload.signals = control->stop = control->timer = -1;
	control->listener.lock = -1;
	control->listener.sockets[LISTENER_CONTROL] = control->listener.sockets[LISTENER_STATS] =
		-1;
	control->daemon.config_file = config_file ? strdup(config_file) : NULL;
	control->daemon.running = first_edition(config_file, text);
	ret = control->daemon.config_file || !config_file ? open_all(control, run_dir)
							  : log_fail(ENOMEM, "control");
	clients_open(&control->clients, &control->daemon, control->epoll);
	energy_open(&control->daemon.energy, &(struct root){""}, now_ns());
	if (ret < 0) {
		control_close(control);
		return ret;
	}
	*out = control;
	return 0;
}

static void
take_hangups(struct control *control)
{
	reload_hear(&control->reload);
	if (control->daemon.config_file)
		reload_begin(&control->reload, control->works);
	else
		control->daemon.stop = true;
}

void
control_stop(struct control *control)
{
	eventfd_write(control->stop, 1);
}

static void
tick(struct control *control)
{
	uint64_t expirations;

	if (read(control->timer, &expirations, sizeof(expirations)) < 0)
		return;
	engine_tick(control->daemon.engine);
	watchdog_tick(&control->watchdog, engine_moves(control->daemon.engine));
	clients_tick(&control->clients);
	opener_is_there();
	if (now_ns() - control->daemon.energy.read_ns > ENERGY_NS)
		energy_read(&control->daemon.energy, now_ns());
	if (control->on_tick)
		control->on_tick(control->context, control);
}

static void
finish_job(struct control *control, struct jobs *jobs)
{
	struct job *job = jobs_done(jobs);

	if (!job)
		return;
	if (job->call.by_signal)
		reload_done(&control->reload);
	clients_job_done(&control->clients, job);
	jobs_next(jobs);
	reload_begin(&control->reload, control->works);
}

static void
dispatch(struct control *control, const struct epoll_event *event)
{
	switch (event->data.u32) {
	case EVENT_CONTROL:
		clients_accept(&control->clients, control->listener.sockets[LISTENER_CONTROL],
			       false);
		break;
	case EVENT_STATS:
		clients_accept(&control->clients, control->listener.sockets[LISTENER_STATS], true);
		break;
	case EVENT_HANGUP:
		take_hangups(control);
		break;
	case EVENT_STOP:
		control->daemon.stop = true;
		break;
	case EVENT_TICK:
		tick(control);
		break;
	case EVENT_REPLAY:
		engine_begin_replays(control->daemon.engine);
		break;
	case EVENT_WORK:
		finish_job(control, control->works);
		break;
	case EVENT_RENDER:
		finish_job(control, control->renders);
		break;
	default:
		clients_ready(&control->clients, event->data.u32,
			      event->events & (EPOLLHUP | EPOLLERR));
		break;
	}
}

static int
serve_round(struct control *control)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(control->epoll, events, EVENTS_MAX, -1);

	if (count < 0 && errno != EINTR)
		return log_fail(errno, "epoll");
	/* Its own work comes before that of clients, of whom each is given a turn. */
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 >= CLIENTS_SLOTS)
			dispatch(control, &events[i]);
	}
	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 < CLIENTS_SLOTS)
			dispatch(control, &events[i]);
	}
	return 0;
}

/* Not before the engine is started: the threads are to stay off the workers' cores, as this one
 * does since. */
static int
open_jobs(struct control *control)
{
	int ret = jobs_open(&control->daemon, "sluiced-work", job_work, &control->works);

	if (ret == 0)
		ret = watch(control, jobs_fd(control->works), EVENT_WORK);
	if (ret == 0)
		ret = jobs_open(&control->daemon, "sluiced-render", job_render, &control->renders);
	if (ret == 0)
		ret = watch(control, jobs_fd(control->renders), EVENT_RENDER);
	control->clients.works = control->daemon.works = control->works;
	control->clients.renders = control->renders;
	return ret;
}

int
control_run(struct control *control, struct engine *engine)
{
	int ret;

	control->daemon.engine = engine;
	watchdog_open(&control->watchdog);
	ret = open_jobs(control);
	if (ret == 0 && engine_news(engine) >= 0)
		ret = watch(control, engine_news(engine), EVENT_REPLAY);
	while (ret == 0 && !control->daemon.stop)
		ret = serve_round(control);
	/* The timer ends each wait, so that a client that doesn't read can't keep the daemon. */
	for (unsigned i = 0; ret == 0 && i < PARTING_TICKS && clients_busy(&control->clients); i++)
		ret = serve_round(control);
	return ret;
}

void
control_on_tick(struct control *control, void (*call)(void *context, struct control *control),
		void *context)
{
	control->on_tick = call;
	control->context = context;
}

json_t *
control_ask(struct control *control, const char *method, json_t *params)
{
	struct call call = {
		.method = method_find(method),
		.params = params,
		.caller = {.uid = getuid(), .pid = getpid()},
	};
	json_t *result = NULL;

	if (method_admit(&call))
		call.method->answer(&control->daemon, &call);
	if (call.error.code == 0)
		result =
			call.snapshot ? call.method->view(call.snapshot) : json_incref(call.result);
	if (!result)
		log_error("%s", call.error.code ? call.error.message : "out of memory");
	call_clear(&call);
	return result;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
control_settle(struct control *control)
{
	jobs_close(control->works);
	jobs_close(control->renders);
	control->works = control->renders = NULL;
	control->clients.works = control->clients.renders = NULL;
	control->daemon.works = NULL;
}

void
control_abandon(const struct control *control)
{
	listener_unlink(&control->listener);
}

void
control_close(struct control *control)
{
	if (!control)
		return;
	control_settle(control);
	/* A client that waits for the end finds no socket behind it. */
	listener_close(&control->listener);
	clients_close(&control->clients);
	method_forget(&control->daemon);
	close_fd(control->timer);
	reload_close(&control->reload);
	close_fd(control->stop);
	close_fd(control->epoll);
	energy_close(&control->daemon.energy);
	edition_free(control->daemon.running);
	edition_free(control->daemon.before);
	free((char *)control->daemon.config_file);
	free(control);
}
