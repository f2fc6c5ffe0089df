/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flow: how a store's blocks become files, and what happens when the disk does not take them. The
 * store's thread.
 */
#ifndef STORE_FLOW_H
#define STORE_FLOW_H

#include "store/inside.h"

/* Gets on as far as it can without waiting. */
void store_flow(struct store *store);

/* The state that is to be published now. */
void store_flow_state(struct store *store);

/* A part that nothing was written of, and will not be, is forgotten. */
void store_flow_forget(struct store *store, struct store_part *part);

/* Whether the disk takes files again. */
void store_flow_retry(struct store *store);

#endif
