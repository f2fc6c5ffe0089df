/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/aim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "top/pane.h"
#include "view/value.h"

#include "core/banned.h"

/* Enough for the addresses behind two tags and IPv6's headers. */
#define SNAP 128
/* Packets a second and worker: more can't be read. */
#define RATE 50
#define END_MAX 64
#define MATCH_MAX 160
#define MATCH_ALL_MAX (4 * MATCH_MAX + 64)

__attribute__((format(printf, 2, 3))) static void
say(char text[AIM_TEXT_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, AIM_TEXT_MAX, format, arguments);
	va_end(arguments);
}

/* "src host 10.0.0.6 and src port 43211" of "10.0.0.6:43211", "[2001:db8::1]:443" or an address
 * without a port. */
static void
match_end(const char *side, const char *end, size_t length, char text[MATCH_MAX])
{
	char address[END_MAX];
	const char *port;

	snprintf(address, sizeof(address), "%.*s", (int)length, end);
	port = strrchr(address, ':');
	if (*address == '[' && port && port[-1] == ']')
		snprintf(text, MATCH_MAX, "%s host %.*s and %s port %s", side,
			 (int)(port - address - 2), address + 1, side, port + 1);
	else if (port && strchr(address, '.'))
		snprintf(text, MATCH_MAX, "%s host %.*s and %s port %s", side,
			 (int)(port - address), address, side, port + 1);
	else
		snprintf(text, MATCH_MAX, "%s host %s", side, address);
}

/* A filter that takes all packets of a talker and few others, so that those that a second has room
 * for are his; text tells them apart. False: there is none. */
static bool
match(const char *text, char filter[MATCH_ALL_MAX])
{
	const char *middle = strstr(text, " > "), *source = middle, *target, *tag;
	char from[MATCH_MAX], to[MATCH_MAX];
	int length;

	if (!middle || strncmp(text, "ether_type", strlen("ether_type")) == 0)
		return false;
	while (source > text && source[-1] != ' ')
		source--;
	target = middle + strlen(" > ");
	match_end("src", source, (size_t)(middle - source), from);
	match_end("dst", target, strcspn(target, " "), to);
	tag = strstr(target, " vlan ");
	/* Of several tags the text has the outermost; `vlan` moves what stands behind it on. */
	if (tag)
		length = snprintf(filter, MATCH_ALL_MAX,
				  "%s and (%s and %s or (vlan and %s and %s))", tag + 1, from, to,
				  from, to);
	else
		length = snprintf(filter, MATCH_ALL_MAX, "%s and %s", from, to);
	return length < MATCH_ALL_MAX;
}

/* Behind the name of one that is not up stands its state. */
static void
aim_at_port(struct aim *aim, const char *name)
{
	char port[AIM_TEXT_MAX];

	say(port, "%.*s", (int)strcspn(name, " "), name);
	aim->terms = json_pack("{s:[s], s:[s]}", "in", port, "out", port);
	say(aim->name, "port %s", port);
}

/* Looks know of no targets; of a port that writes one they do. */
static void
aim_at_capture(struct aim *aim, const char *name, const json_t *figures)
{
	if (*value_text(value_in(figures, "captures", name), "port"))
		aim_at_port(aim, name);
	else
		say(aim->name, "a rule that gives it packets can be tapped");
}

static void
aim_at_talker(struct aim *aim, const char *name, const json_t *packet)
{
	char filter[MATCH_ALL_MAX];

	if (!packet) {
		say(aim->name, "no packet of it was seen for a while");
		return;
	}
	aim->terms = json_pack("{s:[s]}", "in", value_text(packet, "port"));
	if (match(name, filter))
		json_object_set_new(aim->terms, "filter", json_string(filter));
	say(aim->name, "%s", name);
	say(aim->only, "%s", name);
}

static void
aim_at_drop(struct aim *aim, const char *name, const json_t *figures)
{
	const json_t *drop = value_in(figures, "drops", name);

	if (strcmp(value_text(drop, "kind"), "card") == 0) {
		say(aim->name, "what the card dropped never came in: nobody can look at it");
		return;
	}
	aim->terms = json_pack("{s:[s]}", "drops", name);
	say(aim->name, "what is dropped as %s", name);
}

static void
aim_at_replay(struct aim *aim, const char *name, const json_t *figures)
{
	const json_t *replay = value_in(figures, "replays", name);
	const char *port = value_text(replay, "port");
	bool as = json_is_true(json_object_get(replay, "as"));

	aim->terms = json_pack("{s:[s]}", as ? "in" : "out", port);
	say(aim->name, "replay %s, and what else %s %s", name, as ? "comes in on" : "leaves", port);
}

struct aim
aim_at(unsigned pane, const char *name, const json_t *figures, const json_t *talker)
{
	struct aim aim = {NULL};

	if (pane == PANE_WORKERS) {
		say(aim.name, "a port, a rule, a reason, a replay or a talker can be tapped");
	} else if (!*name) {
		say(aim.name, "there is nothing in that pane");
	} else if (pane == PANE_PORTS || pane == PANE_TIMES) {
		aim_at_port(&aim, name);
	} else if (pane == PANE_CAPTURES) {
		aim_at_capture(&aim, name, figures);
	} else if (pane == PANE_RULES) {
		aim.terms = json_pack("{s:s}", "rule", name);
		say(aim.name, "rule %s", name);
	} else if (pane == PANE_DROPS) {
		aim_at_drop(&aim, name, figures);
	} else if (pane == PANE_REPLAYS) {
		aim_at_replay(&aim, name, figures);
	} else {
		aim_at_talker(&aim, name, talker);
	}
	if (aim.terms)
		json_object_update_new(aim.terms,
				       json_pack("{s:i, s:i}", "snap", SNAP, "rate", RATE));
	return aim;
}
