/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/pass.h"

#include "core/banned.h"

/* A line, its end in two characters, and one byte to see that it is too long. */
#define INPUT_SIZE (RPC_LINE_MAX + 3)

static struct caller
caller_of(int socket, bool reading_only)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	return (struct caller){.uid = peer.uid, .pid = peer.pid, .reading_only = reading_only};
}

void
connection_open(struct connection *connection, int socket, bool reading_only)
{
	uint64_t serial = connection->serial + 1;

	memset(connection, 0, sizeof(*connection));
	connection->serial = serial;
	connection->socket = socket;
	connection->caller = caller_of(socket, reading_only);
}

void
connection_close(struct connection *connection)
{
	close(connection->socket);
	free(connection->input);
	free(connection->output);
	caller_clear(&connection->caller);
	connection->socket = -1;
	connection->input = NULL;
	connection->output = NULL;
	connection->serial++;
}

/* Room behind what was not consumed yet. */
static bool
make_room(struct connection *connection)
{
	if (!connection->input)
		connection->input = malloc(INPUT_SIZE);
	if (!connection->input)
		return false;
	if (connection->input_start > 0) {
		connection->input_used -= connection->input_start;
		connection->input_scanned -= connection->input_start;
		connection->descriptor_end -= connection->input_start;
		memmove(connection->input, connection->input + connection->input_start,
			connection->input_used);
		connection->input_start = 0;
	}
	return true;
}

/* What there is to read, and what is passed with it: a descriptor is taken in the place of one that
 * no line has asked for. */
static ssize_t
receive(struct connection *connection)
{
	struct caller *caller = &connection->caller;
	int fd;
	ssize_t count = pass_receive(connection->socket, connection->input + connection->input_used,
				     INPUT_SIZE - connection->input_used, 0, &fd);

	if (fd < 0)
		return count;
	caller_clear(caller);
	caller->descriptor = fd;
	caller->has_descriptor = true;
	connection->descriptor_end = connection->input_used + (size_t)count;
	return count;
}

static bool
throw_away(const struct connection *connection)
{
	char void_[4096];
	ssize_t count = recv(connection->socket, void_, sizeof(void_), 0);

	return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

bool
connection_receive(struct connection *connection, uint64_t now)
{
	ssize_t count;

	if (connection->lingers_since)
		return throw_away(connection);
	if (!make_room(connection))
		return false;
	if (connection->input_used == INPUT_SIZE)
		return true;
	count = receive(connection);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	if (count == 0)
		connection->ended = true;
	if (count > 0 && !connection->line_since)
		connection->line_since = now;
	connection->input_used += count;
	return true;
}

static bool
can_take(const struct connection *connection)
{
	return !connection->output && !connection->waiting && !connection->closing;
}

/* Where the first line ends; false when it has no end yet. */
static bool
find_end(struct connection *connection, size_t *end)
{
	size_t unseen = connection->input_used - connection->input_scanned;
	const char *found =
		unseen ? memchr(connection->input + connection->input_scanned, '\n', unseen) : NULL;

	*end = found ? (size_t)(found - connection->input) : connection->input_used;
	connection->input_scanned = *end;
	/* What a client says last needs no end of line. */
	return found || connection->ended;
}

/* Without the carriage return that some end their lines with. */
static size_t
text_length(const struct connection *connection, size_t end)
{
	if (end > connection->input_start && connection->input[end - 1] == '\r')
		end--;
	return end - connection->input_start;
}

char *
connection_line(struct connection *connection, size_t *length)
{
	size_t end;

	if (!can_take(connection) || connection->input_start == connection->input_used)
		return NULL;
	if (!find_end(connection, &end))
		return NULL;
	*length = text_length(connection, end);
	return *length <= RPC_LINE_MAX ? connection->input + connection->input_start : NULL;
}

struct caller
connection_caller(struct connection *connection)
{
	struct caller caller = connection->caller;

	/* What came later belongs to a later line, though both were read at once. */
	if (caller.has_descriptor && connection->descriptor_end > connection->input_scanned + 1)
		caller.has_descriptor = false;
	else
		connection->caller.has_descriptor = false;
	return caller;
}

bool
connection_overlong(struct connection *connection)
{
	size_t end;

	if (!can_take(connection) || connection->input_start == connection->input_used)
		return false;
	find_end(connection, &end);
	return text_length(connection, end) > RPC_LINE_MAX;
}

static void
forget_input(struct connection *connection)
{
	free(connection->input);
	connection->input = NULL;
	connection->input_start = connection->input_used = connection->input_scanned = 0;
	connection->line_since = 0;
}

void
connection_consume(struct connection *connection, uint64_t now)
{
	/* That nobody took it over. */
	if (connection->descriptor_end <= connection->input_scanned + 1)
		caller_clear(&connection->caller);
	connection->input_start = connection->input_scanned;
	if (connection->input_start < connection->input_used)
		connection->input_start++;
	connection->input_scanned = connection->input_start;
	/* A client between two requests holds no memory. */
	if (connection->input_start == connection->input_used)
		forget_input(connection);
	else
		connection->line_since = now;
}

void
connection_linger(struct connection *connection, uint64_t now)
{
	shutdown(connection->socket, SHUT_WR);
	forget_input(connection);
	connection->lingers_since = now;
}

bool
connection_send(struct connection *connection, uint64_t now)
{
	while (connection->output && connection->output_sent < connection->output_used) {
		ssize_t count =
			send(connection->socket, connection->output + connection->output_sent,
			     connection->output_used - connection->output_sent,
			     MSG_NOSIGNAL | MSG_DONTWAIT);

		if (count < 0)
			return errno == EAGAIN || errno == EINTR;
		connection->output_sent += count;
		connection->kept_ns += now - connection->output_since;
		connection->output_since = now;
	}
	free(connection->output);
	connection->output = NULL;
	if (!connection->waiting)
		connection->kept_ns = 0;
	/* The time the client had to wait for us is not its own. */
	if (connection->input_used)
		connection->line_since = now;
	return true;
}

bool
connection_answer(struct connection *connection, char *line, uint64_t now)
{
	if (!line)
		return false;
	free(connection->output);
	connection->output = line;
	connection->output_used = strlen(line);
	connection->output_sent = 0;
	connection->output_since = now;
	return connection_send(connection, now);
}

enum connection_lapse
connection_lapse(const struct connection *connection, uint64_t now)
{
	if (connection->output && now - connection->output_since > CONNECTION_PATIENCE_NS)
		return LAPSE_ANSWER;
	/* Of an answer in pieces the rest is kept for it. */
	if (connection->output && connection->waiting &&
	    connection->kept_ns > CONNECTION_PATIENCE_NS)
		return LAPSE_ANSWER;
	if (can_take(connection) && connection->line_since &&
	    now - connection->line_since > CONNECTION_PATIENCE_NS)
		return LAPSE_REQUEST;
	if (connection->lingers_since && now - connection->lingers_since > CONNECTION_LINGER_NS)
		return LAPSE_LINGER;
	return LAPSE_NONE;
}

uint32_t
connection_events(const struct connection *connection)
{
	if (connection->output)
		return EPOLLOUT;
	if (connection->lingers_since)
		return EPOLLIN;
	return can_take(connection) && !connection->ended ? EPOLLIN : 0;
}

bool
connection_done(const struct connection *connection)
{
	return !connection->output && !connection->waiting && connection->ended;
}
