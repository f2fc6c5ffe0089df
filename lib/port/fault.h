/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fault: makes a device write where it was given no memory, to prove that the IOMMU stops it. Built
 * only with -Dfaults=true; a release has none of it. Receive descriptors take addresses from packet
 * buffers, so buffers with a wrong one are what the next receive finds first, and those it left get
 * their own back. One fault at a time: fault_dma in the control thread, the rest in workers.
 */
#ifndef PORT_FAULT_H
#define PORT_FAULT_H

#include <stdint.h>

struct port;
struct ports;
struct rte_mbuf;

#ifdef SLUICE_FAULTS

/* The ports that faults can be made on; they live as long as the process. */
void fault_offer(const struct ports *ports);

/* Programs address into the next `count` receive descriptors of the port that are filled anew.
 * Returns 0, -ENOENT when there is no such port, -ENOTSUP when it has no device or its pool is too
 * small, or -EBUSY while another fault is on. */
int fault_dma(const char *name, uint64_t address, uint32_t count);

/* Around each receive of a worker. */
void fault_before_receive(const struct port *port);
void fault_after_receive(const struct port *port, struct rte_mbuf **packets, uint16_t count);

#else

static inline void
fault_offer(const struct ports *ports)
{
}

static inline void
fault_before_receive(const struct port *port)
{
}

static inline void
fault_after_receive(const struct port *port, struct rte_mbuf **packets, uint16_t count)
{
}

#endif

#endif
