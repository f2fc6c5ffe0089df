/* SPDX-License-Identifier: BSD-3-Clause */
/* `sluiced bench paths`: its words, and where its result goes. */
#include "sluiced.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"
#include "flags.h"
#include "paths/paths.h"

#include "core/banned.h"

#define SIZE_LEAST 64
#define SIZE_MOST 65536
#define MS_MOST 10000
#define REPEATS 3
#define SLICE_MS 100
#define SLICE_MS_QUICK 20

static const unsigned sizes[] = {64, 256, 1024, 1514, 2048, 4096, 9000, 65536};
static const unsigned quick_sizes[] = {64, 1024, 9000, 65536};

enum { OPTION_MS = 512, OPTION_PICTURE, OPTION_QUICK, OPTION_REPEATS, OPTION_SIZES };

static const struct option options_known[] = {
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"ms", required_argument, NULL, OPTION_MS},
	{"quick", no_argument, NULL, OPTION_QUICK},
	{"repeats", required_argument, NULL, OPTION_REPEATS},
	{"sizes", required_argument, NULL, OPTION_SIZES},
	{"svg", required_argument, NULL, OPTION_PICTURE},
	{0},
};

struct asked_paths {
	struct paths_terms terms;
	const char *picture; /* path, or NULL */
	bool json;
};

static void
usage(void)
{
	printf("sluiced bench paths: what it costs here to bring packets from memory to the far\n"
	       "end of a veth, by each way that the kernel has and by sluice, and from which\n"
	       "size on zero-copy pays. Needs root; takes about a minute.\n\n"
	       "Options:\n"
	       "  --sizes N,N...     64 to 65536 bytes, ascending, at most %d of them\n"
	       "  --repeats N        how often each is measured, 1 to %d; %d\n"
	       "  --ms N             how long each time, in milliseconds; %d\n"
	       "  --quick            four sizes, %d ms\n"
	       "  --svg FILE         a picture of it, too\n"
	       "  --json             the result as one JSON object\n"
	       "  --log-level LEVEL  error, warning, info (default) or debug\n"
	       "  -h, --help         this help\n",
	       PATHS_SIZES_MAX, PATHS_REPEATS_MAX, REPEATS, SLICE_MS, SLICE_MS_QUICK);
}

static int
wrong(const char *problem, const char *word)
{
	return flags_wrong("bench paths", problem, word);
}

static void
set_sizes(struct paths_terms *terms, const unsigned *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		terms->sizes[i] = list[i];
	terms->size_count = count;
}

static int
read_sizes(char *text, struct paths_terms *terms)
{
	char *rest = text, *one;

	terms->size_count = 0;
	while ((one = strsep(&rest, ","))) {
		unsigned count = terms->size_count;
		uint64_t size;

		if (count == PATHS_SIZES_MAX)
			return wrong("too many sizes", NULL);
		if (text_number(one, SIZE_MOST, &size) < 0 || size < SIZE_LEAST)
			return wrong("a size is 64 to 65536 bytes, not", one);
		if (count > 0 && size <= terms->sizes[count - 1])
			return wrong("sizes are to ascend, which this one does not", one);
		terms->sizes[terms->size_count++] = (unsigned)size;
	}
	return -1;
}

static int
read_number(unsigned most, const char *what, unsigned *number)
{
	uint64_t value;

	if (text_number(optarg, most, &value) < 0 || value == 0)
		return wrong(what, optarg);
	*number = (unsigned)value;
	return -1;
}

static int
take(int option, const char *word, struct options *general, struct asked_paths *asked)
{
	switch (option) {
	case 'h':
		usage();
		return EXIT_DONE;
	case OPTION_MS:
		return read_number(MS_MOST, "--ms takes 1 to 10000, not", &asked->terms.slice_ms);
	case OPTION_REPEATS:
		return read_number(PATHS_REPEATS_MAX, "--repeats takes 1 to 9, not",
				   &asked->terms.repeats);
	case OPTION_SIZES:
		return read_sizes(optarg, &asked->terms);
	case OPTION_QUICK:
		set_sizes(&asked->terms, quick_sizes, sizeof(quick_sizes) / sizeof(sizes[0]));
		asked->terms.slice_ms = SLICE_MS_QUICK;
		return -1;
	case OPTION_PICTURE:
		asked->picture = optarg;
		return -1;
	default:
		return take_option(option, word, general);
	}
}

static int
read_words(struct options *general, struct asked_paths *asked)
{
	int option, ret = -1;

	asked->terms = (struct paths_terms){.repeats = REPEATS, .slice_ms = SLICE_MS};
	set_sizes(&asked->terms, sizes, sizeof(sizes) / sizeof(sizes[0]));
	opterr = 0;
	optind = 0;
	while (ret < 0 && (option = getopt_long(general->word_count, general->words, "h",
						options_known, NULL)) != -1) {
		if (option == '?')
			return wrong("unknown option or missing value", general->words[optind - 1]);
		ret = take(option, general->words[optind - 1], general, asked);
	}
	if (ret >= 0)
		return ret;
	/* "paths" itself is the first of them. */
	if (optind + 1 < general->word_count)
		return wrong("one word too many", general->words[optind + 1]);
	asked->json = general->json;
	return -1;
}

/* A line that the next one takes the place of, where somebody watches. */
static void
progress(const char *text)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s", text);
}

/* Opened before this process leaves the tree of mounts in which its path was meant. */
static int
open_picture(const char *path, FILE **picture)
{
	*picture = path ? fopen(path, "we") : NULL;
	if (path && !*picture) {
		log_fail(errno, "%s", path);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int
show(const struct asked_paths *asked, const json_t *result, FILE *picture)
{
	int ret = EXIT_DONE;

	if (asked->json) {
		json_dumpf(result, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		paths_table(result, stdout);
	}
	if (picture)
		paths_picture(result, picture);
	if (fflush(stdout) != 0 || (picture && fflush(picture) != 0)) {
		log_error("the result could not be written");
		ret = EXIT_FAILED;
	}
	return ret;
}

int
command_bench_paths(const struct options *words)
{
	struct options general = *words;
	struct asked_paths asked = {0};
	FILE *picture = NULL;
	json_t *result;
	int ret = read_words(&general, &asked);

	if (ret >= 0)
		return ret;
	ret = open_picture(asked.picture, &picture);
	if (ret != EXIT_DONE)
		return ret;
	result = paths_run(&asked.terms, progress);
	progress("");
	ret = result ? show(&asked, result, picture) : EXIT_FAILED;
	if (picture)
		fclose(picture);
	json_decref(result);
	return ret;
}
