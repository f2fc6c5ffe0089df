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

struct options {
	const char *config; /* path, or for bench a name or NULL */
	const char *plugins[PLUGINS_MAX];
	unsigned plugin_count;
	const char *expect; /* directory, or NULL */
	int json;
	int unsafe_no_iommu;
};

struct config;
struct config_text;
struct finding_list;

/* Loads a config and checks what it asks of files; prints every finding to stderr. On success *out is
 * the caller's and EXIT_DONE is returned; text too, unless it is NULL. */
int load_config(const char *path, struct config **out, struct config_text *text);

/* Runs preflight on this machine. Findings go to the list; negative errno when `run` may not start. */
int check_host(const struct config *config, const struct options *options,
	       struct finding_list *findings);

/* What is written from now on only its owner may change, and only the group read: packets are nobody else's business. */
void keep_private(void);

int command_run(const struct options *options);
int command_offline(const struct options *options);
int command_check(const struct options *options);
int command_bench(const struct options *options);

#endif
