/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of lib/port share: a scratch directory, captures made by hand, and configs without a
 * file behind them. Strings live in static memory of one test process.
 */
#ifndef TESTS_PORT_KIT_H
#define TESTS_PORT_KIT_H

#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"

#define KIT_PATH_MAX 512

/* The driver plugin. scripts/test.py names a copy of it where the build lies below a directory that
 * everyone may write to, from which DPDK loads nothing. */
#define KIT_DEVICE (getenv("SLUICE_TEST_DEVICE") ? getenv("SLUICE_TEST_DEVICE") : TEST_DEVICE)

#define KIT_PORTS_MAX 8

struct kit_record {
	uint64_t ns;
	uint32_t length; /* of the packet on the wire */
	uint32_t kept;   /* bytes in the file */
};

static char kit_directory[] = "/tmp/sluice-test-XXXXXX";

static inline int
kit_setup(void **state)
{
	return mkdtemp(kit_directory) ? 0 : -1;
}

static inline int
kit_teardown(void **state)
{
	DIR *directory = opendir(kit_directory);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	if (directory)
		closedir(directory);
	return rmdir(kit_directory);
}

/* A path in the scratch directory. */
static inline char *
kit_path(const char *name)
{
	static char paths[16][KIT_PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 16];

	snprintf(path, KIT_PATH_MAX, "%s/%s", kit_directory, name);
	return path;
}

/* A capture at nanoseconds; byte i of record n is n + i. */
static inline void
kit_capture_typed(const char *path, int link_type, const struct kit_record *records, unsigned count)
{
	pcap_t *format =
		pcap_open_dead_with_tstamp_precision(link_type, 262144, PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap_dump_open(format, path);
	static uint8_t bytes[262144];

	for (unsigned n = 0; n < count; n++) {
		struct pcap_pkthdr header = {
			.ts = {.tv_sec = records[n].ns / 1000000000,
			       .tv_usec = records[n].ns % 1000000000},
			.caplen = records[n].kept,
			.len = records[n].length,
		};

		for (uint32_t i = 0; i < records[n].kept; i++)
			bytes[i] = n + i;
		pcap_dump((u_char *)dumper, &header, bytes);
	}
	pcap_dump_close(dumper);
	pcap_close(format);
}

static inline void
kit_capture(const char *path, const struct kit_record *records, unsigned count)
{
	kit_capture_typed(path, DLT_EN10MB, records, count);
}

/* A config without hugepages and without ports. */
static inline struct config *
kit_config(void)
{
	static struct config_port ports[KIT_PORTS_MAX];
	static struct config config;

	memset(ports, 0, sizeof(ports));
	config = (struct config){
		.directory = kit_directory,
		.packets = 8191,
		.packet_size = 2048,
		.hugepages = CONFIG_HUGEPAGES_FALSE,
		.ports = ports,
	};
	return &config;
}

static inline struct config_port *
kit_port(struct config *config, enum config_port_kind kind)
{
	static char names[KIT_PORTS_MAX][8];
	unsigned index = config->port_count++;
	struct config_port *port = &config->ports[index];

	snprintf(names[index], sizeof(names[index]), "p%u", index);
	port->name = names[index];
	port->kind = kind;
	port->place = (struct config_place){index + 1, 3};
	return port;
}

static inline struct config_port *
kit_vdev(struct config *config, const char *device)
{
	struct config_port *port = kit_port(config, CONFIG_PORT_VDEV);

	port->device = (char *)(uintptr_t)device;
	return port;
}

static inline struct config_port *
kit_pcap(struct config *config, const char *in, const char *out)
{
	static char *files[CONFIG_PORTS_MAX];
	struct config_port *port = kit_port(config, CONFIG_PORT_PCAP);
	unsigned index = port - config->ports;

	files[index] = (char *)(uintptr_t)in;
	port->in.files = &files[index];
	port->in.file_count = in != NULL;
	port->pcap_out = (char *)(uintptr_t)out;
	return port;
}

#endif
