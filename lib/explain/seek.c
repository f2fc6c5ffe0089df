/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/seek.h"

#include <stdlib.h>
#include <string.h>

#include "config/expression.h"
#include "explain/passing.h"
#include "explain/region.h"
#include "explain/where.h"

#include "core/banned.h"

#define WITNESSES_MAX 100
#define PAIRS_MAX 1000000
#define PACKETS_MAX 200000
/* Of two rules of one name, where a definition may be all that differs: so many of each family, and
 * so many in each tunnel. Flows of one hundredth that moves are missed once in 150 times. */
#define SAMPLES 512
#define SAMPLES_TUNNEL 8
#define SAMPLES_NAT 4 /* of each pair of prefixes */
/* Of a filter: frames that it is carried out on, and packets that come of each. */
#define PASSED_FRAMES 12
#define PASSERS 32

/* Two rules, and what is tried of them. */
struct both {
	const struct config *a, *b;
	uint32_t rule_a, rule_b;
	const struct config_match *match_a, *match_b;
	const char *port; /* from which both take packets */
};

static const struct config_match any;

static const struct config_match *
match_of(const struct config *config, uint32_t rule)
{
	return rule < config->rule_count ? &config->rules[rule].match : &any;
}

/* Frees it. */
static void
try(struct search *search, const struct both *both, struct words_packet *packet)
{
	search->packets++;
	witness_try(search, both->port, packet);
	free(packet->bytes);
}

/* A port of both from which both rules take packets; NULL: there is none. */
static const char *
port_of(const struct config *a, uint32_t rule_a, const struct config *b, uint32_t rule_b)
{
	for (unsigned i = 0; i < a->port_count; i++) {
		int there = where_named(b, a->ports[i].name);

		if (there >= 0 && (rule_a == a->rule_count || a->rules[rule_a].from >> i & 1) &&
		    (rule_b == b->rule_count || b->rules[rule_b].from >> there & 1))
			return a->ports[i].name;
	}
	return NULL;
}

/* The lowest and the highest corner, and those beside the lowest. */
static void
try_corners(struct search *search, const struct both *both, const struct region *region)
{
	struct words_packet packet;

	for (unsigned i = 0; i < BOX_FIELDS + 2; i++) {
		unsigned high = i == 0 ? 0 : i == 1 ? (1u << BOX_FIELDS) - 1 : 1u << (i - 2);

		if (region_corner(region, high, &packet) == 0)
			try(search, both, &packet);
	}
}

/* Until one has been told. */
static void
try_samples(struct search *search, const struct both *both, const struct region *region,
	    unsigned count)
{
	size_t told = json_array_size(search->witnesses);
	struct words_packet packet;

	for (unsigned i = 0; i < count && search->packets < PACKETS_MAX; i++) {
		if (region_sample(region, i, &packet) == 0)
			try(search, both, &packet);
		if (json_array_size(search->witnesses) > told)
			return;
	}
}

/* Of the prefixes that edits ask for. */
static void
try_nat(struct search *search, const struct both *both, const struct region *region,
	const struct config_nat *nat)
{
	for (unsigned i = 0; i < nat->count; i++) {
		for (unsigned end = 0; end < 2; end++) {
			struct region narrow = *region;

			if (box_narrow(&narrow.box, end, &nat->pairs[i].from))
				try_samples(search, both, &narrow, SAMPLES_NAT);
		}
	}
}

static void
try_edits(struct search *search, const struct both *both, const struct region *region,
	  const struct config *config, const struct config_actions *actions)
{
	for (unsigned i = 0; i < actions->count; i++) {
		const struct config_action *action = &actions->items[i];

		if (action->verb == CONFIG_NAT)
			try_nat(search, both, region, action->nat);
		else if (action->verb == CONFIG_EDIT)
			try_edits(search, both, region, config,
				  &config->edits[action->edits].actions);
		else if (action->verb == CONFIG_MIRROR && action->with)
			try_edits(search, both, region, config, action->with);
	}
}

/* Frames that the filter takes, or does not, made of some that the matches do. */
struct passers {
	struct search *search;
	const struct both *both;
	size_t told;
	unsigned left;
};

static bool
try_passer(void *context, const uint8_t *bytes, uint32_t length)
{
	struct passers *passers = context;
	struct search *search = passers->search;
	const struct words_packet packet = {.bytes = (uint8_t *)(uintptr_t)bytes, .length = length};

	search->packets++;
	witness_try(search, passers->both->port, &packet);
	return --passers->left > 0 && json_array_size(search->witnesses) == passers->told &&
	       search->packets < PACKETS_MAX;
}

