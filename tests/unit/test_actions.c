/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits and gates: what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "action_kit.h"

#include "core/banned.h"

static void
test_set(void **state)
{
	struct config *config = config_with(
		"{ set: { src-mac: 02:00:00:AA:bb:01, dst-mac: 02-00-00-00-00-02, vlan: 0, pcp: "
		"7,\n"
		"  src: 10.20.0.0/16, dst: '2001:db8::1', src-port: 0, dst-port: 443, dscp: EF, "
		"ttl: -1 } }");
	const struct config_set_edit *set = first(config)->set;

	assert_int_equal(first(config)->verb, CONFIG_SET);
	assert_int_equal(config_action_kind(first(config)), CONFIG_IS_EDIT);
	assert_int_equal(first(config)->place.line, 9);
	assert_int_equal(first(config)->place.column, 32);
	assert_int_equal(set->given, (1u << CONFIG_SET_FIELDS) - 1);
	assert_memory_equal(set->src_mac, "\x02\0\0\xaa\xbb\x01", 6);
	assert_memory_equal(set->dst_mac, "\x02\0\0\0\0\x02", 6);
	assert_int_equal(set->vlan, 0);
	assert_int_equal(set->pcp, 7);
	assert_int_equal(set->src.family, 4);
	assert_int_equal(set->src.length, 16);
	assert_memory_equal(set->src.address, "\x0a\x14\0\0", 4);
	assert_int_equal(set->dst.family, 6);
	assert_int_equal(set->dst.length, 128);
	assert_int_equal(set->src_port, 0);
	assert_int_equal(set->dst_port, 443);
	assert_int_equal(set->dscp, 46);
	assert_true(set->ttl_relative);
	assert_int_equal(set->ttl, -1);
	config_free(config);

	config = config_with("{ set: { ttl: 64 } }");
	assert_int_equal(first(config)->set->given, CONFIG_SET_TTL);
	assert_false(first(config)->set->ttl_relative);
	assert_int_equal(first(config)->set->ttl, 64);
	config_free(config);
}

static void
test_nat(void **state)
{
	struct config *config = config_with("{ nat: { 10.0.0.0/8: 172.0.0.0/8, '::1': '::2' } }");
	const struct config_nat *nat = first(config)->nat;

	assert_int_equal(nat->count, 2);
	assert_memory_equal(nat->pairs[0].from.address, "\x0a\0\0\0", 4);
	assert_memory_equal(nat->pairs[0].to.address, "\xac\0\0\0", 4);
	assert_int_equal(nat->pairs[0].to.length, 8);
	assert_int_equal(nat->pairs[1].from.family, 6);
	assert_int_equal(nat->pairs[1].from.length, 128);
	config_free(config);
}

static void
test_push(void **state)
{
	struct config *config = config_with("{ push: { vlan: 7 } }");
	const struct config_push *push = first(config)->push;

	assert_int_equal(push->kind, CONFIG_PUSH_VLAN);
	assert_int_equal(push->vlan, 7);
	assert_int_equal(push->type, 0x8100);
	assert_int_equal(push->pcp, 0);
	config_free(config);

	config = config_with("{ push: { mpls: { label: 16 } } }");
	push = first(config)->push;
	assert_int_equal(push->kind, CONFIG_PUSH_MPLS);
	assert_int_equal(push->label, 16);
	assert_int_equal(push->tc, 0);
	assert_int_equal(push->ttl, 64);
	config_free(config);

	config = config_with("{ push: { vxlan: { vni: 5000, src: 192.0.2.1, dst: 198.51.100.9, "
			     "dst-mac: 02:00:00:00:00:09 } } }");
	push = first(config)->push;
	assert_int_equal(push->kind, CONFIG_PUSH_VXLAN);
	assert_true(push->id_given && push->dst_mac_given && !push->src_mac_given);
	assert_int_equal(push->id, 5000);
	assert_int_equal(push->src.length, 32);
	assert_memory_equal(push->dst.address, "\xc6\x33\x64\x09", 4);
	config_free(config);

	config = config_with("{ push: { gre: { src: '2001:db8::1', dst: '2001:db8::2' } } }");
	assert_int_equal(first(config)->push->kind, CONFIG_PUSH_GRE);
	assert_false(first(config)->push->id_given);
	config_free(config);

	config = config_with("{ push: { erspan: { src: 10.0.0.1, dst: 10.0.0.2 } } }");
	push = first(config)->push;
	assert_int_equal(push->version, 2);
	assert_true(push->id_given && push->id == 0);
	config_free(config);
}

