/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edition: a config as somebody wrote it, with its comments, and where it came from: what can be
 * saved, and gone back to. Of what runs and of what ran before it there is one each. Any thread,
 * one at a time.
 */
#ifndef CONTROL_EDITION_H
#define CONTROL_EDITION_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "config/config.h"
#include "control/caller.h"

struct edition {
	char *file;      /* as it was called, absolute; NULL: a text without a name */
	char *directory; /* what relative names in it are relative to, absolute */
	const char *way; /* it came in: "start", "apply", "reload" or "rollback" */
	uid_t uid;       /* whose doing that was */
	pid_t pid;
	struct timespec since; /* when it came into force; 0: it has not yet */
	void *packed;          /* the text, as it may be long: by zstd */
	size_t packed_length, length;
};

/* directory may be left out with a file. NULL: out of memory. */
struct edition *edition_new(const char *file, const char *directory,
			    const struct config_text *text);
void edition_free(struct edition *edition);

/* Marks whose doing it is. */
void edition_sign(struct edition *edition, const char *way, const struct caller *caller);

/* Its text, the caller's, and ended by a zero. False: out of memory. */
bool edition_text(const struct edition *edition, struct config_text *text);

/* Reads it as it was read when it was new; as config_parse. */
int edition_parse(const struct edition *edition, struct config **out, struct error_list *errors);

/* The name for people. */
const char *edition_name(const struct edition *edition);

#endif
