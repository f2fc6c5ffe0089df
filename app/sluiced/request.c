/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "core/text.h"
#include "core/when.h"

#include "core/banned.h"

/* What getopt gives for the row of an index. */
#define FIRST_OPTION 512

/* What every command that starts a daemon takes. */
static const struct option general[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"plugin", required_argument, NULL, OPTION_PLUGIN},
	{"unsafe-no-iommu", no_argument, NULL, OPTION_UNSAFE},
	{"version", no_argument, NULL, 'V'},
};

#define GENERALS (sizeof(general) / sizeof(general[0]))

/* As getopt has them. */
struct table {
	struct option words[WORD_ROWS + GENERALS + 1];
	char letters[2 + 2 * WORD_ROWS + 1];
};

static void
make_table(struct table *table)
{
	size_t used = 0;

	*table = (struct table){0};
	for (size_t i = 0; i < WORD_ROWS; i++) {
		bool argument = word_rows[i].argument != NULL;

		table->words[i] =
			(struct option){word_rows[i].name, argument ? required_argument : 0, NULL,
					FIRST_OPTION + (int)i};
		if (word_rows[i].letter) {
			table->letters[used++] = word_rows[i].letter;
			if (argument)
				table->letters[used++] = ':';
		}
	}
	table->letters[used] = 'V';
	for (size_t i = 0; i < GENERALS; i++)
		table->words[WORD_ROWS + i] = general[i];
}

static const struct word *
row_of(int option)
{
	for (size_t i = 0; i < WORD_ROWS; i++) {
		if (option == FIRST_OPTION + (int)i ||
		    (option < 256 && word_rows[i].letter == (char)option))
			return &word_rows[i];
	}
	return NULL;
}

const char *
request_name(enum request_what what)
{
	for (size_t i = 0; i < WORD_ROWS; i++) {
		if (word_rows[i].help && word_rows[i].what == what && word_rows[i].kind <= FIXED)
			return word_rows[i].name;
	}
	return "";
}

static void
help(void)
{
	printf("sluiced replay: sends captures, without a config\n\n"
	       "Usage:\n"
	       "  sluiced replay FILE... --to PORT [OPTION...]\n\n"
	       "Options:\n");
	for (const struct word *row = word_rows; row < word_rows + WORD_ROWS; row++) {
		char words[64];

		snprintf(words, sizeof(words), "%s%c%s--%s %s", row->letter ? "-" : "",
			 row->letter ? row->letter : ' ', row->letter ? ", " : "   ", row->name,
			 row->argument ? row->argument : "");
		if (row->help)
			printf("  %-24s %s\n", words, row->help);
	}
	printf("      --json               the verdict as one JSON object\n"
	       "      --plugin PATH        a further DPDK driver (may be repeated)\n"
	       "      --unsafe-no-iommu    go on where no IOMMU keeps devices to their memory\n"
	       "      --log-level LEVEL    error, warning, info (default) or debug\n"
	       "  -h, --help               this help\n"
	       "\nThe same by tcpreplay's names: -i, --intf1 PORT; -I, --intf2 PORT; -l, --loop "
	       "N;\n"
	       "-x, --multiplier N; -p, --pps N; -M, --mbps N; -t, --topspeed; --loopdelay-ms N;\n"
	       "--loopdelay-ns N; --maxsleep N; --unique-ip. What else it and tcprewrite have is\n"
	       "told when it is typed.\n"
	       "\nExit codes: 0 done; 1 refused, failed, ended before its time or not passed;\n"
	       "2 wrong usage. More: sluiced(8).\n");
}

static int
say(const char *problem, const char *word)
{
	fprintf(stderr, "sluiced replay: %s%s%s; see `sluiced replay --help`\n", problem,
		word ? ": " : "", word ? word : "");
	return EXIT_USAGE;
}

static int
take_text(const struct word *row, struct request *request)
{
	const char *before = request->words[row->what];
	const char *text = row->argument ? optarg : "";
	bool zero = row->zero && strcmp(text, "0") == 0;

	if (zero && row->zero[0] == '\0')
		return -1;
	if (before) {
		fprintf(stderr,
			"sluiced replay: --%s and --%s say the same: give one of them, once\n",
			before, row->name);
		return EXIT_USAGE;
	}
	request->words[row->what] = row->name;
	if (asprintf(&request->texts[row->what], "%s%s", zero ? "" : text,
		     zero ? row->zero : row->text) >= 0)
		return -1;
	request->texts[row->what] = NULL;
	fprintf(stderr, "sluiced replay: out of memory\n");
	return EXIT_FAILED;
}

