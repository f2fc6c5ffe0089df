/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pass: a descriptor that goes with bytes through a Unix socket.
 */
#ifndef CORE_PASS_H
#define CORE_PASS_H

#include <stddef.h>
#include <sys/types.h>

/* Sends bytes, and with them a descriptor, which stays the caller's, or none where fd is negative.
 * Returns what sendmsg does. */
ssize_t pass_send(int socket, const void *bytes, size_t length, int fd);

/* Receives bytes, and in *fd the first descriptor that came with them, the caller's from then on,
 * or -1; the kernel closes what else came. flags are recvmsg's. Returns what that does. */
ssize_t pass_receive(int socket, void *bytes, size_t size, int flags, int *fd);

#endif
