/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "explain/fields.h"
#include "explain/part.h"
#include "explain/phrase.h"

#include "core/banned.h"

#define FIELD_MAX 64

/* What pcap-filter(7) says of `vlan`, and who writes filters forgets. */
#define BEHIND_TAGS "the frame has a tag, and a filter looks behind it only where it says vlan"

/* A rule's match, or one in it, and the packet that it is about. */
struct walk {
	const struct reading *reading;
	const struct config_match *match;
	const struct packet_view *view;
	const struct tunnel *around; /* that the view's packet is in; NULL: none */
	const char *before;          /* of keys' names: "inner." for each tunnel */
	struct reading_of *of;
	json_t *fails; /* or NULL */
};

void
reading_begin(struct reading *reading)
{
	packet_parse_inner(reading->packet, 0, 0, &reading->view);
	if (!tunnel_look(reading->packet, &reading->view, NULL, &reading->tunnel, &reading->inner))
		reading->tunnel = (struct tunnel){.kind = TUNNEL_NONE};
}

/* What a key asks for, as it is written. */
static json_t *
wanted(const struct walk *walk, const char *key)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return json_null();
	config_match_put(out, walk->reading->config, walk->match, key);
	return phrase_close(out, &text);
}

/* A key that does not hold; has is taken over. */
static void
add_fail(const struct walk *walk, const char *key, json_t *has)
{
	char field[FIELD_MAX];

	snprintf(field, sizeof(field), "%s%s", walk->before, key);
	json_array_append_new(walk->fails, json_pack("{s:s, s:o, s:o}", "field", field, "has", has,
						     "wants", wanted(walk, key)));
}

