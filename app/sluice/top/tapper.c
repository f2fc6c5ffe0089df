/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/tapper.h"

#include <stdlib.h>
#include <string.h>

#include "core/now.h"
#include "core/text.h"
#include "core/units.h"
#include "line.h"
#include "view/value.h"

#include "core/banned.h"

#define READ_SECONDS 0.1
#define AGAIN_SECONDS 1 /* after a refusal: what the config says may change */

static void
clear(struct tapper *tapper)
{
	for (unsigned i = 0; i < TAPPER_LINES; i++)
		free(tapper->lines[i]);
	memset(tapper->lines, 0, sizeof(tapper->lines));
	tapper->first = tapper->count = 0;
	tapper->shown = tapper->left_out = tapper->past = 0;
	tapper->paused = false;
	*tapper->why = '\0';
}

void
tapper_end(struct tapper *tapper)
{
	clear(tapper);
	json_decref(tapper->aim.terms);
	tapper->aim = (struct aim){NULL};
}

void
tapper_want(struct tapper *tapper, const struct aim *aim)
{
	tapper_end(tapper);
	if (aim)
		tapper->aim = *aim;
	if (!tapper->aim.terms)
		snprintf(tapper->why, sizeof(tapper->why), "%s", tapper->aim.name);
	tapper->stale = tapper->look || tapper->method;
	tapper->next = 0;
	tapper->news = true;
}

bool
tapper_is_on(const struct tapper *tapper)
{
	return tapper->aim.terms || tapper->look || tapper->method;
}

static void
keep(struct tapper *tapper, const json_t *packet)
{
	unsigned at = (tapper->first + tapper->count) % TAPPER_LINES;
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return;
	line_print(out, packet);
	free(tapper->lines[at]);
	tapper->lines[at] = text_close(out, &line);
	if (tapper->count < TAPPER_LINES)
		tapper->count++;
	else
		tapper->first = (tapper->first + 1) % TAPPER_LINES;
	tapper->shown++;
}

static void
take_packets(struct tapper *tapper, const json_t *result)
{
	const json_t *counts = json_object_get(result, "counts");
	const char *only = tapper->aim.only;
	json_t *packet;
	size_t i;

	json_array_foreach (json_object_get(result, "packets"), i, packet) {
		if (*only && strcmp(only, value_text(packet, "text")) != 0)
			continue;
		if (tapper->paused)
			tapper->past++;
		else
			keep(tapper, packet);
	}
	tapper->left_out = value_number(counts, "full") + value_number(counts, "over_rate") +
			   value_number(counts, "not_looked_at");
}

/* There is none any more, as it ended, or never was. */
static void
lose_look(struct tapper *tapper)
{
	tapper->look = 0;
	tapper->past += tapper->left_out;
	tapper->left_out = 0;
	tapper->stale = false;
}

static const char *
ask(void *of, bool due, json_t **params)
{
	struct tapper *tapper = of;
	bool goes_on = tapper->aim.terms && !tapper->stale;

	if (tapper->look && !goes_on)
		tapper->method = "look.end";
	else if (tapper->aim.terms && now_seconds() >= tapper->next)
		tapper->method = tapper->look ? "look.read" : "look.begin";
	if (tapper->method)
		*params = tapper->look ? json_pack("{s:I}", "look", tapper->look)
				       : json_incref(tapper->aim.terms);
	return tapper->method;
}

static void
take(void *of, const json_t *answer)
{
	struct tapper *tapper = of;
	const json_t *result = json_object_get(answer, "result");
	bool began = !tapper->look, ends = strcmp(tapper->method, "look.end") == 0;

	tapper->method = NULL;
	tapper->next = now_seconds() + READ_SECONDS;
	tapper->news = true;
	if (!result && began && !tapper->stale) {
		feed_refusal(json_object_get(answer, "error"), tapper->why, sizeof(tapper->why));
		tapper->next = now_seconds() + AGAIN_SECONDS;
	} else if (ends || !result) {
		/* It was not read for a while, or may not look any more: it begins anew. */
		lose_look(tapper);
		tapper->next = 0;
	} else if (began) {
		tapper->look = (json_int_t)value_number(result, "look");
		*tapper->why = '\0';
	} else if (!tapper->stale && tapper->aim.terms) {
		take_packets(tapper, result);
	}
}

static void
forget(void *of)
{
	struct tapper *tapper = of;

	lose_look(tapper);
	tapper->method = NULL;
	tapper->next = 0;
}

char *
tapper_text(struct tapper *tapper)
{
	uint64_t left_out = tapper->past + tapper->left_out;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	tapper->news = false;
	if (!out)
		return NULL;
	if (*tapper->why)
		fprintf(out, "no tap: %s\n", tapper->why);
	for (unsigned i = 0; i < tapper->count; i++)
		fputs(tapper->lines[(tapper->first + i) % TAPPER_LINES], out);
	if (tapper->aim.terms && !*tapper->why)
		fprintf(out, "tap of %s: %s shown", tapper->aim.name,
			units_count(tapper->shown).text);
	if (left_out)
		fprintf(out, ", %s more passed", units_count(left_out).text);
	fputc('\n', out);
	return text_close(out, &text);
}

struct feed_guest
tapper_guest(struct tapper *tapper)
{
	return (struct feed_guest){ask, take, forget, NULL, tapper};
}
