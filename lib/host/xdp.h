/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XDP: what the kernel tells of programs and AF_XDP sockets on an interface of this network namespace. Asks over netlink;
 * changes nothing.
 */
#ifndef HOST_XDP_H
#define HOST_XDP_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_socket {
	unsigned inode; /* "socket:[INODE]" among its process's files */
	unsigned queue;
};

#define XDP_SOCKETS_MAX 64
#define XDP_NAME_MAX 16 /* BPF_OBJ_NAME_LEN */

/* The AF_XDP sockets that are bound to the interface of a number. Returns how many, or a negative errno: a kernel without
 * xsk_diag does not tell. */
int xdp_sockets(unsigned interface, struct xdp_socket sockets[XDP_SOCKETS_MAX]);

/* The number of the program that sees the interface's packets first; 0: none, or not told. */
unsigned xdp_program(unsigned interface);

/* Its name, which root alone is told; false when it isn't. */
bool xdp_program_name(unsigned program, char name[XDP_NAME_MAX]);

#endif
