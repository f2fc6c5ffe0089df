/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compare: the options of `sluice compare`, as typed; NULL: not given.
 */
#ifndef SLUICE_COMPARE_COMPARE_H
#define SLUICE_COMPARE_COMPARE_H

#include <stdbool.h>

struct compare_options {
	const char *ignoring, *within, *tolerance;
};

bool compare_given(const struct compare_options *options);

#endif
