/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/words.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

#include "core/banned.h"

#define WORDS_MAX 64

struct word {
	const char *name;
	uint32_t number;
};

struct words {
	unsigned count;
	const struct word *items;
};

/* The first name of a number is the one that is written. */
static const struct word ether_types[] = {
	{"ipv4", 0x0800},
	{"ip", 0x0800},
	{"arp", 0x0806},
	{"wol", 0x0842},
	{"trill", 0x22f3},
	{"batman", 0x4305},
	{"teb", 0x6558},
	{"rarp", 0x8035},
	{"appletalk", 0x809b},
	{"aarp", 0x80f3},
	{"vlan", 0x8100},
	{"ipx", 0x8137},
	{"ipv6", 0x86dd},
	{"ip6", 0x86dd},
	{"flow-control", 0x8808},
	{"lacp", 0x8809},
	{"slow", 0x8809},
	{"mpls", 0x8847},
	{"mpls-multicast", 0x8848},
	{"pppoe-discovery", 0x8863},
	{"pppoed", 0x8863},
	{"pppoe-session", 0x8864},
	{"pppoes", 0x8864},
	{"pppoe", 0x8864},
	{"eapol", 0x888e},
	{"profinet", 0x8892},
	{"aoe", 0x88a2},
	{"ethercat", 0x88a4},
	{"qinq", 0x88a8},
	{"goose", 0x88b8},
	{"tipc", 0x88ca},
	{"lldp", 0x88cc},
	{"macsec", 0x88e5},
	{"pbb", 0x88e7},
	{"ptp", 0x88f7},
	{"prp", 0x88fb},
	{"cfm", 0x8902},
	{"fcoe", 0x8906},
	{"roce", 0x8915},
	{"hsr", 0x892f},
	{"nsh", 0x894f},
	{"loop", 0x9000},
};

static const struct word protocols[] = {
	{"hopopt", 0},      {"icmp", 1},       {"igmp", 2},         {"ipip", 4},
	{"ipencap", 4},     {"tcp", 6},        {"egp", 8},          {"igp", 9},
	{"udp", 17},        {"dccp", 33},      {"ipv6", 41},        {"ipv6-route", 43},
	{"ipv6-frag", 44},  {"rsvp", 46},      {"gre", 47},         {"esp", 50},
	{"ah", 51},         {"icmpv6", 58},    {"ipv6-icmp", 58},   {"icmp6", 58},
	{"ipv6-nonxt", 59}, {"ipv6-opts", 60}, {"eigrp", 88},       {"ospf", 89},
	{"etherip", 97},    {"pim", 103},      {"ipcomp", 108},     {"vrrp", 112},
	{"carp", 112},      {"l2tp", 115},     {"sctp", 132},       {"fc", 133},
	{"mobility", 135},  {"udplite", 136},  {"mpls-in-ip", 137}, {"hip", 139},
	{"shim6", 140},     {"ethernet", 143},
};

/* IANA's Differentiated Services Field Codepoints. */
static const struct word dscps[] = {
	{"cs0", 0},   {"be", 0},    {"df", 0},    {"le", 1},           {"cs1", 8},   {"af11", 10},
	{"af12", 12}, {"af13", 14}, {"cs2", 16},  {"af21", 18},        {"af22", 20}, {"af23", 22},
	{"cs3", 24},  {"af31", 26}, {"af32", 28}, {"af33", 30},        {"cs4", 32},  {"af41", 34},
	{"af42", 36}, {"af43", 38}, {"cs5", 40},  {"voice-admit", 44}, {"va", 44},   {"ef", 46},
	{"cs6", 48},  {"cs7", 56},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

_Static_assert(COUNT(ether_types) <= WORDS_MAX && COUNT(protocols) <= WORDS_MAX,
	       "all are searched");

const struct words ether_type_words = {COUNT(ether_types), ether_types};
const struct words protocol_words = {COUNT(protocols), protocols};
const struct words dscp_words = {COUNT(dscps), dscps};

bool
words_number(const struct words *words, const char *word, uint32_t *number)
{
	for (unsigned i = 0; i < words->count; i++) {
		if (strcasecmp(words->items[i].name, word) == 0) {
			*number = words->items[i].number;
			return true;
		}
	}
	return false;
}

const char *
words_name(const struct words *words, uint32_t number)
{
	for (unsigned i = 0; i < words->count; i++) {
		if (words->items[i].number == number)
			return words->items[i].name;
	}
	return NULL;
}

const char *
words_nearest(const struct words *words, const char *word)
{
	const char *names[WORDS_MAX];

	for (unsigned i = 0; i < words->count; i++)
		names[i] = words->items[i].name;
	return text_nearest(word, names, words->count);
}
