/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exporter: serves the daemon's numbers to Prometheus over HTTP. One thread: it listens, asks the
 * daemon anew for each who asks, and answers; whoever comes meanwhile waits for that.
 */
#ifndef EXPORTER_EXPORTER_H
#define EXPORTER_EXPORTER_H

#include "sluice.h"

#define EXPORTER_NAME "sluice-exporter"

struct exporter {
	struct options ask; /* where the daemon is, and how long it may take */
	unsigned rules;
	int listener; /* listening socket */
	bool silent;  /* it was said that the daemon does not answer */
	double until; /* it did not move: it is not asked again before, as now_seconds() has it */
};

/* Takes the socket that the service manager has opened, or opens one at address: "PORT",
 * "ADDRESS:PORT" or "[ADDRESS]:PORT"; NULL: the default. EXIT_DONE, or another exit code, said on
 * stderr. */
int listen_begin(const char *address, int *listener);

/* The text for one who asks and waits for so many seconds at most, to be freed; of its length.
 * NULL: out of memory. */
char *scrape(struct exporter *exporter, double seconds, size_t *length);

/* Serves until SIGTERM or SIGINT. An exit code. */
int serve(struct exporter *exporter);

#endif
