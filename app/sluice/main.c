/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "metrics/metrics.h"
#include "arguments.h"
#include "sluice.h"
#include "watch.h"

#include "core/banned.h"

#define SECONDS_MIN 0.05
#define WATCH_SECONDS_MAX 86400.0

#define TIMEOUT_SECONDS_MAX 1e6
#define TOP_MAX 1000000
#define NEAR_MAX 100

enum {
	OPTION_ALL = 256,
	OPTION_COUNT,
	OPTION_DOWN,
	OPTION_DROPS,
	OPTION_FOLLOW,
	OPTION_IN,
	OPTION_JSON,
	OPTION_LIST,
	OPTION_LIVE,
	OPTION_COST,
	OPTION_NEAR,
	OPTION_NONZERO,
	OPTION_ON,
	OPTION_ONCE,
	OPTION_OUT,
	OPTION_PATHS,
	OPTION_RULES,
	OPTION_TIMEOUT,
	OPTION_TOP,
	OPTION_WATCH,
	/* And behind these options whose value is kept as it is typed. */
	OPTION_TEXT,
};

/* Of a member of struct options; those begin at 0, where no option is. */
#define TEXT(member) (OPTION_TEXT + (int)offsetof(struct options, member))

static const struct option long_options[] = {
	{"all", no_argument, NULL, OPTION_ALL},
	{"at", required_argument, NULL, TEXT(terms.at)},
	{"by", required_argument, NULL, TEXT(by)},
	{"clock-error", required_argument, NULL, TEXT(terms.clock_error)},
	{"cost", no_argument, NULL, OPTION_COST},
	{"count", no_argument, NULL, OPTION_COUNT},
	{"down", required_argument, NULL, OPTION_DOWN},
	{"drops", optional_argument, NULL, OPTION_DROPS},
	{"duration", required_argument, NULL, TEXT(terms.duration)},
	{"filter", required_argument, NULL, TEXT(read.filter)},
	{"follow", no_argument, NULL, OPTION_FOLLOW},
	{"for", required_argument, NULL, TEXT(looking.seconds)},
	{"from", required_argument, NULL, TEXT(read.from)},
	{"help", no_argument, NULL, 'h'},
	{"ignoring", required_argument, NULL, TEXT(comparing.ignoring)},
	{"in", no_argument, NULL, OPTION_IN},
	{"json", no_argument, NULL, OPTION_JSON},
	{"latency", required_argument, NULL, TEXT(ndr.latency)},
	{"limit", required_argument, NULL, TEXT(terms.limit)},
	{"list", no_argument, NULL, OPTION_LIST},
	{"live", optional_argument, NULL, OPTION_LIVE},
	{"loops", required_argument, NULL, TEXT(terms.loops)},
	{"loss", required_argument, NULL, TEXT(ndr.loss)},
	{"near", required_argument, NULL, OPTION_NEAR},
	{"nonzero", no_argument, NULL, OPTION_NONZERO},
	{"on", required_argument, NULL, OPTION_ON},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"out", no_argument, NULL, OPTION_OUT},
	{"pace", required_argument, NULL, TEXT(terms.pace)},
	{"paths", no_argument, NULL, OPTION_PATHS},
	{"port", required_argument, NULL, TEXT(port)},
	{"rate", required_argument, NULL, TEXT(looking.rate)},
	{"rule", required_argument, NULL, TEXT(looking.rule)},
	{"rules", required_argument, NULL, OPTION_RULES},
	{"snap", required_argument, NULL, TEXT(looking.snap)},
	{"socket", required_argument, NULL, TEXT(socket)},
	{"sort", required_argument, NULL, TEXT(sort)},
	{"textfile", required_argument, NULL, TEXT(textfile)},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"tolerance", required_argument, NULL, TEXT(comparing.tolerance)},
	{"top", required_argument, NULL, OPTION_TOP},
	{"until", required_argument, NULL, TEXT(read.until)},
	{"version", no_argument, NULL, 'V'},
	{"watch", required_argument, NULL, OPTION_WATCH},
	{"with", required_argument, NULL, TEXT(with)},
	{"within", required_argument, NULL, TEXT(comparing.within)},
	{0},
};
#define OPTIONS (sizeof(long_options) / sizeof(long_options[0]) - 1)
#define OPTION_WORD_MAX 24

static int
wrong_option(const char *word, int option)
{
	char words[OPTIONS][OPTION_WORD_MAX];
	const char *all[OPTIONS], *nearest;

	for (size_t i = 0; i < OPTIONS; i++) {
		snprintf(words[i], sizeof(words[i]), "--%s", long_options[i].name);
		all[i] = words[i];
	}
	nearest = text_nearest(word, all, OPTIONS);
	if (option == ':')
		return say_failed(EXIT_USAGE, "%s needs a value; see `sluice --help`", word);
	return say_failed(EXIT_USAGE, "unknown option %s%s%s%s; see `sluice --help`",
			  text_quote(word).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "");
}

static int
parse_seconds(const char *option, const char *word, double max, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(word, &end);
	if (errno == 0 && end != word && !*end && isfinite(*seconds) && *seconds >= SECONDS_MIN &&
	    *seconds <= max)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "%s takes seconds from %g to %g, like 1 or 0.5, not %s",
			  option, SECONDS_MIN, max, text_quote(word).text);
}

static int
parse_top(const char *word, unsigned *top)
{
	uint64_t number;

	if (text_number(word, TOP_MAX, &number) < 0 || number == 0)
		return say_failed(EXIT_USAGE, "--top takes a number of rows from 1 on, not %s",
				  text_quote(word).text);
	*top = (unsigned)number;
	return EXIT_DONE;
}

