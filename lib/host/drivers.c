/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether DPDK has the drivers that ports need, and virtual devices the words that their drivers
 * take. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/text.h"
#include "host/checks.h"
#include "port/iface.h"
#include "port/pmd.h"

#include "core/banned.h"

#define WORDS_MAX 12
#define NAME_SIZE 64
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* What a driver is started with: "iface=eth1", KEY then "=". As of DPDK 22.11, which refuses all
 * others. */
struct words {
	const char *driver;
	const char *package; /* Debian's, behind librte-net- */
	const char *needed;  /* a key that must be given, or NULL */
	/* The key that says how many there are, one without it; NULL: more than anyone asks for. */
	const char *queues;
	const char *keys[WORDS_MAX];
};

static const struct words drivers[] = {
	{"net_null", "null", NULL, NULL, {"size", "copy", "no-rx"}},
	{"net_ring", "ring", NULL, NULL, {NULL}},
	{"net_tap", "tap", NULL, NULL, {"iface", "remote", "mac"}},
	{"net_tun", "tap", NULL, NULL, {"iface"}},
	{"net_memif",
	 "memif",
	 NULL,
	 NULL,
	 {"id", "role", "bsize", "rsize", "socket", "socket-abstract", "mac", "zero-copy", "secret",
	  "owner-uid", "owner-gid"}},
	{"net_pcap",
	 "pcap",
	 NULL,
	 NULL,
	 {"rx_pcap", "tx_pcap", "rx_iface", "rx_iface_in", "tx_iface", "iface", "phy_mac",
	  "infinite_rx"}},
	{"net_af_packet",
	 "af-packet",
	 "iface",
	 "qpairs",
	 {"iface", "qpairs", "blocksz", "framesz", "framecnt", "qdisc_bypass"}},
	{"net_af_xdp",
	 "af-xdp",
	 "iface",
	 "queue_count",
	 {"iface", "start_queue", "queue_count", "shared_umem", "xdp_prog", "busy_budget",
	  "force_copy"}},
	{"net_vhost",
	 "vhost",
	 "iface",
	 "queues",
	 {"iface", "queues", "client", "iommu-support", "postcopy-support", "tso", "linear-buffer",
	  "ext-buffer", "legacy-ol-flags"}},
	{"net_virtio_user",
	 "virtio",
	 "path",
	 "queues",
	 {"path", "mac", "cq", "queue_size", "queues", "iface", "server", "mrg_rxbuf", "in_order",
	  "packed_vq", "speed", "vectorized"}},
	{"net_bonding", "bond", NULL, NULL, {NULL}},
	{"net_failsafe", "failsafe", NULL, NULL, {NULL}},
	{"net_softnic", "softnic", NULL, NULL, {NULL}},
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

/* Of a device's name, which may begin with the driver's older one. */
static const struct words *
words_of(const char *device)
{
	char name[NAME_SIZE];

	if (strncmp(device, "eth_", strlen("eth_")) == 0)
		snprintf(name, sizeof(name), "net_%s", device + strlen("eth_"));
	else if (strncmp(device, "virtio_user", strlen("virtio_user")) == 0)
		snprintf(name, sizeof(name), "net_%s", device);
	else
		snprintf(name, sizeof(name), "%s", device);
	for (size_t i = 0; i < DRIVERS; i++) {
		if (strncmp(name, drivers[i].driver, strlen(drivers[i].driver)) == 0)
			return &drivers[i];
	}
	return NULL;
}

static bool
is_further(const struct preflight *work, const char *device)
{
	for (unsigned i = 0; i < work->options->plugin_count; i++) {
		if (pmd_mentions(work->root, work->options->plugins[i], device))
			return true;
	}
	return false;
}

static void
say_missing(const struct preflight *work, const struct config_port *port, const char *key,
	    const char *device, const struct pmds *pmds)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "driver-missing", port, key);
	const struct words *words = words_of(device);
	char abi[PMD_ABI_MAX], near[NAME_SIZE];

	pmd_abi(abi);
	if (words) {
		finding_what(finding, "DPDK's driver %s is not installed", words->driver);
		finding_why(finding, "the port can't be made of anything else");
		finding_mend(finding, "sudo apt install librte-net-%s%s", words->package, abi);
		return;
	}
	finding_what(finding, "DPDK has no driver for a vdev %s", text_quote(device).text);
	finding_why(finding, "its name begins with the driver's");
	if (pmds_nearest(pmds, device, near, sizeof(near)))
		finding_mend(finding,
			     "did you mean %s? A driver of your own is named to run and "
			     "check with --plugin",
			     near);
	else
		finding_mend(finding, "name one of DPDK's, as net_null, net_tap or net_memif, or "
				      "your own with --plugin");
}

