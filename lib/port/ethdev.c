/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/ethdev.h"

#include <errno.h>
#include <net/if.h>
#include <rte_ether.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "port/driver.h"
#include "port/eal_log.h"
#include "port/iface.h"
#include "port/rescue.h"

#include "core/banned.h"

#define DEFAULT_RING 1024
#define RSS_KEY_BYTES_MAX 64
#define CHECKSUMS                                                       \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define RSS_TYPES (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP)

/* A Toeplitz key of one repeated pair of bytes hashes both directions of a flow to one value. */
static uint8_t symmetric_key[RSS_KEY_BYTES_MAX];

static int
failed(const struct port *port, int ret, const char *what, const char *mend)
{
	log_error("port %s: %s: %s%s%s", port->config->name, what, eal_log_error(ret),
		  mend ? "; " : "", mend ? mend : "");
	return ret < -1 ? ret : -EIO;
}

static bool
offers_rss(const struct port *port, const struct rte_eth_dev_info *info)
{
	enum config_port_kind kind = port->config->kind;

	return (kind == CONFIG_PORT_PCI || kind == CONFIG_PORT_VDEV) &&
	       (info->flow_type_rss_offloads & RSS_TYPES) != 0;
}

static int
choose_queues(struct port *port, const struct rte_eth_dev_info *info, unsigned workers)
{
	uint16_t asked = port->config->queues;

	if (asked > info->max_rx_queues) {
		log_error("port %s: queues: %u were asked for, but %s has %u", port->config->name,
			  asked, port->device, info->max_rx_queues);
		return -EINVAL;
	}
	if (asked)
		port->rx_queues = asked;
	else if (port->config->kind == CONFIG_PORT_AF_XDP)
		port->rx_queues = info->max_rx_queues; /* the interface spreads over all of them */
	else if (offers_rss(port, info))
		port->rx_queues = RTE_MIN(workers, info->max_rx_queues);
	else
		port->rx_queues = 1;

	port->tx_queues = RTE_MIN(workers, info->max_tx_queues);
	if (port->quirks->paired)
		port->tx_queues = port->rx_queues;
	if (port->rx_queues == 0 || port->tx_queues == 0) {
		log_error("port %s: %s has no queue to %s with", port->config->name, port->device,
			  port->rx_queues ? "send" : "receive");
		return -EINVAL;
	}
	if (port->tx_queues >= workers)
		return 0;
	port->tx_locks = rte_zmalloc("tx locks", port->tx_queues * sizeof(*port->tx_locks), 0);
	return port->tx_locks ? 0 : log_fail(ENOMEM, "port %s", port->config->name);
}

static int
choose_ring(const struct port *port, const char *key, uint16_t asked, uint16_t taken,
	    const struct rte_eth_desc_lim *limits)
{
	if (asked == 0 || asked == taken)
		return 0;
	log_error("port %s: %s: %u was asked for, but %s takes %u to %u in steps of %u; %u is the "
		  "nearest",
		  port->config->name, key, asked, port->device, limits->nb_min, limits->nb_max,
		  limits->nb_align, taken);
	return -EINVAL;
}

static int
choose_rings(struct port *port, const struct rte_eth_dev_info *info)
{
	const struct config_port *config = port->config;
	uint16_t rx = info->default_rxportconf.ring_size;
	uint16_t tx = info->default_txportconf.ring_size;
	int ret;

	port->rx_ring = config->rx_ring ? config->rx_ring : rx ? rx : DEFAULT_RING;
	port->tx_ring = config->tx_ring ? config->tx_ring : tx ? tx : DEFAULT_RING;
	eal_log_forget();
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rx_ring, &port->tx_ring);
	if (ret < 0)
		return failed(port, ret, "rings", NULL);
	ret = choose_ring(port, "rx-ring", config->rx_ring, port->rx_ring, &info->rx_desc_lim);
	if (ret < 0)
		return ret;
	return choose_ring(port, "tx-ring", config->tx_ring, port->tx_ring, &info->tx_desc_lim);
}

static int
check_mtu(const struct port *port, const struct rte_eth_dev_info *info)
{
	uint16_t mtu = port->config->mtu;

	if (mtu == 0 || (mtu >= info->min_mtu && mtu <= info->max_mtu))
		return 0;
	log_error("port %s: mtu: %u was asked for, but %s takes %u to %u", port->config->name, mtu,
		  port->device, info->min_mtu, info->max_mtu);
	return -EINVAL;
}

