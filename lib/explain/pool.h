/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pool: memory for the few packets of a question, which no device sees: it is none of the hugepages
 * that were set aside for those that are received. For this room alone.
 */
#ifndef EXPLAIN_POOL_H
#define EXPLAIN_POOL_H

#include "config/config.h"
#include "port/ports.h"

/* As a config has them, with as many mbufs as the longest packet's forms take. -ENOMEM; to be
 * closed in either case. */
int pool_open(const struct config *config, struct port_pool *pool);
void pool_close(struct port_pool *pool);

#endif
