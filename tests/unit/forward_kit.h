/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forward stage on four net_ring ports, each of which gives back to a receive what was sent to it.
 * A burst at a time, through a fresh plan, behind which the ledger has to balance; and behind all of
 * them every mbuf is back in its pool.
 */
#ifndef TESTS_FORWARD_KIT_H
#define TESTS_FORWARD_KIT_H

#include <rte_byteorder.h>
#include <rte_malloc.h>

#include "forward/forward.h"
#include "port/ports.h"
#include "port_kit.h"

enum { A, B, C, D, PORTS };

static struct config *config;
static struct ports ports;
static struct tally tally;
static struct tally_rule rules[16];
static struct burst burst;

#define PORT(verb, port)                         \
	{                                        \
		CONFIG_##verb,                   \
		{                                \
			CONFIG_TARGET_PORT, port \
		}                                \
	}

static struct config_group group = {.name = (char *)"g", .ports = {A, B, C}, .port_count = 3};

static struct config_action to_a = PORT(FORWARD, A), to_b = PORT(FORWARD, B),
			    to_group = {CONFIG_FORWARD, {CONFIG_TARGET_GROUP, 0}},
			    drop = {.verb = CONFIG_DROP};
static struct config_action a_a_b_and_c[] = {PORT(MIRROR, A), PORT(MIRROR, A), PORT(MIRROR, B),
					     PORT(FORWARD, C)};

static struct config_action a_b_and_c[] = {PORT(MIRROR, A), PORT(MIRROR, B), PORT(FORWARD, C)};
static struct config_action b_and_drop[] = {PORT(MIRROR, B), {.verb = CONFIG_DROP}};
static struct config_action a_and_a[] = {PORT(MIRROR, A), PORT(FORWARD, A)};

enum {
	FORWARD_A,
	FORWARD_B,
	DROP_IT,
	MIRROR_AND_C,
	FORWARD_GROUP,
	PASS_MIRRORED,
	EACH_ONCE,
	MIRROR_AND_DROP,
	BOTH_A,
	RULES
};

static struct config_rule rule_table[RULES] = {
	[FORWARD_A] = {.actions = {&to_a, 1}},
	[FORWARD_B] = {.actions = {&to_b, 1}},
	[DROP_IT] = {.actions = {&drop, 1}},
	[MIRROR_AND_C] = {.actions = {a_a_b_and_c, 4}},
	[FORWARD_GROUP] = {.actions = {&to_group, 1}},
	[PASS_MIRRORED] = {.actions = {a_a_b_and_c, 3}},
	[EACH_ONCE] = {.actions = {a_b_and_c, 3}},
	[MIRROR_AND_DROP] = {.actions = {b_and_drop, 2}},
	[BOTH_A] = {.actions = {a_and_a, 2}},
};

static inline int
set_up(void **state)
{
	uint16_t cores[CONFIG_WORKERS_MAX];

	config = kit_config();
	kit_vdev(config, "net_ring0");
	kit_vdev(config, "net_ring1");
	kit_vdev(config, "net_ring2");
	kit_vdev(config, "net_ring3");
	config->groups = &group;
	config->group_count = 1;
	config->rules = rule_table;
	config->rule_count = RULES;
	config->default_actions = (struct config_actions){&drop, 1};
	if (ports_start_eal(config, PORT_LIVE, NULL, cores) < 0)
		return -1;
	return ports_open(&ports, config, PORT_LIVE, 1);
}

static inline int
tear_down(void **state)
{
	uint64_t leaked;

	ports_close(&ports);
	leaked = ports_leaked(&ports);
	ports_free(&ports);
	ports_stop_eal();
	return leaked == 0 ? 0 : -1;
}

/* A UDP packet of flow number; the two directions of a flow differ in which end sends. */
static inline struct rte_mbuf *
make_packet(unsigned flow, bool back)
{
	static const uint8_t start[] =
		"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11\0\0";
	struct rte_mbuf *packet = rte_pktmbuf_alloc(ports.pools[0].pool);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(packet, 64);
	uint8_t ends[2][4] = {{10, 0, flow >> 8, flow & 255}, {192, 168, 0, 1}};
	uint8_t numbers[2][2] = {{4, flow & 255}, {0, 53}};

	if (!frame)
		abort();
	memset(frame, 0, 64);
	memcpy(frame, start, sizeof(start) - 1);
	memcpy(frame + 26, ends[back], 4);
	memcpy(frame + 30, ends[!back], 4);
	memcpy(frame + 34, numbers[back], 2);
	memcpy(frame + 36, numbers[!back], 2);
	return packet;
}

static inline void
begin(unsigned count)
{
	memset(&tally, 0, sizeof(tally));
	burst.count = count;
	burst.in_port = D;
	burst.worker = 0;
	burst.parsed = false;
	burst.entered = 0;
	burst.uniform = false;
	burst.passed_count = 0;
	burst.up = UINT64_MAX;
	burst.bounds = &frame_any;
	burst.bytes = count * 64;
	burst.tally = &tally;
	burst.in = &tally.ports[D];
	burst.rules = rules;
	for (unsigned i = 0; i < count; i++)
		burst.packets[i] = make_packet(i, false);
}

static inline void
run_keeping(void *plan, void *local)
{
	tally.ports[D].rx_packets += burst.count;
	forward_stage.run(plan, local, &burst);
}

/* Runs the burst through a fresh plan and checks the ledger. */
static inline void
run(void)
{
	struct stage_env env = {.config = config, .ports = ports.items, .numa = -1};
	struct error_list errors;
	uint64_t done = 0;
	void *plan, *local;

	error_list_init(&errors, NULL);
	assert_int_equal(forward_stage.compile(&env, &plan, &errors), 0);
	local = rte_zmalloc(NULL, forward_stage.local_size(plan), 64);
	run_keeping(plan, local);
	rte_free(local);
	forward_stage.release(plan);

	for (unsigned i = 0; i < DROP_REASONS; i++)
		done += tally.ports[D].drops[i];
	done += tally.ports[D].out;
	assert_int_equal(done, tally.ports[D].rx_packets + tally.ports[D].copies);
}

/* Takes what was sent to a port; returns how many, and the flows' last bytes in flows[]. */
static inline unsigned
received(unsigned port, uint8_t *flows)
{
	struct rte_mbuf *packets[32];
	unsigned total = 0;
	uint16_t count;

	while ((count = port_receive(ports.items[port], 0, packets, 32)) > 0) {
		for (unsigned i = 0; i < count; i++) {
			const uint8_t *frame = rte_pktmbuf_mtod(packets[i], const uint8_t *);

			if (flows)
				flows[total] = frame[26] == 10 ? frame[29] : frame[33];
			total++;
			rte_pktmbuf_free(packets[i]);
		}
	}
	return total;
}

#endif
