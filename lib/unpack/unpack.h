/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unpack: a compressed file, read as what is in it: gzip, zstd, xz and lz4, told by their first bytes. Memory is bounded,
 * whatever the file says: what unpacks to a million times its size takes time and nothing else. One thread at a time.
 */
#ifndef UNPACK_UNPACK_H
#define UNPACK_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of a file that unpack_open wants to see (fewer when the file is shorter). */
#define UNPACK_HEAD 8
/* So many bytes before where it stands can be read again at no cost. */
#define UNPACK_KEPT (UINT64_C(68) << 10)

struct unpack;

/* Whether a file that begins so is one for unpack_open. */
bool unpack_is_for(const void *head, size_t size);

/* fd, a file that begins so, stays the caller's, and its offset is not touched. NULL: no memory. */
struct unpack *unpack_open(int fd, const void *head, size_t size);
void unpack_close(struct unpack *unpack);

/* Reads what is at an offset of the content, best one piece behind the other: before what is kept it begins anew at the
 * file's first byte. Returns how much was read: fewer than size where the content ends, or breaks, which unpack_reason
 * tells apart. */
size_t unpack_read(struct unpack *unpack, void *bytes, size_t size, uint64_t offset);

/* Why there is no more, when that is not the end: "its gzip data is cut short"; or NULL. */
const char *unpack_reason(const struct unpack *unpack);

/* Bytes of the file that the content so far was in, about. */
uint64_t unpack_taken(const struct unpack *unpack);

#endif
