/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finding: one thing about this machine that a config has to live with or can't: what it is, why it
 * matters, and the command that mends it. Plain data; whoever holds the list prints, sends or logs
 * it. The list owns its texts. One thread.
 */
#ifndef HOST_FINDING_H
#define HOST_FINDING_H

#include <stdbool.h>

#include "config/config.h"

enum finding_severity {
	FINDING_NOTE,    /* worth knowing; nothing is wrong */
	FINDING_WARNING, /* it runs, but slower or less surely than this machine could */
	FINDING_REFUSED, /* `run` does not start */
};

struct finding {
	enum finding_severity severity;
	const char *code;      /* stable, for programs: a row of docs/preflight.md; never freed */
	char *subject;         /* a port's name, or "host", "workers" or "memory" */
	char *what;            /* a clause; does not name the subject */
	char *why;             /* a clause */
	char *mend;            /* a command, or what to say in the config */
	char *field;           /* of the config, "ports.wan.pci", or NULL */
	unsigned line, column; /* in the config, from 1; 0 without a place */
};

struct finding_list {
	struct finding *items;
	unsigned count, capacity;
	bool no_memory;       /* findings were lost; counts as refused */
	struct finding spare; /* what is filled in when there is no memory for another */
};

void finding_list_init(struct finding_list *list);
void finding_list_clear(struct finding_list *list);

/* Appends a finding of which the texts are still to be said; never NULL. It is valid until the next
 * one is added. */
struct finding *finding_add(struct finding_list *list, enum finding_severity severity,
			    const char *code, const char *subject);
void finding_what(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_why(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_mend(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_field(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a port: it is the subject, and its place in the config and ports.NAME.KEY are filled
 * in. */
struct finding *finding_add_port(struct finding_list *list, enum finding_severity severity,
				 const char *code, const struct config_port *port, const char *key);

/* "refused", "warning" or "note". */
const char *finding_severity_name(enum finding_severity severity);

/* Whether there is one of this severity; refused: also when some were lost. */
bool finding_list_has(const struct finding_list *list, enum finding_severity severity);

/* "SUBJECT: WHAT; WHY; mend: MEND", to be freed by the caller; NULL when out of memory. */
char *finding_text(const struct finding *finding);

/* "FILE:LINE:COLUMN: SEVERITY: TEXT [CODE]", to be freed by the caller; NULL when out of memory. */
char *finding_line(const struct finding *finding, const char *file);

/* The same for a log, which has the severity from its level. */
char *finding_log_line(const struct finding *finding, const char *file);

#endif
