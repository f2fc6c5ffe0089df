/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/banned.h"

/* A line, its end in two characters, and one byte to see that it is too long. */
#define INPUT_SIZE (RPC_LINE_MAX + 3)

void
connection_open(struct connection *connection, int socket, bool reading_only)
{
	uint64_t serial = connection->serial + 1;

	memset(connection, 0, sizeof(*connection));
	connection->serial = serial;
	connection->socket = socket;
	connection->reading_only = reading_only;
}

void
connection_close(struct connection *connection)
{
	close(connection->socket);
	free(connection->input);
	free(connection->output);
	connection->socket = -1;
	connection->input = NULL;
	connection->output = NULL;
	connection->serial++;
}

bool
connection_receive(struct connection *connection, uint64_t now)
{
	ssize_t count;

	if (!connection->input) {
		connection->input = malloc(INPUT_SIZE);
		if (!connection->input)
			return false;
	}
	if (connection->input_used == INPUT_SIZE)
		return true;
	count = recv(connection->socket, connection->input + connection->input_used,
		     INPUT_SIZE - connection->input_used, 0);
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

char *
connection_line(const struct connection *connection, size_t *length)
{
	char *end;

	if (!can_take(connection) || connection->input_used == 0)
		return NULL;
	end = memchr(connection->input, '\n', connection->input_used);
	/* What a client says last needs no end of line. */
	if (!end && !connection->ended)
		return NULL;
	*length = end ? (size_t)(end - connection->input) : connection->input_used;
	return connection->input;
}

void
connection_consume(struct connection *connection, size_t length, uint64_t now)
{
	size_t whole = length < connection->input_used ? length + 1 : length;

	connection->input_used -= whole;
	memmove(connection->input, connection->input + whole, connection->input_used);
	connection->line_since = connection->input_used ? now : 0;
	if (connection->input_used == 0) {
		/* A client between two requests holds no memory. */
		free(connection->input);
		connection->input = NULL;
	}
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
		connection->output_since = now;
	}
	free(connection->output);
	connection->output = NULL;
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

bool
connection_overlong(const struct connection *connection)
{
	const char *end;

	if (connection->input_used <= RPC_LINE_MAX)
		return false;
	end = memchr(connection->input, '\n', connection->input_used);
	return !end || end - connection->input > RPC_LINE_MAX + 1;
}

enum connection_lapse
connection_lapse(const struct connection *connection, uint64_t now)
{
	if (connection->output && now - connection->output_since > CONNECTION_PATIENCE_NS)
		return LAPSE_ANSWER;
	if (can_take(connection) && connection->line_since &&
	    now - connection->line_since > CONNECTION_PATIENCE_NS)
		return LAPSE_REQUEST;
	return LAPSE_NONE;
}

uint32_t
connection_events(const struct connection *connection)
{
	if (connection->output)
		return EPOLLOUT;
	return can_take(connection) && !connection->ended ? EPOLLIN : 0;
}

bool
connection_done(const struct connection *connection)
{
	return !connection->output && !connection->waiting &&
	       (connection->closing || connection->ended);
}
