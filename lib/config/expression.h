/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expression: a pcap filter as a classic BPF program, compiled as tcpdump compiles it for a file of
 * Ethernet. Any thread but not two at once: libpcap's compiler may not be.
 */
#ifndef CONFIG_EXPRESSION_H
#define CONFIG_EXPRESSION_H

#include <pcap/pcap.h>
#include <stddef.h>

/* The snap length that expressions are compiled for, tcpdump's own; none reads beyond. */
#define EXPRESSION_SNAP 262144

/* How often a program may go round a loop at least (`protochain` makes one): once for each header
 * that it passes. What goes on longer does not match. */
#define EXPRESSION_ROUNDS_MIN 16

/* Makes a program that ends on any packet: jumps lead forward only. To be freed with pcap_freecode.
 * Returns 0, or a negative errno with a sentence in message. */
int expression_compile(const char *expression, struct bpf_program *out, char *message, size_t size);

#endif
