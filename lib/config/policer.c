/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "config/amount.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define AT(member) KEY_AT(struct config_policer, member)
#define EXAMPLE "{ rate: 1Gbps, burst: 1MiB }"
#define BURST_FORMS \
	"a size such as 256KiB or 1MiB, or, where the rate counts packets, a number of them"
#define BURST_MAX (UINT64_C(1) << 40)

static void
read_rate(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_RATE_REASON_MAX];
	struct config_policer *policer = into;
	int index = policer->rate.policer;
	const char *text;

	if (!reader_text(reader, spot, CONFIG_RATE_FORMS, &text))
		return;
	if (config_rate_parse(text, &policer->rate, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	policer->rate.policer = index;
}

static void
write_rate(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_policer *policer = from;
	char text[CONFIG_RATE_TEXT_MAX];

	config_rate_format(&policer->rate, text, sizeof(text));
	fputs(text, out->file);
}

/* Behind the rate, which says what it is that is counted. */
static void
read_burst(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	struct config_policer *policer = into;
	const char *text;
	uint64_t burst;
	int ret;

	/* Of a rate that is wrong nothing can be said here. */
	if (policer->rate.rate == 0 || !reader_text(reader, spot, BURST_FORMS, &text))
		return;
	ret = policer->rate.packets ? text_number(text, BURST_MAX, &burst)
				    : config_size_parse(text, &burst, reason, sizeof(reason));
	if (ret < 0 && policer->rate.packets)
		reader_expected(reader, spot, "a number of packets, which is what the rate counts");
	else if (ret < 0)
		reader_error(reader, spot, "%s: %s", spot_key(spot), reason);
	else if (burst == 0 || burst > BURST_MAX)
		reader_expected(reader, spot, "more than nothing, and at most 1TiB");
	else
		policer->rate.burst = burst;
}

static void
write_burst(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_policer *policer = from;
	char text[CONFIG_AMOUNT_TEXT_MAX];

	if (policer->rate.packets)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)policer->rate.burst);
	else
		config_size_format(policer->rate.burst, text, sizeof(text));
	fputs(text, out->file);
}

static const struct key_type rate_type = {read_rate, write_rate, NULL, NULL};
static const struct key_type burst_type = {read_burst, write_burst, NULL, NULL};
static const struct key keys[] = {
	{"rate", &rate_type, AT(rate), .required = EXAMPLE},
	{"burst", &burst_type, AT(rate)},
};
const struct key_map key_policer = {"a mapping such as " EXAMPLE, "policer", KEYS(keys)};

/* A rule could mean either. */
static void
check_name(struct reader *reader, const struct spot *key, const char *name)
{
	char reason[CONFIG_RATE_REASON_MAX];
	struct config_rate rate;

	if (reader_name(reader, key, "policer", name) &&
	    config_rate_parse(name, &rate, reason, sizeof(reason)) == 0)
		reader_error(reader, key,
			     "policers: %s is a rate, and { police: %s } would mean that; give the "
			     "policer another name",
			     text_quote(name).text, name);
}

static void
read_policers(struct reader *reader, const struct spot *spot, const struct key *section, void *into)
{
	struct config *config = reader->config;
	struct spot value = {0}, key;

	if (node_is_null(spot->node))
		return;
	if (spot->node->kind != NODE_MAP || spot->node->count > CONFIG_POLICERS_MAX) {
		reader_expected(
			reader, spot,
			"a mapping of at most 1024 names to rates, such as { tools: " EXAMPLE " }");
		return;
	}
	config->policers = reader_alloc(reader, spot->node->count, sizeof(*config->policers));
	if (!config->policers || names_init(&reader->policers, spot->node->count) < 0) {
		reader->no_memory = true;
		return;
	}
	while (reader_next_pair(reader, spot, &value, &key)) {
		struct config_policer *policer = &config->policers[config->policer_count];

		policer->name = reader_copy(reader, key.key);
		if (!policer->name)
			return;
		check_name(reader, &key, policer->name);
		if (names_add(&reader->policers, policer->name, config->policer_count) !=
		    NAMES_NONE)
			reader_error(reader, &key, "policers: \"%s\" stands twice; leave one out",
				     policer->name);
		policer->rate.policer = config->policer_count++;
		key_read(reader, &value, &key_policer, policer);
	}
}

const struct key_type key_policers = {.read = read_policers};
