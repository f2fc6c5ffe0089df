/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of Ethernet. */
#include <string.h>

#include "config/key.h"

#include "core/banned.h"

#define MAC_BYTES 6

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;
	int value = found ? (int)(found - digits) : -1;

	return value < 16 ? value : value - 6;
}

/* "02:00:00:00:00:01", or with "-" for each ":". */
static bool
parse(const char *text, uint8_t mac[MAC_BYTES])
{
	for (unsigned i = 0; i < MAC_BYTES; i++, text += 3) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0)
			return false;
		if (i + 1 < MAC_BYTES ? text[2] != ':' && text[2] != '-' : text[2] != '\0')
			return false;
		mac[i] = high << 4 | low;
	}
	return true;
}

static void
read_mac(struct reader *reader, const struct spot *spot, const struct key *key, void *into)
{
	static const char what[] = "a MAC address such as 02:00:00:00:00:01";
	uint8_t mac[MAC_BYTES];
	const char *text;

	if (!reader_text(reader, spot, what, &text))
		return;
	if (parse(text, mac))
		memcpy(key_at(key, into), mac, sizeof(mac));
	else
		reader_expected(reader, spot, what);
}

/* In quotes, since to some readers digits with colons between are a number to the base of 60. */
static void
write_mac(const struct key_out *out, const struct key *key, const void *from)
{
	const uint8_t *mac = key_at(key, from);

	fprintf(out->file, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
}

const struct key_type key_mac = {read_mac, write_mac, NULL, NULL};
