/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configs with one replay.
 */
#ifndef TESTS_REPLAY_KIT_H
#define TESTS_REPLAY_KIT_H

#include "config_kit.h"

#define HEAD CONFIG_HEAD
/* One replay behind the head, in line 8; what follows stands from column 22 on. */
#define REPLAY(rest) HEAD "replays:\n  x: { file: f, to: a" rest " }\n"
#define ENDS(rest) HEAD "replays:\n  x: { " rest " }\n"

#endif
