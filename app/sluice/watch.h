/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watch: looking again and again until ctrl-C.
 */
#ifndef SLUICE_WATCH_H
#define SLUICE_WATCH_H

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGQUIT are a wish to end from now on. */
void watch_begin(void);

/* Whether somebody wished so. */
bool watch_ended(void);

/* Sleeps until seconds after the last call's end, so that looks do not drift; sooner when ended. */
void watch_sleep(double seconds);

#endif
