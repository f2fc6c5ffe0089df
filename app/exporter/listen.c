/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/text.h"
#include "exporter.h"

#include "core/banned.h"

#define ADDRESS "127.0.0.1"
#define PORT "9812"
#define PORT_MAX 65535
/* More wait, in the kernel, than are served. */
#define BACKLOG 64

struct place {
	char host[64], port[8];
};

/* "[::1]:9812", "127.0.0.1:9812", or a port alone. */
static bool
parse(const char *address, struct place *place)
{
	const char *colon = strrchr(address, ':'), *port = colon ? colon + 1 : address;
	size_t length = colon ? (size_t)(colon - address) : 0;
	uint64_t number;

	if (text_number(port, PORT_MAX, &number) < 0)
		return false;
	snprintf(place->port, sizeof(place->port), "%u", (unsigned)number);
	if (!colon) {
		snprintf(place->host, sizeof(place->host), ADDRESS);
		return true;
	}
	if (length > 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		length -= 2;
	} else if (memchr(address, ':', length)) {
		return false;
	}
	if (length == 0 || length >= sizeof(place->host))
		return false;
	snprintf(place->host, sizeof(place->host), "%.*s", (int)length, address);
	return true;
}

static int
open_at(const char *address, int *listener)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	struct place place;
	int on = 1, fd;

	if (!parse(address, &place) || getaddrinfo(place.host, place.port, &hints, &found) != 0)
		return say_failed(EXIT_USAGE,
				  "--listen takes a port, or an address and a port as in "
				  "127.0.0.1:" PORT " or [::1]:" PORT ", not %s",
				  text_quote(address).text);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
			freeaddrinfo(found);
			*listener = fd;
			return EXIT_DONE;
		}
	}
	freeaddrinfo(found);
	return say_failed(EXIT_FAILED, "can't listen at %s: %s; %s", address, strerror(errno),
			  errno == EADDRINUSE ? "somebody else does, or another " EXPORTER_NAME
						"; --listen names another place"
					      : "--listen names another place");
}

/* Of how many the service manager has opened, the one. */
static int
take(int count, int *listener)
{
	*listener = SD_LISTEN_FDS_START;
	if (count == 1 && sd_is_socket(*listener, AF_UNSPEC, SOCK_STREAM, 1) > 0)
		return EXIT_DONE;
	return say_failed(
		EXIT_FAILED,
		"the service manager gave %d sockets, or not one that listens; the unit's "
		"socket is to have one ListenStream=",
		count);
}

int
listen_begin(const char *address, int *listener)
{
	int count = sd_listen_fds(1);

	if (count > 0)
		return take(count, listener);
	return open_at(address ? address : ADDRESS ":" PORT, listener);
}
