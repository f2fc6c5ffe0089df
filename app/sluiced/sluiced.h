/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's commands. Each gets the words behind its name and returns the process's exit code.
 */
#ifndef SLUICED_SLUICED_H
#define SLUICED_SLUICED_H

/* Exit codes of daemon and client. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* refused or failed; the reason is on stderr */
	EXIT_USAGE = 2,  /* wrong usage or invalid config */
};

#define PLUGINS_MAX 16

/* What getopt gives for the options that several commands take; their letters are characters. */
enum { OPTION_EXPECT = 256, OPTION_JSON, OPTION_LOG_LEVEL, OPTION_PLUGIN, OPTION_UNSAFE };

struct options {
	const char *config; /* path, or for bench a name or NULL; what messages call it */
	/* The command and what stands behind it, of one that reads its words by itself. */
	char **words;
	int word_count;
	const char *plugins[PLUGINS_MAX];
	unsigned plugin_count;
	const char *expect; /* directory, or NULL */
	int json;
	int unsafe_no_iommu;
};

struct config;
struct config_text;
struct control;
struct error_list;
struct finding_list;
struct snapshot;

/* Takes an option that getopt has found in a word, with optarg. Returns -1 to go on, or an exit
 * code. */
int take_option(int option, const char *word, struct options *options);

/* Loads a config and checks what it asks of files; prints every finding to stderr. On success *out
 * is the caller's and EXIT_DONE is returned; text too, unless it is NULL. */
int load_config(const char *path, struct config **out, struct config_text *text);

/* What a config asks of files. EXIT_FAILED when it is refused, with findings in errors. */
int check_files(const struct config *config, struct error_list *errors);

/* What a command does with a running daemon. */
struct session {
	void *context;
	/* With each tick of the control thread; NULL: nothing. */
	void (*tick)(void *context, struct control *control);
	/* When all has drained: the exit code, which is so far what that came to. last is NULL
	 * without memory. */
	int (*judge)(void *context, const struct snapshot *last, int exit_code);
	/* Says what came of it. */
	void (*report)(void *context, const struct snapshot *last);
};

/* Before a config is loaded: signals are to wait. */
void session_begin(void);

/* Runs a config until the end is asked for, and takes it over, and what text holds, which is what
 * was read of its file or NULL. Without a run-dir it has no sockets. Returns the exit code. */
int session_run(struct config *config, struct config_text *text, const struct options *options,
		const struct session *session);

/* Runs preflight on this machine. Findings go to the list; negative errno when `run` may not
 * start. */
int check_host(const struct config *config, const struct options *options,
	       struct finding_list *findings);

/* What is written from now on only its owner may change, and only the group read: packets are
 * nobody else's business. */
void keep_private(void);

int command_run(const struct options *options);
int command_offline(const struct options *options);
int command_check(const struct options *options);
int command_explain(const struct options *options);
int command_diff(const struct options *options);
int command_bench(const struct options *options);
int command_bench_paths(const struct options *options);
int command_replay(const struct options *options);

#endif
