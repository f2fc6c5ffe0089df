/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"

#include "core/banned.h"

/* Requests answered for one client before the others get their turn. */
#define TURN_MAX 16

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

void
clients_open(struct clients *clients, struct method_daemon *daemon, int epoll)
{
	memset(clients, 0, sizeof(*clients));
	clients->daemon = daemon;
	clients->epoll = epoll;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		clients->slots[i].socket = -1;
}

void
clients_close(struct clients *clients)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (clients->slots[i].socket >= 0)
			connection_close(&clients->slots[i]);
	}
}

static char *
error_line(int code, const char *message)
{
	struct rpc_error error = {0};

	rpc_fail(&error, code, NULL, "%s", message);
	return rpc_write(NULL, NULL, &error);
}

/* Tells a client that can't be served why, as far as its socket's buffer takes it. */
static void
turn_away(int socket)
{
	char message[80], *line;

	snprintf(message, sizeof(message),
		 "%d clients are served already; try again when one has left", CLIENTS_MAX);
	line = error_line(RPC_LIMIT, message);
	if (line && send(socket, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("a client beyond the limit could not be told");
	free(line);
	close(socket);
}

void
clients_accept(struct clients *clients, int listener, bool reading_only)
{
	int socket;

	while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event event = {.events = EPOLLIN};
		unsigned slot = 0;

		while (slot < CLIENTS_MAX && clients->slots[slot].socket >= 0)
			slot++;
		event.data.u32 = slot;
		if (slot == CLIENTS_MAX ||
		    epoll_ctl(clients->epoll, EPOLL_CTL_ADD, socket, &event) < 0) {
			turn_away(socket);
			continue;
		}
		connection_open(&clients->slots[slot], socket, reading_only);
	}
}

static struct call
call_of(struct rpc_request *request, const struct method *method)
{
	return (struct call){
		.method = method,
		.id = json_incref(request->id),
		.params = json_incref(request->params),
	};
}

static void
fail_unknown(const char *method, struct rpc_error *error)
{
	const char *names[64];
	const char *nearest;
	size_t count = 0;

	while (count < 64 && method_at(count)) {
		names[count] = method_at(count)->name;
		count++;
	}
	nearest = text_nearest(method, names, count);
	rpc_fail(error, RPC_UNKNOWN_METHOD, nearest ? json_pack("{s:s}", "nearest", nearest) : NULL,
		 "no method is called %s%s%s%s; `methods` lists them", text_quote(method).text,
		 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

char *
clients_handle(struct method_daemon *daemon, const char *line, size_t length, bool reading_only,
	       struct job **job)
{
	struct rpc_request request;
	struct rpc_error error;
	const struct method *method;
	struct call call;
	char *answer = NULL;

	*job = NULL;
	if (!rpc_read(line, length, &request, &error)) {
		answer = rpc_write(request.id, NULL, &error);
		rpc_clear(&request);
		return answer;
	}
	method = method_find(request.method);
	if (!method) {
		fail_unknown(request.method, &error);
		if (request.id)
			answer = rpc_write(request.id, NULL, &error);
		json_decref(error.data);
		rpc_clear(&request);
		return answer;
	}
	call = call_of(&request, method);
	rpc_clear(&request);
	if (method_admit(&call, reading_only)) {
		if (method->work) {
			*job = calloc(1, sizeof(**job));
			if (*job) {
				(*job)->call = call;
				return NULL;
			}
			rpc_fail(&call.error, RPC_INTERNAL, NULL, "out of memory");
		} else {
			method->answer(daemon, &call);
		}
	}
	if (call.id) {
		answer = rpc_write(call.id, call.result, &call.error);
		call.result = NULL;
	}
	call_clear(&call);
	return answer;
}

/* Answers as many whole lines as its turn allows; false when the connection is broken. */
static bool
serve(struct clients *clients, unsigned slot, uint64_t now)
{
	struct connection *connection = &clients->slots[slot];
	size_t length;
	char *line;

	for (unsigned turn = 0; turn < TURN_MAX && (line = connection_line(connection, &length));
	     turn++) {
		size_t text = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
		struct job *job = NULL;
		char *answer = NULL;

		if (text > RPC_LINE_MAX)
			break; /* seen to below */
		if (text > 0)
			answer = clients_handle(clients->daemon, line, text,
						connection->reading_only, &job);
		connection_consume(connection, length, now);
		if (job) {
			job->slot = slot;
			job->serial = connection->serial;
			connection->waiting = true;
			jobs_add(clients->jobs, job);
		}
		if (answer && !connection_answer(connection, answer, now))
			return false;
	}
	if (!connection->output && !connection->waiting && connection_overlong(connection)) {
		connection->closing = true;
		return connection_answer(
			connection, error_line(RPC_LIMIT, "a request is longer than 65536 bytes"),
			now);
	}
	return true;
}

/* After whatever happened to a connection: closes it, or waits for what it needs next. */
static void
settle(struct clients *clients, unsigned slot, bool sound)
{
	struct connection *connection = &clients->slots[slot];
	struct epoll_event event = {.events = connection_events(connection), .data.u32 = slot};
	size_t length;

	if (sound && connection_line(connection, &length)) {
		/* More lines are there already: no event will tell, but the socket can always be
		 * written to. */
		event.events = EPOLLOUT;
	} else if (!sound || connection_done(connection)) {
		connection_close(connection);
		return;
	}
	if (epoll_ctl(clients->epoll, EPOLL_CTL_MOD, connection->socket, &event) < 0)
		connection_close(connection);
}

void
clients_ready(struct clients *clients, unsigned slot, bool hung_up)
{
	struct connection *connection = &clients->slots[slot];
	uint64_t now = now_ns();
	bool sound = true;

	if (connection->socket < 0)
		return;
	/* Whoever left while a job works for it would be reported again and again. */
	if (hung_up && connection->waiting)
		sound = false;
	else if (connection->output)
		sound = connection_send(connection, now);
	else if (!connection->ended && !connection->waiting)
		sound = connection_receive(connection, now);
	sound = sound && serve(clients, slot, now);
	settle(clients, slot, sound);
}

/* A reload that nobody waits for is told of in the log. */
static void
log_refusal(const struct call *call)
{
	json_t *finding;
	size_t i;

	log_error("%s: %s; the running config stays", call->method->name, call->error.message);
	json_array_foreach (json_object_get(call->error.data, "errors"), i, finding) {
		const char *file = json_string_value(json_object_get(finding, "file"));

		log_error("%s:%d:%d: %s", file ? file : "config",
			  (int)json_integer_value(json_object_get(finding, "line")),
			  (int)json_integer_value(json_object_get(finding, "column")),
			  json_string_value(json_object_get(finding, "message")));
	}
}

void
clients_job_done(struct clients *clients, struct job *job)
{
	struct connection *connection = job->slot < CLIENTS_MAX ? &clients->slots[job->slot] : NULL;
	struct call *call = &job->call;
	uint64_t now = now_ns();

	if (!call->error.code)
		call->method->answer(clients->daemon, call);
	if (connection && connection->socket >= 0 && connection->serial == job->serial) {
		bool sound = true;

		connection->waiting = false;
		if (call->id) {
			sound = connection_answer(
				connection, rpc_write(call->id, call->result, &call->error), now);
			call->result = NULL;
		}
		settle(clients, job->slot, sound && serve(clients, job->slot, now));
	} else if (call->error.code) {
		log_refusal(call);
	}
	call_clear(call);
	free(job);
}

void
clients_tick(struct clients *clients)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct connection *connection = &clients->slots[i];
		bool sound = true;

		if (connection->socket < 0)
			continue;
		switch (connection_lapse(connection, now)) {
		case LAPSE_NONE:
			continue;
		case LAPSE_ANSWER:
			sound = false;
			break;
		case LAPSE_REQUEST:
			connection->closing = true;
			sound = connection_answer(
				connection,
				error_line(RPC_LIMIT, "a request took longer than 10 s to send"),
				now);
			break;
		}
		settle(clients, i, sound);
	}
}

bool
clients_busy(const struct clients *clients)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (clients->slots[i].socket >= 0 && clients->slots[i].output)
			return true;
	}
	return false;
}
