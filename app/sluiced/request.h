/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Request: what `sluiced replay` was asked for on the command line. Several words may mean the
 * same, as those of tcpreplay do: a table says which. The text of an option is looked at by whoever
 * looks at the same text of a config.
 */
#ifndef SLUICED_REQUEST_H
#define SLUICED_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "sluiced.h"

/* What can be asked for, whatever the word. Those before REQUEST_KEYS are keys of a replay in a
 * config, those behind it parameters of replay.start, up to REQUEST_TO. */
enum request_what {
	REQUEST_PACE,
	REQUEST_LOOPS,
	REQUEST_GAP,
	REQUEST_MAX_GAP,
	REQUEST_FROM,
	REQUEST_UNTIL,
	REQUEST_FILTER,
	REQUEST_ORDER,
	REQUEST_OTHER_LINKS,
	REQUEST_LATE,
	REQUEST_TRUNCATED,
	REQUEST_TOLERANCE,
	REQUEST_MEMORY,
	REQUEST_UNIQUE,
	REQUEST_KEYS,
	REQUEST_LIMIT = REQUEST_KEYS,
	REQUEST_DURATION,
	REQUEST_AT,
	REQUEST_CLOCK_ERROR,
	REQUEST_TO,
	REQUEST_SERVER, /* NULL: all leave by one port */
	REQUEST_CLIENTS,
	REQUEST_RETURN, /* NULL: nobody looks at what comes back */
	REQUEST_IGNORING,
	REQUEST_WITHIN,
	REQUEST_EDITS,
	REQUEST_WORKER,
	REQUEST_HUGEPAGES,
	REQUEST_ALL
};

struct request {
	char *const *files;
	unsigned file_count;
	char *texts[REQUEST_ALL];       /* owned; NULL: not asked for */
	const char *words[REQUEST_ALL]; /* by which it was */
	bool quiet;
};

/* The key of a config, or the parameter. */
const char *request_name(enum request_what what);

/* Reads options->words into *request and *options. Returns -1 to go on, or an exit code; in either
 * case the request is to be cleared. */
int request_read(struct options *options, struct request *request);
void request_clear(struct request *request);

/* The name of the replay: its first file's. In CONFIG_NAME_MAX + 1 bytes. */
void request_replay_name(const struct request *request, char *name);

/* The config that runs it, as YAML, to be freed. NULL with the reason printed. */
char *request_config(const struct request *request);

/* The parameters of replay.start. A new reference, or NULL with the reason printed. */
json_t *request_terms(const struct request *request);

#endif