static int
take_row(const struct word *row, struct request *request)
{
	switch (row->kind) {
	case TEXT:
	case FIXED:
		return take_text(row, request);
	case QUIET:
		request->quiet = true;
		return -1;
	case HELP:
		help();
		return EXIT_DONE;
	case NOTED:
		fprintf(stderr, "sluiced replay: --%s: %s\n", row->name, row->text);
		return -1;
	case OTHERWISE:
	case REFUSED:
		break;
	}
	fprintf(stderr, "sluiced replay: --%s is %s: %s\n", row->name,
		row->kind == REFUSED ? "not done here" : "written otherwise here", row->text);
	return EXIT_USAGE;
}

int
request_read(struct options *options, struct request *request)
{
	struct table table;
	int option, ret = -1;

	*request = (struct request){0};
	make_table(&table);
	opterr = 0;
	optind = 0; /* what came before was read by others */
	while (ret < 0 && (option = getopt_long(options->word_count, options->words, table.letters,
						table.words, NULL)) != -1) {
		const struct word *row = row_of(option);

		if (row)
			ret = take_row(row, request);
		else if (option != '?')
			ret = take_option(option, options->words[optind - 1], options);
		else
			ret = say("unknown option or missing value", options->words[optind - 1]);
	}
	if (ret >= 0)
		return ret;
	request->files = options->words + optind;
	request->file_count = options->word_count - optind;
	if (request->file_count == 0)
		return say("which capture? a file is missing", NULL);
	if (!request->texts[REQUEST_TO])
		return say("where to? give --to PORT, as in --to eth1", NULL);
	for (unsigned i = REQUEST_IGNORING; i <= REQUEST_WITHIN; i++) {
		if (request->texts[i] && !request->texts[REQUEST_RETURN])
			return say("goes with --return PORT", request_name(i));
	}
	return -1;
}

void
request_clear(struct request *request)
{
	for (unsigned i = 0; i < REQUEST_ALL; i++)
		free(request->texts[i]);
	*request = (struct request){0};
}

static bool
put_limit(json_t *terms, const struct request *request)
{
	const char *text = request->texts[REQUEST_LIMIT];
	uint64_t number = 0;

	if (text && (text_number(text, INT64_MAX, &number) < 0 || number == 0)) {
		fprintf(stderr, "sluiced replay: --limit takes a number from 1 on, not %s\n",
			text_quote(text).text);
		return false;
	}
	return !text || json_object_set_new(terms, "limit", json_integer((json_int_t)number)) == 0;
}

/* A bare number is seconds, as tcpreplay has it. */
static bool
put_duration(json_t *terms, const struct request *request, enum request_what what, const char *name)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text = request->texts[what];
	json_t *value;
	uint64_t ns;

	if (!text)
		return true;
	value = json_sprintf("%s%s", text, text[strspn(text, "0123456789")] ? "" : "s");
	if (value &&
	    config_duration_parse(json_string_value(value), &ns, reason, sizeof(reason)) == 0)
		return json_object_set_new(terms, name, value) == 0;
	json_decref(value);
	fprintf(stderr, "sluiced replay: --%s: %s\n", request->words[what],
		value ? reason : "not UTF-8 text");
	return false;
}

/* As it is now: a start takes a while. */
static bool
put_time(json_t *terms, const struct request *request)
{
	char reason[WHEN_REASON_MAX], moment[WHEN_TEXT_MAX];
	const char *text = request->texts[REQUEST_AT];
	uint64_t at;

	if (!text)
		return true;
	if (when_parse(text, when_now(), &at, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "sluiced replay: --at: %s\n", reason);
		return false;
	}
	when_format(at, moment);
	return json_object_set_new(terms, "at", json_string(moment)) == 0;
}

json_t *
request_terms(const struct request *request)
{
	char name[CONFIG_NAME_MAX + 1];
	json_t *terms;

	request_replay_name(request, name);
	terms = json_pack("{s:s}", "name", name);
	if (put_limit(terms, request) &&
	    put_duration(terms, request, REQUEST_DURATION, "duration") &&
	    put_duration(terms, request, REQUEST_CLOCK_ERROR, "clock_error") &&
	    put_time(terms, request))
		return terms;
	json_decref(terms);
	return NULL;
}
