/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify/layout.h"

#include "core/banned.h"

void
classify_layout_start(struct classify_layout *layout, enum packet_kind kind)
{
	*layout = (struct classify_layout){.kind = kind};
	if (KIND_BIT(kind) & KINDS_IPV4) {
		layout->family = 4;
		layout->words = 1;
	} else if (KIND_BIT(kind) & KINDS_IPV6) {
		layout->family = 6;
		layout->words = 4;
	}
}

static uint32_t
used_words(const struct config_prefixes *prefixes, unsigned family, enum layout_group first)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < prefixes->count; i++) {
		if (prefixes->items[i].family != family)
			continue;
		for (unsigned word = 0; word * 32 < prefixes->items[i].length; word++)
			used |= 1u << (first + word);
	}
	return used;
}

/* With the protocol in front a rule with a range of them stands in the trie once for each. Behind
 * all other fields that costs one place, and every look-up four more steps, so that it is there
 * only where there are such rules, which are rare. */
static bool
has_range(const struct config_set *set)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (set->ranges[i].low != set->ranges[i].high)
			return true;
	}
	return false;
}

uint32_t
classify_layout_groups(const struct classify_layout *layout, const struct acl_entry *entry,
		       uint64_t all_ports)
{
	const struct config_match *match = entry->match;
	uint32_t used = 0;

	used |= used_words(&match->src, layout->family, LAYOUT_SRC);
	used |= used_words(&match->dst, layout->family, LAYOUT_DST);
	if (match->src_port.count || match->dst_port.count)
		used |= 1u << LAYOUT_PORTS;
	if (match->vlan.count || entry->from != all_ports)
		used |= 1u << LAYOUT_TAG;
	if (layout->kind == PACKET_OTHER ? match->ether_type.count != 0
					 : has_range(&match->protocol))
		used |= 1u << LAYOUT_TYPE;
	return used;
}

static void
add_field(struct classify_layout *layout, uint8_t type, uint8_t size, uint8_t input,
	  uint32_t offset)
{
	struct rte_acl_config *acl = &layout->acl;

	acl->defs[acl->num_fields] = (struct rte_acl_field_def){
		.type = type,
		.size = size,
		.field_index = acl->num_fields,
		.input_index = input,
		.offset = offset,
	};
	acl->num_fields++;
}

void
classify_layout_finish(struct classify_layout *layout, uint32_t categories)
{
	unsigned address = layout->family == 6 ? offsetof(struct packet_view, src6)
					       : offsetof(struct packet_view, src4);
	bool late = layout->family != 0 && classify_layout_has(layout, LAYOUT_TYPE);
	unsigned input = 1;

	layout->acl.num_categories = categories;
	/* max_size stays 0: no bound on memory, but tries are split early, which builds rules that
	 * overlap much many times faster and costs others nothing. */
	add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 1, 0,
		  late ? offsetof(struct packet_view, kind)
		       : offsetof(struct packet_view, protocol));
	for (unsigned group = LAYOUT_SRC; group < LAYOUT_GROUPS; group++) {
		if (!classify_layout_has(layout, group))
			continue;
		layout->field[group] = layout->acl.num_fields;
		if (group < LAYOUT_PORTS) {
			unsigned word = group < LAYOUT_DST ? group - LAYOUT_SRC
							   : layout->words + group - LAYOUT_DST;

			add_field(layout, RTE_ACL_FIELD_TYPE_MASK, 4, input, address + word * 4);
		} else {
			static const uint8_t offsets[] = {offsetof(struct packet_view, src_port),
							  offsetof(struct packet_view, vlan),
							  offsetof(struct packet_view, ether_type)};
			unsigned offset = offsets[group - LAYOUT_PORTS];

			add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 2, input, offset);
			if (group == LAYOUT_TYPE && late) {
				layout->protocol = layout->acl.num_fields;
				add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 1, input, offset + 2);
				add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 1, input, offset + 3);
			} else {
				add_field(layout, RTE_ACL_FIELD_TYPE_RANGE, 2, input, offset + 2);
			}
		}
		input++;
	}
}
