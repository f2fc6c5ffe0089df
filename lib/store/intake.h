/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Intake: which block and which file a store's packets go to: store_put, store_rotate and
 * store_trigger, and what of them time asks for. The store's thread.
 */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include "store/inside.h"

/* The file is whole with the packets that it has; others go to another one. */
void store_intake_cut(struct store *store);

/* The same, where its time is over. */
void store_intake_cut_by_time(struct store *store, uint64_t time_ns);

/* What a trigger, or its end, makes of the time, where there are triggers. */
void store_intake_follow(struct store *store, uint64_t time_ns);

#endif
