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

enum { OPTION_EXPECT = 256, OPTION_JSON, OPTION_LOG_LEVEL, OPTION_PLUGIN, OPTION_UNSAFE };

/* Which options a command takes besides the general ones. */
enum { TAKES_PLUGIN = 1, TAKES_JSON = 2, TAKES_EXPECT = 4, TAKES_UNSAFE = 8 };

static const struct command {
	const char *name, *argument, *text;
	int takes;
	bool needs_argument;
	int (*run)(const struct options *options);
} commands[] = {
	{"run", "CONFIG", "serve until SIGTERM or SIGINT; then drain and report",
	 TAKES_PLUGIN | TAKES_UNSAFE, true, command_run},
	{"offline", "CONFIG", "feed every capture to its end on a virtual clock, and report",
	 TAKES_JSON | TAKES_EXPECT, true, command_offline},
	{"check", "CONFIG", "say what run would refuse", TAKES_PLUGIN | TAKES_JSON | TAKES_UNSAFE,
	 true, command_check},
	{"bench", "[NAME]", "measure costs in cycles per packet on this machine", TAKES_JSON, false,
	 command_bench},
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
	fprintf(out, "sluiced: a packet appliance: classifies and forwards packets without copying "
		     "them\n\n"
		     "Usage:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  sluiced %-8s %-8s %s\n", commands[i].name, commands[i].argument,
			commands[i].text);
	fprintf(out,
		"\nOptions:\n"
		"  --json             offline, check, bench: print the result as one JSON object\n"
		"  --expect DIR       offline: compare what was written with the captures and the\n"
		"                     report.json in DIR; exit 1 on any difference\n"
		"  --plugin PATH      run, check: a further DPDK driver (may be repeated)\n"
		"  --unsafe-no-iommu  run, check: go on where no IOMMU keeps devices to the memory "
		"that\n"
		"                     they were given; a NIC can then reach all of this machine's\n"
		"  --log-level LEVEL  error, warning, info (default) or debug\n"
		"  -h, --help         this help\n"
		"  -V, --version      versions of sluice and DPDK\n"
		"\nExit codes: 0 done; 1 refused or failed; 2 wrong usage or invalid config.\n"
		"More: sluiced(8), the config: sluice.yaml(5), the client: sluice(1).\n");
}

static int
wrong_usage(const char *problem, const char *word)
{
	fprintf(stderr, "sluiced: %s%s%s; see `sluiced --help`\n", problem, word ? ": " : "",
		word ? word : "");
	return EXIT_USAGE;
}

static const struct command *
find_command(const char *word)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, word) == 0)
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
load_config(const char *path, struct config **out, struct config_text *text)
{
	struct config_text own;
	struct error_list errors;
	int exit_code = EXIT_DONE;

	error_list_init(&errors, path);
	if (config_load_text(path, out, &own, &errors) < 0) {
		exit_code = EXIT_USAGE;
	} else {
		int captures = ports_check(*out, &errors);
		int replays = replay_check(*out, &errors);

		if (captures < 0 || replays < 0) {
			config_free(*out);
			exit_code = EXIT_FAILED;
		}
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

/* Reads the options into *options and *used (TAKES_ flags); returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct options *options, int *used)
{
	enum log_level level;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			usage(stdout);
			return EXIT_DONE;
		case 'V':
			printf("sluiced %s, %s\n", SLUICE_VERSION, rte_version());
			return EXIT_DONE;
		case OPTION_EXPECT:
			options->expect = optarg;
			*used |= TAKES_EXPECT;
			break;
		case OPTION_JSON:
			options->json = 1;
			*used |= TAKES_JSON;
			break;
		case OPTION_LOG_LEVEL:
			if (!log_level_parse(optarg, &level))
				return wrong_usage(
					"--log-level takes error, warning, info or debug, not",
					optarg);
			log_set_level(level);
			break;
		case OPTION_PLUGIN:
			if (options->plugin_count == PLUGINS_MAX)
				return wrong_usage("too many --plugin", optarg);
			options->plugins[options->plugin_count++] = optarg;
			*used |= TAKES_PLUGIN;
			break;
		case OPTION_UNSAFE:
			/* getopt takes any beginning of it; this one is to be meant. */
			if (strcmp(argv[optind - 1], "--unsafe-no-iommu") != 0)
				return wrong_usage("to be typed in full, as --unsafe-no-iommu",
						   argv[optind - 1]);
			options->unsafe_no_iommu = 1;
			*used |= TAKES_UNSAFE;
			break;
		default:
			return wrong_usage("unknown option or missing value", argv[optind - 1]);
		}
	}
	return -1;
}

int
main(int argc, char **argv)
{
	struct options options = {0};
	const struct command *command;
	int used = 0;
	int ret;

	log_open(LOG_LEVEL_INFO);
	ret = parse_options(argc, argv, &options, &used);
	if (ret >= 0)
		return ret;
	if (optind == argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[optind]);
	if (!command)
		return unknown_command(argv[optind]);
	optind++;
	if (optind < argc)
		options.config = argv[optind++];
	if (optind < argc)
		return wrong_usage("one word too many", argv[optind]);
	if (command->needs_argument && !options.config)
		return wrong_usage("the config's path is missing after", command->name);
	if (used & ~command->takes)
		return wrong_usage("an option that this command does not take", command->name);
	return command->run(&options);
}
