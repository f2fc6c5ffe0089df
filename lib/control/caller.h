/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Caller: who makes a call, as the kernel says it of the other end of a socket (unix(7),
 * SO_PEERCRED), and the descriptor that came with it.
 */
#ifndef CONTROL_CALLER_H
#define CONTROL_CALLER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

/* Of a config that who may only read brings, and of what is answered to it: what is made of a text
 * takes a hundred times its memory. */
#define CALLER_GUEST_BYTES (1 << 20)

struct caller {
	uid_t uid;
	pid_t pid;
	bool reading_only;   /* came in by the socket for reading methods */
	bool has_descriptor; /* and owns it */
	int descriptor;
};

/* For the log: "root" or "uid 1000"; in its sandbox the daemon can't look other names up. */
struct caller_name {
	char text[sizeof("uid 4294967295")];
};

static inline struct caller_name
caller_name(uid_t uid)
{
	struct caller_name name = {"root"};

	if (uid != 0)
		snprintf(name.text, sizeof(name.text), "uid %u", (unsigned)uid);
	return name;
}

static inline void
caller_clear(struct caller *caller)
{
	if (caller->has_descriptor)
		close(caller->descriptor);
	caller->has_descriptor = false;
}

#endif