static int
parse_rules(const char *word, struct options *options)
{
	uint64_t number;

	if (text_number(word, METRICS_RULES_MAX, &number) < 0)
		return say_failed(EXIT_USAGE, "--rules takes a number of rules up to %d, not %s",
				  METRICS_RULES_MAX, text_quote(word).text);
	options->rules = (unsigned)number;
	options->rules_given = true;
	return EXIT_DONE;
}

static int
parse_near(const char *word, struct options *options)
{
	uint64_t number;

	if (text_number(word, NEAR_MAX, &number) < 0)
		return say_failed(EXIT_USAGE, "--near takes a number of rules from 0 to %d, not %s",
				  NEAR_MAX, text_quote(word).text);
	options->near = (unsigned)number;
	options->near_given = true;
	return EXIT_DONE;
}

static int
add_down(const char *word, struct options *options)
{
	if (options->down_count == OPTIONS_DOWN_MAX)
		return say_failed(EXIT_USAGE, "--down may be given %d times", OPTIONS_DOWN_MAX);
	options->down[options->down_count++] = word;
	return EXIT_DONE;
}

static int
add_on(const char *word, struct options *options)
{
	if (options->on_count == OPTIONS_ON_MAX)
		return say_failed(EXIT_USAGE,
				  "--on may be given %d times; further captures may "
				  "follow it",
				  OPTIONS_ON_MAX);
	options->on[options->on_count++] = word;
	return EXIT_DONE;
}

/* The value of --live, which may be left out, but need not be joined to it: the next word. */
static const char *
live_value(char *const *argv)
{
	if (optarg)
		return optarg;
	return argv[optind] && argv[optind][0] != '-' ? argv[optind++] : "";
}

/* Returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct options *options, bool *help)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:hn:vVw:", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			*help = true;
			break;
		case 'V':
			printf("sluice %s\n", SLUICE_VERSION);
			return EXIT_DONE;
		case OPTION_ALL:
			options->all = true;
			break;
		case OPTION_DROPS:
			options->looking.dropped = true;
			options->looking.drops = optarg;
			break;
		case OPTION_IN:
			options->looking.in = true;
			break;
		case OPTION_OUT:
			options->looking.out = true;
			break;
		case OPTION_DOWN:
			if (add_down(optarg, options) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_ON:
			if (add_on(optarg, options) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_COST:
			options->cost = true;
			break;
		case OPTION_NEAR:
			if (parse_near(optarg, options) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_LIST:
			options->list = true;
			break;
		case OPTION_LIVE:
			options->live = live_value(argv);
			break;
		case OPTION_RULES:
			if (parse_rules(optarg, options) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_PATHS:
			options->looking.paths = true;
			break;
		case 'c':
		case 'n':
			options->looking.count = optarg;
			break;
		case 'v':
			options->looking.why = true;
			break;
		case 'w':
			options->into = optarg;
			break;
		case OPTION_COUNT:
			options->read.count = true;
			break;
		case OPTION_FOLLOW:
			options->follow = true;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_NONZERO:
			options->nonzero = true;
			break;
		case OPTION_ONCE:
			options->once = true;
			break;
		case OPTION_TOP:
			if (parse_top(optarg, &options->top) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_TIMEOUT:
			if (parse_seconds("--timeout", optarg, TIMEOUT_SECONDS_MAX,
					  &options->timeout) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		case OPTION_WATCH:
			if (parse_seconds("--watch", optarg, WATCH_SECONDS_MAX, &options->watch) !=
			    EXIT_DONE)
				return EXIT_USAGE;
			break;
		default:
			if (option < OPTION_TEXT)
				return wrong_option(argv[optind - 1], option);
			*(const char **)((char *)options + (option - OPTION_TEXT)) = optarg;
		}
	}
	return -1;
}

int
finish_output(int exit_code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return exit_code;
	/* ctrl-C may come in the middle of a write. */
	if (errno == EPIPE || watch_ended())
		return exit_code;
	fprintf(stderr, "sluice: can't write: %s\n", strerror(errno));
	return EXIT_FAILED;
}

/* Before the options are read, whose errors are to be said that way too. */
static bool
wants_json(char *const *words)
{
	for (; *words && strcmp(*words, "--") != 0; words++) {
		size_t length = strlen(*words);

		/* getopt takes any beginning of it. */
		if (length > strlen("--") && strncmp(*words, "--json", length) == 0)
			return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct options options = {0};
	bool help = false;
	int ret, used, count;

	signal(SIGPIPE, SIG_IGN);
	say_as_json(wants_json(argv + 1));
	ret = parse_options(argc, argv, &options, &help);
	if (ret >= 0)
		return finish_output(ret);
	if (optind == argc) {
		help_print(help ? stdout : stderr);
		if (help)
			return finish_output(EXIT_DONE);
		return say_failed(EXIT_USAGE, "a command is missing");
	}
	if (help && optind + 1 == argc && command_is_group(argv[optind])) {
		help_group(argv[optind], stdout);
		return finish_output(EXIT_DONE);
	}
	command = command_find(argc - optind, argv + optind, &used);
	if (!command)
		return EXIT_USAGE;
	if (help) {
		help_command(command, stdout);
		return finish_output(EXIT_DONE);
	}
	count = argc - optind - used;
	ret = arguments_check(command, &options, count);
	if (ret != EXIT_DONE)
		return ret;
	/* argv ends with NULL, as arguments do. */
	return finish_output(command->run(command, &options, argv + optind + used));
}
