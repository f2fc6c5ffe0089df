/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connection: one client, its unfinished request and its unread answer. Non-blocking throughout:
 * bytes come in as far as the request limit, go out as far as the client reads, and who stands
 * still in the middle of either for too long is closed.
 */
#ifndef CONTROL_CONNECTION_H
#define CONTROL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/caller.h"
#include "control/rpc.h"

/* How long a client may take over one request line, or read nothing of its answer. */
#define CONNECTION_PATIENCE_NS UINT64_C(10000000000)
/* How long what a client still sends is thrown away after it was told why it is closed. Closing at
 * once would take the reason from one that is in the middle of sending. */
#define CONNECTION_LINGER_NS UINT64_C(1000000000)

struct connection {
	int socket;           /* -1: the slot is free */
	uint64_t serial;      /* another one for each client that the slot had */
	struct caller caller; /* with the descriptor that came last and belongs to no line yet */
	bool waiting; /* a job works on its request: nothing more is taken before the answer */
	bool ended;   /* the client sends no more */
	bool closing; /* to be closed when the answer is out */

	uint64_t lingers_since; /* closing, and the answer is out; 0: not yet */

	char *input; /* of the size of the longest line, while something is in it */
	size_t input_start, input_used; /* what was not consumed yet is between them */
	size_t input_scanned;           /* there is no end of a line before */
	size_t descriptor_end;          /* the last byte that came with the descriptor is before */
	uint64_t line_since; /* when the first byte of the unfinished line came; 0: none */

	char *output;
	size_t output_used, output_sent;
	uint64_t output_since; /* when the client last read some of it */
	uint64_t kept_ns;      /* how long it has let us wait, in all pieces of its answer */
};

/* Takes the socket over. */
void connection_open(struct connection *connection, int socket, bool reading_only);
void connection_close(struct connection *connection);

/* Reads what there is; throws it away when lingering. False when the connection is broken or, when
 * lingering, over. */
bool connection_receive(struct connection *connection, uint64_t now);

/* The next whole line, without its end, if nothing keeps it from being answered now; NULL
 * otherwise. Valid until connection_consume, which is told when it is through with. */
char *connection_line(struct connection *connection, size_t *length);

/* Whose line that is, and the descriptor that came with its bytes, if one did, which becomes the
 * caller's own: between these two. */
struct caller connection_caller(struct connection *connection);
void connection_consume(struct connection *connection, uint64_t now);

/* Nothing more is sent, and what the client still sends is thrown away until it ends. */
void connection_linger(struct connection *connection, uint64_t now);

/* Appends an answer, which is taken over (NULL: out of memory; the client is closed), and sends
 * what can be sent. False when the connection is broken. */
bool connection_answer(struct connection *connection, char *line, uint64_t now);
bool connection_send(struct connection *connection, uint64_t now);

/* Whether the unfinished line is longer than a request may be. */
bool connection_overlong(struct connection *connection);

enum connection_lapse { LAPSE_NONE, LAPSE_REQUEST, LAPSE_ANSWER, LAPSE_LINGER };

/* What the client took too long over, if anything. */
enum connection_lapse connection_lapse(const struct connection *connection, uint64_t now);

/* Which epoll events the connection waits for. */
uint32_t connection_events(const struct connection *connection);

/* Whether nothing is left to be done for it. */
bool connection_done(const struct connection *connection);

#endif
