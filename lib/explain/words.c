/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/words.h"
#include "core/text.h"
#include "explain/made.h"

#include "core/banned.h"

#define TOKENS_MAX 32
#define TTL 64

#define HOW "write it as in \"tcp 10.0.0.6:43211 > 192.0.2.1:443\", or the frame's bytes as digits"

static int
wrong(const struct made *made, const char *problem, const char *word)
{
	snprintf(made->reason, made->size, "%s%s%s", problem, word ? " " : "",
		 word ? text_quote(word).text : "");
	return -EINVAL;
}

/* "10.0.0.6:43211", "[2001:db8::1]:443", or an address alone. */
static bool
read_end(const char *word, struct made_end *end)
{
	char address[INET6_ADDRSTRLEN + 2];
	const char *port = NULL, *close = strchr(word, ']');
	size_t length = strlen(word);
	uint64_t number;

	*end = (struct made_end){.port = -1};
	if (*word == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return false;
		port = close[1] ? close + 2 : NULL;
		word++;
		length = close - word;
	} else if (strchr(word, ':') == strrchr(word, ':') && strchr(word, ':')) {
		port = strchr(word, ':') + 1;
		length = port - word - 1;
	}
	if (length >= sizeof(address))
		return false;
	memcpy(address, word, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, end->address) == 1)
		end->family = 4;
	else if (inet_pton(AF_INET6, address, end->address) == 1)
		end->family = 6;
	else
		return false;
	if (port && text_number(port, UINT16_MAX, &number) < 0)
		return false;
	end->port = port ? (int)number : -1;
	return true;
}

static bool
read_flag(const char *word, int *flags)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*flags = (*flags < 0 ? 0 : *flags) | 1 << i;
			return true;
		}
	}
	return false;
}

/* A word with a number behind it: how many words it took; below 0: something is wrong. */
static int
read_number(char **words, unsigned count, struct made *made)
{
	const struct {
		const char *name;
		int *into;
		unsigned most;
	} rows[] = {{"vlan", &made->vlan, 4095},
		    {"ttl", &made->ttl, 255},
		    {"payload", &made->payload, 9000}};
	uint64_t number;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(words[0], rows[i].name) != 0)
			continue;
		if (count < 2 || text_number(words[1], rows[i].most, &number) < 0) {
			snprintf(made->reason, made->size, "%s takes a number from 0 to %u",
				 rows[i].name, rows[i].most);
			return -EINVAL;
		}
		*rows[i].into = (int)number;
		return 2;
	}
	return 0;
}

/* A name, or a number. */
static bool
read_protocol(const char *word, int *protocol)
{
	uint32_t number;
	uint64_t value;

	if (words_number(&protocol_words, word, &number))
		*protocol = (int)number;
	else if (text_number(word, UINT8_MAX, &value) == 0)
		*protocol = (int)value;
	else
		return false;
	return true;
}

static int
read_words(char **words, unsigned count, struct made *made)
{
	unsigned ends = 0;

	for (unsigned i = 0; i < count;) {
		int took = read_number(words + i, count - i, made);

		if (took < 0)
			return took;
		i += took;
		if (took)
			continue;
		if (strcmp(words[i], ">") == 0 || strcmp(words[i], "->") == 0 ||
		    read_flag(words[i], &made->flags)) {
			i++;
			continue;
		}
		if (ends < 2 && read_end(words[i], &made->ends[ends])) {
			ends++;
		} else if (made->protocol >= 0 || !read_protocol(words[i], &made->protocol)) {
			return wrong(made, HOW "; nothing is known of", words[i]);
		}
		i++;
	}
	return ends == 2 ? 0 : wrong(made, "two addresses are needed; " HOW, NULL);
}

/* What one word leaves wrong of another. */
static int
check(const struct made *made)
{
	const struct made_end *src = &made->ends[0], *dst = &made->ends[1];

	if (src->family != dst->family)
		return wrong(made, "one address is IPv4, the other IPv6", NULL);
	if (made->protocol < 0)
		return wrong(made, "the protocol is missing: say tcp, udp, sctp, icmp or another",
			     NULL);
	if (made_has_ports(made->protocol) && (src->port < 0 || dst->port < 0))
		return wrong(made,
			     "tcp, udp and sctp have two ports, as in 10.0.0.6:43211 and "
			     "[2001:db8::1]:443",
			     NULL);
	if (!made_has_ports(made->protocol) && (src->port >= 0 || dst->port >= 0))
		return wrong(made, "only tcp, udp and sctp have ports", NULL);
	if (made->flags >= 0 && made->protocol != MADE_TCP)
		return wrong(made, "syn, ack and the like are flags of tcp", NULL);
	return 0;
}

static int
read_text(const char *text, struct words_packet *packet, char *reason, size_t size)
{
	struct made made = {.protocol = -1,
			    .vlan = -1,
			    .ttl = TTL,
			    .flags = -1,
			    .reason = reason,
			    .size = size};
	char *copy = strdup(text), *words[TOKENS_MAX], *rest = NULL;
	unsigned count = 0;
	int ret = copy ? 0 : -ENOMEM;

	for (char *word = copy ? strtok_r(copy, " \t\n", &rest) : NULL; word;
	     word = strtok_r(NULL, " \t\n", &rest)) {
		if (count == TOKENS_MAX) {
			ret = wrong(&made, "these are too many words; " HOW, NULL);
			break;
		}
		words[count++] = word;
	}
	if (ret == 0)
		ret = read_words(words, count, &made);
	if (ret == 0)
		ret = check(&made);
	if (ret == 0)
		ret = made_build(&made, packet);
	if (ret == -ENOMEM)
		snprintf(reason, size, "out of memory");
	free(copy);
	return ret;
}

static bool
is_gap(char letter)
{
	return isspace((unsigned char)letter) || letter == ':';
}

/* Whether it is digits alone; *digits is how many. */
static bool
is_hex(const char *text, size_t *digits)
{
	*digits = 0;
	for (; *text; text++) {
		if (isxdigit((unsigned char)*text))
			++*digits;
		else if (!is_gap(*text))
			return false;
	}
	return *digits > 0;
}

static int
read_hex(const char *text, size_t digits, struct words_packet *packet, char *reason, size_t size)
{
	if (digits % 2 || digits > 2 * WORDS_PACKET_MAX) {
		snprintf(reason, size,
			 digits % 2 ? "%zu digits are no whole bytes; two are one"
				    : "%zu digits are more than a packet of 65,535 bytes",
			 digits);
		return -EINVAL;
	}
	packet->bytes = calloc(1, digits / 2);
	if (!packet->bytes) {
		snprintf(reason, size, "out of memory");
		return -ENOMEM;
	}
	for (; *text; text++) {
		unsigned value;

		if (is_gap(*text))
			continue;
		value = isdigit((unsigned char)*text) ? *text - '0'
						      : tolower((unsigned char)*text) - 'a' + 10;
		packet->bytes[packet->length / 2] |= packet->length % 2 ? value : value << 4;
		packet->length++;
	}
	packet->length /= 2;
	return 0;
}

int
words_read(const char *text, struct words_packet *packet, char *reason, size_t size)
{
	size_t digits;

	*packet = (struct words_packet){0};
	return is_hex(text, &digits) ? read_hex(text, digits, packet, reason, size)
				     : read_text(text, packet, reason, size);
}