static void
say_words(const struct preflight *work, const struct config_port *port, const char *what,
	  const char *word, const struct words *words)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "vdev-arguments", port, "vdev");
	const char *nearest = NULL;
	char all[256] = "";
	size_t used = 0, count = 0;

	for (; count < WORDS_MAX && words->keys[count]; count++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", count ? ", " : "",
					 words->keys[count]);
	nearest = text_nearest(word, words->keys, count);
	finding_what(finding, "%s %s %s", words->driver, what, text_quote(word).text);
	finding_why(finding, "the driver refuses to start so");
	if (nearest && strcmp(nearest, word) != 0)
		finding_mend(finding, "say %s=...", nearest);
	else
		finding_mend(finding, "there are %s", all);
}

static void
say_name(const struct preflight *work, const struct config_port *port, const char *name)
{
	struct finding *finding =
		finding_add_port(work->list, FINDING_REFUSED, "vdev-arguments", port, "vdev");

	finding_what(finding, "%s is no device's name", text_quote(name).text);
	finding_why(finding, "it has letters, digits and _, and begins with the driver's");
	finding_mend(finding,
		     "name it as net_null or net_tap0 are; arguments stand behind a comma");
}

/* A capture is one stream. */
static void
check_stream(const struct preflight *work, const struct config_port *port)
{
	struct finding *finding;

	if (port->queues <= 1)
		return;
	finding = finding_add_port(work->list, FINDING_REFUSED, "vdev-queues", port, "queues");
	finding_what(finding, "queues: %u were asked for, and a capture has one", port->queues);
	finding_why(finding, "its packets are one stream");
	finding_mend(finding, "queues: 1, or leave it out");
}

static bool
has_key(const struct words *words, const char *key)
{
	for (unsigned i = 0; i < WORDS_MAX && words->keys[i]; i++) {
		if (strcmp(words->keys[i], key) == 0)
			return true;
	}
	return false;
}

/* The kernel's interface that a word names. */
static bool
names_interface(const struct words *words, const char *key)
{
	if (strcmp(words->driver, "net_pcap") == 0)
		return strstr(key, "iface");
	if (strcmp(words->driver, "net_tap") == 0)
		return strcmp(key, "remote") == 0;
	return strcmp(key, "iface") == 0 && (strcmp(words->driver, "net_af_packet") == 0 ||
					     strcmp(words->driver, "net_af_xdp") == 0);
}

static void
check_interface(const struct preflight *work, const struct config_port *port, const char *name)
{
	struct finding *finding;
	struct iface iface;

	if (iface_read(name, &iface) < 0 || iface.exists)
		return;
	finding = finding_add_port(work->list, FINDING_REFUSED, "interface-missing", port, "vdev");
	finding_what(finding, "there is no interface %s here", text_quote(name).text);
	finding_why(finding, "the device stands on it");
	finding_mend(finding, "ip link, and name one of these");
}

static void
check_size(const struct preflight *work, const struct config_port *port, const char *value)
{
	unsigned long size = strtoul(value, NULL, 0), room = work->config->packet_size;
	struct finding *finding;

	if (size <= room)
		return;
	finding = finding_add_port(work->list, FINDING_REFUSED, "packet-size", port, "vdev");
	finding_what(finding, "packets of %lu bytes don't fit into buffers of %lu", size, room);
	finding_why(finding, "the driver writes them without looking");
	finding_mend(finding, "size=%lu, or a memory.packet-size that is as large", room);
}

static void
check_queues(const struct preflight *work, const struct config_port *port,
	     const struct words *words, unsigned long has)
{
	struct finding *finding;

	if (!words->queues || port->queues <= has)
		return;
	finding = finding_add_port(work->list, FINDING_REFUSED, "vdev-queues", port, "queues");
	finding_what(finding, "queues: %u were asked for, and %s has %lu", port->queues,
		     words->driver, has);
	finding_why(finding, "its own words say how many there are");
	finding_mend(finding, "%s=%u behind the vdev's name, or queues: %lu", words->queues,
		     port->queues, has);
}

