/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memlock: keeps in memory what was once there, so that no worker waits for a disk, and brings in
 * beforehand what workers run.
 */
#ifndef HOST_MEMLOCK_H
#define HOST_MEMLOCK_H

#include <stdbool.h>

/* Raises the limit for locked memory, if this process may. Returns whether there is none now. */
bool memlock_raise(void);

/* Locks pages as they come to be used, and not the address space that DPDK reserves. unlimited:
 * nothing bounds what may be locked, now or later; with a bound, memory would run out of it at any
 * time, and nothing is locked. Returns whether memory is locked; what is in the way is logged. */
bool memlock_all(bool unlimited);

/* Maps all code and initialised data of the program and its libraries that is in use now. Best
 * effort. */
void memlock_populate(void);

#endif
