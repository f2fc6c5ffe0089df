/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configs for tests, from text.
 */
#ifndef TESTS_CONFIG_KIT_H
#define TESTS_CONFIG_KIT_H

#include <stdio.h>
#include <string.h>

#include "config/config.h"

/* Six lines that every config may begin with: ports a and b send and receive, r is only read and w is
 * only written. */
#define CONFIG_HEAD                                          \
	"version: 1\nports:\n"                               \
	"  a: { vdev: net_null }\n  b: { vdev: net_null }\n" \
	"  r: { pcap: { in: r.pcap } }\n  w: { pcap: { out: w.pcap } }\n"

/* The config, or NULL after its findings were printed. */
static inline struct config *
config_of(const char *text)
{
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, "text");
	config_parse(text, strlen(text), "/etc", &config, &errors);
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return config;
}

/* A number below limit; the same ones behind each seed. */
static inline unsigned
below(unsigned *seed, unsigned limit)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % limit;
}

#endif