/* Word by word, cut out of a copy. */
static void
check_words(const struct preflight *work, const struct config_port *port, const struct words *words,
	    char *rest)
{
	bool needed = !words->needed;
	unsigned long queues = 1;
	char *word;

	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		needed |= words->needed && strcmp(word, words->needed) == 0;
		if (word[0] && words->keys[0] && !has_key(words, word))
			say_words(work, port, "takes no word", word, words);
		else if (value && names_interface(words, word))
			check_interface(work, port, value);
		else if (value && strcmp(words->driver, "net_null") == 0 &&
			 strcmp(word, "size") == 0)
			check_size(work, port, value);
		else if (value && words->queues && strcmp(word, words->queues) == 0)
			queues = strtoul(value, NULL, 0);
	}
	if (!needed)
		say_words(work, port, "needs the word", words->needed, words);
	check_queues(work, port, words, queues);
}

static void
check_vdev(const struct preflight *work, const struct config_port *port, const struct pmds *pmds)
{
	char *copy = strdup(port->device), *rest = copy;
	const char *name = copy ? strsep(&rest, ",") : NULL;
	const struct words *words;

	if (!name) {
		work->list->no_memory = true;
		return;
	}
	if (name[strspn(name, NAME_LETTERS)]) {
		say_name(work, port, name);
		free(copy);
		return;
	}
	words = words_of(name);
	if (pmds->complete && !pmds_make(pmds, name) && !is_further(work, name))
		say_missing(work, port, "vdev", name, pmds);
	else if (words && !is_further(work, name))
		check_words(work, port, words, rest);
	free(copy);
}

/* AF_XDP's buffers are chunks of the kernel's. */
static void
check_pages(const struct preflight *work, const struct config_port *port, const char *key)
{
	uint32_t size = work->config->packet_size, least, most;
	struct finding *finding;

	memory_xdp_sizes(&least, &most);
	if (size >= least && size <= most)
		return;
	finding = finding_add_port(work->list, FINDING_REFUSED, "packet-size", port, key);
	finding_what(finding,
		     "AF_XDP takes packets of %u to %u bytes, and memory.packet-size is %u", least,
		     most, size);
	finding_why(finding, "the kernel has each in a chunk of 2,048 bytes to a page");
	finding_mend(finding, "memory: { packet-size: %u }", size < least ? least : most);
}

static void
check_kind(const struct preflight *work, const struct config_port *port, const char *key,
	   const char *driver, const struct pmds *pmds)
{
	if (pmds->complete && !pmds_make(pmds, driver))
		say_missing(work, port, key, driver, pmds);
}

/* Of a card that vfio has; those of the kernel's drivers may be of another bus's. */
static void
check_model(const struct preflight *work, const struct nic *nic, const struct pmds *pmds)
{
	struct finding *finding;

	if (!pmds->complete || nic->holder == PCI_MISSING || nic->other || !nic->model.vendor ||
	    pmds_know(pmds, &nic->model))
		return;
	finding =
		finding_add_port(work->list, FINDING_REFUSED, "device-no-driver", nic->port, "pci");
	finding_what(finding, "no driver of this DPDK takes PCI device %s, which is a %04x:%04x",
		     nic->port->device, nic->model.vendor, nic->model.device);
	finding_why(finding, "each model needs its own");
	finding_mend(finding, "apt search librte-net- for the maker's, or af-xdp with the kernel's "
			      "driver");
}

void
check_drivers(struct preflight *work)
{
	const struct config *config = work->config;
	struct pmds pmds;

	pmds_read(work->root, &pmds);
	for (unsigned i = 0; i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		if (port->kind == CONFIG_PORT_VDEV) {
			check_vdev(work, port, &pmds);
			if (words_of(port->device) &&
			    strcmp(words_of(port->device)->driver, "net_af_xdp") == 0)
				check_pages(work, port, "vdev");
		} else if (port->kind == CONFIG_PORT_AF_XDP) {
			check_kind(work, port, "af-xdp", "net_af_xdp", &pmds);
			check_pages(work, port, "af-xdp");
		} else if (port->kind == CONFIG_PORT_PCAP) {
			check_kind(work, port, "pcap", "net_null", &pmds);
			check_stream(work, port);
		} else if (port->kind == CONFIG_PORT_NULL) {
			check_kind(work, port, "null", "net_null", &pmds);
		}
	}
	for (unsigned i = 0; i < work->nic_count; i++)
		check_model(work, &work->nics[i], &pmds);
	pmds_clear(&pmds);
}
