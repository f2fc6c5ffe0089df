/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/emit.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define QUEUES_MAX 1024 /* what DPDK has for a port */
#define RING_MAX 32768  /* descriptors; a power of two, as many devices want */
#define MTU_MIN 68      /* RFC 791 section 3.2: what every module must be able to forward */
#define MTU_MAX 65535
#define PCI_BYTES sizeof("ffffffff:ff:1f.7")

#define FORMS "pci, af-xdp, vdev, pcap or null"

#define AT(member) KEY_AT(struct config_port, member)

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
read_pci(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a PCI address such as \"0000:03:00.0\"";
	char address[PCI_BYTES];
	struct config_port *port = into;
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
read_af_xdp(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_port *port = into;
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
read_vdev(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a virtual device of DPDK, as in \"net_null,size=64\"";
	struct config_port *port = into;
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (!isalpha((unsigned char)*text))
		reader_expected(reader, spot, what);
	else
		port->device = reader_copy(reader, text);
}

static bool
reads(const struct config_port *port, const char *path)
{
	for (unsigned i = 0; i < port->in.file_count; i++) {
		if (strcmp(port->in.files[i], path) == 0)
			return true;
	}
	return false;
}

/* An output is truncated when it is opened, so nobody else may use its file. */
static void
check_file(struct reader *reader, const struct spot *spot, const struct config_port *port,
	   const char *path)
{
	for (const struct config_port *other = reader->config->ports; other < port; other++) {
		bool writes = other->pcap_out && strcmp(other->pcap_out, path) == 0;

		if (writes || reads(other, path))
			reader_error(reader, spot, "%s: %s is what port %s %s; name another file",
				     spot_key(spot), text_quote(path).text, other->name,
				     writes ? "writes" : "reads");
	}
}

static void
read_out(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_port *port = into;
	const char *text;

	if (!reader_text(reader, spot, "the name of a capture file", &text))
		return;
	port->pcap_out = reader_path(reader, spot, text);
	if (!port->pcap_out)
		return;
	if (strcmp(port->pcap_out, "/dev/null") != 0)
		check_file(reader, spot, port, port->pcap_out);
	if (reads(port, port->pcap_out))
		reader_error(reader, spot, "out: %s is what this port reads; name another file",
			     text_quote(port->pcap_out).text);
}

/* How captures are read says nothing of a port that reads none. */
static bool
has_input(const struct key *key, const void *from)
{
	const struct config_port *port = from;

	return port->in.file_count > 0;
}

static const struct key_type word = {key_read_word, key_write_word, has_input, NULL};
static const struct key_type output = {read_out, key_write_text, key_has_text, key_clear_text};
static const struct key files[] = {
	{"in", &key_captures, AT(in)},
	{"out", &output, AT(pcap_out)},
	{"order", &word, AT(in.order), .words = key_order, .otherwise = "merged"},
	{"gap", &key_duration, AT(gap_ns)},
	{"other-links", &word, AT(in.other_links), .words = key_other_links, .otherwise = "refuse"},
};
static const struct key_map pcap_map = {"a mapping such as { in: site.pcap, out: seen.pcap }", NULL,
					KEYS(files)};

static void
read_pcap(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct field fields[KEYS_MAX];

	if (!key_find(reader, spot, key->map, fields))
		return;
	if (!fields[0].given && !fields[1].given)
		reader_error(reader, spot, "pcap: give in or out, the file to read or to write");
	key_take(reader, spot, key->map, fields, into);
}

/* A mapping as those of other kinds, though there is nothing to say yet. */
static void
read_null(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	struct config_port *port = into;

	if (spot->node->kind != NODE_MAP)
		reader_expected(reader, spot, "{}, as in { null: {} }");
	else if (spot->node->count)
		reader_error(reader, spot, "null: it has no keys; write { null: {} }");
	else
		port->device = reader_copy(reader, key->name);
}

static void
write_null(const struct key_out *out, const struct key *key, const void *from)
{
	fputs("{}", out->file);
}

static void
read_verify(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char *const words[] = {"off", "every"};
	static const char what[] =
		"off, every, or a number N from 1 to 1000000000: one packet in N";
	uint32_t *verify = key_at(key, into);
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
write_verify(const struct key_out *out, const struct key *key, const void *from)
{
	const uint32_t *verify = key_at(key, from);

	if (*verify > 1)
		fprintf(out->file, "%u", *verify);
	else
		fputs(*verify ? "every" : "off", out->file);
}

static bool
has_verify(const struct key *key, const void *from)
{
	const uint32_t *verify = key_at(key, from);

	return *verify != CONFIG_VERIFY_DEFAULT;
}

static bool
is_kind(const struct key *key, const void *from)
{
	const struct config_port *port = from;

	return strcmp(key->name, config_port_kind(port->kind)) == 0;
}

static const struct key_type pci = {read_pci, key_write_text, is_kind, key_clear_text};
static const struct key_type af_xdp = {read_af_xdp, key_write_text, is_kind, key_clear_text};
static const struct key_type vdev = {read_vdev, key_write_text, is_kind, key_clear_text};
static const struct key_type pcap = {read_pcap, key_write_nested, is_kind, key_clear_nested};
static const struct key_type null = {read_null, write_null, is_kind, key_clear_text};
static const struct key_type verify = {read_verify, write_verify, has_verify, NULL};

/* In the order in which they are read and written; the kinds are first. */
static const struct key keys[] = {
	[CONFIG_PORT_PCI] = {"pci", &pci, AT(device)},
	[CONFIG_PORT_AF_XDP] = {"af-xdp", &af_xdp, AT(device)},
	[CONFIG_PORT_VDEV] = {"vdev", &vdev, AT(device)},
	[CONFIG_PORT_PCAP] = {"pcap", &pcap, .map = &pcap_map},
	[CONFIG_PORT_NULL] = {"null", &null, AT(device)},
	{"queues", &key_number, AT(queues), .low = 1, .high = QUEUES_MAX},
	{"rx-ring", &key_number, AT(rx_ring), .low = 1, .high = RING_MAX},
	{"tx-ring", &key_number, AT(tx_ring), .low = 1, .high = RING_MAX},
	{"mtu", &key_number, AT(mtu), .low = MTU_MIN, .high = MTU_MAX},
	/* Asked for, it is required; left out, it is taken where there is one. */
	{"promiscuous", &key_word, AT(promiscuous), .words = key_bool, .otherwise = "true",
	 .given = offsetof(struct config_port, promiscuous_given)},
	{"verify", &verify, AT(verify), .otherwise = "1024"},
};
const struct key_map key_port = {"a mapping with one of " FORMS ", such as { af-xdp: eth1 }",
				 "port", KEYS(keys)};

const char *
config_port_kind(enum config_port_kind kind)
{
	return keys[kind].name;
}

/* A port is one of its kinds; a second is not read. */
static void
choose_kind(struct reader *reader, const struct spot *spot, struct field *fields,
	    struct config_port *port)
{
	const struct field *taken = NULL;

	for (unsigned i = CONFIG_PORT_PCI; i <= CONFIG_PORT_NULL; i++) {
		if (!fields[i].given)
			continue;
		if (taken)
			reader_error(reader, &fields[i].spot,
				     "%s: the port has %s already; a port is one of " FORMS,
				     fields[i].name, taken->name);
		else
			port->kind = i;
		fields[i].given = !taken;
		taken = taken ? taken : &fields[i];
	}
	if (!taken)
		reader_error(reader, spot, "port %s: what is it? give it one of " FORMS,
			     port->name);
}

static void
read_port(struct reader *reader, const struct spot *spot, struct config_port *port)
{
	struct field fields[KEYS_MAX];

	if (!key_find(reader, spot, &key_port, fields))
		return;
	choose_kind(reader, spot, fields, port);
	key_take(reader, spot, &key_port, fields, port);
}

bool
reader_can_send(const struct reader *reader, unsigned port)
{
	const struct config_port *config = &reader->config->ports[port];

	return config->kind != CONFIG_PORT_PCAP || config->pcap_out ||
	       (reader->bad_ports >> port & 1);
}

static void
read_ports(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	static const char what[] = "a mapping of names to ports, such as { wan: { af-xdp: eth1 } }";
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (spot->node->kind != NODE_MAP || spot->node->count == 0) {
		reader_expected(reader, spot, what);
		return;
	}
	config->ports = reader_alloc(reader, CONFIG_PORTS_MAX, sizeof(*config->ports));
	if (!config->ports)
		return;
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_port *port = &config->ports[config->port_count];
		unsigned before = reader->errors->count;

		if (config->port_count == CONFIG_PORTS_MAX) {
			reader_error(reader, &key, "ports: more than %u", CONFIG_PORTS_MAX);
			break;
		}
		port->name = reader_copy(reader, key.key);
		if (!port->name)
			return;
		reader_claim(reader, &key, CONFIG_TARGET_PORT, port->name, config->port_count);
		port->place = (struct config_place){key.line, key.column};
		read_port(reader, &value, port);
		if (reader->errors->count != before)
			reader->bad_ports |= UINT64_C(1) << config->port_count;
		config->port_count++;
	}
	reader->no_ports = config->port_count == 0;
}

const struct key_type key_ports = {.read = read_ports};
