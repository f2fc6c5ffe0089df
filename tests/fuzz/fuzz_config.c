/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text is a config or is refused; one that is a config is written so that it reads the same.
 * A first byte of '=', '[' or '+' puts the rest into a rule, its actions or a replay of a config that is good
 * otherwise, so that what these may say is reached without a corpus.
 */
#include <netdb.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#include "core/banned.h"

#define PORTS                                                                    \
	"version: 1\nports:\n  a: { vdev: net_null }\n  b: { vdev: net_null }\n" \
	"groups: { g: { ports: [a, b] } }\npolicers: { p: { rate: 1Gbps } }\n"   \
	"edits: { e: [ { slice: 99 } ] }\n"

static const char rule[] = PORTS "rules:\n- name: x\n  ";
static const char actions[] = PORTS "rules:\n- name: x\n  actions: ";
static const char replay[] = PORTS "replays:\n x:\n  file: f\n  to: a\n  ";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Filters name hosts; looking them up is neither quick nor the same twice. libpcap is to find this
 * function instead of the C library's. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	    struct addrinfo **result)
{
	return EAI_NONAME;
}

static struct config *
parse(const char *text, size_t length)
{
	struct error_list errors;
	struct config *config;
	int ret;

	error_list_init(&errors, NULL);
	ret = config_parse(text, length, "/etc", &config, &errors);
	if ((ret == 0) != (errors.count == 0) || (ret == 0) != (config != NULL))
		abort();
	for (unsigned i = 0; i < errors.count; i++) {
		if (!errors.items[i].message || !errors.items[i].line)
			abort();
	}
	error_list_clear(&errors);
	return config;
}

static void
check(const char *text, size_t length)
{
	struct config *config = parse(text, length), *again;
	char *once, *twice, *diff;

	if (!config)
		return;
	once = config_emit(config);
	again = parse(once, strlen(once));
	if (!again)
		abort();
	twice = config_emit(again);
	diff = config_diff(config, again);
	if (strcmp(once, twice) != 0 || *diff || config_needs_restart(config, again))
		abort();
	free(diff);
	free(twice);
	free(once);
	config_free(again);
	config_free(config);
}

static void
check_behind(const char *head, const uint8_t *data, size_t size)
{
	size_t length = strlen(head);
	char *text = malloc(length + size + 1);

	if (!text)
		abort();
	memcpy(text, head, length);
	memcpy(text + length, data, size);
	check(text, length + size);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == '=')
		check_behind(rule, data + 1, size - 1);
	else if (size > 0 && data[0] == '[')
		check_behind(actions, data, size);
	else if (size > 0 && data[0] == '+')
		check_behind(replay, data + 1, size - 1);
	else
		check((const char *)data, size);
	return 0;
}
