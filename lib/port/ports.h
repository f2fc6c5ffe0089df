/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: all ports of a config, their mbuf pools and the EAL below them, brought up and taken down
 * as one.
 */
#ifndef PORT_PORTS_H
#define PORT_PORTS_H

#include <rte_mempool.h>
#include <stdbool.h>

#include "config/config.h"
#include "port/iommu_log.h"
#include "port/port.h"

enum port_mode {
	PORT_LIVE,
	PORT_OFFLINE, /* no hugepages, no devices but net_pcap; outputs are capture_writers */
};

struct port_pool {
	struct rte_mempool *pool;
	char name[RTE_MEMPOOL_NAMESIZE];
	int numa;
	uint32_t size;         /* mbufs */
	uint32_t driver_holds; /* of them, how many drivers are known to keep (driver.c) */
	uint64_t bytes;
};

#define PORT_POOLS_MAX CONFIG_PORTS_MAX

struct ports {
	enum port_mode mode;
	struct port *items[CONFIG_PORTS_MAX];
	unsigned count;
	struct port_pool pools[PORT_POOLS_MAX];
	unsigned pool_count;
	int kernel_log; /* where iommu_log reads; -1 when it can't */
	bool hugepages; /* the pools lie in hugepages */
};

/* What a config asks of the machine before anything is started: captures that exist, are Ethernet and
 * whole; memory that holds the rings. All findings, with the config's line and column. No EAL needed,
 * no privileges. Returns 0 or -EINVAL. */
int ports_check(const struct config *config, struct error_list *errors);

/* What a config asks of this machine beyond that: cores, hugepages, PCI devices and interfaces. All
 * findings, without privileges; nothing is touched. Returns 0 or -EINVAL. What only makes things slower
 * is no finding: it goes to notice, which the caller gives ("" when there is nothing). */
int ports_check_host(const struct config *config, struct error_list *errors, char *notice,
		     size_t notice_size);

/* Starts the EAL: main lcore 0 on the cores no worker has, worker i on lcore i + 1, named pmd-CORE.
 * plugins are paths of further DPDK drivers. cores[] gets the core of each worker; returns the number
 * of workers (config's, or 1) or a negative errno after logging why. One EAL a process. */
int ports_start_eal(const struct config *config, enum port_mode mode, const char *const *plugins,
		    unsigned plugin_count, uint16_t cores[CONFIG_WORKERS_MAX]);
void ports_stop_eal(void);

/* Makes the pools, opens and starts every port. Logs each failure with what would mend it, undoes
 * everything and returns a negative errno. */
int ports_open(struct ports *ports, const struct config *config, enum port_mode mode,
	       unsigned workers);

/* Stops receiving and sending on every device, so that it gives back what it holds; then closes
 * devices and writers. Returns 0 or the first writer's error. Workers must have stopped. */
int ports_close(struct ports *ports);

/* Mbufs missing from the pools after ports_close, beyond what drivers are known to keep. */
uint64_t ports_leaked(const struct ports *ports);

/* Frees the pools. */
void ports_free(struct ports *ports);

#endif
