/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/clients.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control/answer.h"
#include "control/outcome.h"
#include "core/log.h"
#include "core/now.h"

#include "core/banned.h"

/* Clients accepted before the others get their turn. */
#define ACCEPT_MAX 16
/* What is read of a client that is turned away, so that it is not cut off while it sends. */
#define UNHEARD_MAX 16

void
clients_open(struct clients *clients, struct method_daemon *daemon, int epoll)
{
	memset(clients, 0, sizeof(*clients));
	clients->daemon = daemon;
	clients->epoll = epoll;
	clients->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < CLIENTS_SLOTS; i++)
		clients->slots[i].socket = -1;
}

/* What a client waits for, and what is queued for it, ends with it. */
static void
drop(struct clients *clients, unsigned slot)
{
	struct connection *connection = &clients->slots[slot];

	if (clients->rests[slot])
		job_free(clients->rests[slot]);
	clients->rests[slot] = NULL;
	if (clients->waits[slot])
		job_free(clients->waits[slot]);
	clients->waits[slot] = NULL;
	if (connection->waiting && clients->renders)
		jobs_cancel(clients->renders, slot, connection->serial);
	if (connection->waiting && clients->works)
		jobs_cancel(clients->works, slot, connection->serial);
	connection_close(connection);
}

void
clients_close(struct clients *clients)
{
	for (unsigned i = 0; i < CLIENTS_SLOTS; i++) {
		if (clients->slots[i].socket >= 0)
			drop(clients, i);
	}
	if (clients->spare >= 0)
		close(clients->spare);
	clients->spare = -1;
}

static char *
error_line(const char *message)
{
	struct rpc_error error = {0};

	rpc_fail(&error, RPC_LIMIT, NULL, "%s", message);
	return rpc_write(NULL, NULL, &error);
}

