/* SPDX-License-Identifier: BSD-3-Clause */
#include "flags.h"

#include <stdio.h>

#include "core/log.h"

#include "core/banned.h"

int
flags_wrong(const char *command, const char *problem, const char *word)
{
	fprintf(stderr, "sluiced: %s: %s%s%s; see `sluiced %s --help`\n", command, problem,
		word ? ": " : "", word ? word : "", command);
	return EXIT_USAGE;
}

static int
take_level(const char *command)
{
	enum log_level level;

	if (!log_level_parse(optarg, &level))
		return flags_wrong(command, "--log-level takes error, warning, info or debug, not",
				   optarg);
	log_set_level(level);
	return -1;
}

int
flags_read(const struct flags *flags, const struct options *options, void *into)
{
	int option, ret = -1;

	opterr = 0;
	optind = 0;
	while (ret < 0 && (option = getopt_long(options->word_count, options->words, "h",
						flags->known, NULL)) != -1) {
		if (option == '?')
			ret = flags_wrong(flags->command, "unknown option or missing value",
					  options->words[optind - 1]);
		else if (option == FLAGS_LOG_LEVEL)
			ret = take_level(flags->command);
		else
			ret = flags->take(option, into);
	}
	return ret;
}
