/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/reader.h"
#include "core/text.h"

#include "core/banned.h"

#define QUEUES_MAX 1024 /* what DPDK has for a port */
#define RING_MAX 32768  /* descriptors; a power of two, as many devices want */
#define MTU_MIN 68      /* RFC 791 section 3.2: what every module must be able to forward */
#define MTU_MAX 65535
#define PCI_BYTES sizeof("ffffffff:ff:1f.7")

#define FORMS "pci, af-xdp, vdev or pcap"

enum {
	FIELD_PCI,
	FIELD_AF_XDP,
	FIELD_VDEV,
	FIELD_PCAP,
	FIELD_QUEUES,
	FIELD_RX_RING,
	FIELD_TX_RING,
	FIELD_MTU,
	FIELD_PROMISCUOUS,
	FIELD_VERIFY,
	FIELDS
};

/* Another port before this one with the same device, or NULL. */
static const struct config_port *
same_device(const struct reader *reader, const struct config_port *port)
{
	for (const struct config_port *other = reader->config->ports; other < port; other++) {
		if (other->kind == port->kind && other->device && port->device &&
		    strcmp(other->device, port->device) == 0)
			return other;
	}
	return NULL;
}

static void
check_device(struct reader *reader, const struct spot *spot, const struct config_port *port)
{
	const struct config_port *other = same_device(reader, port);

	if (other)
		reader_error(reader, spot, "%s: %s is port %s already; a device is one port",
			     spot_key(spot), port->device, other->name);
}

/* Takes digits up to the separator, least to most of them. NULL when they are not there. */
static const char *
parse_hex(const char *text, size_t least, size_t most, char separator, unsigned *number)
{
	size_t digits = strspn(text, "0123456789abcdefABCDEF");

	if (digits < least || digits > most || text[digits] != separator)
		return NULL;
	*number = strtoul(text, NULL, 16);
	return text + digits + 1;
}

