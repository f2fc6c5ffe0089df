/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits at random, over frames at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "edit_kit.h"

#include "core/banned.h"

#define RUNS 20000

/* Whatever comes, of two packets that lie in different ways the same is made, others see nothing of it, and nothing outside
 * of a frame is read: memory that is no mbuf's ends with it. */
static void
ways_agree_on_whatever_comes(void **state)
{
	unsigned seed = 1;

	for (unsigned run = 0; run < RUNS; run++) {
		const struct edit_case *c = &edit_cases[rand_r(&seed) % CASES];
		const struct config_action *actions[EDITS_MAX];
		unsigned count = 1 + rand_r(&seed) % EDITS_MAX;
		struct rte_mbuf *packet[2], *held[2], *out[2];
		struct bytes frame, first;
		struct edit *edit;
		struct edit_idle idle[2];
		void *memory[2];

		char name[NAMES_MAX];
		int named = snprintf(name, sizeof(name), "run %u, %s", run, c->name);

		for (unsigned i = 0; i < count; i++) {
			const struct edit_case *other = &edit_cases[rand_r(&seed) % CASES];

			actions[i] = &other->actions[0];
			named += snprintf(name + named, sizeof(name) - named, ", %s", other->name);
		}
		assert_int_equal(edit_make(actions, count, &edit), 0);
		read_hex(c->before, rand_r(&seed) % 2 ? rand_r(&seed) % TAIL : 0, &frame);
		for (unsigned i = rand_r(&seed) % 4; i; i--)
			frame.at[rand_r(&seed) % RTE_MIN(frame.length, 100u)] = rand_r(&seed);
		if (rand_r(&seed) % 2)
			frame.length = 1 + rand_r(&seed) % frame.length;
		for (unsigned i = 0; i < 2; i++) {
			struct way way = {.where = rand_r(&seed) % 3,
					  .cut = rand_r(&seed) % RTE_MIN(frame.length, 100u)};
			unsigned manner = rand_r(&seed) % 4;
			struct packet_view view;
			uint8_t from = 0;

			memory[i] = malloc(frame.length);
			memcpy(memory[i], frame.at, frame.length);
			packet[i] = out[i] = make_of(memory[i], frame.length, &way);
			held[i] = manner & OWN_ALONE ? NULL : packet[i];
			if (held[i])
				rte_pktmbuf_refcnt_update(packet[i], 1);
			packet_parse(&packet[i], 1, 0, &view);
			local.own.packets = rand_r(&seed) % 4 ? packets : tiny;
			memset(local.sequences, 0, sizeof(local.sequences));
			assert_int_equal(edit_run(edit, &local, &out[i], &from,
						  run % 2 ? &view : NULL, 1, manner, &idle[i]),
					 1);
		}
		first.length = out[0]->pkt_len;
		assert_in_range(first.length, 1, BYTES_MAX);
		memcpy(first.at, rte_pktmbuf_read(out[0], 0, first.length, first.at), first.length);
		assert_bytes(out[0], &first, name);
		assert_bytes(out[1], &first, name);
		assert_int_equal(idle[0].packets, idle[1].packets);
		if (idle[0].packets)
			assert_int_equal(idle[0].ops[0], idle[1].ops[0]);
		for (unsigned i = 0; i < 2; i++) {
			if (held[i])
				assert_bytes(held[i], &frame, name);
			rte_pktmbuf_free(held[i]);
			rte_pktmbuf_free(out[i]);
			free(memory[i]);
		}
		assert_pools_full(name);
		edit_free(edit);
	}
	local.own.packets = packets;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_agree_on_whatever_comes),
	};

	edit_kit_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
