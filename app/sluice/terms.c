/* SPDX-License-Identifier: BSD-3-Clause */
#include "terms.h"

#include <string.h>

#include "core/text.h"
#include "core/when.h"
#include "sluice.h"

#include "core/banned.h"

bool
terms_given(const struct terms *terms)
{
	return terms->pace || terms->loops || terms->limit || terms->duration || terms->at ||
	       terms->clock_error;
}

/* A number from 1 on; or the word, if there is one, which stands for 0. */
static int
put_number(json_t *params, const char *name, const char *text, const char *word)
{
	uint64_t number = 0;

	if (!text)
		return EXIT_DONE;
	if (!(word && strcmp(text, word) == 0) &&
	    (text_number(text, INT64_MAX, &number) < 0 || number == 0))
		return say_failed(EXIT_USAGE, "--%s takes a number from 1 on%s%s, not %s", name,
				  word ? ", or " : "", word ? word : "", text_quote(text).text);
	json_object_set_new(params, name, json_integer((json_int_t)number));
	return EXIT_DONE;
}

static int
put_text(json_t *params, const char *name, const char *text)
{
	if (!text || json_object_set_new(params, name, json_string(text)) == 0)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
}

static int
put_time(json_t *params, const char *text)
{
	char reason[WHEN_REASON_MAX], moment[WHEN_TEXT_MAX];
	uint64_t at;

	if (!text)
		return EXIT_DONE;
	if (when_parse(text, when_now(), &at, reason, sizeof(reason)) < 0)
		return say_failed(EXIT_USAGE, "--at: %s", reason);
	when_format(at, moment);
	return put_text(params, "at", moment);
}

int
terms_put(const struct terms *terms, json_t *params)
{
	int ret = put_number(params, "loops", terms->loops, "forever");

	if (ret == EXIT_DONE)
		ret = put_number(params, "limit", terms->limit, NULL);
	if (ret == EXIT_DONE)
		ret = put_time(params, terms->at);
	if (ret == EXIT_DONE)
		ret = put_text(params, "pace", terms->pace);
	if (ret == EXIT_DONE)
		ret = put_text(params, "duration", terms->duration);
	if (ret == EXIT_DONE)
		ret = put_text(params, "clock_error", terms->clock_error);
	return ret;
}
