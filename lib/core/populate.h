/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Populate: brings memory in before it is used, so that whoever uses it does not wait for the
 * kernel. Any thread; best effort, as what is missing comes in on first use.
 */
#ifndef CORE_POPULATE_H
#define CORE_POPULATE_H

#include <stddef.h>

/* Memory that will be written to; what it holds does not change. */
void populate_memory(void *start, size_t size);

/* What functions that this thread calls from now on will find of its stack. */
void populate_stack(void);

#endif
