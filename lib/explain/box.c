/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/box.h"

#include <string.h>

#include "core/ethertype.h"

#include "core/banned.h"

#define TTL 64

bool
box_range(const struct config_set *a, const struct config_set *b, struct config_range whole,
	  struct config_range *out)
{
	unsigned i = 0, j = 0;

	do {
		do {
			const struct config_range *x = a->count ? &a->ranges[i] : &whole;
			const struct config_range *y = b->count ? &b->ranges[j] : &whole;

			out->low = x->low > y->low ? x->low : y->low;
			out->high = x->high < y->high ? x->high : y->high;
			if (out->low <= out->high && out->low >= whole.low &&
			    out->high <= whole.high)
				return true;
		} while (++j < b->count);
		j = 0;
	} while (++i < a->count);
	return false;
}

static bool
prefix_of(const struct config_prefixes *a, const struct config_prefixes *b, unsigned family,
	  struct config_prefix *out)
{
	const struct config_prefix whole = {.family = (uint8_t)family};
	unsigned i = 0, j = 0;

	do {
		do {
			const struct config_prefix *x = a->count ? &a->items[i] : &whole;
			const struct config_prefix *y = b->count ? &b->items[j] : &whole;

			*out = config_prefix_covers(y, x) ? *x : *y;
			if (out->family == family && config_prefix_covers(x, out) &&
			    config_prefix_covers(y, out))
				return true;
		} while (++j < b->count);
		j = 0;
	} while (++i < a->count);
	return false;
}

static bool
allows(const struct config_set *set, uint32_t value)
{
	return set->count == 0 || config_set_has(set, value);
}

/* Where ports are asked for, a protocol that has them. */
static bool
protocol_of(const struct config_match *a, const struct config_match *b, struct config_range *out)
{
	static const uint8_t with_ports[] = {MADE_TCP, MADE_UDP, MADE_SCTP};

	if (!a->src_port.count && !a->dst_port.count && !b->src_port.count && !b->dst_port.count &&
	    (a->protocol.count || b->protocol.count))
		return box_range(&a->protocol, &b->protocol,
				 (struct config_range){.low = 0, .high = UINT8_MAX}, out);
	for (unsigned i = 0; i < sizeof(with_ports); i++) {
		if (!allows(&a->protocol, with_ports[i]) || !allows(&b->protocol, with_ports[i]))
			continue;
		out->low = out->high = with_ports[i];
		return true;
	}
	return false;
}

bool
box_of(const struct config_match *a, const struct config_match *b, unsigned family, struct box *box)
{
	const struct config_range ports = {.low = 0, .high = UINT16_MAX};
	uint16_t type = family == 4 ? TYPE_IPV4 : TYPE_IPV6;

	*box = (struct box){.family = family,
			    .has_vlan = a->vlan.count || b->vlan.count,
			    .has_protocol = a->protocol.count || b->protocol.count ||
					    a->src_port.count || b->src_port.count ||
					    a->dst_port.count || b->dst_port.count};
	return allows(&a->ether_type, type) && allows(&b->ether_type, type) &&
	       prefix_of(&a->src, &b->src, family, &box->addresses[0]) &&
	       prefix_of(&a->dst, &b->dst, family, &box->addresses[1]) &&
	       protocol_of(a, b, &box->numbers[0]) &&
	       box_range(&a->src_port, &b->src_port, ports, &box->numbers[1]) &&
	       box_range(&a->dst_port, &b->dst_port, ports, &box->numbers[2]) &&
	       box_range(&a->vlan, &b->vlan, (struct config_range){.low = 0, .high = 4095},
			 &box->numbers[3]);
}

static struct made_end
end_of(const struct box *box, unsigned end, unsigned high)
{
	const struct config_prefix *prefix = &box->addresses[end];
	const struct config_range *ports = &box->numbers[1 + end];
	struct made_end made = {.family = box->family};

	memcpy(made.address, prefix->address, sizeof(made.address));
	for (unsigned bit = prefix->length; high >> end & 1 && bit < (box->family == 4 ? 32 : 128);
	     bit++)
		made.address[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	made.port = (int)(high >> (3 + end) & 1 ? ports->high : ports->low);
	return made;
}

struct made
box_corner(const struct box *box, unsigned high)
{
	struct made made = {.ends = {end_of(box, 0, high), end_of(box, 1, high)},
			    .flags = -1,
			    .ttl = TTL,
			    .vlan = -1};

	made.protocol = (int)(high >> 2 & 1 ? box->numbers[0].high : box->numbers[0].low);
	if (box->has_vlan)
		made.vlan = (int)(high >> 5 & 1 ? box->numbers[3].high : box->numbers[3].low);
	return made;
}

bool
box_narrow(struct box *box, unsigned end, const struct config_prefix *prefix)
{
	struct config_prefix *address = &box->addresses[end];

	if (config_prefix_covers(prefix, address))
		return true;
	if (!config_prefix_covers(address, prefix))
		return false;
	*address = *prefix;
	return true;
}

/* splitmix64: the next of a row of numbers. */
static uint64_t
next(uint64_t *row)
{
	uint64_t x = *row += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static int
pick(const struct config_range *range, uint64_t *row)
{
	return (int)(range->low + next(row) % (range->high - range->low + 1));
}

/* The bits behind the prefix's. */
static void
scatter(struct made_end *end, unsigned length, uint64_t *row)
{
	for (unsigned bit = length; bit < (end->family == 4 ? 32u : 128u); bit++)
		end->address[bit / 8] ^= (uint8_t)((next(row) & 1) << (7 - bit % 8));
}

static int
pick_protocol(const struct box *box, uint64_t *row)
{
	const int common[] = {MADE_TCP, MADE_UDP, MADE_TCP,
			      box->family == 4 ? MADE_ICMP : MADE_ICMPV6};

	return box->has_protocol ? pick(&box->numbers[0], row) : common[next(row) % 4];
}

static const uint8_t *
body(void)
{
	static uint8_t bytes[BOX_BODY];

	for (unsigned i = 0; bytes[0] == 0 && i < BOX_BODY; i++)
		bytes[BOX_BODY - 1 - i] = (uint8_t)(1 + i % 255);
	return bytes;
}

struct made
box_sample(const struct box *box, uint64_t number)
{
	static const int flags[] = {-1, 0x02, 0x12, 0x11, 0x04, 0x18};
	static const int lengths[] = {0, 18, 100, 600, BOX_BODY};
	uint64_t row = number;
	struct made made = box_corner(box, 0);

	for (unsigned i = 0; i < 2; i++) {
		scatter(&made.ends[i], box->addresses[i].length, &row);
		made.ends[i].port = pick(&box->numbers[1 + i], &row);
	}
	made.protocol = pick_protocol(box, &row);
	made.ttl = 1 + (int)(next(&row) % 255);
	made.flags = flags[next(&row) % (sizeof(flags) / sizeof(flags[0]))];
	made.payload = lengths[next(&row) % (sizeof(lengths) / sizeof(lengths[0]))];
	made.body = body();
	if (box->has_vlan || next(&row) & 1)
		made.vlan = pick(&box->numbers[3], &row);
	return made;
}
