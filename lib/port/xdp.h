/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XDP: what the kernel tells of programs and AF_XDP sockets on an interface of this network
 * namespace.
 */
#ifndef PORT_XDP_H
#define PORT_XDP_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_socket {
	unsigned inode; /* "socket:[INODE]" among its process's files */
	unsigned queue;
};

#define XDP_SOCKETS_MAX 64
#define XDP_NAME_MAX 16 /* BPF_OBJ_NAME_LEN */

/* The AF_XDP sockets that are bound to the interface of a number. Returns how many, or a negative
 * errno: a kernel without xsk_diag does not tell. */
int xdp_sockets(unsigned interface, struct xdp_socket sockets[XDP_SOCKETS_MAX]);

/* Whether any socket, be it one that the kernel has not let go of, has a queue of an interface
 * without hardware. It asks for what such an interface can't give, and is refused for one reason or
 * the other; a NIC might give it. */
bool xdp_queue_taken(unsigned interface, unsigned queue);

/* The number of the program that sees the interface's packets first; 0: none, or not told. */
unsigned xdp_program(unsigned interface);

/* Whether it is known to be one beside which libxdp can put no socket, and its name, which root
 * alone is told. */
bool xdp_program_foreign(unsigned program, char name[XDP_NAME_MAX]);

#endif
