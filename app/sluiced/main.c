/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <getopt.h>
#include <rte_version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "core/log.h"
#include "core/text.h"
#include "port/ports.h"
#include "replay/replay.h"

#include "core/banned.h"

/* Which options a command takes besides the general ones. */
enum { TAKES_PLUGIN = 1, TAKES_JSON = 2, TAKES_EXPECT = 4, TAKES_UNSAFE = 8, TAKES_WORDS = 16 };

static const struct command {
	const char *name, *argument, *text;
	int takes;
	bool needs_argument;
	int (*run)(const struct options *options);
	const char *second; /* the word that must follow, or NULL */
} commands[] = {
	{"run", "CONFIG", "serve until SIGTERM or SIGINT, then drain", TAKES_PLUGIN | TAKES_UNSAFE,
	 true, command_run},
	{"offline", "CONFIG", "feed captures to their end, and report", TAKES_JSON | TAKES_EXPECT,
	 true, command_offline},
	{"check", "CONFIG", "say what run would refuse", TAKES_PLUGIN | TAKES_JSON | TAKES_UNSAFE,
	 true, command_check},
	{"explain", "CONFIG PACKET", "say what would happen to a packet", TAKES_JSON | TAKES_WORDS,
	 false, command_explain},
	{"diff", "OLD NEW --on FILE", "say what another config would do otherwise",
	 TAKES_JSON | TAKES_WORDS, false, command_diff},
	{"replay", "FILE... --to PORT", "send captures without a config",
	 TAKES_PLUGIN | TAKES_JSON | TAKES_UNSAFE | TAKES_WORDS, false, command_replay},
	{"bench", "paths", "what each way to send costs here", TAKES_JSON | TAKES_WORDS, false,
	 command_bench_paths, "paths"},
	{"bench", "[NAME]", "cycles per packet on this machine", TAKES_JSON, false, command_bench,
	 NULL},
};

static const struct option long_options[] = {
	{"expect", required_argument, NULL, OPTION_EXPECT},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"plugin", required_argument, NULL, OPTION_PLUGIN},
	{"unsafe-no-iommu", no_argument, NULL, OPTION_UNSAFE},
	{"version", no_argument, NULL, 'V'},
	{0},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fprintf(out, "sluiced: classifies and forwards packets without copying them\n\n"
		     "Usage:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  sluiced %-7s %-17s  %s\n", commands[i].name, commands[i].argument,
			commands[i].text);
	fprintf(out,
		"\nOptions:\n"
		"  --json             offline, check, explain, diff, replay, bench: the result as\n"
		"                     one JSON object\n"
		"  --expect DIR       offline: compare what was written with the captures and the\n"
		"                     report.json in DIR; exit 1 on any difference\n"
		"  --plugin PATH      run, check, replay: a further DPDK driver (may be repeated)\n"
		"  --unsafe-no-iommu  run, check, replay: go on where no IOMMU keeps devices to\n"
		"                     the memory that they were given; a NIC can then reach all\n"
		"                     of this machine's\n"
		"  --log-level LEVEL  error, warning, info (default) or debug\n"
		"  -h, --help         this help\n"
		"  -V, --version      versions of sluice and DPDK\n"
		"\nExit codes: 0 done; 1 refused or failed; 2 wrong usage or invalid config.\n"
		"More: sluiced(8), the config: sluice.yaml(5), the client: sluice(1).\n");
}

/* Says what is wrong with the words. Returns EXIT_USAGE. */
static int
wrong_usage(const char *problem, const char *word)
{
	fprintf(stderr, "sluiced: %s%s%s; see `sluiced --help`\n", problem, word ? ": " : "",
		word ? word : "");
	return EXIT_USAGE;
}

static const struct command *
find_command(const char *word, const char *next)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *second = commands[i].second;

		if (strcmp(commands[i].name, word) == 0 &&
		    (!second || (next && strcmp(second, next) == 0)))
			return &commands[i];
	}
	return NULL;
}

static int
unknown_command(const char *word)
{
	const char *names[COMMANDS];
	const char *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = text_nearest(word, names, COMMANDS);
	fprintf(stderr, "sluiced: unknown command `%s`", word);
	if (nearest)
		fprintf(stderr, "; did you mean `%s`?", nearest);
	fprintf(stderr, "\nsee `sluiced --help`\n");
	return EXIT_USAGE;
}

