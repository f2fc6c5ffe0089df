/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The EAL for tests: no hugepages, no devices, nothing in the file system.
 */
#ifndef TESTS_EAL_H
#define TESTS_EAL_H

#include <rte_eal.h>
#include <rte_vect.h>
#include <stdio.h>
#include <stdlib.h>

/* Once a process. */
static inline void
test_eal_start(void)
{
	const char *args[] = {"test", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
			      "-m",   "1024",      "-l",          "0",        "--log-level=error"};
	char *copy[16] = {NULL};
	unsigned count = sizeof(args) / sizeof(args[0]);

	for (unsigned i = 0; i < count; i++)
		copy[i] = (char *)(uintptr_t)args[i];
	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512);
	if (rte_eal_init(count, copy) < 0) {
		fprintf(stderr, "the EAL does not start\n");
		exit(1);
	}
}

#endif
