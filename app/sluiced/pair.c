/* SPDX-License-Identifier: BSD-3-Clause */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "flags.h"

#include "core/banned.h"

enum { ON = 512, TRACED, PORT, OLD_NAME, JSON };

static const struct option options_known[] = {
	{"on", required_argument, NULL, ON},
	{"traced", required_argument, NULL, TRACED},
	{"port", required_argument, NULL, PORT},
	{"old-name", required_argument, NULL, OLD_NAME},
	{"json", no_argument, NULL, JSON},
	{"log-level", required_argument, NULL, FLAGS_LOG_LEVEL},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void
usage(FILE *out)
{
	fputs("sluiced diff: what another config would do otherwise, without a daemon\n\n"
	      "Usage:\n"
	      "  sluiced diff OLD NEW --on CAPTURE...\n"
	      "  sluiced diff OLD NEW --traced FILE\n\n"
	      "Each packet goes through the tables and lists of both configs.\n\n"
	      "Options:\n"
	      "  --on CAPTURE    a capture, also a compressed one; - is standard input (may be\n"
	      "                  repeated, and more may follow)\n"
	      "  --traced FILE   in place of captures what `sluice trace --json` printed; - is\n"
	      "                  standard input\n"
	      "  --port PORT     as if received there; else the port that reads the capture,\n"
	      "                  or the first that receives\n"
	      "  --old-name NAME what messages and the result call OLD\n"
	      "  --json          the result as one JSON object\n"
	      "  --log-level L   error, warning (default), info or debug\n"
	      "  -h, --help      this help\n\n"
	      "Exit codes: 0 all packets are treated the same; 1 some are not; 2 wrong usage,\n"
	      "an invalid config, or a capture that can't be read.\n",
	      out);
}

static int
wrong(const char *problem, const char *word)
{
	return flags_wrong("diff", problem, word);
}

static int
take(int option, void *into)
{
	struct pair *pair = into;

	switch (option) {
	case 'h':
		usage(stdout);
		return EXIT_DONE;
	case ON:
		pair->captures[pair->capture_count++] = optarg;
		return -1;
	case TRACED:
		pair->traced = optarg;
		return -1;
	case PORT:
		pair->port = optarg;
		return -1;
	case OLD_NAME:
		pair->old_name = optarg;
		return -1;
	default: /* JSON */
		pair->json = true;
		return -1;
	}
}

int
pair_read(const struct options *options, struct pair *pair)
{
	char **words = options->words, **end = words + options->word_count;
	const struct flags flags = {"diff", options_known, take};
	int ret;

	*pair = (struct pair){.captures = calloc((size_t)options->word_count + 1, sizeof(char *))};
	if (!pair->captures) {
		log_error("out of memory");
		return EXIT_USAGE;
	}
	ret = flags_read(&flags, options, pair);
	if (ret >= 0)
		return ret;
	words += optind;
	if (end - words < 2)
		return wrong("two configs are compared: OLD NEW", NULL);
	pair->old = *words++;
	pair->new = *words++;
	if (!pair->old_name)
		pair->old_name = pair->old;
	if (pair->capture_count == 0 && !pair->traced)
		return wrong("--on CAPTURE is missing: packets are compared, not texts", NULL);
	while (words < end)
		pair->captures[pair->capture_count++] = *words++;
	if (pair->capture_count && pair->traced)
		return wrong("--traced stands in place of captures; leave one out", NULL);
	return -1;
}

void
pair_clear(struct pair *pair)
{
	free(pair->captures);
}
