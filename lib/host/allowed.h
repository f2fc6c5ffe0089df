/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allowed: everything that a running daemon may still do, and why: the paths that it may open, the
 * system calls that it may make, the capabilities that it keeps. Data alone, for reading as well as
 * for the code that enforces it (landlock.h, syscalls.h, capabilities.h). What the config names
 * (its own directory, captures, sockets of devices) is added in paths.c.
 */
#ifndef HOST_ALLOWED_H
#define HOST_ALLOWED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* Whether this build has sanitizers in it, whose runtime does at exit what a daemon never
 * should. */
#if defined(__SANITIZE_ADDRESS__)
#define ALLOWED_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOWED_SANITIZED 1
#endif
#endif
#ifndef ALLOWED_SANITIZED
#define ALLOWED_SANITIZED 0
#endif

/* What a config has, bit by bit: each entry says which of it it is for; 0: every config. */
enum allowed_for {
	ALLOWED_FOR_PCI = 1 << 0,
	ALLOWED_FOR_AF_XDP = 1 << 1,   /* a port, or a vdev net_af_xdp */
	ALLOWED_FOR_KERNEL = 1 << 2,   /* what is the kernel's too: TAP, net_af_packet, mlx5 */
	ALLOWED_FOR_MEMIF = 1 << 3,    /* vdevs that talk over sockets: net_memif, net_vhost */
	ALLOWED_FOR_DISKS = 1 << 4,    /* replays, and captures that are written */
	ALLOWED_FOR_PHYSICAL = 1 << 5, /* devices without an IOMMU: physical addresses */
	ALLOWED_FOR_SANITIZERS = 1 << 6,
	ALLOWED_FOR_LOCKING = 1 << 7, /* root whose limit for locked memory could not be raised */
};

/* What may be done below a path, or with it where it is no directory. */
enum allowed_access {
	ALLOWED_READ = 1 << 0,   /* files, and what directories hold */
	ALLOWED_WRITE = 1 << 1,  /* files that are there */
	ALLOWED_DEVICE = 1 << 2, /* ioctl of devices */
	ALLOWED_MAKE = 1 << 3,   /* files and sockets */
	ALLOWED_REMOVE = 1 << 4, /* the same */
};

struct allowed_path {
	const char *path;
	unsigned access; /* enum allowed_access */
	unsigned needed; /* enum allowed_for, any of them */
	const char *why;
};

/* An argument of a system call: its bits in mask must be those of value. */
struct allowed_argument {
	unsigned index;
	uint64_t mask, value;
};

#define ALLOWED_WHOLE UINT64_MAX       /* a mask: every bit counts */
#define ALLOWED_OWN_PROCESS UINT64_MAX /* a value: this process's number */

struct allowed_call {
	const char *name;
	unsigned needed; /* enum allowed_for, any of them */
	unsigned argument_count;
	struct allowed_argument arguments[2]; /* all must hold */
	const char *why;
};

/* A call that nothing in the daemon makes, and an attacker would: the process is killed. */
struct forbidden_call {
	const char *name;
	unsigned unless; /* enum allowed_for, any of them: it is an allowed call then */
	const char *why;
};

struct allowed_capability {
	int capability;
	unsigned needed; /* enum allowed_for, any of them */
	const char *why;
};

/* Each table ends with an entry without a name; capabilities end with a negative one. */
extern const struct allowed_path allowed_paths[];
extern const struct allowed_call allowed_calls[];
extern const struct forbidden_call forbidden_calls[];
extern const struct allowed_capability allowed_capabilities[];

/* What the config has. Not ALLOWED_FOR_PHYSICAL and _LOCKING, which show only once the daemon
 * runs. */
unsigned allowed_needs(const struct config *config);
unsigned allowed_needs_of_port(const struct config_port *port);

/* Whether an entry is for what a config has. */
static inline bool
allowed_applies(unsigned entry, unsigned needs)
{
	return entry == 0 || (entry & needs);
}

#endif
