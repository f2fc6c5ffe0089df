/* SPDX-License-Identifier: BSD-3-Clause */
/* capture read: packets of captures, by time and filter, as a capture. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/file.h"
#include "capture/names.h"
#include "config/expression.h"
#include "core/text.h"
#include "core/units.h"
#include "core/when.h"
#include "extract.h"
#include "kept.h"
#include "sluice.h"

#include "core/banned.h"

#define NS_PER_S UINT64_C(1000000000)
#define DAY_NS (24 * 3600 * NS_PER_S)
#define SHOW_NS (NS_PER_S / 5)
#define OUTPUT_BUFFER (1u << 20)

/* An hour without a date is the last one that was, or (--until) the next behind --from, from which
 * +TIME counts, too; -TIME counts back from now. */
static int
parse_time(const char *option, const char *text, uint64_t since, uint64_t *out)
{
	char reason[WHEN_REASON_MAX];
	uint64_t now = when_now(), back = 0;
	int ret;

	if (text[0] == '-') {
		char *ahead = NULL;

		ret = asprintf(&ahead, "+%s", text + 1) < 0
			      ? -ENOMEM
			      : when_parse(ahead, 0, &back, reason, sizeof(reason));
		free(ahead);
		*out = back < now ? now - back : 0;
	} else {
		ret = when_parse(text, since ? since : now - DAY_NS, out, reason, sizeof(reason));
	}
	return ret < 0 ? say_failed(EXIT_USAGE, "%s: %s", option, reason) : EXIT_DONE;
}

static int
take_times(struct extract *extract, const struct read_options *options)
{
	uint64_t since = 0;
	int ret = EXIT_DONE;

	if (options->from)
		ret = parse_time("--from", options->from, 0, &extract->from_ns);
	if (options->from)
		since = extract->from_ns;
	if (ret == EXIT_DONE && options->until)
		ret = parse_time("--until", options->until, since, &extract->until_ns);
	if (ret == EXIT_DONE && extract->until_ns <= extract->from_ns)
		ret = say_failed(EXIT_USAGE, "--until is not later than --from: nothing lies "
					     "between them");
	return ret;
}

static int
take_terms(struct extract *extract, const struct options *options, struct bpf_program *filter)
{
	const struct read_options *read = &options->read;
	char message[256];

	if (options->looking.count &&
	    (text_number(options->looking.count, UINT64_MAX, &extract->most) < 0 ||
	     extract->most == 0))
		return say_failed(EXIT_USAGE, "-n takes a number of packets from 1 on, not %s",
				  text_quote(options->looking.count).text);
	if (read->filter) {
		if (expression_compile(read->filter, filter, message, sizeof(message)) < 0)
			return say_failed(EXIT_USAGE, "--filter: %s", message);
		extract->filter = filter;
	}
	return take_times(extract, read);
}

/* What is written must be none of what is read. */
static bool
is_one_of(const struct capture_names *names, const char *path)
{
	struct stat status, other;

	if (stat(path, &status) < 0)
		return false;
	for (unsigned i = 0; i < names->count; i++) {
		if (stat(names->items[i], &other) == 0 && other.st_dev == status.st_dev &&
		    other.st_ino == status.st_ino)
			return true;
	}
	return false;
}

static int
open_output(struct extract *extract, const struct options *options,
	    const struct capture_names *names)
{
	const char *into = options->into;

	if (options->read.count && into)
		return say_failed(EXIT_USAGE, "--count writes no packets; leave -w out");
	if (options->read.count)
		return EXIT_DONE;
	if (!into || strcmp(into, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return say_failed(EXIT_USAGE, "a capture on a terminal is of no use: give "
						      "it on with | or >, write it with -w FILE, "
						      "or count with --count");
		extract->section.out = stdout;
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
		return EXIT_DONE;
	}
	if (is_one_of(names, into))
		return say_failed(EXIT_USAGE, "-w %s: is one of the captures that are read", into);
	extract->section.out = fopen(into, "wbe");
	return extract->section.out ? EXIT_DONE
				    : say_failed(EXIT_FAILED, "-w %s: %s", into, strerror(errno));
}

static void
show_progress(const struct extract *extract)
{
	static uint64_t shown;
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	if (ns - shown < SHOW_NS)
		return;
	shown = ns;
	fprintf(stderr, "\r\033[K%s read, %s packets", units_bytes(extract->read_bytes).text,
		units_count(extract->packets).text);
}

static void
clear_progress(const struct extract *extract)
{
	if (extract->show)
		fprintf(stderr, "\r\033[K");
}

/* All files, until there are enough packets or nobody reads them. What is cut does not keep from
 * what follows. */
static int
read_files(struct extract *extract, const struct capture_names *names)
{
	FILE *out = extract->section.out;
	int result = EXIT_DONE;

	for (unsigned i = 0; i < names->count && !extract_is_done(extract); i++) {
		int ret = extract_file(extract, names->items[i]);

		if (ret == 0 && !(out && ferror(out)))
			continue;
		clear_progress(extract);
		if (ret == 0)
			return result;
		result = say_failed(EXIT_FAILED, "%s", extract->reason);
		if (ret < 0)
			return result;
	}
	clear_progress(extract);
	return result;
}

static int
close_output(const struct extract *extract, const struct options *options, int result)
{
	FILE *out = extract->section.out;
	bool failed;

	if (!out || out == stdout)
		return result;
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return result;
	return say_failed(EXIT_FAILED, "-w %s: can't be written: %s", options->into,
			  strerror(errno));
}

static void
print_counts(const struct extract *extract, const struct options *options)
{
	/* Where packets go to stdout, numbers would be among them. */
	if (options->json && extract->section.out != stdout)
		printf("{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"files\":%u,"
		       "\"file_bytes\":%" PRIu64 ",\"read_bytes\":%" PRIu64 "}\n",
		       extract->packets, extract->bytes, extract->files, extract->file_bytes,
		       extract->read_bytes);
	else if (options->read.count)
		printf("%" PRIu64 "\n", extract->packets);
}

int
run_capture_read(const struct command *command, const struct options *options,
		 char *const *arguments)
{
	struct config_captures captures = {0};
	struct kept kept = {0};
	struct extract extract = {.until_ns = UINT64_MAX, .most = UINT64_MAX};
	struct bpf_program filter = {0};
	struct capture_names names = {0};
	char reason[CAPTURE_REASON_MAX];
	int ret = take_terms(&extract, options, &filter);

	if (ret == EXIT_DONE)
		ret = kept_find(&kept, options, arguments);
	captures.files = kept.words;
	captures.file_count = kept.count;
	if (ret == EXIT_DONE && capture_names_find(&names, &captures, reason, sizeof(reason)) < 0) {
		text_clean(reason);
		ret = say_failed(EXIT_FAILED, "%s", reason);
	}
	if (ret == EXIT_DONE)
		ret = open_output(&extract, options, &names);
	if (ret == EXIT_DONE) {
		extract.show = isatty(STDERR_FILENO) && extract.section.out != stdout
				       ? show_progress
				       : NULL;
		ret = read_files(&extract, &names);
		ret = close_output(&extract, options, ret);
	}
	if (ret == EXIT_DONE)
		print_counts(&extract, options);
	extract_free(&extract);
	kept_free(&kept);
	capture_names_free(&names);
	pcap_freecode(&filter);
	return ret;
}
