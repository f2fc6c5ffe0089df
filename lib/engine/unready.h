/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unready: verbs that a config may say and that no stage carries out yet. A config with one of them is refused when a
 * program is made of it, here and nowhere else: a verb leaves the table with the stage that carries it out.
 */
#ifndef ENGINE_UNREADY_H
#define ENGINE_UNREADY_H

#include "config/config.h"
#include "core/error.h"

/* 0, or -ENOTSUP with a finding for each action. */
int unready_check(const struct config *config, struct error_list *errors);

#endif
