/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cpulist: a set of cores as people and the kernel write it, "0-3,8". Pure.
 */
#ifndef HOST_CPULIST_H
#define HOST_CPULIST_H

#include <sched.h>

#define CPULIST_TEXT_MAX 256

struct cpulist_text {
	char text[CPULIST_TEXT_MAX]; /* cut where it is longer; "none" for an empty set */
};

struct cpulist_text cpulist_format(const cpu_set_t *set);

#endif