/* "03:00.0" or "0000:03:00.0"; domains of some bridges have more than 4 digits. */
static bool
parse_pci(const char *text, char *address, size_t size)
{
	unsigned domain = 0, bus, device, function;
	const char *at = parse_hex(text, 4, 8, ':', &domain);

	at = parse_hex(at ? at : text, 2, 2, ':', &bus);
	if (at)
		at = parse_hex(at, 2, 2, '.', &device);
	if (!at || !parse_hex(at, 1, 1, '\0', &function) || device > 0x1f || function > 7)
		return false;
	snprintf(address, size, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return true;
}

static void
read_pci(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	static const char what[] = "a PCI address such as \"0000:03:00.0\"";
	char address[PCI_BYTES];
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (!parse_pci(text, address, sizeof(address))) {
		reader_expected(reader, spot, what);
		return;
	}
	port->device = reader_copy(reader, address);
	check_device(reader, spot, port);
}

static void
read_af_xdp(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	const char *text;

	if (!reader_text(reader, spot, "a network interface of the kernel, as in eth1", &text))
		return;
	/* What the kernel takes as a name, dev_valid_name(). */
	if (strlen(text) >= IFNAMSIZ || strpbrk(text, "/: \t\n\v\f\r") || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0) {
		reader_error(
			reader, spot,
			"af-xdp: %s can't be an interface's name, which has 1 to %d characters "
			"without \"/\", \":\" and spaces",
			text_quote(text).text, IFNAMSIZ - 1);
		return;
	}
	port->device = reader_copy(reader, text);
	check_device(reader, spot, port);
}

/* The same device twice is two devices: they are made as they are named. */
static void
read_vdev(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	static const char what[] = "a virtual device of DPDK, as in \"net_null,size=64\"";
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (!isalpha((unsigned char)*text))
		reader_expected(reader, spot, what);
	else
		port->device = reader_copy(reader, text);
}

/* An output is truncated when it is opened, so nobody else may use its file. */
static void
check_file(struct reader *reader, const struct spot *spot, const struct config_port *port,
	   const char *path, bool written)
{
	for (const struct config_port *other = reader->config->ports; path && other < port;
	     other++) {
		bool reads = other->pcap_in && strcmp(other->pcap_in, path) == 0;
		bool writes = other->pcap_out && strcmp(other->pcap_out, path) == 0;

		if (writes || (reads && written))
			reader_error(reader, spot, "%s: %s is what port %s %s; name another file",
				     spot_key(spot), text_quote(path).text, other->name,
				     writes ? "writes" : "reads");
	}
}

static char *
read_path(struct reader *reader, const struct spot *spot, const struct config_port *port,
	  bool written)
{
	const char *text;
	char *path;

	if (!reader_text(reader, spot, "the name of a capture file", &text))
		return NULL;
	path = reader_path(reader, spot, text);
	if (path && (!written || strcmp(path, "/dev/null") != 0))
		check_file(reader, spot, port, path, written);
	return path;
}

static void
read_pcap(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	struct field fields[] = {{"in"}, {"out"}};

	if (!reader_fields(reader, spot, fields, 2,
			   "a mapping such as { in: site.pcap, out: seen.pcap }"))
		return;
	if (!fields[0].given && !fields[1].given)
		reader_error(reader, spot, "pcap: give in or out, the file to read or to write");
	if (fields[0].given)
		port->pcap_in = read_path(reader, &fields[0].spot, port, false);
	if (fields[1].given)
		port->pcap_out = read_path(reader, &fields[1].spot, port, true);
	if (port->pcap_in && port->pcap_out && strcmp(port->pcap_in, port->pcap_out) == 0)
		reader_error(reader, &fields[1].spot,
			     "out: %s is what this port reads; name another file",
			     text_quote(port->pcap_out).text);
}

static void
read_device(struct reader *reader, const struct spot *spot, const struct field *fields,
	    struct config_port *port)
{
	static const struct {
		enum config_port_kind kind;
		void (*read)(struct reader *, const struct spot *, struct config_port *);
	} forms[] = {
		[FIELD_PCI] = {CONFIG_PORT_PCI, read_pci},
		[FIELD_AF_XDP] = {CONFIG_PORT_AF_XDP, read_af_xdp},
		[FIELD_VDEV] = {CONFIG_PORT_VDEV, read_vdev},
		[FIELD_PCAP] = {CONFIG_PORT_PCAP, read_pcap},
	};
	const struct field *taken = NULL;

	for (unsigned i = FIELD_PCI; i <= FIELD_PCAP; i++) {
		if (!fields[i].given)
			continue;
		if (taken) {
			reader_error(reader, &fields[i].spot,
				     "%s: the port has %s already; a port is one of " FORMS,
				     fields[i].name, taken->name);
			continue;
		}
		taken = &fields[i];
		port->kind = forms[i].kind;
		forms[i].read(reader, &fields[i].spot, port);
	}
	if (!taken)
		reader_error(reader, spot, "port %s: what is it? give it one of " FORMS,
			     port->name);
}

static void
read_small(struct reader *reader, const struct field *field, uint32_t low, uint32_t high,
	   uint16_t *value)
{
	uint32_t number;

	if (field->given && reader_number(reader, &field->spot, low, high, &number))
		*value = number;
}

static void
read_verify(struct reader *reader, const struct spot *spot, uint32_t *verify)
{
	static const char *const words[] = {"off", "every"};
	static const char what[] =
		"off, every, or a number N from 1 to 1000000000: one packet in N";
	const char *text, *nearest;
	uint64_t number;

	if (!reader_text(reader, spot, what, &text))
		return;
	nearest = text_nearest(text, words, 2);
	if (strcmp(text, words[0]) == 0)
		*verify = 0;
	else if (strcmp(text, words[1]) == 0)
		*verify = 1;
	else if (text_number(text, CONFIG_VERIFY_MAX, &number) == 0 && number > 0)
		*verify = number;
	else if (nearest)
		reader_error(reader, spot, "%s: expected %s, not %s; did you mean \"%s\"?",
			     spot_key(spot), what, text_quote(text).text, nearest);
	else
		reader_expected(reader, spot, what);
}

static void
read_port(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	struct field fields[FIELDS] = {
		[FIELD_PCI] = {"pci"},
		[FIELD_AF_XDP] = {"af-xdp"},
		[FIELD_VDEV] = {"vdev"},
		[FIELD_PCAP] = {"pcap"},
		[FIELD_QUEUES] = {"queues"},
		[FIELD_RX_RING] = {"rx-ring"},
		[FIELD_TX_RING] = {"tx-ring"},
		[FIELD_MTU] = {"mtu"},
		[FIELD_PROMISCUOUS] = {"promiscuous"},
		[FIELD_VERIFY] = {"verify"},
	};

	if (!reader_fields(reader, spot, fields, FIELDS,
			   "a mapping with one of " FORMS ", such as { af-xdp: eth1 }"))
		return;
	read_device(reader, spot, fields, port);
	read_small(reader, &fields[FIELD_QUEUES], 1, QUEUES_MAX, &port->queues);
	read_small(reader, &fields[FIELD_RX_RING], 1, RING_MAX, &port->rx_ring);
	read_small(reader, &fields[FIELD_TX_RING], 1, RING_MAX, &port->tx_ring);
	read_small(reader, &fields[FIELD_MTU], MTU_MIN, MTU_MAX, &port->mtu);
	if (fields[FIELD_PROMISCUOUS].given)
		port->promiscuous_given =
			reader_bool(reader, &fields[FIELD_PROMISCUOUS].spot, &port->promiscuous);
	if (fields[FIELD_VERIFY].given)
		read_verify(reader, &fields[FIELD_VERIFY].spot, &port->verify);
}

bool
reader_can_send(const struct reader *reader, unsigned port)
{
	const struct config_port *config = &reader->config->ports[port];

	return config->kind != CONFIG_PORT_PCAP || config->pcap_out ||
	       (reader->bad_ports >> port & 1);
}

void
read_ports(struct reader *reader, const struct spot *spot)
{
	static const char what[] = "a mapping of names to ports, such as { wan: { af-xdp: eth1 } }";
	struct config *config = reader->config;
	struct spot value = {0}, key;

	reader->no_ports = true;
	if (spot->node->kind != NODE_MAP || spot->node->count == 0) {
		reader_expected(reader, spot, what);
		return;
	}
	config->ports = reader_alloc(reader, CONFIG_PORTS_MAX, sizeof(*config->ports));
	if (!config->ports ||
	    names_init(&reader->targets, CONFIG_PORTS_MAX + CONFIG_GROUPS_MAX) < 0) {
		reader->no_memory = true;
		return;
	}
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_port *port = &config->ports[config->port_count];
		unsigned before = reader->errors->count;

		if (config->port_count == CONFIG_PORTS_MAX) {
			reader_error(reader, &key, "ports: more than %u", CONFIG_PORTS_MAX);
			break;
		}
		reader_name(reader, &key, "port", key.key);
		port->name = reader_copy(reader, key.key);
		if (!port->name)
			return;
		if (names_add(&reader->targets, port->name, config->port_count) != NAMES_NONE)
			reader_error(reader, &key, "ports: %s stands twice; a name is one port's",
				     text_quote(key.key).text);
		port->promiscuous = true;
		port->verify = CONFIG_VERIFY_DEFAULT;
		port->place = (struct config_place){key.line, key.column};
		read_port(reader, &value, port);
		if (reader->errors->count != before)
			reader->bad_ports |= UINT64_C(1) << config->port_count;
		config->port_count++;
	}
	reader->no_ports = config->port_count == 0;
}
