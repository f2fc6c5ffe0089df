/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <rte_errno.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"

#include "core/banned.h"

#define RSS_OFFERED (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP)
#define RSS_KEY_BYTES 40

enum { XSTAT_VIOLATIONS, XSTAT_HELD, XSTAT_REFUSED, XSTAT_UNSENT, XSTAT_REFUSALS, XSTATS };

static const char *const xstat_names[XSTATS] = {"violations", "held", "refused", "tx_q0_drop_total",
						"tx_q0_tx_ring_full"};

static struct device *
of(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static int
fails(const struct rte_eth_dev *dev, enum device_failure failure)
{
	return of(dev)->options.failure == failure ? -EIO : 0;
}

/* A device that is gone answers nothing. */
static bool
is_gone(const struct rte_eth_dev *dev)
{
	return of(dev)->orders && of(dev)->orders->gone;
}

static int
is_removed(struct rte_eth_dev *dev)
{
	return is_gone(dev);
}

static int
configure(struct rte_eth_dev *dev)
{
	return fails(dev, FAIL_CONFIGURE);
}

static int
start(struct rte_eth_dev *dev)
{
	return fails(dev, FAIL_START);
}

static int
stop(struct rte_eth_dev *dev)
{
	for (uint16_t queue = 0; queue < dev->data->nb_tx_queues; queue++)
		device_transmit_flush(&of(dev)->transmit[queue]);
	return 0;
}

static int
close_device(struct rte_eth_dev *dev)
{
	struct device *device = of(dev);

	for (unsigned queue = 0; queue < DEVICE_QUEUES_MAX; queue++) {
		device_transmit_flush(&device->transmit[queue]);
		rte_free(device->transmit[queue].held);
		device->transmit[queue].held = NULL;
	}
	if (device->orders)
		orders_attach(device->orders, NULL, "");
	dev->data->mac_addrs = NULL; /* part of the private data, not to be freed alone */
	return 0;
}

static int
set_link_up(struct rte_eth_dev *dev)
{
	of(dev)->link_set = true;
	return 0;
}

static int
set_link_down(struct rte_eth_dev *dev)
{
	of(dev)->link_set = false;
	return 0;
}

static int
link_update(struct rte_eth_dev *dev, int wait)
{
	struct device *device = of(dev);
	bool up = device->link_set && !(device->orders && device->orders->link_down);

	if (is_gone(dev))
		return -EIO;
	if (device->options.link == LINK_FLAP) {
		device->link_flapped = !device->link_flapped;
		up = up && device->link_flapped;
	}
	dev->data->dev_link = (struct rte_eth_link){
		.link_speed = RTE_ETH_SPEED_NUM_25G,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_status = up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN,
	};
	return 0;
}

static int
promiscuous(struct rte_eth_dev *dev)
{
	return fails(dev, FAIL_PROMISCUOUS);
}

static int
mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	return fails(dev, FAIL_MTU);
}

static uint64_t
sum_violations(const struct device *device)
{
	uint64_t sum = 0;

	for (unsigned queue = 0; queue < DEVICE_QUEUES_MAX; queue++)
		sum += device->transmit[queue].violations;
	return sum;
}

static int
stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	const struct device *device = of(dev);

	if (is_gone(dev))
		return -EIO;
	stats->imissed = device->orders ? device->orders->missed : 0;
	for (unsigned queue = 0; queue < DEVICE_QUEUES_MAX; queue++) {
		stats->ipackets += device->receive[queue].packets;
		stats->ibytes += device->receive[queue].bytes;
		stats->rx_nombuf += device->receive[queue].no_buffer;
		stats->opackets += device->transmit[queue].packets;
		stats->obytes += device->transmit[queue].bytes;
	}
	stats->oerrors = sum_violations(device);
	return 0;
}

/* Makes room again; counters stay, a test compares them. */
static int
stats_reset(struct rte_eth_dev *dev)
{
	struct device *device = of(dev);

	for (unsigned queue = 0; queue < DEVICE_QUEUES_MAX; queue++)
		device->transmit[queue].room = device->options.room;
	return 0;
}

static int
xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned count)
{
	const struct device *device = of(dev);
	uint64_t values[XSTATS] = {[XSTAT_VIOLATIONS] = sum_violations(device)};

	for (unsigned queue = 0; queue < DEVICE_QUEUES_MAX; queue++) {
		values[XSTAT_HELD] += device->transmit[queue].count;
		values[XSTAT_REFUSED] += device->transmit[queue].refused;
	}
	values[XSTAT_UNSENT] = device->transmit[0].refused + device->transmit[0].freed;
	values[XSTAT_REFUSALS] = device->transmit[0].refusals;
	for (unsigned i = 0; xstats && i < XSTATS && i < count; i++) {
		xstats[i].id = i;
		xstats[i].value = values[i];
	}
	return XSTATS;
}

static int
xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned count)
{
	for (unsigned i = 0; names && i < XSTATS && i < count; i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s", xstat_names[i]);
	return XSTATS;
}

static int
infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct device_options *options = &of(dev)->options;

	info->max_rx_queues = options->queues;
	info->max_tx_queues = options->tx_queues;
	info->max_rx_pktlen = 9018;
	info->min_mtu = 68;
	info->max_mtu = 9000;
	info->max_mac_addrs = 1;
	info->rx_desc_lim = (struct rte_eth_desc_lim){.nb_min = 64, .nb_max = 4096, .nb_align = 32};
	info->tx_desc_lim = info->rx_desc_lim;
	/* What a frame may have that the card cuts into several is more, and no matter here. */
	info->tx_desc_lim.nb_seg_max = UINT8_MAX;
	info->tx_desc_lim.nb_mtu_seg_max = options->segments;
	/* Fast free is offered as a trap: whoever mirrors packets may not take it. */
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	info->tx_queue_offload_capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	info->default_txconf.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (options->good)
		info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_CHECKSUM;
	if (options->queues > 1) {
		info->flow_type_rss_offloads = RSS_OFFERED;
		info->hash_key_size = RSS_KEY_BYTES;
	}
	return fails(dev, FAIL_INFO);
}

