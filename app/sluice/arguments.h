/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments: which options are for which commands, and how many words each takes.
 */
#ifndef SLUICE_ARGUMENTS_H
#define SLUICE_ARGUMENTS_H

#include "sluice.h"

/* count: words behind the command's own. EXIT_DONE, or EXIT_USAGE, said on stderr. */
int arguments_check(const struct command *command, const struct options *options, int count);

#endif
