/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any edits over any frame: whole and in segments, alone and with somebody else, the same must come of it, others must see
 * nothing of it, no byte outside the frame may be read, and all mbufs must be back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/eal.h"
#include "edit/edit.h"

#include "core/banned.h"

#define EDITS_MAX 4
#define EDIT_BYTES 24 /* of the input, that an edit takes its values from */
#define LENGTH_MAX 4096
#define POOL 255

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rte_mempool *packets, *headers, *bare;
static struct edit_local local;

union values {
	struct config_set_edit set;
	struct config_nat nat;
	struct config_push push;
	struct config_strip strip;
	struct config_slice slice;
	struct config_mask mask;
	struct config_stamp stamp;
};

struct program {
	struct config_action actions[EDITS_MAX];
	union values values[EDITS_MAX];
	struct config_nat_pair pairs[EDITS_MAX];
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	test_eal_start();
	packets = rte_pktmbuf_pool_create("packets", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, 0);
	bare = rte_pktmbuf_pool_create("bare", POOL, 0, 0, 0, 0);
	headers = window_pool("headers", POOL, 0, 0);
	if (!packets || !bare || !headers)
		abort();
	local.own.packets = packets;
	local.own.headers = headers;
	local.own.copy_break = OWN_BREAK;
	return 0;
}

static struct config_prefix
make_prefix(const uint8_t *from, uint8_t family, unsigned length)
{
	struct config_prefix prefix = {.family = family, .length = length};

	for (unsigned i = 0; i < length; i++)
		prefix.address[i / 8] |= from[i / 8 % 8] & (0x80 >> i % 8);
	return prefix;
}

static void
make_set(const uint8_t *from, struct config_set_edit *set)
{
	unsigned bits = from[2] & 1 ? 32 : 128;

	*set = (struct config_set_edit){
		.given = (from[0] << 8 | from[1]) % (1 << CONFIG_SET_FIELDS) | CONFIG_SET_TTL,
		.vlan = from[3],
		.pcp = from[3] % 8,
		.src = make_prefix(from + 8, bits == 32 ? 4 : 6, 1 + from[4] % bits),
		.dst = make_prefix(from + 12, bits == 32 ? 4 : 6, 1 + from[5] % bits),
		.src_port = from[6],
		.dst_port = from[7],
		.dscp = from[6] % 64,
		.ttl_relative = from[2] & 2,
		.ttl = from[2] & 2 ? from[7] - 128 : 1 + from[7] % 255,
	};
	memcpy(set->src_mac, from + 16, sizeof(set->src_mac));
}

static void
make_push(const uint8_t *from, struct config_push *push)
{
	uint8_t family = from[1] & 1 ? 4 : 6;

	*push = (struct config_push){
		.kind = from[0] % (CONFIG_PUSH_ERSPAN + 1),
		.vlan = from[2],
		.type = 0x8100,
		.ttl = from[3],
		.label = from[4],
		.id = from[5],
		.id_given = from[1] & 2,
		.version = from[1] & 4 ? 2 : 3,
		.src = make_prefix(from + 8, family, family == 4 ? 32 : 128),
		.dst = make_prefix(from + 12, family, family == 4 ? 32 : 128),
		.src_mac_given = from[1] & 8,
		.dst_mac_given = from[1] & 16,
	};
}

static void
make_edit(const uint8_t *from, struct config_action *action, union values *values,
	  struct config_nat_pair *pair)
{
	unsigned bits = from[1] & 1 ? 32 : 128;

	action->verb = CONFIG_SET + from[0] % (CONFIG_STAMP - CONFIG_SET + 1);
	action->set = &values->set;
	from++;
	if (action->verb == CONFIG_SET) {
		make_set(from, &values->set);
	} else if (action->verb == CONFIG_NAT) {
		pair->from = make_prefix(from + 8, bits == 32 ? 4 : 6, from[2] % (bits + 1));
		pair->to = make_prefix(from + 12, pair->from.family, pair->from.length);
		values->nat = (struct config_nat){pair, 1};
	} else if (action->verb == CONFIG_PUSH) {
		make_push(from, &values->push);
	} else if (action->verb == CONFIG_STRIP) {
		values->strip = (struct config_strip){.count = 1 + from[0] % 4};
		for (unsigned i = 0; i < values->strip.count; i++)
			values->strip.what[i] = from[i + 1] % (CONFIG_STRIP_TUNNEL + 1);
	} else if (action->verb == CONFIG_SLICE) {
		values->slice = (struct config_slice){from[0] % 4, from[1]};
		if (values->slice.after == CONFIG_AFTER_NOTHING)
			values->slice.bytes++;
	} else if (action->verb == CONFIG_MASK) {
		values->mask = (struct config_mask){from[0] % 4, from[1], from[2], from[3]};
	} else {
		values->stamp = (struct config_stamp){from[0]};
	}
}

