/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/now.h"
#include "exporter.h"
#include "metrics/metrics.h"
#include "watch.h"

#include "core/banned.h"

/* Whoever reads or writes slowly has so long, and gives way to others who come before. */
#define CLIENTS_MAX 32
#define CLIENT_SECONDS 20.0
/* What a client sends, and the head of what it gets. */
#define CLIENT_BYTES 16384
/* Prometheus gives up after the time that it says, and is to have an answer before. */
#define MARGIN_SECONDS 0.5
#define LEAST_SECONDS 0.1
#define LONGEST_WAIT_MS 1000

struct client {
	int fd; /* -1: none */
	double began;
};

struct server {
	struct exporter *exporter;
	struct client clients[CLIENTS_MAX];
	bool room; /* somebody has left: who waited for that can come */
};

static const char page[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" EXPORTER_NAME
	"</title></head>\n<body><h1>" EXPORTER_NAME " " SLUICE_VERSION "</h1>\n"
	"<p><a href=\"/metrics\">/metrics</a>: what sluiced counts, for Prometheus</p>\n"
	"</body></html>\n";

/* Whether it was queued; the response is given up. */
static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned status, const char *type,
       struct MHD_Response *response)
{
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Connection", "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result
answer_words(struct MHD_Connection *connection, unsigned status, const char *words)
{
	return answer(connection, status, "text/plain; charset=utf-8",
		      MHD_create_response_from_buffer(strlen(words), (void *)words,
						      MHD_RESPMEM_PERSISTENT));
}

/* For how long whoever asks waits for the daemon. */
static double
patience(struct MHD_Connection *connection, double most)
{
	const char *asked = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							"X-Prometheus-Scrape-Timeout-Seconds");
	double seconds = asked ? strtod(asked, NULL) - MARGIN_SECONDS : most;

	if (!(seconds < most))
		return most;
	return seconds > LEAST_SECONDS ? seconds : LEAST_SECONDS;
}

static enum MHD_Result
answer_metrics(struct MHD_Connection *connection, struct exporter *exporter)
{
	size_t length;
	char *text = scrape(exporter, patience(connection, exporter->ask.timeout), &length);
	struct MHD_Response *response;

	if (!text)
		return answer_words(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	return answer(connection, MHD_HTTP_OK, METRICS_TYPE, response);
}

/* Called when the head of a request is there, for each part of a body, and at its end. */
static enum MHD_Result
handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *body, size_t *body_length, void **begun)
{
	struct server *server = context;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET /metrics\n");
	if (!*begun) {
		*begun = server;
		return MHD_YES;
	}
	if (*body_length > 0) {
		*body_length = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(connection, server->exporter);
	if (strcmp(url, "/") == 0)
		return answer(connection, MHD_HTTP_OK, "text/html; charset=utf-8",
			      MHD_create_response_from_buffer(sizeof(page) - 1, (void *)page,
							      MHD_RESPMEM_PERSISTENT));
	return answer_words(connection, MHD_HTTP_NOT_FOUND, "there are / and /metrics\n");
}

/* The library sees the end of the connection, and closes it. */
static void
send_away(struct client *client)
{
	shutdown(client->fd, SHUT_RDWR);
	client->fd = -1;
}

static void
take_in(struct server *server, int fd)
{
	struct client *place = &server->clients[0];

	for (unsigned i = 0; i < CLIENTS_MAX && place->fd >= 0; i++) {
		struct client *client = &server->clients[i];

		if (client->fd < 0 || client->began < place->began)
			place = client;
	}
	if (place->fd >= 0)
		send_away(place);
	*place = (struct client){fd, now_seconds()};
}

static void
come_and_go(void *context, struct MHD_Connection *connection, void **own,
	    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct server *server = context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		take_in(server, info->connect_fd);
		return;
	}
	server->room = true;
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (server->clients[i].fd == info->connect_fd)
			server->clients[i].fd = -1;
	}
}

static void
send_slow_ones_away(struct server *server)
{
	double now = now_seconds();

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client->fd >= 0 && now - client->began > CLIENT_SECONDS)
			send_away(client);
	}
}

/* Signals come only while it waits here. The library listens again, after it had no room, not
 * before it is run. */
static void
wait_for_work(struct MHD_Daemon *daemon, bool room, const sigset_t *unblocked)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd wanted = {.fd = info->epoll_fd, .events = POLLIN};
	MHD_UNSIGNED_LONG_LONG left_ms = LONGEST_WAIT_MS;
	struct timespec wait;

	if (MHD_get_timeout(daemon, &left_ms) != MHD_YES || left_ms > LONGEST_WAIT_MS)
		left_ms = LONGEST_WAIT_MS;
	if (room)
		left_ms = 0;
	wait = (struct timespec){(time_t)(left_ms / 1000), (long)(left_ms % 1000) * 1000000};
	ppoll(&wanted, 1, &wait, unblocked);
}

static void
block_signals(sigset_t *unblocked)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGQUIT);
	sigprocmask(SIG_BLOCK, &ends, unblocked);
	watch_begin();
}

int
serve(struct exporter *exporter)
{
	struct server server = {.exporter = exporter};
	struct MHD_Daemon *daemon;
	sigset_t unblocked;

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		server.clients[i].fd = -1;
	block_signals(&unblocked);
	/* One more than there are places: the last to come takes that of the first. */
	daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, handle, &server, MHD_OPTION_LISTEN_SOCKET,
		exporter->listener, MHD_OPTION_CONNECTION_LIMIT, CLIENTS_MAX + 1U,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CLIENT_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_BYTES,
		MHD_OPTION_NOTIFY_CONNECTION, come_and_go, &server, MHD_OPTION_END);
	if (!daemon)
		return say_failed(EXIT_FAILED, "can't serve: %s", strerror(errno));
	while (!watch_ended()) {
		wait_for_work(daemon, server.room, &unblocked);
		server.room = false;
		send_slow_ones_away(&server);
		MHD_run(daemon);
	}
	MHD_stop_daemon(daemon);
	return EXIT_DONE;
}
