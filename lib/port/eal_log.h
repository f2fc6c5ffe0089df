/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's own log lines, led into ours: its errors as warnings, the rest for debugging. Any thread
 * writes; the functions here are the control thread's.
 */
#ifndef PORT_EAL_LOG_H
#define PORT_EAL_LOG_H

#include <stdbool.h>

/* Before rte_eal_init. Negative errno on failure. */
int eal_log_open(void);
void eal_log_close(void);

/* While held, DPDK's errors are not shown but kept, because whoever called DPDK tells the reason in
 * a message of its own: the last one since eal_log_hold(true) or eal_log_forget, or "". */
void eal_log_hold(bool held);
void eal_log_forget(void);
const char *eal_log_reason(void);

/* The reason for the end of a message: DPDK's words if there are any, else the error's. */
const char *eal_log_error(int err);

/* Takes what libbpf and libxdp, which net_af_xdp loads, would print to stderr. Once it is
 * loaded. */
void eal_log_take_bpf(void);

#endif