static void
test_cuts(void **state)
{
	struct config *config = config_with("{ slice: 128 }");

	assert_int_equal(first(config)->slice->after, CONFIG_AFTER_NOTHING);
	assert_int_equal(first(config)->slice->bytes, 128);
	config_free(config);
	config = config_with("{ slice: { after: network, bytes: 0 } }");
	assert_int_equal(first(config)->slice->after, CONFIG_AFTER_NETWORK);
	assert_int_equal(first(config)->slice->bytes, 0);
	config_free(config);
	config = config_with("{ mask: payload }");
	assert_int_equal(first(config)->mask->after, CONFIG_AFTER_TRANSPORT);
	assert_int_equal(first(config)->mask->bytes, 0);
	config_free(config);
	config = config_with("{ mask: { from: 20, bytes: 4, with: 0xff } }");
	assert_int_equal(first(config)->mask->after, CONFIG_AFTER_NOTHING);
	assert_int_equal(first(config)->mask->from, 20);
	assert_int_equal(first(config)->mask->bytes, 4);
	assert_int_equal(first(config)->mask->with, 255);
	config_free(config);
	config = config_with("{ strip: [ vlans, gtp-u, tunnel ] }");
	assert_int_equal(first(config)->strip->count, 3);
	assert_int_equal(first(config)->strip->what[1], CONFIG_STRIP_GTP_U);
	assert_int_equal(first(config)->strip->what[2], CONFIG_STRIP_TUNNEL);
	config_free(config);
	config = config_with("{ stamp: { device: 0 } }");
	assert_int_equal(first(config)->stamp->device, 0);
	config_free(config);
}

static void
test_gates(void **state)
{
	struct config *config = config_with("{ police: 2Gbps }");
	const struct config_rate *rate = first(config)->rate;

	assert_int_equal(config_action_kind(first(config)), CONFIG_IS_GATE);
	assert_true(rate->rate == 2000000000 && rate->burst == 2500000 && !rate->packets);
	assert_int_equal(rate->policer, -1);
	config_free(config);
	config = config_with("{ above: 50 kpps }");
	rate = first(config)->rate;
	assert_true(rate->rate == 50000 && rate->burst == 500 && rate->packets);
	config_free(config);
	config = config_with("{ police: tools }");
	rate = first(config)->rate;
	assert_true(rate->rate == 1500000000 && rate->burst == 1 << 20 && !rate->packets);
	assert_int_equal(rate->policer, 0);
	assert_int_equal(config->policers[1].rate.policer, 1);
	assert_true(config->policers[1].rate.packets && config->policers[1].rate.burst == 16);
	config_free(config);
	config = config_with("{ sample: 1000 }");
	assert_true(first(config)->sample->one_in == 1000 && !first(config)->sample->by_flow);
	config_free(config);
	config = config_with("{ sample: { one-in: 8, by: flow } }");
	assert_true(first(config)->sample->one_in == 8 && first(config)->sample->by_flow);
	config_free(config);
	config = config_with("{ dedup: {} }");
	assert_true(first(config)->dedup->window_ns == 50000000);
	assert_true(first(config)->dedup->ignoring == 0 && !first(config)->dedup->across_ports);
	config_free(config);
	config = config_with("{ dedup: { window: 60s, ignoring: [ ttl, mac ], across: ports } }");
	assert_true(first(config)->dedup->window_ns == CONFIG_WINDOW_MAX);
	assert_int_equal(first(config)->dedup->ignoring, CONFIG_IGNORE_MAC | CONFIG_IGNORE_TTL);
	assert_true(first(config)->dedup->across_ports);
	config_free(config);
}

static void
test_lists(void **state)
{
	struct config *config =
		config_with("{ with: [ edit: to-ids, sample: 9 ], mirror: b }, { edit: '1' }");
	const struct config_actions *actions = &config->rules[0].actions;
	const struct config_actions *with = actions->items[0].with;

	assert_int_equal(actions->count, 3);
	assert_int_equal(config_targets(actions), 2);
	assert_int_equal(config_action_kind(&actions->items[0]), CONFIG_IS_MIRROR);
	assert_int_equal(actions->items[0].target.index, 1);
	assert_int_equal(with->count, 2);
	assert_int_equal(with->items[0].verb, CONFIG_EDIT);
	assert_int_equal(with->items[0].edits, 0);
	assert_int_equal(actions->items[1].edits, 1);
	assert_int_equal(config->edit_count, 2);
	assert_string_equal(config->edits[0].name, "to-ids");
	assert_int_equal(config->edits[0].actions.count, 2);
	assert_int_equal(config->edits[0].actions.items[1].slice->bytes, 128);
	assert_int_equal(config_end(actions)->verb, CONFIG_FORWARD);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),   cmocka_unit_test(test_nat),
		cmocka_unit_test(test_push),  cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_gates), cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
