/* SPDX-License-Identifier: BSD-3-Clause */
#include "asked.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"
#include "explain/explain.h"
#include "flags.h"

#include "core/banned.h"

enum { PORT = 512, DOWN, WITH, NEAR, EVERY_PORT, RULES, COST, JSON };

static const struct option options_known[] = {
	{"port", required_argument, NULL, PORT},
	{"all", no_argument, NULL, EVERY_PORT},
	{"down", required_argument, NULL, DOWN},
	{"with", required_argument, NULL, WITH},
	{"near", required_argument, NULL, NEAR},
	{"rules", no_argument, NULL, RULES},
	{"cost", no_argument, NULL, COST},
	{"json", no_argument, NULL, JSON},
	{"log-level", required_argument, NULL, FLAGS_LOG_LEVEL},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void
usage(FILE *out)
{
	fputs("sluiced explain: what would happen to a packet, and why, without a daemon\n\n"
	      "Usage:\n"
	      "  sluiced explain CONFIG FILE#N        record N of a capture, counted from 1\n"
	      "  sluiced explain CONFIG FILE#N-M      several; FILE#1- is all\n"
	      "  sluiced explain CONFIG HEX           a frame's bytes\n"
	      "  sluiced explain CONFIG 'tcp 10.0.0.6:43211 > 192.0.2.1:443 vlan 100 syn'\n\n"
	      "Options:\n"
	      "  --port PORT     as if received there; else the port that reads the capture,\n"
	      "                  or the first that receives\n"
	      "  --all           on every port, one after the other\n"
	      "  --down PORT     as if it had no link (may be repeated)\n"
	      "  --with CONFIG   and what another config would do\n"
	      "  --near N        so many rules that nearly took it (3)\n"
	      "  --rules         every rule, also those that are not reached\n"
	      "  --cost          what it costs to classify it, and what follows, measured here\n"
	      "  --json          one JSON object a line\n"
	      "  --log-level L   error, warning (default), info or debug\n"
	      "  -h, --help      this help\n\n"
	      "Exit codes: 0 done; 1 the packet can't be had, or the answer does not agree\n"
	      "with the tables; 2 wrong usage or invalid config.\n",
	      out);
}

static int
wrong(const char *problem, const char *word)
{
	return flags_wrong("explain", problem, word);
}

static int
take(int option, void *into)
{
	struct asked *asked = into;
	uint64_t number;

	switch (option) {
	case 'h':
		usage(stdout);
		return EXIT_DONE;
	case PORT:
		asked->port = optarg;
		return -1;
	case EVERY_PORT:
		asked->every_port = true;
		return -1;
	case DOWN:
		if (asked->down_count == ASKED_DOWN_MAX)
			return wrong("too many --down", optarg);
		asked->down[asked->down_count++] = optarg;
		return -1;
	case WITH:
		asked->with = optarg;
		return -1;
	case NEAR:
		if (text_number(optarg, 100, &number) < 0)
			return wrong("--near takes a number from 0 to 100, not", optarg);
		asked->near = (unsigned)number;
		return -1;
	case RULES:
		asked->every_rule = true;
		return -1;
	case COST:
		asked->cost = true;
		return -1;
	default: /* JSON */
		asked->json = true;
		return -1;
	}
}

/* The words behind the config, which a shell may have parted. */
static char *
join(char *const *words, int count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (int i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	return text_close(out, &text);
}

/* "FILE#N", "FILE#N-M" and "FILE#N-": -1 to go on, also where it is none of them. */
static int
read_records(struct asked *asked)
{
	const char *number = strrchr(asked->packet, '#');
	char *copy, *dash;
	int ret = -1;

	if (!number) {
		if (access(asked->packet, F_OK) == 0)
			return wrong("say which record of it, as in FILE#1, or FILE#1- for all",
				     asked->packet);
		return -1;
	}
	copy = strdup(number + 1);
	asked->file = strndup(asked->packet, number - asked->packet);
	if (!copy || !asked->file) {
		free(copy);
		log_error("out of memory");
		return EXIT_FAILED;
	}
	dash = strchr(copy, '-');
	asked->last = UINT64_MAX;
	if (dash)
		*dash = '\0';
	if (text_number(copy, UINT64_MAX, &asked->first) < 0 || asked->first == 0 ||
	    (dash && dash[1] && text_number(dash + 1, UINT64_MAX, &asked->last) < 0) ||
	    asked->last < asked->first)
		ret = wrong("records are numbered from 1, as in FILE#17, FILE#1-100 or FILE#1-",
			    asked->packet);
	if (!dash)
		asked->last = asked->first;
	free(copy);
	return ret;
}

int
asked_read(const struct options *options, struct asked *asked)
{
	const struct flags flags = {"explain", options_known, take};
	int ret, left;

	*asked = (struct asked){.near = EXPLAIN_NEAR};
	ret = flags_read(&flags, options, asked);
	if (ret >= 0)
		return ret;
	left = options->word_count - optind;
	if (left < 1)
		return wrong("the config's path is missing", NULL);
	asked->config = options->words[optind];
	if (left < 2)
		return wrong("the packet is missing: a capture's record as FILE#N, its bytes in "
			     "hexadecimal, or 'tcp 10.0.0.6:43211 > 192.0.2.1:443'",
			     NULL);
	asked->packet = join(options->words + optind + 1, left - 1);
	if (!asked->packet) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	return read_records(asked);
}

void
asked_clear(struct asked *asked)
{
	free(asked->packet);
	free(asked->file);
}