/* Tells a client that can't be served why, as far as its socket's buffer takes it. */
static void
turn_away(int socket, const char *why)
{
	char *line = error_line(why), unheard[4096];

	if (line && send(socket, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a client beyond the limit could not be told");
	free(line);
	shutdown(socket, SHUT_WR);
	for (unsigned i = 0; i < UNHEARD_MAX; i++) {
		if (recv(socket, unheard, sizeof(unheard), MSG_DONTWAIT) <= 0)
			break;
	}
	close(socket);
}

/* Out of descriptors a client would wait, and the listening socket be reported, for ever. */
static void
turn_away_without_descriptor(struct clients *clients, int listener)
{
	int socket;

	if (clients->spare < 0)
		return;
	close(clients->spare);
	socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (socket >= 0)
		turn_away(socket, "sluiced has no file descriptor left; try again later");
	clients->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
admit(struct clients *clients, int socket, bool reading_only)
{
	unsigned first = reading_only ? CLIENTS_MAX : 0, slot = first;
	struct epoll_event event = {.events = EPOLLIN};
	char why[80];

	while (slot < first + CLIENTS_MAX && clients->slots[slot].socket >= 0)
		slot++;
	event.data.u32 = slot;
	if (slot < first + CLIENTS_MAX &&
	    epoll_ctl(clients->epoll, EPOLL_CTL_ADD, socket, &event) == 0) {
		connection_open(&clients->slots[slot], socket, reading_only);
		return;
	}
	snprintf(why, sizeof(why), "%d clients are served already; try again when one has left",
		 CLIENTS_MAX);
	turn_away(socket, why);
}

void
clients_accept(struct clients *clients, int listener, bool reading_only)
{
	for (unsigned i = 0; i < ACCEPT_MAX; i++) {
		int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (socket >= 0)
			admit(clients, socket, reading_only);
		else if (errno == EMFILE || errno == ENFILE)
			turn_away_without_descriptor(clients, listener);
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
}

/* Answers a line, if there is one: one in each turn, so that a client with many keeps none waiting.
 * False when the connection is broken. */
static bool
serve(struct clients *clients, unsigned slot, uint64_t now)
{
	struct connection *connection = &clients->slots[slot];
	struct outcome outcome = {0};
	size_t length;
	const char *line = connection_line(connection, &length);

	if (!line && connection_overlong(connection)) {
		connection->closing = true;
		return connection_answer(connection,
					 error_line("a request is longer than 65536 bytes"), now);
	}
	if (!line)
		return true;
	if (length > 0)
		outcome = outcome_of(clients->daemon, line, length, connection_caller(connection));
	connection_consume(connection, now);
	connection->closing = outcome.closing;
	if (outcome.job) {
		outcome.job->slot = slot;
		outcome.job->serial = connection->serial;
		connection->waiting = true;
		if (outcome.answer)
			clients->rests[slot] = outcome.job;
		else if (outcome.job->call.waits)
			clients->waits[slot] = outcome.job;
		else
			jobs_add(method_is_raw(&outcome.job->call) ? clients->renders
								   : clients->works,
				 outcome.job);
	}
	return !outcome.answer || connection_answer(connection, outcome.answer, now);
}

/* Has the next piece of an answer written when the client has taken the one before. */
static void
go_on(struct clients *clients, unsigned slot)
{
	struct job *rest = clients->rests[slot];

	if (!rest || clients->slots[slot].output)
		return;
	clients->rests[slot] = NULL;
	jobs_add(clients->renders, rest);
}

/* After whatever happened to a connection: closes it, or waits for what it needs next. */
static void
settle(struct clients *clients, unsigned slot, bool sound, uint64_t now)
{
	struct connection *connection = &clients->slots[slot];
	struct epoll_event event = {.data.u32 = slot};
	size_t length;

	if (sound && connection->closing && !connection->output && !connection->lingers_since)
		connection_linger(connection, now);
	event.events = connection_events(connection);
	if (sound && (connection_line(connection, &length) || connection_overlong(connection))) {
		/* More is there already: no event will tell, but the socket can always be written
		 * to. */
		event.events = EPOLLOUT;
	} else if (!sound || connection_done(connection)) {
		drop(clients, slot);
		return;
	}
	if (epoll_ctl(clients->epoll, EPOLL_CTL_MOD, connection->socket, &event) < 0)
		drop(clients, slot);
	else
		go_on(clients, slot);
}

void
clients_ready(struct clients *clients, unsigned slot, bool hung_up)
{
	struct connection *connection = &clients->slots[slot];
	uint64_t now = now_ns();
	size_t length;
	bool sound = true;

	if (connection->socket < 0)
		return;
	/* Whoever left while a job works for it would be reported again and again. */
	if (hung_up && connection->waiting)
		sound = false;
	else if (connection->output)
		sound = connection_send(connection, now);
	else if (!connection->ended && !connection->waiting &&
		 !connection_line(connection, &length))
		sound = connection_receive(connection, now);
	sound = sound && serve(clients, slot, now);
	settle(clients, slot, sound, now);
}

/* Who asked for a job, or NULL: nobody did, or has left. */
static struct connection *
asker(struct clients *clients, const struct job *job)
{
	struct connection *connection;

	if (job->slot >= CLIENTS_SLOTS)
		return NULL;
	connection = &clients->slots[job->slot];
	return connection->socket >= 0 && connection->serial == job->serial ? connection : NULL;
}

/* What the call's work prepared comes into force. */
static void
finish(struct method_daemon *daemon, struct call *call)
{
	if (!call->error.code)
		call->method->answer(daemon, call);
	if (call->method->changes)
		method_forget(daemon);
}

void
clients_job_done(struct clients *clients, struct job *job)
{
	struct connection *connection = asker(clients, job);
	struct call *call = &job->call;
	/* By the job thread that prepares configs; what the other wrote was finished before. */
	bool prepared = call->method->work && !call->begun;
	unsigned slot = job->slot;
	uint64_t now = now_ns();
	char *line = job->line;
	bool sound = true;

	if (prepared)
		finish(clients->daemon, call);
	if (prepared && call->again) {
		call->again = false;
		jobs_again(clients->works, job);
		return;
	}
	if (!connection) {
		if (prepared && call->error.code)
			call_log_refusal(call);
		job_free(job);
		return;
	}
	if (prepared && answer_is_long(call)) {
		jobs_add(clients->renders, job);
		return;
	}
	job->line = NULL;
	if (prepared)
		line = answer_piece(call, &job->more);
	connection->waiting = job->more;
	if (line || call->id)
		sound = connection_answer(connection, line, now);
	if (job->more)
		clients->rests[slot] = job;
	else
		job_free(job);
	settle(clients, slot, sound, now);
}

/* Asks for what a client waits for. */
static void
ask_again(struct clients *clients, unsigned slot, uint64_t now)
{
	struct job *job = clients->waits[slot];
	struct connection *connection = &clients->slots[slot];
	bool sound = true;
	char *line;

	job->call.waits = false;
	job->call.method->answer(clients->daemon, &job->call);
	if (job->call.waits)
		return;
	clients->waits[slot] = NULL;
	connection->waiting = false;
	line = answer_piece(&job->call, &job->more);
	if (line || job->call.id)
		sound = connection_answer(connection, line, now);
	job_free(job);
	settle(clients, slot, sound, now);
}

void
clients_tick(struct clients *clients)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < CLIENTS_SLOTS; i++) {
		if (clients->waits[i])
			ask_again(clients, i, now);
	}

	for (unsigned i = 0; i < CLIENTS_SLOTS; i++) {
		struct connection *connection = &clients->slots[i];
		bool sound = true;

		if (connection->socket < 0)
			continue;
		switch (connection_lapse(connection, now)) {
		case LAPSE_NONE:
			continue;
		case LAPSE_ANSWER:
		case LAPSE_LINGER:
			sound = false;
			break;
		case LAPSE_REQUEST:
			connection->closing = true;
			sound = connection_answer(
				connection, error_line("a request took longer than 10 s to send"),
				now);
			break;
		}
		settle(clients, i, sound, now);
	}
}

bool
clients_busy(const struct clients *clients)
{
	for (unsigned i = 0; i < CLIENTS_SLOTS; i++) {
		if (clients->slots[i].socket >= 0 && clients->slots[i].output)
			return true;
	}
	return false;
}
