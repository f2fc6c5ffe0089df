/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forward: carries out what the classifier decided. Packets of a burst are gathered by the port
 * they leave on and handed over at once; a mirror is a further reference to the same mbuf, never a
 * copy.
 */
#ifndef FORWARD_FORWARD_H
#define FORWARD_FORWARD_H

#include "stage/stage.h"

extern const struct stage forward_stage;

#endif
