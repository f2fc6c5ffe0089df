/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/talkers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "line.h"
#include "view/value.h"

#include "core/banned.h"

/* Packets a second that are wanted, of all workers; and what a worker gives at most. */
#define WANTED 1000
#define RATE 2000
/* Another look begins where it is that many times as much, or less. */
#define SLACK 4
/* Enough for the addresses behind two tags and IPv6's headers. */
#define SNAP 128
/* After so long a packet counts half. */
#define HALF_SECONDS 10
#define FIGURES_TALKERS 100 /* that figures have */

const char *const talkers_words[TALKERS_WAYS] = {
	[TALKERS_FLOW] = "flow", [TALKERS_SOURCE] = "source", [TALKERS_DESTINATION] = "destination",
	[TALKERS_PORT] = "port", [TALKERS_RULE] = "rule",
};

int
talkers_begin(struct talkers *talkers, enum talkers_by by, bool fades)
{
	*talkers = (struct talkers){.by = by, .fades = fades, .one_in = 1, .wanted = 1};
	return heavy_begin(&talkers->heavy);
}

void
talkers_end(struct talkers *talkers)
{
	heavy_end(&talkers->heavy);
}

void
talkers_count_by(struct talkers *talkers, enum talkers_by by)
{
	talkers->by = by;
	heavy_clear(&talkers->heavy);
}

static void
forget(void *of)
{
	struct talkers *talkers = of;

	talkers->look = 0;
	talkers->ends = talkers->begins = talkers->idle = false;
	heavy_clear(&talkers->heavy);
}

/* One in a power of two, so that a little more or less traffic is no reason to begin anew. */
static uint32_t
one_in(double pps)
{
	uint32_t number = 1;

	while (pps / number > WANTED && number < 1U << 26)
		number *= 2;
	return number;
}

static double
pps_of(const json_t *figures)
{
	double pps = 0;
	json_t *worker;
	size_t i;

	json_array_foreach (json_object_get(figures, "workers"), i, worker)
		pps += value_real(worker, "pps");
	return pps;
}

static void
tick(struct talkers *talkers, const json_t *figures)
{
	double seconds = value_real(figures, "seconds");

	talkers->idle = false;
	talkers->begins = talkers->look == 0 && seconds > 0;
	talkers->pps = pps_of(figures);
	talkers->wanted = one_in(talkers->pps);
	if (talkers->fades && seconds > 0)
		heavy_fade(&talkers->heavy, pow(0.5, seconds / HALF_SECONDS));
	if (talkers->look && (talkers->wanted >= talkers->one_in * SLACK ||
			      talkers->one_in >= talkers->wanted * SLACK))
		talkers->ends = true;
}

static const char *
ask(void *of, bool due, json_t **params)
{
	struct talkers *talkers = of;

	if (talkers->look ? !talkers->ends && (!due || talkers->idle) : !talkers->begins)
		return NULL;
	if (!talkers->look) {
		talkers->begins = false;
		/* What was counted before stands for so many packets each of the new ones. */
		heavy_fade(&talkers->heavy, (double)talkers->one_in / talkers->wanted);
		talkers->one_in = talkers->wanted;
		*params = json_pack("{s:i, s:i, s:I}", "snap", SNAP, "rate", RATE, "one_in",
				    (json_int_t)talkers->one_in);
		return "look.begin";
	}
	*params = json_pack("{s:I}", "look", talkers->look);
	return talkers->ends ? "look.end" : "look.read";
}

/* "10.0.0.6" of "10.0.0.6:43211", "2001:db8::1" of "[2001:db8::1]:443". */
static void
strip_port(char *address)
{
	char *end = strrchr(address, ':');

	if (*address == '[' && end && end[-1] == ']') {
		end[-1] = '\0';
		memmove(address, address + 1, strlen(address));
	} else if (strchr(address, '.') && end) {
		*end = '\0';
	}
}

/* The address before or behind " > ". */
static void
address_of(const char *text, bool source, char name[HEAVY_NAME_MAX])
{
	const char *middle = strstr(text, " > "), *begin = middle, *end = middle;

	if (!middle) {
		snprintf(name, HEAVY_NAME_MAX, "%s", text);
		return;
	}
	if (source) {
		while (begin > text && begin[-1] != ' ')
			begin--;
	} else {
		begin = middle + strlen(" > ");
		end = begin + strcspn(begin, " ");
	}
	snprintf(name, HEAVY_NAME_MAX, "%.*s", (int)(end - begin), begin);
	strip_port(name);
}

