/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_byteorder.h>
#include <string.h>

#include "classify/axis.h"

#include "core/banned.h"

/* All packets at once, one halving after the other, so that none waits for its own memory alone;
 * without branches, as nobody foretells which half it is. */
static void
search4(const struct axis *axis, const uint32_t *values, unsigned count, uint32_t *at)
{
	for (unsigned i = 0; i < count; i++)
		at[i] = 0;
	for (uint32_t left = axis->piece_count; left > 1; left -= left / 2) {
		uint32_t half = left / 2;

		for (unsigned i = 0; i < count; i++)
			at[i] += axis->begin4[at[i] + half] <= values[i] ? half : 0;
	}
}

static void
search6(const struct axis *axis, const struct axis_address *values, unsigned count, uint32_t *at)
{
	for (unsigned i = 0; i < count; i++)
		at[i] = 0;
	for (uint32_t left = axis->piece_count; left > 1; left -= left / 2) {
		uint32_t half = left / 2;

		for (unsigned i = 0; i < count; i++) {
			const struct axis_address *begin = &axis->begin6[at[i] + half];
			uint64_t below = values[i].low < begin->low;
			bool holds = begin->high < values[i].high ||
				     (begin->high == values[i].high && !below);

			at[i] += holds ? half : 0;
		}
	}
}

static void
find_pieces(const struct axis *axis, const struct packet_view *const *views, unsigned count,
	    uint32_t *at)
{
	uint32_t values4[BURST_MAX];
	struct axis_address values6[BURST_MAX];

	if (axis->begin4) {
		for (unsigned i = 0; i < count; i++)
			values4[i] = rte_be_to_cpu_32(axis->field == AXIS_SRC4 ? views[i]->src4
									       : views[i]->dst4);
		search4(axis, values4, count, at);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *address = axis->field == AXIS_SRC6 ? views[i]->src6 : views[i]->dst6;
		uint64_t words[2];

		memcpy(words, address, sizeof(words));
		values6[i] = (struct axis_address){rte_be_to_cpu_64(words[0]),
						   rte_be_to_cpu_64(words[1])};
	}
	search6(axis, values6, count, at);
}

static inline unsigned
value_of(enum axis_field field, const struct packet_view *view)
{
	switch (field) {
	case AXIS_SRC_PORT:
		return rte_be_to_cpu_16(view->src_port);
	case AXIS_DST_PORT:
		return rte_be_to_cpu_16(view->dst_port);
	case AXIS_VLAN:
		return rte_be_to_cpu_16(view->vlan);
	case AXIS_PROTOCOL:
		return view->protocol;
	default:
		return rte_be_to_cpu_16(view->ether_type);
	}
}

void
axis_find(const struct axis *axis, const struct packet_view *const *views, unsigned count,
	  const uint64_t **rows)
{
	uint32_t at[BURST_MAX];

	if (axis->row_of_value) {
		for (unsigned i = 0; i < count; i++)
			at[i] = axis->row_of_value[value_of(axis->field, views[i])];
	} else {
		find_pieces(axis, views, count, at);
		for (unsigned i = 0; i < count; i++)
			at[i] = axis->row_of_piece[at[i]];
	}
	for (unsigned i = 0; i < count; i++)
		rows[i] = axis->rows + (size_t)at[i] * axis->shape.stride;
}
