/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that only look, once or again and again. */
#include <stdlib.h>

#include "core/now.h"
#include "core/terminal.h"
#include "daemon.h"
#include "pick.h"
#include "screen.h"
#include "watch.h"

#include "core/banned.h"

struct looks {
	json_t *last; /* the last answer; NULL before the first */
	double at;
	bool screen; /* it is drawn over and over */
};

static int
params_of(char *const *names, json_t **params)
{
	json_t *list = *names ? json_array() : NULL;

	*params = NULL;
	for (; *names; names++) {
		if (json_array_append_new(list, json_string(*names)) < 0) {
			json_decref(list);
			return say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
		}
	}
	if (list)
		*params = json_pack("{s:o}", "names", list);
	return EXIT_DONE;
}

/* As a whole: a screen that is drawn line by line from what the daemon says would flicker. */
static void
draw(const struct command *command, struct view *view)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	terminal_stand_in(out, stdout);
	view->out = out;
	command->view(view);
	terminal_stand_in(NULL, NULL);
	fclose(out);
	screen_draw(text);
	free(text);
}

static void
show(const struct command *command, const struct options *options, struct looks *looks,
     struct view *view)
{
	json_t *now = NULL, *before = NULL;

	if (options->sort || options->top || options->nonzero) {
		pick_rows(command, options, view, &now, &before);
		view->now = now;
		view->before = before;
	}
	if (looks->screen) {
		draw(command, view);
	} else {
		if (looks->last)
			printf("\n");
		command->view(view);
	}
	json_decref(now);
	json_decref(before);
}

static int
look(const struct command *command, const struct options *options, struct daemon *daemon,
     struct looks *looks, char *const *names)
{
	struct view view = {
		.out = stdout, .before = json_object_get(looks->last, "result"), .named = *names};
	json_t *answer;
	double now;
	json_t *params;
	int ret = params_of(names, &params);

	if (ret != EXIT_DONE)
		return ret;
	ret = daemon_call(daemon, command->method, params, false, &answer);
	if (ret != EXIT_DONE)
		return ret;
	now = now_seconds();
	view.seconds = now - looks->at;
	view.now = json_object_get(answer, "result");
	if (!view.now) {
		screen_end();
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	} else if (options->json) {
		daemon_print_result(view.now);
	} else {
		show(command, options, looks, &view);
	}
	json_decref(looks->last);
	looks->last = answer;
	looks->at = now;
	return ret;
}

int
run_reading(const struct command *command, const struct options *options, char *const *arguments)
{
	struct looks looks = {0};
	struct daemon daemon;
	int ret = daemon_open(&daemon, options, true);

	if (ret != EXIT_DONE)
		return ret;
	if (options->watch > 0) {
		watch_begin();
		looks.screen = !options->json && screen_begin();
	}
	for (;;) {
		ret = look(command, options, &daemon, &looks, arguments);
		if (ret == EXIT_DONE)
			ret = finish_output(ret);
		if (ret != EXIT_DONE || options->watch <= 0 || ferror(stdout))
			break;
		watch_sleep(options->watch);
		if (watch_ended())
			break;
	}
	screen_end();
	json_decref(looks.last);
	daemon_close(&daemon);
	return ret < 0 ? EXIT_DONE : ret;
}
