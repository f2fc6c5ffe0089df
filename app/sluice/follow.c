/* SPDX-License-Identifier: BSD-3-Clause */
#include "follow.h"

#include "view/progress.h"
#include "watch.h"

#include "core/banned.h"

/* Looks once. Returns -1 to go on. */
static int
look(struct progress *progress, struct daemon *daemon, const struct options *options)
{
	json_t *answer;
	int ret = daemon_call(daemon, "replay.list", NULL, false, &answer);

	if (ret != EXIT_DONE)
		return ret < 0 ? -1 : ret;
	if (progress_look(progress, json_object_get(answer, "result")))
		ret = progress_ended(progress) ? EXIT_DONE : -1;
	else
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_decref(answer);
	return ret;
}

static int
conclude(const struct progress *progress, const struct options *options)
{
	if (options->json)
		daemon_print_result(progress->last);
	else
		view_verdict(stdout, progress->name, progress_replay(progress));
	return progress_failed(progress) ? EXIT_FAILED : EXIT_DONE;
}

int
follow(struct daemon *daemon, const struct options *options, const char *name)
{
	struct progress progress = {.name = name, .quiet = options->json};
	int ret;

	watch_begin();
	do {
		ret = look(&progress, daemon, options);
		if (ret < 0 && finish_output(EXIT_DONE) != EXIT_DONE)
			ret = EXIT_FAILED;
		if (ret >= 0 || ferror(stdout))
			break;
		watch_sleep(PROGRESS_SECONDS);
	} while (!watch_ended());
	if (ret == EXIT_DONE) {
		ret = conclude(&progress, options);
	} else if (ret < 0) {
		ret = say_failed(EXIT_FAILED,
				 "no longer followed, and no verdict yet: replay %s goes on; "
				 "`sluice replay stop %s` ends it",
				 name, name);
	}
	progress_clear(&progress);
	return ret;
}
