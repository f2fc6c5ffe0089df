/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Included last in every source file: from here on the compiler refuses functions that overflow or
 * lose errors, and outside lib/packet those that copy a packet's bytes (every such copy is counted
 * there).
 */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef strncpy
#pragma GCC poison strcpy strcat sprintf vsprintf gets atoi atol atof strtok strncpy

#ifndef PACKET_ROOM
#pragma GCC poison rte_memcpy rte_pktmbuf_copy rte_pktmbuf_clone rte_pktmbuf_linearize
#endif
