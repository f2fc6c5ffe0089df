/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/amount.h"
#include "config/key.h"
#include "core/text.h"

#include "core/banned.h"

#define ENTRIES_MIN 1000
#define ENTRIES_MAX 100000000

#define AT(member) KEY_AT(struct config_dedup, member)

static void
read_window(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	struct config_dedup *dedup = into;
	const char *text;
	uint64_t ns;

	if (!reader_text(reader, spot, CONFIG_DURATION_FORMS, &text))
		return;
	if (config_duration_parse(text, &ns, reason, sizeof(reason)) < 0)
		reader_error(reader, spot, "window: %s", reason);
	else if (ns == 0)
		reader_error(reader, spot,
			     "window: no packet comes less than %s behind another; give it longer",
			     text_quote(text).text);
	else if (ns > CONFIG_WINDOW_MAX)
		reader_error(reader, spot,
			     "window: %s is more than 60s, which a table's times can tell apart; "
			     "shorten the window",
			     text_quote(text).text);
	else
		dedup->window_ns = ns;
}

static void
write_window(const struct key_out *out, const struct key *key, const void *from)
{
	const struct config_dedup *dedup = from;
	char text[CONFIG_AMOUNT_TEXT_MAX];

	config_duration_format(dedup->window_ns, text, sizeof(text));
	fputs(text, out->file);
}

static const struct key_word ignoring[] = {
	{"mac", CONFIG_IGNORE_MAC},
	{"vlan", CONFIG_IGNORE_VLAN},
	{"ttl", CONFIG_IGNORE_TTL},
	{"dscp", CONFIG_IGNORE_DSCP},
	{"checksums", CONFIG_IGNORE_CHECKSUMS},
	{NULL, 0},
};
static const struct key_word across[] = {{"any", false}, {"ports", true}, {NULL, 0}};
static const struct key_type window = {read_window, write_window, NULL, NULL};
static const struct key keys[] = {
	{"window", &window, AT(window_ns), .otherwise = "50ms"},
	{"ignoring", &key_flags, AT(ignoring), .words = ignoring,
	 .what = "a list of mac, vlan, ttl, dscp and checksums"},
	{"across", &key_word, AT(across_ports), .words = across},
	{"entries", &key_number, AT(entries), .low = ENTRIES_MIN, .high = ENTRIES_MAX},
};
const struct key_map key_dedup_map = {
	"a mapping such as { window: 50ms, ignoring: [mac, vlan, ttl, checksums] }", NULL,
	KEYS(keys), .size = sizeof(struct config_dedup)};