/* Of one frame; false: enough is told. */
static bool
try_frame(struct search *search, const struct both *both, const struct words_packet *frame,
	  bool passes)
{
	struct passers passers = {.search = search,
				  .both = both,
				  .told = json_array_size(search->witnesses),
				  .left = PASSERS};

	passing_find(search->filter, passes, frame->bytes, frame->length, try_passer, &passers);
	return json_array_size(search->witnesses) == passers.told;
}

static void
try_passers(struct search *search, const struct both *both, const struct region *region)
{
	struct words_packet frame;
	bool goes_on = search->filter;

	for (unsigned i = 0; i < 2 * PASSED_FRAMES && goes_on; i++) {
		if (region_sample(region, i / 2, &frame) < 0)
			return;
		goes_on = try_frame(search, both, &frame, i % 2 == 0);
		free(frame.bytes);
	}
}

/* Corners of what they have in common, and of rules of one name also packets within. */
static void
try_region(struct search *search, const struct both *both, const struct region *region, bool within)
{
	if (!within) {
		try_corners(search, both, region);
		try_passers(search, both, region);
		return;
	}
	try_samples(search, both, region,
		    region->tunnel == REGION_PLAIN ? SAMPLES : SAMPLES_TUNNEL);
	if (region->tunnel != REGION_PLAIN)
		return;
	try_edits(search, both, region, both->a, deeds_actions(both->a, both->rule_a));
	try_edits(search, both, region, both->b, deeds_actions(both->b, both->rule_b));
}

static void
try_tunnels(struct search *search, const struct both *both, uint32_t tunnels, bool within)
{
	struct region region;

	for (unsigned i = 0; i < 4 * CONFIG_TUNNEL_KINDS; i++) {
		unsigned tunnel = i / 4, family = i & 1 ? 6 : 4, inner = i & 2 ? 6 : 4;

		if (!(tunnels >> tunnel & 1) || (tunnel == REGION_PLAIN && inner == 6))
			continue;
		if (region_of(both->match_a, both->match_b, tunnel, family, inner, &region))
			try_region(search, both, &region, within);
	}
}

static void
search_pair(struct search *search, const struct config *a, uint32_t rule_a, const struct config *b,
	    uint32_t rule_b)
{
	const struct both both = {.a = a,
				  .b = b,
				  .rule_a = rule_a,
				  .rule_b = rule_b,
				  .match_a = match_of(a, rule_a),
				  .match_b = match_of(b, rule_b),
				  .port = port_of(a, rule_a, b, rule_b)};
	uint32_t tunnels = region_tunnels(both.match_a, both.match_b);
	const char *name = deeds_name(a, rule_a);

	if (!both.port)
		return;
	try_tunnels(search, &both, tunnels, false);
	/* Where something is told of the rule already it is not looked for. */
	if (strcmp(name, deeds_name(b, rule_b)) != 0 || json_object_get(search->shown, name))
		return;
	if (tunnels == CONFIG_TUNNEL_BIT(REGION_PLAIN)) /* what they say of one is up to it */
		tunnels = CONFIG_TUNNEL_BIT(CONFIG_TUNNEL_KINDS) - 1;
	try_tunnels(search, &both, tunnels, true);
}

/* A rule of one config against all of the other. */
static void
search_rule(struct search *search, const struct config *a, uint32_t rule, const struct config *b)
{
	for (uint32_t i = 0; i <= b->rule_count; i++) {
		if (search->pairs == PAIRS_MAX || search->packets >= PACKETS_MAX ||
		    json_array_size(search->witnesses) >= WITNESSES_MAX) {
			search->untried = true;
			return;
		}
		search->pairs++;
		search_pair(search, a, rule, b, i);
	}
}

void
seek(struct search *search, const struct config *a, const bool *others, const struct config *b)
{
	for (uint32_t i = 0; others && i <= a->rule_count; i++) {
		const char *filter = i < a->rule_count ? a->rules[i].filter : NULL;
		struct bpf_program program;
		char message[256];

		if (!others[i])
			continue;
		if (filter && expression_compile(filter, &program, message, sizeof(message)) == 0)
			search->filter = &program;
		search_rule(search, a, i, b);
		if (search->filter)
			pcap_freecode(&program);
		search->filter = NULL;
	}
}
