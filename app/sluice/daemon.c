/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/pass.h"
#include "watch.h"

#include "core/banned.h"

#define ANSWER_SECONDS 30.0
#define FIRST_SIZE 16384
/* The daemon's limit for a request, its end not counted. */
#define REQUEST_MAX (64 * 1024)

static int
default_path(char *path, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return snprintf(path, size, "/run/sluice/control.sock");
	if (runtime && *runtime == '/')
		return snprintf(path, size, "%s/sluice/control.sock", runtime);
	return snprintf(path, size, "/tmp/sluice-%u/control.sock", (unsigned)geteuid());
}

static int
given_path(char *path, size_t size, const char *socket)
{
	struct stat stat_buffer;

	if (stat(socket, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode))
		return snprintf(path, size, "%s/control.sock", socket);
	return snprintf(path, size, "%s", socket);
}

/* A daemon that does not move takes some connections and then none, and nothing that is sent. */
static void
be_patient(const struct daemon *daemon)
{
	time_t whole = (time_t)daemon->patience;
	suseconds_t rest = (suseconds_t)((daemon->patience - (double)whole) * 1e6);
	struct timeval patience = {whole, rest};

	setsockopt(daemon->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static int
try_connect(struct daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s", daemon->path);

	if (length >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	daemon->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (daemon->fd < 0)
		return -errno;
	be_patient(daemon);
	if (connect(daemon->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	length = -errno;
	close(daemon->fd);
	daemon->fd = -1;
	return length;
}

/* control.sock is the owner's alone; who may only look has stats.sock beside it. */
static int
try_stats(struct daemon *daemon)
{
	static const char control[] = "control.sock", stats[] = "stats.sock";
	size_t length = strlen(daemon->path);

	if (length < sizeof(control) - 1 ||
	    strcmp(daemon->path + length - (sizeof(control) - 1), control) != 0)
		return -EACCES;
	memcpy(daemon->path + length - (sizeof(control) - 1), stats, sizeof(stats));
	return try_connect(daemon);
}

static int
unreachable(const struct daemon *daemon, int err)
{
	const char *advice =
		"is sluiced running? --socket PATH or SLUICE_SOCKET names another one's socket";

	if (err == -EACCES || err == -EPERM)
		advice = "it belongs to another user; reading commands need its group, others its "
			 "owner";
	else if (err == -ECONNREFUSED)
		advice = "the daemon that made the socket is gone; start sluiced";
	else if (err == -EAGAIN)
		advice = "it does not move, or too many clients wait for it";
	return say_failed(EXIT_UNREACHABLE, "can't reach the daemon at %s: %s; %s", daemon->path,
			  strerror(-err), advice);
}

int
daemon_open(struct daemon *daemon, const struct options *options, bool reading)
{
	const char *given = options->socket ? options->socket : getenv("SLUICE_SOCKET");
	int length, err;

	memset(daemon, 0, sizeof(*daemon));
	daemon->fd = daemon->brings = -1;
	daemon->patience = options->timeout > 0 ? options->timeout : ANSWER_SECONDS;
	daemon->hurried = options->timeout > 0;
	if (given && *given)
		length = given_path(daemon->path, sizeof(daemon->path), given);
	else
		length = default_path(daemon->path, sizeof(daemon->path));
	err = length < (int)sizeof(daemon->path) ? try_connect(daemon) : -ENAMETOOLONG;
	if (err == -EACCES && reading)
		err = try_stats(daemon);
	daemon->err = err;
	return err == 0 ? EXIT_DONE : unreachable(daemon, err);
}

/* Of what was brought. */
static void
let_go(struct daemon *daemon)
{
	if (daemon->brings >= 0)
		close(daemon->brings);
	daemon->brings = -1;
}

void
daemon_close(struct daemon *daemon)
{
	if (daemon->fd >= 0)
		close(daemon->fd);
	let_go(daemon);
	free(daemon->buffer);
	daemon->fd = -1;
	daemon->buffer = NULL;
}

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* When an answer that begins now is too late. */
static long long
patience_ends(const struct daemon *daemon)
{
	return now_ms() + (long long)(daemon->patience * 1000);
}

static int
lost(const struct daemon *daemon, const char *how)
{
	return say_failed(EXIT_UNREACHABLE, "the daemon at %s %s before it answered", daemon->path,
			  how);
}

static int
too_slow(const struct daemon *daemon)
{
	char how[64];

	snprintf(how, sizeof(how), "took more than %.3g s", daemon->patience);
	return lost(daemon, how);
}

/* Waits until the socket can be read. Returns 1, 0 when the time is over, -1 when a signal ends
 * it. */
static int
wait_readable(const struct daemon *daemon, long long deadline)
{
	struct pollfd wanted = {.fd = daemon->fd, .events = POLLIN};

	for (;;) {
		long long left = deadline ? deadline - now_ms() : -1;
		int ready;

		if (deadline && left <= 0)
			return 0;
		ready = poll(&wanted, 1, (int)left);
		if (ready > 0)
			return 1;
		if (ready < 0 && errno == EINTR && watch_ended())
			return -1;
		if (ready < 0 && errno != EINTR)
			return 0;
	}
}

/* Whoever refuses us sends the reason and closes: that is still to be read after sending has
 * failed. */
static void
send_all(struct daemon *daemon, const char *data, size_t length)
{
	while (length > 0) {
		/* What is brought goes with the first byte. */
		ssize_t sent = pass_send(daemon->fd, data, length, daemon->brings);

		if (sent < 0 && errno == EINTR && !watch_ended())
			continue;
		let_go(daemon);
		if (sent <= 0)
			return;
		data += sent;
		length -= (size_t)sent;
	}
}

static bool
make_room(struct daemon *daemon)
{
	size_t size = daemon->size ? daemon->size * 2 : FIRST_SIZE;
	char *buffer;

	if (daemon->used < daemon->size)
		return true;
	buffer = realloc(daemon->buffer, size);
	if (!buffer)
		return false;
	daemon->buffer = buffer;
	daemon->size = size;
	return true;
}

/* Reads on until there is a line from `scanned` on; its end goes to *end. */
static int
receive_line(struct daemon *daemon, long long deadline, size_t *end)
{
	size_t scanned = 0;

	for (;;) {
		char *found = daemon->used > scanned ? memchr(daemon->buffer + scanned, '\n',
							      daemon->used - scanned)
						     : NULL;
		ssize_t got;
		int ready;

		if (found) {
			*end = (size_t)(found - daemon->buffer);
			return EXIT_DONE;
		}
		scanned = daemon->used;
		ready = wait_readable(daemon, deadline);
		if (ready < 0)
			return -1;
		if (ready == 0)
			return too_slow(daemon);
		if (!make_room(daemon))
			return say_failed(EXIT_FAILED, "out of memory for the answer");
		got = recv(daemon->fd, daemon->buffer + daemon->used, daemon->size - daemon->used,
			   0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return lost(daemon, "closed the connection");
		daemon->used += (size_t)got;
		/* A long answer comes in pieces: each has its time. */
		if (deadline && !daemon->hurried)
			deadline = patience_ends(daemon);
	}
}

/* An answer to nothing in particular is one to us: the daemon says so when it takes no more
 * clients. */
static bool
is_ours(const struct daemon *daemon, const json_t *answer)
{
	const json_t *id = json_object_get(answer, "id");

	return !id || json_is_null(id) || json_integer_value(id) == daemon->id;
}

static int
receive_answer(struct daemon *daemon, long long deadline, json_t **answer)
{
	for (;;) {
		json_error_t problem;
		size_t end = 0;
		int ret = receive_line(daemon, deadline, &end);

		if (ret != EXIT_DONE)
			return ret;
		*answer = json_loadb(daemon->buffer, end, 0, &problem);
		daemon->used -= end + 1;
		memmove(daemon->buffer, daemon->buffer + end + 1, daemon->used);
		if (!json_is_object(*answer)) {
			json_decref(*answer);
			*answer = NULL;
			return say_failed(EXIT_FAILED,
					  "what answers at %s does not speak JSON-RPC; is it "
					  "sluiced's socket?",
					  daemon->path);
		}
		if (is_ours(daemon, *answer))
			return EXIT_DONE;
		json_decref(*answer);
		*answer = NULL;
	}
}

int
daemon_ask(struct daemon *daemon, const char *method, json_t *params)
{
	json_t *request = json_pack("{s:s, s:I, s:s}", "jsonrpc", "2.0", "id",
				    (json_int_t)++daemon->id, "method", method);
	char *text = NULL;
	json_free_t give;
	size_t length;
	int ret = EXIT_DONE;

	if (params)
		json_object_set_new(request, "params", params);
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	if (!text)
		return say_failed(EXIT_FAILED,
				  "the request can't be written as JSON; is it UTF-8?");
	length = strlen(text);
	if (length > REQUEST_MAX) {
		ret = say_failed(EXIT_FAILED,
				 "the request has %zu bytes, and the daemon takes %d; give it a "
				 "file by name",
				 length, REQUEST_MAX);
	} else {
		text[length] = '\n';
		send_all(daemon, text, length + 1);
	}
	json_get_alloc_funcs(NULL, &give);
	give(text);
	return ret;
}

int
daemon_take(struct daemon *daemon, bool patient, json_t **answer)
{
	*answer = NULL;
	return receive_answer(daemon, patient ? 0 : patience_ends(daemon), answer);
}

int
daemon_call(struct daemon *daemon, const char *method, json_t *params, bool patient,
	    json_t **answer)
{
	int ret = daemon_ask(daemon, method, params);

	*answer = NULL;
	return ret == EXIT_DONE ? daemon_take(daemon, patient, answer) : ret;
}

int
daemon_wait_end(struct daemon *daemon)
{
	char rest[256];
	ssize_t got;

	do
		got = recv(daemon->fd, rest, sizeof(rest), 0);
	while (got > 0 || (got < 0 && errno == EINTR));
	return EXIT_DONE;
}
