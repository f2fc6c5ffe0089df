/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Account: what is said of two captures that were compared, as JSON, which is where tolerances are
 * judged, and from that as text for people.
 */
#ifndef SLUICE_COMPARE_ACCOUNT_H
#define SLUICE_COMPARE_ACCOUNT_H

#include <jansson.h>
#include <stdio.h>

#include "sides.h"

/* Names are as `sluice returns` has them. */
json_t *account_make(const struct sides *sides);

/* With the verdict in it, if there is one. */
void account_print(const json_t *account, FILE *out);

#endif