/* Frames longer than a packet buffer need a device that spreads them over several. */
static int
choose_scatter(const struct port *port, const struct rte_eth_dev_info *info,
	       struct rte_eth_conf *conf)
{
	uint32_t room = rte_pktmbuf_data_room_size(port->pool->pool) - RTE_PKTMBUF_HEADROOM;
	uint32_t mtu = port->config->mtu ? port->config->mtu : RTE_ETHER_MTU;
	uint32_t frame = mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (frame <= room)
		return 0;
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) {
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
		return 0;
	}
	if (!port->config->mtu)
		return 0;
	log_error("port %s: mtu: frames of %u bytes don't fit into packets of %u, and %s can't "
		  "spread them; set memory.packet-size to %u or more",
		  port->config->name, frame, room, port->device, frame);
	return -EINVAL;
}

/* What the NIC says of checksums is of use only to be verified: without that it is not asked. */
static void
choose_checksums(struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	uint64_t offered = info->rx_offload_capa & CHECKSUMS;

	port->verify = 0;
	if (!port->config->verify || !offered || port->quirks->soft_checksums)
		return;
	conf->rxmode.offloads |= offered;
	port->verify = port->config->verify;
}

static int
configure(struct port *port, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {0};
	int ret;

	ret = choose_scatter(port, info, &conf);
	if (ret < 0)
		return ret;
	choose_checksums(port, info, &conf);
	/* A driver may set this only if it can say by itself that its device is gone. */
	conf.intr_conf.rmv = info->dev_flags && (*info->dev_flags & RTE_ETH_DEV_INTR_RMV);
	conf.rxmode.mtu = port->config->mtu;
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	port->chains = conf.txmode.offloads != 0 || port->quirks->chains;
	if (port->rx_queues > 1 && (info->flow_type_rss_offloads & RSS_TYPES)) {
		struct rte_eth_rss_conf *rss = &conf.rx_adv_conf.rss_conf;

		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		rss->rss_hf = info->flow_type_rss_offloads & RSS_TYPES;
		if (info->hash_key_size > 0 && info->hash_key_size <= RSS_KEY_BYTES_MAX) {
			for (unsigned i = 0; i < RSS_KEY_BYTES_MAX; i++)
				symmetric_key[i] = i % 2 ? 0x5a : 0x6d;
			rss->rss_key = symmetric_key;
			rss->rss_key_len = info->hash_key_size;
		}
	}
	eal_log_forget();
	ret = rte_eth_dev_configure(port->id, port->rx_queues, port->tx_queues, &conf);
	if (ret < 0)
		return failed(port, ret, "the device refuses its configuration", NULL);
	if (port->config->mtu) {
		eal_log_forget();
		ret = rte_eth_dev_set_mtu(port->id, port->config->mtu);
		if (ret < 0)
			return failed(port, ret, "mtu can't be set",
				      "leave it out to take the device's");
	}
	return 0;
}

static int
check_size(const struct port *port)
{
	uint32_t room = rte_pktmbuf_data_room_size(port->pool->pool) - RTE_PKTMBUF_HEADROOM;
	const char *argument = strstr(port->config->device, ",size=");
	unsigned long size = argument ? strtoul(argument + strlen(",size="), NULL, 0) : 0;

	if (size <= room)
		return 0;
	log_error("port %s: packets of %lu bytes don't fit into buffers of %u; set "
		  "memory.packet-size to %lu",
		  port->config->name, size, room, size);
	return -EINVAL;
}

/* What a driver that registers the pool with the kernel needs of its layout. */
static int
check_pool(const struct port *port)
{
	const struct rte_mempool *pool = port->pool->pool;
	uint32_t object = pool->header_size + pool->elt_size + pool->trailer_size;

	if (port->quirks->blind)
		return check_size(port);
	if (!port->quirks->flat_pool)
		return 0;
	if (object > (uint32_t)getpagesize()) {
		log_error(
			"port %s: AF_XDP takes packets of up to %u bytes; lower memory.packet-size",
			port->config->name,
			getpagesize() - object + rte_pktmbuf_data_room_size(port->pool->pool) -
				RTE_PKTMBUF_HEADROOM);
		return -EINVAL;
	}
	if (pool->nb_mem_chunks == 1)
		return 0;
	log_error("port %s: AF_XDP needs the packets' memory in one piece, and the machine's "
		  "hugepages lie in %u; say `hugepages: false`, or reserve them at boot",
		  port->config->name, pool->nb_mem_chunks);
	return -ENOMEM;
}

