/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Syscalls: takes from all threads of the process every system call but those of allowed.h. One
 * that is unknown there fails with EPERM and is logged by the kernel; a forbidden one kills the
 * process. It can't be undone. PR_SET_NO_NEW_PRIVS must be set, or CAP_SYS_ADMIN held.
 */
#ifndef HOST_SYSCALLS_H
#define HOST_SYSCALLS_H

/* needs: what the config has, see allowed.h. Returns 0, or a negative errno. */
int syscalls_enforce(unsigned needs);

#endif