static bool
prefixes_have(const struct config_prefixes *prefixes, const uint8_t *address, unsigned family)
{
	for (unsigned i = 0; i < prefixes->count; i++) {
		const struct config_prefix *prefix = &prefixes->items[i];
		unsigned bit = 0;

		if (prefix->family != family)
			continue;
		while (bit < prefix->length &&
		       !((prefix->address[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1))
			bit++;
		if (bit == prefix->length)
			return true;
	}
	return false;
}

static void
note(const struct walk *walk, enum field field, bool holds)
{
	walk->of->keys++;
	if (holds)
		return;
	walk->of->missed++;
	if (walk->fails)
		add_fail(walk, field_name(field), field_json(walk->view, field));
}

static void
read_set(const struct walk *walk, enum field field, const struct config_set *set)
{
	if (set->count)
		note(walk, field,
		     field_is_there(walk->view, field) &&
			     config_set_has(set, field_number(walk->view, field)));
}

static void
read_address(const struct walk *walk, enum field field, const struct config_prefixes *prefixes)
{
	const uint8_t *address;
	unsigned family;

	if (prefixes->count == 0)
		return;
	address = field_address(walk->view, field, &family);
	note(walk, field,
	     field_is_there(walk->view, field) && prefixes_have(prefixes, address, family));
}

static void read_match(const struct walk *walk);

static void
miss(const struct walk *walk, const char *key, json_t *has)
{
	walk->of->missed++;
	if (walk->fails)
		add_fail(walk, key, has);
	else
		json_decref(has);
}

/* The number that a key of the match asks of a tunnel. */
static void
read_id(const struct walk *walk, const struct config_tunnel *wanted, const struct tunnel *tunnel)
{
	bool there = wanted->kinds >> tunnel->kind & 1 && tunnel->numbered;

	if (!wanted->id_of)
		return;
	walk->of->keys++;
	if (!there || !config_set_has(&wanted->id, tunnel->id))
		miss(walk, config_tunnel_id(wanted),
		     there ? json_integer(tunnel->id) : json_null());
}

static void
read_kind(const struct walk *walk, const struct config_tunnel *wanted, const struct tunnel *tunnel)
{
	if (!wanted->named)
		return;
	walk->of->keys++;
	if (!(wanted->named >> tunnel->kind & 1))
		miss(walk, "tunnel",
		     tunnel->kind == TUNNEL_NONE ? json_null()
						 : json_string(field_tunnel(tunnel->kind)));
}

/* Of a packet without a tunnel nothing that is asked of what is inside holds. */
static void
read_tunnel(const struct walk *walk, const struct config_tunnel *wanted)
{
	const struct packet_view nothing = {.kind = PACKET_RUNT, .vlan = PACKET_NO_VLAN};
	struct tunnel tunnel = {.kind = TUNNEL_NONE};
	struct packet_view inside;
	struct walk within = *walk;
	char before[FIELD_MAX];
	bool found = walk->view->kind != PACKET_RUNT &&
		     tunnel_look(walk->reading->packet, walk->view, walk->around, &tunnel, &inside);
	unsigned missed = walk->of->missed;

	read_kind(walk, wanted, &tunnel);
	read_id(walk, wanted, &tunnel);
	if (wanted->inner) {
		snprintf(before, sizeof(before), "%sinner.", walk->before);
		within.before = before;
		within.match = wanted->inner;
		within.view = found ? &inside : &nothing;
		within.around = found ? &tunnel : NULL;
		read_match(&within);
	}
	if (!found && walk->of->missed == missed) {
		walk->of->keys++;
		miss(walk, "tunnel", json_null());
	}
}

static void
read_match(const struct walk *walk)
{
	const struct config_match *match = walk->match;

	read_set(walk, FIELD_ETHER_TYPE, &match->ether_type);
	read_set(walk, FIELD_VLAN, &match->vlan);
	read_address(walk, FIELD_SRC, &match->src);
	read_address(walk, FIELD_DST, &match->dst);
	read_set(walk, FIELD_PROTOCOL, &match->protocol);
	read_set(walk, FIELD_SRC_PORT, &match->src_port);
	read_set(walk, FIELD_DST_PORT, &match->dst_port);
	if (match->tunnel)
		read_tunnel(walk, match->tunnel);
}

/* "wan, lan" */
static json_t *
port_names(const struct config *config, uint64_t ports)
{
	char *text = NULL;
	const char *before = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return json_null();
	for (; ports; ports &= ports - 1) {
		fprintf(out, "%s%s", before, config->ports[__builtin_ctzll(ports)].name);
		before = ", ";
	}
	return phrase_close(out, &text);
}

static void
read_from(const struct walk *walk, const struct config_rule *rule)
{
	const struct config *config = walk->reading->config;
	unsigned port = walk->reading->port;

	if (!rule->from_given)
		return;
	walk->of->keys++;
	if (rule->from >> port & 1)
		return;
	walk->of->missed++;
	if (walk->fails)
		json_array_append_new(walk->fails,
				      json_pack("{s:s, s:s, s:o}", "field", "from", "has",
						config->ports[port].name, "wants",
						port_names(config, rule->from)));
}

/* By libpcap's interpreter, whatever workers run. */
static void
read_filter(const struct walk *walk, const struct config_rule *rule, const struct filter *filter)
{
	const struct reading *reading = walk->reading;
	json_t *fail;
	char *part;

	walk->of->keys++;
	if (bpf_filter(filter->program.bf_insns, reading->bytes, reading->wire_length,
		       reading->length))
		return;
	walk->of->missed++;
	walk->of->filtered = true;
	if (!walk->fails)
		return;
	fail = json_pack("{s:s, s:n, s:s}", "field", "filter", "has", "wants", rule->filter);
	part = part_that_failed(rule->filter, reading->bytes, reading->length,
				reading->wire_length);
	if (part)
		json_object_set_new(fail, "part", json_string(part));
	free(part);
	if (field_is_there(&reading->view, FIELD_VLAN) && !strstr(rule->filter, "vlan"))
		json_object_set_new(fail, "note", json_string(BEHIND_TAGS));
	json_array_append_new(walk->fails, fail);
}

struct reading_of
reading_rule(const struct reading *reading, const struct config_rule *rule,
	     const struct filter *filter, json_t *fails)
{
	struct reading_of of = {0};
	struct walk walk = {reading, &rule->match, &reading->view, NULL, "", &of, fails};

	read_from(&walk, rule);
	read_match(&walk);
	if (filter)
		read_filter(&walk, rule, filter);
	return of;
}

static void
put_fields(json_t *fields, const struct packet_view *view)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		if (field_is_there(view, i))
			json_object_set_new(fields, field_name(i), field_json(view, i));
	}
	if (view->fragment)
		json_object_set_new(fields, "fragment", json_true());
}

json_t *
reading_fields(const struct reading *reading)
{
	json_t *fields = json_object(), *inner;

	put_fields(fields, &reading->view);
	if (reading->tunnel.kind == TUNNEL_NONE)
		return fields;
	inner = json_object();
	put_fields(inner, &reading->inner);
	json_object_set_new(fields, "tunnel", json_string(field_tunnel(reading->tunnel.kind)));
	if (reading->tunnel.numbered)
		json_object_set_new(fields, "id", json_integer(reading->tunnel.id));
	json_object_set_new(fields, "inner", inner);
	return fields;
}

char *
reading_why(const json_t *fail)
{
	const char *field = json_string_value(json_object_get(fail, "field"));
	const char *wants = json_string_value(json_object_get(fail, "wants"));
	const char *part = json_string_value(json_object_get(fail, "part"));
	const json_t *has = json_object_get(fail, "has");
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (strcmp(field, "filter") == 0)
		fprintf(out,
			part ? "its filter's part \"%s\" does not hold"
			     : "its filter does not hold",
			part);
	else if (strcmp(field, "from") == 0)
		fprintf(out, "it came in on %s, not %s", json_string_value(has), wants);
	else if (json_is_null(has))
		fprintf(out, "there is no %s, and it wants %s", field, wants);
	else if (json_is_integer(has))
		fprintf(out, "%s is %" JSON_INTEGER_FORMAT ", not %s", field,
			json_integer_value(has), wants);
	else
		fprintf(out, "%s is %s, not %s", field, json_string_value(has), wants);
	return text_close(out, &text);
}
