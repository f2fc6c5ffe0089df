/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "sluice.h"

#include "core/banned.h"

#define WATCH_SECONDS_MIN 0.05
#define WATCH_SECONDS_MAX 86400.0

enum { OPTION_FOLLOW = 256, OPTION_JSON, OPTION_SOCKET, OPTION_WATCH };

static const struct option long_options[] = {
	{"follow", no_argument, NULL, OPTION_FOLLOW},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"version", no_argument, NULL, 'V'},
	{"watch", required_argument, NULL, OPTION_WATCH},
	{0},
};

static const char *const option_words[] = {"--follow", "--help",    "--json",
					   "--socket", "--version", "--watch"};

static int
wrong_option(const char *word, int option)
{
	const char *nearest =
		text_nearest(word, option_words, sizeof(option_words) / sizeof(option_words[0]));

	if (option == ':')
		fprintf(stderr, "sluice: %s needs a value", word);
	else
		fprintf(stderr, "sluice: unknown option %s", text_quote(word).text);
	if (option != ':' && nearest)
		fprintf(stderr, "; did you mean `%s`?", nearest);
	fprintf(stderr, "\nsee `sluice --help`\n");
	return EXIT_USAGE;
}

static int
parse_watch(const char *word, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(word, &end);
	if (errno == 0 && end != word && !*end && isfinite(*seconds) &&
	    *seconds >= WATCH_SECONDS_MIN && *seconds <= WATCH_SECONDS_MAX)
		return EXIT_DONE;
	fprintf(stderr, "sluice: --watch takes seconds from %g to %g, like 1 or 0.5, not %s\n",
		WATCH_SECONDS_MIN, WATCH_SECONDS_MAX, text_quote(word).text);
	return EXIT_USAGE;
}

/* Returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct options *options, bool *help)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			*help = true;
			break;
		case 'V':
			printf("sluice %s\n", SLUICE_VERSION);
			return EXIT_DONE;
		case OPTION_FOLLOW:
			options->follow = true;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_SOCKET:
			options->socket = optarg;
			break;
		case OPTION_WATCH:
			if (parse_watch(optarg, &options->watch) != EXIT_DONE)
				return EXIT_USAGE;
			break;
		default:
			return wrong_option(argv[optind - 1], option);
		}
	}
	return -1;
}

static int
check_arguments(const struct command *command, const struct options *options, int count)
{
	if (options->watch > 0 && !command->reading) {
		fprintf(stderr, "sluice: --watch repeats what only reads: status, ports, rules, "
				"workers, drops, memory, config show, replay list\n");
		return EXIT_USAGE;
	}
	if (options->follow && !command->follows) {
		fprintf(stderr, "sluice: --follow is for `sluice replay start NAME`\n");
		return EXIT_USAGE;
	}
	if (count < (int)command->least) {
		fprintf(stderr, "sluice: `%s` needs %s; see `sluice %s --help`\n", command->words,
			command->arguments, command->words);
		return EXIT_USAGE;
	}
	if (count > (int)command->most) {
		fprintf(stderr, "sluice: one word too many for `%s`; see `sluice %s --help`\n",
			command->words, command->words);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int
finish_output(int exit_code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return exit_code;
	if (errno == EPIPE)
		return exit_code;
	fprintf(stderr, "sluice: can't write: %s\n", strerror(errno));
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	char *arguments[ARGUMENTS_MAX + 1] = {NULL};
	const struct command *command;
	struct options options = {0};
	bool help = false;
	int ret, used, count;

	signal(SIGPIPE, SIG_IGN);
	ret = parse_options(argc, argv, &options, &help);
	if (ret >= 0)
		return finish_output(ret);
	if (optind == argc) {
		help_print(help ? stdout : stderr);
		return help ? finish_output(EXIT_DONE) : EXIT_USAGE;
	}
	command = command_find(argc - optind, argv + optind, &used);
	if (!command)
		return EXIT_USAGE;
	if (help) {
		help_command(command, stdout);
		return finish_output(EXIT_DONE);
	}
	count = argc - optind - used;
	ret = check_arguments(command, &options, count);
	if (ret != EXIT_DONE)
		return ret;
	for (int i = 0; i < count; i++)
		arguments[i] = argv[optind + used + i];
	return finish_output(command->run(command, &options, arguments));
}
