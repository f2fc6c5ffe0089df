/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sandbox: takes from the daemon, in two steps, all that it does not need to go on: before the EAL
 * starts the file system (landlock.h), once ports are up capabilities and system calls
 * (capabilities.h, syscalls.h). What stays is in allowed.c, each with its reason. With `sandbox:
 * off` nothing is taken. Control thread. What fails is logged with what to do, and a negative errno
 * returned: the daemon must not go on then.
 */
#ifndef HOST_SANDBOX_H
#define HOST_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* What holds, as the kernel says it. */
struct sandbox_state {
	bool on;      /* as the config has it */
	int landlock; /* its ABI; 0: not enforced */
	bool seccomp, no_new_privs;
	uint64_t capabilities; /* that are held, a bit each */
	bool core_dumps;       /* they may be written */
	bool memory_locked;
};

/* Before any thread is started and any device touched, but after the run-dir's sockets are made.
 * plugins are further DPDK drivers. */
int sandbox_enter(const struct config *config, const char *const *plugins, unsigned plugin_count);

/* Once ports are up, before a packet is taken in or a capture read; covers all threads. */
int sandbox_seal(const struct config *config);

/* Whether a port that comes while the daemon runs is of a kind that the sandbox was made for. Any
 * thread. */
bool sandbox_admits(const struct config_port *port);

/* How a config says so from the start, for a sentence: ", or with ...", or "". */
const char *sandbox_keeps(const struct config_port *port);

/* Constant after sandbox_seal; any thread. All zero before. */
const struct sandbox_state *sandbox_state(void);

#define SANDBOX_NAME_BYTES 32

/* "net_admin" for capability 12; "unknown" for one that libcap has no name for. */
const char *sandbox_capability_name(unsigned number, char name[SANDBOX_NAME_BYTES]);

#endif
