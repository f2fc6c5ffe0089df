/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes: what stands in a file as it lies on the disk, or comes through a pipe. For this room
 * alone.
 */
#ifndef CAPTURE_BYTES_H
#define CAPTURE_BYTES_H

#include "capture/file.h"

/* The first bytes, or all there are; how many, or a negative errno. Waits for a pipe. */
ssize_t capture_bytes_start(struct capture_file *file, uint8_t *bytes, size_t size);

/* Those at an offset of a file that is no pipe; fewer than size at its end. */
ssize_t capture_bytes_read(struct capture_file *file, uint8_t *bytes, size_t size, uint64_t offset);

/* What unpacks them, or gives them as they are if they are not compressed; NULL: no memory. */
struct unpack *capture_bytes_unpack(struct capture_file *file, const uint8_t *head, size_t size);

#endif