static void
nothing(void *address, void *opaque)
{
}

/* A segment over bytes. */
static struct rte_mbuf *
show(uint8_t *bytes, uint32_t length, struct rte_mbuf_ext_shared_info *info)
{
	struct rte_mbuf *segment = rte_pktmbuf_alloc(bare);

	info->free_cb = nothing;
	rte_mbuf_ext_refcnt_set(info, 1);
	rte_pktmbuf_attach_extbuf(segment, bytes, 0, length, info);
	segment->data_off = 0;
	segment->data_len = segment->pkt_len = length;
	return segment;
}

static struct rte_mbuf *
run(const struct edit *edit, struct rte_mbuf *packet, bool looked, unsigned manner,
    struct edit_idle *idle)
{
	struct packet_view view;
	uint8_t from = 0;

	packet_parse(&packet, 1, 0, &view);
	memset(local.sequences, 0, sizeof(local.sequences));
	idle->packets = 0;
	if ((manner & OWN_ALONE) && edit_at_once(edit, &packet, 1))
		return packet;
	if (edit_run(edit, &local, &packet, &from, looked ? &view : NULL, 1, manner, idle) != 1)
		abort();
	return packet;
}

/* The frame once in an mbuf of its own, and once in segments elsewhere. */
static void
compare(const struct edit *edit, const uint8_t *frame, uint32_t length, uint32_t cut,
	unsigned manner)
{
	struct rte_mbuf_ext_shared_info info[2];
	struct rte_mbuf *one = rte_pktmbuf_alloc(packets), *other, *held;
	uint8_t *elsewhere = malloc(length), spare[2][2 * LENGTH_MAX];
	struct edit_idle idle[2];

	memcpy(rte_pktmbuf_append(one, length), frame, length);
	memcpy(elsewhere, frame, length);
	held = show(elsewhere, cut, &info[0]);
	if (cut < length) {
		held->next = show(elsewhere + cut, length - cut, &info[1]);
		held->nb_segs = 2;
		held->pkt_len = length;
	}
	rte_pktmbuf_refcnt_update(held, 1);
	one = run(edit, one, true, OWN_ALONE, &idle[0]);
	other = run(edit, held, false, manner, &idle[1]);
	if (one->pkt_len == 0 || one->pkt_len != other->pkt_len ||
	    idle[0].packets != idle[1].packets ||
	    (idle[0].packets && idle[0].ops[0] != idle[1].ops[0]) ||
	    memcmp(rte_pktmbuf_read(one, 0, one->pkt_len, spare[0]),
		   rte_pktmbuf_read(other, 0, other->pkt_len, spare[1]), one->pkt_len) != 0 ||
	    memcmp(elsewhere, frame, length) != 0)
		abort();
	rte_pktmbuf_free(held);
	rte_pktmbuf_free(one);
	rte_pktmbuf_free(other);
	free(elsewhere);
	if (!rte_mempool_full(packets) || !rte_mempool_full(headers) || !rte_mempool_full(bare))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_action *actions[EDITS_MAX];
	struct program program = {0};
	struct edit *edit;
	unsigned count;

	if (size < 2)
		return 0;
	count = data[0] % (EDITS_MAX + 1);
	if (size < 3 + count * EDIT_BYTES || size > 2000)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		make_edit(data + 2 + i * EDIT_BYTES, &program.actions[i], &program.values[i],
			  &program.pairs[i]);
		actions[i] = &program.actions[i];
	}
	if (edit_make(actions, count, &edit) < 0)
		abort();
	size -= 2 + count * EDIT_BYTES;
	compare(edit, data + 2 + count * EDIT_BYTES, size, 1 + data[1] % size,
		data[0] & 0x80 ? OWN_ONE_SEGMENT : 0);
	edit_free(edit);
	return 0;
}
