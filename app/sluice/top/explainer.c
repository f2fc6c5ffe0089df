/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/explainer.h"

#include <stdlib.h>

#include "core/terminal.h"
#include "core/text.h"
#include "line.h"
#include "view/view.h"
#include "why.h"

#include "core/banned.h"

void
explainer_end(struct explainer *explainer)
{
	json_decref(explainer->packet);
	free(explainer->text);
	*explainer = (struct explainer){.packet = NULL};
}

/* result: NULL, where why says what there is instead. */
static void
tell(struct explainer *explainer, const json_t *result, const char *why)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct view view = {.now = result, .out = out};

	if (!out)
		return;
	line_print(out, explainer->packet);
	fputc('\n', out);
	/* As wide as the screen is. */
	terminal_stand_in(out, stdout);
	if (result)
		view_explain(&view);
	else
		fprintf(out, "%s\n", why);
	terminal_stand_in(NULL, NULL);
	free(explainer->text);
	explainer->text = text_close(out, &text);
}

void
explainer_want(struct explainer *explainer, const json_t *packet)
{
	bool asked = explainer->asked;

	json_incref((json_t *)packet);
	explainer_end(explainer);
	*explainer = (struct explainer){
		.packet = (json_t *)packet,
		.wants = packet != NULL,
		.asked = asked,
		.stale = asked,
	};
}

static const char *
ask(void *of, bool due, json_t **params)
{
	struct explainer *explainer = of;

	if (!explainer->wants || explainer->asked)
		return NULL;
	explainer->wants = false;
	*params = why_params(explainer->packet);
	explainer->asked = *params != NULL;
	if (*params)
		return "explain";
	tell(explainer, NULL, "no rule saw it");
	return NULL;
}

static void
take(void *of, const json_t *answer)
{
	struct explainer *explainer = of;
	json_t *result = json_object_get(answer, "result");
	bool stale = explainer->stale;
	char why[256] = "";

	explainer->asked = explainer->stale = false;
	if (stale)
		return;
	if (result)
		why_mark_cut(result, explainer->packet);
	else
		feed_refusal(json_object_get(answer, "error"), why, sizeof(why));
	tell(explainer, result, why);
}

/* It is asked again of the next daemon. */
static void
forget(void *of)
{
	struct explainer *explainer = of;

	explainer->wants |= explainer->asked && !explainer->stale;
	explainer->asked = explainer->stale = false;
}

struct feed_guest
explainer_guest(struct explainer *explainer)
{
	return (struct feed_guest){ask, take, forget, NULL, explainer};
}
