/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "core/text.h"
#include "exporter.h"
#include "metrics/metrics.h"

#include "core/banned.h"

#define TIMEOUT 3.0 /* seconds; Prometheus itself gives up after 10, if nobody says otherwise */
#define TIMEOUT_MIN 0.1
#define TIMEOUT_MAX 60.0

static const struct option long_options[] = {
	{"help", no_argument, NULL, 'h'},
	{"listen", required_argument, NULL, 'l'},
	{"rules", required_argument, NULL, 'r'},
	{"socket", required_argument, NULL, 's'},
	{"timeout", required_argument, NULL, 't'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const char *const option_words[] = {"--help",   "--listen",  "--rules",
					   "--socket", "--timeout", "--version"};

static int
print_help(void)
{
	printf(EXPORTER_NAME
	       ": serves what sluiced counts to Prometheus over HTTP\n\n"
	       "Usage:\n"
	       "  " EXPORTER_NAME " [OPTION...]\n\n"
	       "Options:\n"
	       "  --listen PLACE     a port, or ADDRESS:PORT; default: 127.0.0.1:9812. A socket\n"
	       "                     of the service manager is taken in its place\n"
	       "  --rules N          tell of so many rules at most, and of the default; 500\n"
	       "  --socket PATH      the daemon's socket or run-dir; default: as for sluice(1)\n"
	       "  --timeout SECONDS  wait so long for the daemon; 3\n"
	       "  -h, --help         this help\n"
	       "  -V, --version      the version\n\n"
	       "GET /metrics answers 200 with `sluice_up 0` where no daemon answers.\n"
	       "Exit codes: 0 done; 1 failed; 2 wrong usage. More: " EXPORTER_NAME "(8).\n");
	return EXIT_DONE;
}

static int
wrong_option(const char *word, int option)
{
	const char *nearest =
		text_nearest(word, option_words, sizeof(option_words) / sizeof(option_words[0]));

	if (option == ':')
		return say_failed(EXIT_USAGE, "%s needs a value; see `" EXPORTER_NAME " --help`",
				  word);
	return say_failed(EXIT_USAGE, "unknown option %s%s%s%s; see `" EXPORTER_NAME " --help`",
			  text_quote(word).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "");
}

static int
parse_rules(const char *word, unsigned *rules)
{
	uint64_t number;

	if (text_number(word, METRICS_RULES_MAX, &number) < 0)
		return say_failed(EXIT_USAGE, "--rules takes a number of rules up to %d, not %s",
				  METRICS_RULES_MAX, text_quote(word).text);
	*rules = (unsigned)number;
	return EXIT_DONE;
}

static int
parse_timeout(const char *word, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(word, &end);
	if (errno == 0 && end != word && !*end && *seconds >= TIMEOUT_MIN &&
	    *seconds <= TIMEOUT_MAX)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "--timeout takes seconds from %g to %g, not %s", TIMEOUT_MIN,
			  TIMEOUT_MAX, text_quote(word).text);
}

/* Returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct exporter *exporter, const char **place)
{
	int option, ret = EXIT_DONE;

	opterr = 0;
	while (ret == EXIT_DONE &&
	       (option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			return print_help();
		case 'V':
			printf(EXPORTER_NAME " %s\n", SLUICE_VERSION);
			return EXIT_DONE;
		case 'l':
			*place = optarg;
			break;
		case 'r':
			ret = parse_rules(optarg, &exporter->rules);
			break;
		case 's':
			exporter->ask.socket = optarg;
			break;
		case 't':
			ret = parse_timeout(optarg, &exporter->ask.timeout);
			break;
		default:
			return wrong_option(argv[optind - 1], option);
		}
	}
	if (ret == EXIT_DONE && optind < argc)
		return say_failed(EXIT_USAGE, "unknown word %s; see `" EXPORTER_NAME " --help`",
				  text_quote(argv[optind]).text);
	return ret == EXIT_DONE ? -1 : ret;
}

int
main(int argc, char **argv)
{
	struct exporter exporter = {.ask.timeout = TIMEOUT, .rules = METRICS_RULES};
	const char *place = NULL;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	say_as(EXPORTER_NAME);
	ret = parse_options(argc, argv, &exporter, &place);
	if (ret >= 0)
		return ret;
	arena_begin();
	ret = listen_begin(place, &exporter.listener);
	return ret == EXIT_DONE ? serve(&exporter) : ret;
}
