/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Say: what the client itself has to say when something does not work. One sentence on stderr for
 * people; with --json also {"error":{"code","message"}} on stdout, as the daemon's own errors come,
 * where code is the exit code (the daemon's are below zero).
 */
#ifndef SLUICE_SAY_H
#define SLUICE_SAY_H

#include <stdbool.h>

/* From now on. */
void say_as_json(bool json);

/* Whose words they are: "sluice", if nobody says otherwise. Not copied. */
void say_as(const char *name);

/* Keeps what is said from now on. */
void say_hold(void);

/* The last of what was kept; "": nothing. Valid until something else is said. */
const char *say_held(void);

/* Says the last of what was kept, or forgets it, and goes on as before. */
void say_release(bool loud);

/* Returns exit_code. */
int say_failed(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
