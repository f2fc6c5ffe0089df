/* SPDX-License-Identifier: BSD-3-Clause */
/* trace and tap: packets that pass, on a terminal or as a capture. */
#include <unistd.h>

#include "line.h"
#include "looking.h"
#include "paths.h"
#include "sluice.h"
#include "tap.h"
#include "why.h"

#include "core/banned.h"

#define TRACE_COUNT 20
#define TRACE_RATE 1000
#define TRACE_SNAP 256

static bool
show_line(void *to, const json_t *packet, uint64_t lost)
{
	line_print(stdout, packet);
	return tap_written(!ferror(stdout));
}

static bool
show_json(void *to, const json_t *packet, uint64_t lost)
{
	json_dumpf(packet, stdout, JSON_COMPACT);
	printf("\n");
	return tap_written(!ferror(stdout));
}

static bool
show_path(void *to, const json_t *packet, uint64_t lost)
{
	return paths_add(to, packet);
}

static bool
flush(void *to)
{
	return tap_written(fflush(stdout) == 0);
}

static int
count_paths(struct looking *looking, const struct options *options)
{
	json_t *paths = json_object();
	int ret;

	looking->show = show_path;
	looking->to = paths;
	ret = looking_run(looking, options);
	if (ret == EXIT_DONE && options->json) {
		json_dumpf(paths, stdout, JSON_COMPACT);
		printf("\n");
	} else if (ret == EXIT_DONE) {
		paths_print(paths);
	}
	json_decref(paths);
	return ret;
}

int
run_trace(const struct command *command, const struct options *options, char *const *arguments)
{
	bool paths = options->looking.paths, why = options->looking.why;
	struct looking looking = {
		.filter = arguments[0],
		.in = options->port,
		/* Ways are counted until somebody ends it. */
		.count = paths ? 0 : TRACE_COUNT,
		.snap = why ? WHY_BYTES_MAX : TRACE_SNAP,
		.rate = TRACE_RATE,
		.show = options->json ? show_json : show_line,
		.flush = flush,
	};
	int ret = looking_take(&looking, &options->looking);

	if (options->looking.in || options->looking.out)
		return say_failed(EXIT_USAGE, "--in and --out are for `sluice tap`; trace shows "
					      "packets as they came in");
	if (why && (paths || looking.snap > WHY_BYTES_MAX))
		return say_failed(EXIT_USAGE,
				  "-v explains each packet, of %d bytes at most; leave "
				  "--paths or --snap out",
				  WHY_BYTES_MAX);
	if (ret != EXIT_DONE)
		return ret;
	return paths ? count_paths(&looking, options)
	       : why ? why_look(&looking, options)
		     : looking_run(&looking, options);
}

/* The port that is named, if one is, and the filter. */
static int
aim(struct looking *looking, const struct options *options, char *const *arguments)
{
	bool in = options->looking.in || !options->looking.out;
	bool out = options->looking.out || !options->looking.in;

	if (options->looking.dropped) {
		looking->filter = arguments[0];
		looking->in = options->port;
		if (arguments[0] && arguments[1])
			return say_failed(EXIT_USAGE,
					  "with --drops there is a FILTER alone, as one "
					  "word; a port is --port PORT");
		return EXIT_DONE;
	}
	if (!arguments[0] || options->port)
		return say_failed(EXIT_USAGE, "`tap` needs PORT, or --drops; see "
					      "`sluice tap --help`");
	looking->in = in ? arguments[0] : NULL;
	looking->out = out ? arguments[0] : NULL;
	looking->filter = arguments[1];
	return EXIT_DONE;
}

int
run_tap(const struct command *command, const struct options *options, char *const *arguments)
{
	bool lines = options->json || isatty(STDOUT_FILENO);
	struct looking looking = {
		.snap = TAP_SNAP,
		.show = options->json ? show_json : show_line,
		.flush = flush,
	};
	int ret = looking_take(&looking, &options->looking);

	if (options->looking.why || options->looking.paths)
		return say_failed(EXIT_USAGE, "-v and --paths are for `sluice trace`");
	if (ret == EXIT_DONE)
		ret = aim(&looking, options, arguments);
	if (ret != EXIT_DONE)
		return ret;
	return lines ? looking_run(&looking, options) : tap_capture(&looking, options);
}
