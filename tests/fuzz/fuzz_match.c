/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any value of a match key is taken or refused with a place; one that is taken is within the key's
 * bounds, sorted and apart, and is written so that it reads the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#include "core/banned.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_set(const struct config_set *set, uint32_t max)
{
	for (unsigned i = 0; i < set->count; i++) {
		const struct config_range *range = &set->ranges[i];

		if (range->low > range->high || range->high > max)
			abort();
		if (i && range->low <= set->ranges[i - 1].high + 1)
			abort();
	}
}

static void
check_prefixes(const struct config_prefixes *prefixes)
{
	for (unsigned i = 0; i < prefixes->count; i++) {
		const struct config_prefix *prefix = &prefixes->items[i];
		unsigned bits = prefix->family == 4 ? 32 : 128;

		if ((prefix->family != 4 && prefix->family != 6) || prefix->length > bits)
			abort();
		for (unsigned bit = prefix->length; bit < 128; bit++) {
			if (prefix->address[bit / 8] & 0x80 >> bit % 8)
				abort();
		}
	}
}

static void
check_config(const struct config *config)
{
	for (unsigned i = 0; i < config->rule_count; i++) {
		const struct config_match *match = &config->rules[i].match;

		check_set(&match->ether_type, 0xffff);
		check_set(&match->vlan, 4095);
		check_set(&match->protocol, 255);
		check_set(&match->src_port, 65535);
		check_set(&match->dst_port, 65535);
		check_prefixes(&match->src);
		check_prefixes(&match->dst);
	}
}

/* The config, or NULL when it is refused. */
static struct config *
parse(const char *text)
{
	struct error_list errors;
	struct config *config;

	error_list_init(&errors, NULL);
	config_parse(text, strlen(text), "/", &config, &errors);
	if (!config && errors.count == 0)
		abort();
	error_list_clear(&errors);
	return config;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"ether-type", "vlan",     "src",     "dst",
					   "protocol",   "src-port", "dst-port"};
	char text[TEXT_MAX];
	struct config *config, *again;
	char *once, *twice;

	if (size == 0 || size > TEXT_MAX / 2 || memchr(data + 1, 0, size - 1))
		return 0;
	snprintf(text, sizeof(text),
		 "version: 1\nports: { a: { vdev: n } }\nrules:\n- { name: x, match: { %s: %.*s } "
		 "}\n",
		 keys[data[0] % 7], (int)size - 1, (const char *)data + 1);
	config = parse(text);
	if (!config)
		return 0;
	check_config(config);
	once = config_emit(config);
	again = parse(once);
	if (!again)
		abort();
	twice = config_emit(again);
	if (strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	config_free(again);
	config_free(config);
	return 0;
}