static void
name_of(const struct talkers *talkers, const json_t *packet, char name[HEAVY_NAME_MAX])
{
	const char *text = value_text(packet, "text");

	switch (talkers->by) {
	case TALKERS_SOURCE:
	case TALKERS_DESTINATION:
		address_of(text, talkers->by == TALKERS_SOURCE, name);
		return;
	case TALKERS_PORT:
		text = value_text(packet, "port");
		break;
	case TALKERS_RULE:
		text = value_text(packet, "rule");
		break;
	default:
		break;
	}
	snprintf(name, HEAVY_NAME_MAX, "%s", text);
}

static void
count(struct talkers *talkers, const json_t *result)
{
	const json_t *counts = json_object_get(result, "counts");
	char name[HEAVY_NAME_MAX];
	json_t *packet;
	size_t i;

	json_array_foreach (json_object_get(result, "packets"), i, packet) {
		name_of(talkers, packet, name);
		heavy_add(&talkers->heavy, name, packet);
	}
	talkers->lost = value_number(counts, "full") + value_number(counts, "over_rate");
	talkers->idle = !json_is_true(json_object_get(result, "more"));
}

static void
refuse(struct talkers *talkers, const json_t *error)
{
	talkers->ends = false;
	/* It was not read for a while, or the daemon is another: it begins anew. */
	if (talkers->look) {
		talkers->look = 0;
		return;
	}
	feed_refusal(error, talkers->why, sizeof(talkers->why));
}

static void
take(void *of, const json_t *answer)
{
	struct talkers *talkers = of;
	const json_t *result = json_object_get(answer, "result");

	if (!result) {
		refuse(talkers, json_object_get(answer, "error"));
		return;
	}
	*talkers->why = '\0';
	if (!talkers->look) {
		talkers->look = (json_int_t)value_number(result, "look");
	} else if (talkers->ends) {
		talkers->ends = false;
		talkers->begins = true;
		talkers->look = 0;
	} else {
		count(talkers, result);
	}
}

/* What became of the last packet of that name: "web -> t1". */
static json_t *
fate_of(const json_t *packet)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *fate;

	if (!out)
		return json_string("");
	line_fate(out, packet);
	fate = json_string(text_close(out, &text) ? text : "");
	free(text);
	return fate;
}

static json_t *
talker(const struct talkers *talkers, const struct heavy_entry *entry)
{
	double share = entry->count / talkers->heavy.count;

	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:s, s:s, s:s, s:o}", "name", entry->name,
			 "share", share, "error",
			 heavy_error(share, heavy_samples(&talkers->heavy)), "over",
			 entry->over / talkers->heavy.count, "pps", share * talkers->pps, "packet",
			 value_text(entry->last, "text"), "port", value_text(entry->last, "port"),
			 "rule", value_text(entry->last, "rule"), "fate", fate_of(entry->last));
}

json_t *
talkers_figures(const struct talkers *talkers, unsigned most)
{
	unsigned *sorted = heavy_sorted(&talkers->heavy);
	unsigned count = talkers->heavy.used < most ? talkers->heavy.used : most;
	json_t *list = json_array();

	for (unsigned i = 0; sorted && i < count; i++)
		json_array_append_new(list, talker(talkers, &talkers->heavy.entries[sorted[i]]));
	free(sorted);
	return json_pack("{s:s, s:I, s:f, s:I, s:s, s:o}", "by", talkers_words[talkers->by],
			 "one_in", (json_int_t)talkers->one_in, "samples",
			 heavy_samples(&talkers->heavy), "not_kept", (json_int_t)talkers->lost,
			 "why", talkers->why, "talkers", list);
}

static void
add(void *of, json_t *figures)
{
	struct talkers *talkers = of;

	tick(talkers, figures);
	json_object_set_new(figures, "talkers", talkers_figures(talkers, FIGURES_TALKERS));
}

struct feed_guest
talkers_guest(struct talkers *talkers)
{
	return (struct feed_guest){ask, take, forget, add, talkers};
}

const json_t *
talkers_packet(const struct talkers *talkers, const char *name)
{
	const struct heavy_entry *found = NULL;

	for (unsigned i = 0; i < talkers->heavy.used; i++) {
		const struct heavy_entry *entry = &talkers->heavy.entries[i];

		if (*name ? strcmp(entry->name, name) == 0 : !found || entry->count > found->count)
			found = entry;
	}
	return found ? found->last : NULL;
}
