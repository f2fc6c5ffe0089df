/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unpack: a compressed file, read as what is in it: gzip, zstd, xz and lz4, told by their first
 * bytes, and a pipe that is none of these as it is. Memory is bounded, whatever the file says, and
 * so is time: what unpacks to far more than any capture does is refused (UNPACK_RATIO_MAX). One
 * thread at a time.
 */
#ifndef UNPACK_UNPACK_H
#define UNPACK_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of a file that unpack_open wants to see (fewer when the file is shorter): pzstd's frames
 * stand behind 12 others. */
#define UNPACK_HEAD 16
/* So many bytes before where it stands can be read again at no cost. */
#define UNPACK_KEPT (UINT64_C(68) << 10)

/* Beyond UNPACK_FREE bytes, content that is more than so many times what it was compressed to is no
 * capture's. */
#define UNPACK_RATIO_MAX 500
#define UNPACK_FREE (UINT64_C(1) << 30)

/* Where a file's bytes come from. */
struct unpack_input {
	/* As pread(2), but a failure is the negative errno. */
	ssize_t (*read)(void *context, void *bytes, size_t size, uint64_t offset);
	void *context;
	bool live; /* it is still being written: what came so far is given at once */
};

struct unpack;

/* Whether a file that begins so is one for unpack_open. */
bool unpack_is_for(const void *head, size_t size);

/* head is what the input begins with. NULL: no memory. */
struct unpack *unpack_open(const struct unpack_input *input, const void *head, size_t size);
void unpack_close(struct unpack *unpack);

/* Reads what is at an offset of the content, best one piece behind the other: before what is kept
 * it begins anew at the file's first byte. Returns how much was read: fewer than size where the
 * content ends, or breaks, which unpack_reason tells apart, or where a live input had no more
 * yet. */
size_t unpack_read(struct unpack *unpack, void *bytes, size_t size, uint64_t offset);

/* Bytes of the content that were read so far, in a row. */
uint64_t unpack_position(const struct unpack *unpack);

/* Whether there is no more behind what was read. */
bool unpack_ended(const struct unpack *unpack);

/* Whether the file itself ends too early, with its data sound as far as it goes. */
bool unpack_is_cut(const struct unpack *unpack);

/* Why there is no more, when that is not the end: "its gzip data is cut short"; or NULL. */
const char *unpack_reason(const struct unpack *unpack);

/* Bytes of the file that the content so far was in, about. */
uint64_t unpack_taken(const struct unpack *unpack);

#endif
