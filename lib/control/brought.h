/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brought: the config that a call brings: as a descriptor that came with it, as text, or as a file
 * that the daemon is to read. Job thread.
 */
#ifndef CONTROL_BROUGHT_H
#define CONTROL_BROUGHT_H

#include "control/method.h"

/* The caller's, or NULL with the call's error set. edition is what it is made of; where that is
 * NULL, nobody wants it. */
struct config *brought_read(struct call *call, struct edition **edition);

/* Sets the call's error to what is wrong with a config. */
void brought_fail(struct call *call, struct error_list *errors);

#endif
