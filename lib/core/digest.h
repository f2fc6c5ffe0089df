/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digest: a number that tells texts apart that nobody made to look alike. Pure.
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a of 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). */
uint64_t digest(const void *bytes, size_t size);

#endif