int
check_files(const struct config *config, struct error_list *errors)
{
	int captures = ports_check(config, errors), replays = replay_check(config, errors);

	return captures < 0 || replays < 0 ? EXIT_FAILED : EXIT_DONE;
}

int
load_config(const char *path, struct config **out, struct config_text *text)
{
	struct config_text own;
	struct error_list errors;
	int exit_code = EXIT_USAGE;

	error_list_init(&errors, path);
	if (config_load_text(path, out, &own, &errors) == 0) {
		exit_code = check_files(*out, &errors);
		if (exit_code != EXIT_DONE)
			config_free(*out);
		if (exit_code == EXIT_DONE && text)
			*text = own;
		else
			free(own.bytes);
	}
	error_list_print(&errors, stderr);
	error_list_clear(&errors);
	return exit_code;
}

void
keep_private(void)
{
	umask(umask(0) | 0027);
}

int
take_option(int option, const char *word, struct options *options)
{
	enum log_level level;

	switch (option) {
	case 'h':
		usage(stdout);
		return EXIT_DONE;
	case 'V':
		printf("sluiced %s, %s\n", SLUICE_VERSION, rte_version());
		return EXIT_DONE;
	case OPTION_EXPECT:
		options->expect = optarg;
		return -1;
	case OPTION_JSON:
		options->json = 1;
		return -1;
	case OPTION_LOG_LEVEL:
		if (!log_level_parse(optarg, &level))
			return wrong_usage("--log-level takes error, warning, info or debug, not",
					   optarg);
		log_set_level(level);
		return -1;
	case OPTION_PLUGIN:
		if (options->plugin_count == PLUGINS_MAX)
			return wrong_usage("too many --plugin", optarg);
		options->plugins[options->plugin_count++] = optarg;
		return -1;
	default:
		/* getopt takes any beginning of it; this one is to be meant. */
		if (strcmp(word, "--unsafe-no-iommu") != 0)
			return wrong_usage("to be typed in full, as --unsafe-no-iommu", word);
		options->unsafe_no_iommu = 1;
		return -1;
	}
}

/* Reads options up to the end, or with "+" before the letters to the first other word. Returns -1
 * to go on, or an exit code. */
static int
parse_options(int argc, char **argv, const char *letters, struct options *options)
{
	int option, ret = -1;

	opterr = 0;
	optind = 0; /* from the first word behind argv[0] */
	while (ret < 0 && (option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		if (option == '?')
			return wrong_usage("unknown option or missing value", argv[optind - 1]);
		ret = take_option(option, argv[optind - 1], options);
	}
	return ret;
}

static int
used(const struct options *options)
{
	return (options->plugin_count ? TAKES_PLUGIN : 0) | (options->json ? TAKES_JSON : 0) |
	       (options->expect ? TAKES_EXPECT : 0) | (options->unsafe_no_iommu ? TAKES_UNSAFE : 0);
}

/* The words behind the command: options, and what it is about. */
static int
parse_words(const struct command *command, struct options *options)
{
	int ret = parse_options(options->word_count, options->words, "hV", options);
	char **word = options->words + optind, **end = options->words + options->word_count;

	if (ret >= 0)
		return ret;
	if (word < end)
		options->config = *word++;
	if (word < end)
		return wrong_usage("one word too many", *word);
	if (command->needs_argument && !options->config)
		return wrong_usage("the config's path is missing after", command->name);
	return -1;
}

int
main(int argc, char **argv)
{
	struct options options = {0};
	const struct command *command;
	int ret;

	log_open(LOG_LEVEL_INFO);
	ret = parse_options(argc, argv, "+hV", &options);
	if (ret >= 0)
		return ret;
	if (optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[optind], argv[optind + 1]);
	if (!command)
		return unknown_command(argv[optind]);
	options.words = argv + optind;
	options.word_count = argc - optind;
	if (!(command->takes & TAKES_WORDS))
		ret = parse_words(command, &options);
	if (ret >= 0)
		return ret;
	if (used(&options) & ~command->takes)
		return wrong_usage("an option that this command does not take", command->name);
	return command->run(&options);
}
