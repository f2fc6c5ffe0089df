/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client: words on the command line, a request on the socket, tables from its answer.
 */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "compare/compare.h"
#include "looking.h"
#include "ndr/ndr.h"
#include "say.h"
#include "terms.h"
#include "view/view.h"

/* Exit codes of daemon and client. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,      /* refused or failed; the reason is on stderr */
	EXIT_USAGE = 2,       /* wrong usage or invalid config */
	EXIT_UNREACHABLE = 3, /* no daemon answers */
};

#define OPTIONS_DOWN_MAX 64
#define OPTIONS_ON_MAX 64

/* Of capture read, as typed; NULL: not given. */
struct read_options {
	const char *from, *until, *filter;
	bool count;
};

struct options {
	bool json;
	bool follow;        /* a replay, until it has ended */
	bool all;           /* every replay in place of a name */
	bool nonzero;       /* only rows that counted something */
	unsigned top;       /* so many rows; 0: all */
	const char *sort;   /* by that column; NULL: in the daemon's order */
	double watch;       /* seconds; 0: once */
	double timeout;     /* seconds; 0: the default */
	const char *socket; /* NULL: the default */
	struct terms terms; /* of a replay's start */
	bool once;          /* of top: one look */
	const char *by;     /* of talkers; NULL: not given */
	bool list;          /* what metrics there are */
	bool rules_given;
	unsigned rules;       /* of which metrics are told, at most */
	const char *textfile; /* where metrics are written; NULL: stdout */
	/* Of explain, and port of those that look or compare, too; NULL: not given. */
	const char *port, *with, *down[OPTIONS_DOWN_MAX];
	unsigned down_count, near;
	bool near_given, cost;
	/* Of config diff: captures, and how long to look at what passes; of explain, which packets
	 * that pass, "": any; NULL: not. */
	const char *on[OPTIONS_ON_MAX], *live;
	unsigned on_count;
	struct looking_options looking;
	const char *into; /* -w, of those that write captures; NULL: not given */
	struct read_options read;
	struct compare_options comparing;
	struct ndr_options ndr;
};

/* What can be typed. `sluice --help`, each command's own help, the completion and the manual say
 * the same, which a test checks. */
struct command {
	const char *words;     /* "status", "config show" */
	const char *arguments; /* "FILE" or "" */
	const char *text;      /* one line */
	const char *more;      /* further help, or "" */
	unsigned least, most;  /* arguments */
	const char *method;    /* that is called; NULL: the first argument names it */
	const char *param;     /* of a replay's method: the second argument's; NULL: none */
	bool reading;          /* changes nothing: --watch repeats it, stats.sock will do */
	bool follows;          /* takes --follow */
	bool starts;           /* takes what says how a run is to be: --pace, --at */
	bool takes_all;        /* takes --all in place of a name */
	bool waits;            /* takes --timeout */
	bool measures;         /* takes --rules, --textfile and --list */
	bool explains;         /* takes --port, --down, --with, --near, --live, and --all */
	bool sights;           /* takes --once */
	bool talks;            /* takes --by, -n and --for */
	bool looks;            /* takes what says which packets to look at */
	bool compares;         /* takes --on, --live and --port */
	bool extracts;         /* takes --from, --until, --filter, --count, -n and -w */
	bool shows_changed;    /* takes -w */
	bool searches;         /* takes --loss, --latency, --duration and -w */
	bool matches;          /* takes --ignoring, --within, --tolerance, --snap and -w */
	/* The answer's member that --sort, --top and --nonzero are for; NULL: none. */
	const char *picks;
	bool patient;                          /* may take as long as the daemon lives */
	void (*view)(const struct view *view); /* of a reading command */
	/* arguments: NULL behind the last, and those that may be left out too. */
	int (*run)(const struct command *command, const struct options *options,
		   char *const *arguments);
};

/* The i-th command; NULL behind the last. */
const struct command *command_at(unsigned i);

/* The command that words begin with; *used is how many of them it takes. NULL: none, said on
 * stderr. */
const struct command *command_find(int count, char *const *words, int *used);

/* Whether a word begins several commands. */
bool command_is_group(const char *word);

void help_print(FILE *out);
void help_group(const char *word, FILE *out);
void help_command(const struct command *command, FILE *out);

int run_reading(const struct command *command, const struct options *options,
		char *const *arguments);
int run_returns(const struct command *command, const struct options *options,
		char *const *arguments);
int run_config_file(const struct command *command, const struct options *options,
		    char *const *arguments);
int run_config_diff(const struct command *command, const struct options *options,
		    char *const *arguments);
int run_config_save(const struct command *command, const struct options *options,
		    char *const *arguments);
int run_config_rollback(const struct command *command, const struct options *options,
			char *const *arguments);
int run_config_reload(const struct command *command, const struct options *options,
		      char *const *arguments);
int run_capture_list(const struct command *command, const struct options *options,
		     char *const *arguments);
int run_capture_wait(const struct command *command, const struct options *options,
		     char *const *arguments);
int run_order(const struct command *command, const struct options *options, char *const *arguments);
/* What run_order does with --all. */
int run_all(const struct command *command, const struct options *options);
int run_explain(const struct command *command, const struct options *options,
		char *const *arguments);
int run_metrics(const struct command *command, const struct options *options,
		char *const *arguments);
int run_trace(const struct command *command, const struct options *options, char *const *arguments);
int run_tap(const struct command *command, const struct options *options, char *const *arguments);
int run_talkers(const struct command *command, const struct options *options,
		char *const *arguments);
int run_rehearse(const struct command *command, const struct options *options,
		 char *const *arguments);
int run_capture_read(const struct command *command, const struct options *options,
		     char *const *arguments);
int run_top(const struct command *command, const struct options *options, char *const *arguments);
int run_compare(const struct command *command, const struct options *options,
		char *const *arguments);
int run_ndr(const struct command *command, const struct options *options, char *const *arguments);
int run_wait(const struct command *command, const struct options *options, char *const *arguments);
int run_call(const struct command *command, const struct options *options, char *const *arguments);
int run_shutdown(const struct command *command, const struct options *options,
		 char *const *arguments);

/* Writes out what is left in stdout. EXIT_FAILED, said on stderr, when that does not work; a reader
 * that has gone away is none of our business. */
int finish_output(int exit_code);

#endif
