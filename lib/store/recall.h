/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recall: what the index of a file says of it, which an earlier process wrote.
 */
#ifndef STORE_RECALL_H
#define STORE_RECALL_H

#include "store/store.h"

/* Fills in times and packets of the capture, whose bytes are known; without an index that is whole
 * they stay unknown. Reads the index alone. */
void store_recall(const char *path, struct store_file *file);

#endif
