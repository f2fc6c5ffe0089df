/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Abi: what a driver of DPDK 22.11 shares with the ethdev library and the bus of virtual devices, as
 * far as this one touches it. Debian's packages leave out the headers for drivers, while the symbols
 * are there; 22.11 is a long-term release whose layout stands still. Pointers come from the library, so
 * that a structure may end early here.
 */
#ifndef DEVICE_ABI_H
#define DEVICE_ABI_H

#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_tailq.h>
#include <rte_version.h>

#if RTE_VER_YEAR != 22 || RTE_VER_MONTH != 11
#error "this describes drivers of DPDK 22.11"
#endif

struct rte_eth_dev;

struct rte_driver {
	RTE_TAILQ_ENTRY(rte_driver) next;
	const char *name, *alias;
};

struct rte_device {
	RTE_TAILQ_ENTRY(rte_device) next;
	const char *name, *bus_info;
	const struct rte_driver *driver;
	const struct rte_bus *bus;
	int numa_node;
	struct rte_devargs *devargs;
};

struct rte_vdev_device {
	RTE_TAILQ_ENTRY(rte_vdev_device) next;
	struct rte_device device;
};

struct rte_vdev_driver {
	RTE_TAILQ_ENTRY(rte_vdev_driver) next;
	struct rte_driver driver;
	int (*probe)(struct rte_vdev_device *device);
	int (*remove)(struct rte_vdev_device *device);
	int (*dma_map)(struct rte_vdev_device *, void *, uint64_t, size_t);
	int (*dma_unmap)(struct rte_vdev_device *, void *, uint64_t, size_t);
	uint32_t flags;
};

struct rte_eth_dev_data {
	char name[RTE_ETH_NAME_MAX_LEN];
	void **rx_queues, **tx_queues;
	uint16_t nb_rx_queues, nb_tx_queues;
	struct {
		uint8_t active, nb_q_per_pool;
		uint16_t def_vmdq_idx, def_pool_q_idx;
	} sriov;
	void *dev_private;
	struct rte_eth_link dev_link;
	struct rte_eth_conf dev_conf;
	uint16_t mtu;
	uint32_t min_rx_buf_size;
	uint64_t rx_mbuf_alloc_failed;
	struct rte_ether_addr *mac_addrs;
	uint64_t mac_pool_sel[RTE_ETH_NUM_RECEIVE_MAC_ADDR];
	struct rte_ether_addr *hash_mac_addrs;
	uint16_t port_id;
	uint8_t state;
	uint8_t rx_queue_state[RTE_MAX_QUEUES_PER_PORT], tx_queue_state[RTE_MAX_QUEUES_PER_PORT];
	uint32_t dev_flags;
};

/* In the order of the library's table; the gaps are operations this driver has not. */
struct eth_dev_ops {
	int (*configure)(struct rte_eth_dev *);
	int (*start)(struct rte_eth_dev *);
	int (*stop)(struct rte_eth_dev *);
	int (*set_link_up)(struct rte_eth_dev *);
	int (*set_link_down)(struct rte_eth_dev *);
	int (*close)(struct rte_eth_dev *);
	void *reset;
	int (*link_update)(struct rte_eth_dev *, int wait);
	int (*is_removed)(struct rte_eth_dev *);
	int (*promiscuous_enable)(struct rte_eth_dev *);
	int (*promiscuous_disable)(struct rte_eth_dev *);
	void *before_mtu[6];
	int (*mtu_set)(struct rte_eth_dev *, uint16_t mtu);
	int (*stats_get)(struct rte_eth_dev *, struct rte_eth_stats *);
	int (*stats_reset)(struct rte_eth_dev *);
	int (*xstats_get)(struct rte_eth_dev *, struct rte_eth_xstat *, unsigned count);
	void *xstats_reset;
	int (*xstats_get_names)(struct rte_eth_dev *, struct rte_eth_xstat_name *, unsigned count);
	void *queue_stats_mapping_set;
	int (*infos_get)(struct rte_eth_dev *, struct rte_eth_dev_info *);
	void *before_rx_queue[16];
	int (*rx_queue_setup)(struct rte_eth_dev *, uint16_t queue, uint16_t ring, unsigned numa,
			      const struct rte_eth_rxconf *, struct rte_mempool *);
	void *before_tx_queue[3];
	int (*tx_queue_setup)(struct rte_eth_dev *, uint16_t queue, uint16_t ring, unsigned numa,
			      const struct rte_eth_txconf *);
	void *tx_queue_release;
	int (*tx_done_cleanup)(void *queue, uint32_t count);
	void *rest[96];
};

struct rte_eth_dev {
	eth_rx_burst_t rx_pkt_burst;
	eth_tx_burst_t tx_pkt_burst;
	void *tx_pkt_prepare, *rx_queue_count, *rx_descriptor_status, *tx_descriptor_status;
	struct rte_eth_dev_data *data;
	void *process_private;
	const struct eth_dev_ops *dev_ops;
	struct rte_device *device;
	struct rte_intr_handle *intr_handle;
};

struct rte_eth_dev *rte_eth_dev_allocate(const char *name);
struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
void rte_eth_dev_probing_finish(struct rte_eth_dev *);
int rte_eth_dev_release_port(struct rte_eth_dev *);
int rte_eth_dev_callback_process(struct rte_eth_dev *, enum rte_eth_event_type, void *result);
void rte_vdev_register(struct rte_vdev_driver *);
void rte_vdev_unregister(struct rte_vdev_driver *);

#endif
