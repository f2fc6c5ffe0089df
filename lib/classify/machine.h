/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Machine: a classic BPF program as machine code, through DPDK's converter, verifier and JIT. These
 * go wrong on some programs, so what they are given is checked and mended first; a program that
 * they can't be trusted with is refused, and interpreted instead. Control thread; the EAL must run.
 */
#ifndef CLASSIFY_MACHINE_H
#define CLASSIFY_MACHINE_H

#include <pcap/pcap.h>
#include <rte_bpf.h>
#include <stdint.h>

/* NULL when the program must be interpreted. To be freed with rte_bpf_destroy. */
struct rte_bpf *machine_make(const struct bpf_program *program);

/* The code, which takes an mbuf and returns 0 when it does not pass. */
uint64_t (*machine_code(const struct rte_bpf *bpf))(void *mbuf);

#endif
