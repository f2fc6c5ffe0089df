/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Config: the parts of the commands about configs that several of them share.
 */
#ifndef SLUICE_CONFIG_H
#define SLUICE_CONFIG_H

#include "daemon.h"

/* Calls a method that takes a config with the one that a file holds, or standard input for -. As
 * daemon_call; what can't be read is said on stderr. */
int config_give(struct daemon *daemon, const char *method, const char *file, json_t **answer);

/* The same with further parameters, which are taken over. */
int config_give_more(struct daemon *daemon, const char *method, const char *file, json_t *more,
		     json_t **answer);

/* What became of it, in words. */
void config_print_done(const char *method, const char *file, const json_t *result);

#endif
