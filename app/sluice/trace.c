/* SPDX-License-Identifier: BSD-3-Clause */
/* trace and tap: packets that pass, on a terminal or as a capture. */
#include <errno.h>
#include <unistd.h>

#include "line.h"
#include "looking.h"
#include "paths.h"
#include "pcapng.h"
#include "sluice.h"

#include "core/banned.h"

#define TRACE_COUNT 20
#define TRACE_RATE 1000
#define TRACE_SNAP 256
#define TAP_SNAP 65535

/* A reader that has gone away ends it, and is none of our business. */
static bool
is_written(bool done)
{
	if (!done && errno == EPIPE)
		clearerr(stdout);
	return done;
}

static bool
show_line(void *to, const json_t *packet, uint64_t lost)
{
	line_print(stdout, packet);
	return is_written(!ferror(stdout));
}

static bool
show_json(void *to, const json_t *packet, uint64_t lost)
{
	json_dumpf(packet, stdout, JSON_COMPACT);
	printf("\n");
	return is_written(!ferror(stdout));
}

static bool
show_path(void *to, const json_t *packet, uint64_t lost)
{
	return paths_add(to, packet);
}

static bool
show_block(void *to, const json_t *packet, uint64_t lost)
{
	return is_written(pcapng_packet(to, packet, lost));
}

static bool
flush(void *to)
{
	return is_written(fflush(stdout) == 0);
}

int
run_trace(const struct command *command, const struct options *options, char *const *arguments)
{
	bool paths = options->looking.paths;
	struct looking looking = {
		.filter = arguments[0],
		.in = options->port,
		/* Ways are counted until somebody ends it. */
		.count = paths ? 0 : TRACE_COUNT,
		.snap = TRACE_SNAP,
		.rate = TRACE_RATE,
		.show = paths           ? show_path
			: options->json ? show_json
					: show_line,
		.flush = flush,
		.to = paths ? json_object() : NULL,
	};
	int ret = looking_take(&looking, &options->looking);

	if (options->looking.in || options->looking.out)
		return say_failed(EXIT_USAGE, "--in and --out are for `sluice tap`; trace shows "
					      "packets as they came in");
	if (ret == EXIT_DONE)
		ret = looking_run(&looking, options);
	if (paths && ret == EXIT_DONE && options->json) {
		json_dumpf(looking.to, stdout, JSON_COMPACT);
		printf("\n");
	} else if (paths && ret == EXIT_DONE) {
		paths_print(looking.to);
	}
	json_decref(looking.to);
	return ret;
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
	struct pcapng pcapng;
	struct looking looking = {
		.snap = TAP_SNAP,
		.show = !lines          ? show_block
			: options->json ? show_json
					: show_line,
		.flush = flush,
		.to = &pcapng,
	};
	int ret = looking_take(&looking, &options->looking);

	if (ret == EXIT_DONE)
		ret = aim(&looking, options, arguments);
	if (ret != EXIT_DONE)
		return ret;
	if (lines)
		return looking_run(&looking, options);
	if (!pcapng_begin(&pcapng, stdout, looking.snap) || !flush(NULL))
		return say_failed(EXIT_FAILED, "can't write the capture's head");
	ret = looking_run(&looking, options);
	pcapng_end(&pcapng);
	return ret;
}