static int
open_queues(struct port *port, const struct rte_eth_dev_info *info)
{
	struct rte_eth_txconf tx = info->default_txconf;
	const char *root =
		geteuid()
			? "it needs root, or CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON and "
			  "CAP_SYS_ADMIN"
			: NULL;
	int ret;

	/* Freeing a whole ring at once into one pool is for packets that nobody else refers to. */
	tx.offloads &= ~RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	for (uint16_t queue = 0; queue < port->rx_queues; queue++) {
		eal_log_forget();
		ret = rte_eth_rx_queue_setup(port->id, queue, port->rx_ring,
					     rte_eth_dev_socket_id(port->id), NULL,
					     port->pool->pool);
		if (ret < 0) {
			/* A driver that keeps packets may have taken them before it failed, and
			 * forgets them with the socket. */
			port->pool->may_hold += port->quirks->keeps;
			return failed(port, ret, "a receive queue can't be set up", root);
		}
		port->pool->driver_holds += port->quirks->keeps;
		port->kept += port->quirks->keeps;
	}
	for (uint16_t queue = 0; queue < port->tx_queues; queue++) {
		eal_log_forget();
		ret = rte_eth_tx_queue_setup(port->id, queue, port->tx_ring,
					     rte_eth_dev_socket_id(port->id), &tx);
		if (ret < 0)
			return failed(port, ret, "a transmit queue can't be set up", root);
	}
	return 0;
}

/* Also of queues that could not be set up, for which the driver may have taken packets by then. */
static int
setup_queues(struct port *port, const struct rte_eth_dev_info *info)
{
	struct leftovers before;
	int ret;

	if (!port->quirks->keeps)
		return open_queues(port, info);
	leftover_list(&before);
	ret = open_queues(port, info);
	leftover_list(&port->left);
	leftover_subtract(&port->left, &before);
	leftover_free(&before);
	rescue_prepare(port);
	return ret;
}

static int
set_promiscuous(struct port *port)
{
	const struct config_port *config = port->config;
	bool wanted = config->promiscuous_given ? config->promiscuous : true;
	int ret;

	eal_log_forget();
	ret = wanted ? rte_eth_promiscuous_enable(port->id) : rte_eth_promiscuous_disable(port->id);

	port->promiscuous = rte_eth_promiscuous_get(port->id) == 1;
	if (ret == 0 || (!config->promiscuous_given && ret == -ENOTSUP))
		return 0;
	return failed(port, ret,
		      wanted ? "promiscuous mode can't be set" : "promiscuous mode can't be left",
		      "leave `promiscuous` out to take the device as it is");
}

int
ethdev_setup(struct port *port, unsigned workers)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port->id, &info);

	if (ret < 0)
		return failed(port, ret, "the device tells nothing of itself", NULL);
	ret = choose_queues(port, &info, workers);
	if (ret == 0)
		ret = choose_rings(port, &info);
	if (ret == 0)
		ret = check_mtu(port, &info);
	if (ret == 0)
		ret = check_pool(port);
	if (ret == 0)
		ret = configure(port, &info);
	if (ret == 0)
		ret = setup_queues(port, &info);
	return ret;
}

/* Drivers that send on an interface do not know its own. */
static void
read_mtu(struct port *port)
{
	char name[IF_NAMESIZE];
	struct iface iface;

	if (frames_interface(port, name, sizeof(name)) && iface_read(name, &iface) == 0)
		port->mtu = iface.mtu;
	else
		rte_eth_dev_get_mtu(port->id, &port->mtu);
}

int
ethdev_start(struct port *port)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	int ret;

	eal_log_forget();
	ret = rte_eth_dev_start(port->id);

	if (ret < 0)
		return failed(port, ret, "the device does not start", NULL);
	port->started = true;
	port_backlog_begin(port);
	if (rte_eth_macaddr_get(port->id, &mac) == 0)
		memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	read_mtu(port);
	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret < 0)
		return failed(port, ret, "the device tells nothing of itself", NULL);
	frames_judge(port, &info);
	ret = port_losses_begin(port);
	return ret < 0 ? ret : set_promiscuous(port);
}
