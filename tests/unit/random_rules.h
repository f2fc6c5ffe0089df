/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules at random, around packets of captures and others that no capture has.
 */
#ifndef TESTS_RANDOM_RULES_H
#define TESTS_RANDOM_RULES_H

#include <stdlib.h>

#include "classify_kit.h"
#include "eal.h"

static struct packet_view *views; /* of every captured packet, on port 0 */

static const char *const filters[] = {
	"tcp[tcpflags] & tcp-syn != 0",
	"udp",
	"ip6 or arp",
	"greater 100",
	"not port 53",
	"ip[8] & 1 = 1",
	"ether[5] & 1 = 1",
	"ip6 protochain 17",
	"vlan or tcp",
};

enum { PLAIN = 0, PASSING = 1, FILTERS = 2, FROM = 4, BARE = 8, LISTS = 16 };

static inline void
random_rules(struct subject *subject, unsigned count, unsigned flavour)
{
	make_rules(subject, count);
	for (unsigned i = 0; i < count; i++) {
		struct config_rule *rule = &subject->rules[i];

		longest_list = flavour & LISTS && chance(2) ? 40 : 4;
		if (!(flavour & BARE && chance(16)))
			match_around(&arena, &rule->match, &views[rand() % captures.count], 3);
		if (flavour & FROM && chance(2))
			rule->from = rand() % (1 << PORTS);
		if (flavour & PASSING && chance(2)) {
			rule->actions = (struct config_actions){&mirror, chance(2)};
		}
		if (flavour & FILTERS && chance(4))
			rule->filter = (char *)(uintptr_t)
				filters[rand() % (sizeof(filters) / sizeof(filters[0]))];
		/* Without a key: it would hide all that come after it. */
		if (!(flavour & BARE) && rule->match.vlan.count == 0)
			rule->match.dst_port = set_around(&arena, rand() % 65536, 65535);
	}
	longest_list = 4;
}

/* Packets that no capture has: real ones with bytes changed and ends cut off. */
static inline void
add_mutants(void)
{
	unsigned real = captures.count;

	srand(5);
	for (unsigned i = 0; i < 4000; i++) {
		const struct captured *packet = &captures.packets[rand() % real];
		uint8_t bytes[128];
		uint32_t length = packet->length < 128 ? packet->length : 128;

		memcpy(bytes, packet->bytes, length);
		for (unsigned j = rand() % 4; j > 0 && length > 0; j--)
			bytes[rand() % (length < 70 ? length : 70)] = rand();
		if (chance(3))
			length = rand() % (length + 1);
		captures_add(&captures, bytes, length, captures.file_count);
	}
}

static inline int
start(void **state)
{
	test_eal_start();
	captures_load(&captures);
	add_mutants();
	arena.size = (size_t)256 << 20;
	arena.memory = malloc(arena.size);
	views = aligned_alloc(64, captures.count * sizeof(*views));
	for (unsigned i = 0; i < captures.count; i++) {
		struct rte_mbuf mbuf, *one = &mbuf;

		fake_mbuf(&mbuf, captures.packets[i].bytes, captures.packets[i].length);
		packet_parse(&one, 1, 0, &views[i]);
	}
	return 0;
}

static inline int
stop(void **state)
{
	free(views);
	free(arena.memory);
	captures_free(&captures);
	return 0;
}

#endif
