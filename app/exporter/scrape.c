/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "arena.h"
#include "core/now.h"
#include "core/text.h"
#include "daemon.h"
#include "exporter.h"
#include "metrics/metrics.h"

#include "core/banned.h"

/* After a daemon has taken its whole time in vain, others who wait are not kept as long each. */
#define REST_SECONDS 5.0

/* Asks. *answer: the whole answer, the caller's, or NULL. */
static int
ask(struct exporter *exporter, double seconds, json_t **answer)
{
	struct options options = exporter->ask;
	struct daemon daemon;
	const json_t *error;
	int ret;

	options.timeout = seconds;
	*answer = NULL;
	ret = daemon_open(&daemon, &options, true);
	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(&daemon, "snapshot", metrics_params(exporter->rules), false, answer);
	error = json_object_get(json_object_get(*answer, "error"), "message");
	if (ret == EXIT_DONE && !json_object_get(*answer, "result"))
		ret = say_failed(EXIT_FAILED, "the daemon refuses: %s",
				 error ? json_string_value(error) : "it does not say why");
	daemon_close(&daemon);
	return ret;
}

/* That it does not answer is said once, and that it does again. */
static void
say_change(struct exporter *exporter, int ret)
{
	bool silent = ret != EXIT_DONE;

	say_release(silent && !exporter->silent);
	if (!silent && exporter->silent)
		fprintf(stderr, EXPORTER_NAME ": the daemon answers again\n");
	exporter->silent = silent;
}

static char *
text_of(json_t *answer, double seconds, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	metrics_put(out, json_object_get(answer, "result"), seconds);
	return text_close(out, &text);
}

/* Asks, and tells what was answered. */
static char *
look(struct exporter *exporter, double began, double seconds, size_t *length)
{
	json_t *answer = NULL;
	double took;
	int ret;

	say_hold();
	ret = ask(exporter, seconds, &answer);
	took = now_seconds() - began;
	say_change(exporter, ret);
	exporter->until = ret != EXIT_DONE && took >= seconds ? began + took + REST_SECONDS : 0;
	return text_of(answer, took, length);
}

char *
scrape(struct exporter *exporter, double seconds, size_t *length)
{
	double now = now_seconds();
	char *text = now < exporter->until ? text_of(NULL, 0, length)
					   : look(exporter, now, seconds, length);

	/* The answer goes, too. */
	arena_reset();
	return text;
}