static int
rx_queue_setup(struct rte_eth_dev *dev, uint16_t index, uint16_t ring, unsigned numa,
	       const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct device *device = of(dev);
	struct receive_queue *queue = &device->receive[index];
	uint64_t rx = device->options.rx;
	uint16_t queues = dev->data->nb_rx_queues;

	if (device->options.failure == FAIL_RX_QUEUE)
		return -ENOMEM;
	*queue = (struct receive_queue){
		.options = &device->options,
		.orders = device->orders,
		.flags = dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM,
		.pool = pool,
		.port = (uint16_t)(uintptr_t)dev->process_private,
		.index = index,
		.ring = ring,
		.left = rx == DEVICE_ENDLESS ? rx : rx / queues + (index < rx % queues),
	};
	dev->data->rx_queues[index] = queue;
	return 0;
}

static int
tx_queue_setup(struct rte_eth_dev *dev, uint16_t index, uint16_t ring, unsigned numa,
	       const struct rte_eth_txconf *conf)
{
	struct device *device = of(dev);
	struct transmit_queue *queue = &device->transmit[index];
	uint64_t offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;

	if (device->options.failure == FAIL_TX_QUEUE)
		return -ENOMEM;
	rte_free(queue->held);
	memset(queue, 0, sizeof(*queue));
	queue->options = &device->options;
	queue->orders = device->orders;
	queue->port = (uint16_t)(uintptr_t)dev->process_private;
	queue->index = index;
	queue->room = device->options.room;
	if (device->options.hold) {
		queue->held = rte_calloc("held", device->options.hold, sizeof(*queue->held), 0);
		if (!queue->held)
			return -ENOMEM;
	}
	if (offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
		device_violation(queue, "fast free is on, though packets may be shared");
	dev->data->tx_queues[index] = queue;
	return 0;
}

static int
tx_done_cleanup(void *queue, uint32_t count)
{
	return device_transmit_flush(queue);
}

static const struct eth_dev_ops operations = {
	.configure = configure,
	.start = start,
	.stop = stop,
	.set_link_up = set_link_up,
	.set_link_down = set_link_down,
	.close = close_device,
	.link_update = link_update,
	.is_removed = is_removed,
	.promiscuous_enable = promiscuous,
	.promiscuous_disable = promiscuous,
	.mtu_set = mtu_set,
	.stats_get = stats_get,
	.stats_reset = stats_reset,
	.xstats_get = xstats_get,
	.xstats_get_names = xstats_get_names,
	.infos_get = infos_get,
	.rx_queue_setup = rx_queue_setup,
	.tx_queue_setup = tx_queue_setup,
	.tx_done_cleanup = tx_done_cleanup,
};

static int
probe(struct rte_vdev_device *vdev)
{
	struct device_options options;
	struct orders *orders = NULL;
	struct rte_eth_dev *dev;
	struct device *device;
	uint16_t port;

	if (!device_options_parse(vdev->device.devargs->args, &options))
		return -EINVAL;
	if (options.failure == FAIL_PROBE)
		return -EIO;
	if (options.orders[0]) {
		orders = orders_open(options.orders);
		if (!orders || orders->gone)
			return -ENODEV;
	}
	dev = rte_eth_dev_allocate(vdev->device.name);
	if (!dev)
		return -ENOMEM;
	device = rte_zmalloc("net_test", sizeof(*device), RTE_CACHE_LINE_SIZE);
	if (!device) {
		rte_eth_dev_release_port(dev);
		return -ENOMEM;
	}
	device->options = options;
	device->orders = orders;
	device->link_set = options.link != LINK_DOWN || orders;
	if (orders && options.link == LINK_DOWN)
		orders->link_down = true;
	device->mac = (struct rte_ether_addr){{2, 't', 'e', 's', 't', 0}};
	dev->data->dev_private = device;
	dev->data->mac_addrs = &device->mac;
	if (orders)
		dev->data->dev_flags |= RTE_ETH_DEV_INTR_RMV;
	dev->dev_ops = &operations;
	dev->device = &vdev->device;
	dev->rx_pkt_burst = device_receive;
	if (options.tells)
		dev->rx_descriptor_status = device_receive_status;
	dev->tx_pkt_burst = device_transmit;
	dev->tx_descriptor_status = device_transmit_status;
	rte_eth_dev_probing_finish(dev);
	if (rte_eth_dev_get_port_by_name(vdev->device.name, &port) == 0)
		dev->process_private = (void *)(uintptr_t)port;
	if (orders)
		orders_attach(orders, dev, vdev->device.name);
	return 0;
}

static int
remove_device(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(vdev->device.name);

	if (!dev)
		return 0;
	close_device(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver driver = {
	.driver = {.name = "net_test"},
	.probe = probe,
	.remove = remove_device,
};

/* DPDK knows a plugin's drivers by what loading it registers. */
__attribute__((constructor)) static void
register_driver(void)
{
	rte_vdev_register(&driver);
}
