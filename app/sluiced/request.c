/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

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

enum kind {
	TEXT,    /* what follows it, and the row's text behind that */
	FIXED,   /* the row's text */
	QUIET,   /* no progress */
	HELP,    /* what can be asked for */
	NOTED,   /* is not needed, as the row's text says */
	REFUSED, /* is not done, as the row's text says */
};

static const char two_ways[] =
	"a replay leaves through one port: split the capture beforehand, by tcpdump and a filter "
	"for each direction, and start one replay for each at one time with --at";
static const char no_print[] = "packets are not printed; tcpdump -r FILE does it";
static const char as_they_are[] = "packets leave as they are; tcprewrite changes them beforehand";
static const char no_netmap[] = "DPDK's drivers take the place of netmap: name a PCI address";

/* First ours, with a line of help, then those of tcpreplay. */
static const struct row {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: none */
	const char *help;     /* NULL: none */
	enum kind kind;
	enum request_what what;
	const char *text;
	const char *zero; /* what 0 means; NULL: itself; "": as if it were not there */
} rows[] = {
	{"to", 0, "PORT", "where to: an interface, a PCI address, FILE.pcap, null; or KIND:REST",
	 TEXT, REQUEST_TO, "", NULL},
	{"pace", 0, "PACE", "original, 2x, 1.5Mpps, 1Gbps, 10Gbps-wire or top", TEXT, REQUEST_PACE,
	 "", NULL},
	{"loops", 0, "N", "how often; forever until it is ended", TEXT, REQUEST_LOOPS, "", NULL},
	{"limit", 'L', "N", "packets at most, of all loops together", TEXT, REQUEST_LIMIT, "",
	 NULL},
	{"duration", 0, "TIME", "at most so long, as in 60s; a number is seconds", TEXT,
	 REQUEST_DURATION, "", NULL},
	{"gap", 0, "TIME", "between two loops", TEXT, REQUEST_GAP, "", NULL},
	{"max-gap", 0, "TIME", "no pause of the capture is longer", TEXT, REQUEST_MAX_GAP, "",
	 NULL},
	{"from", 0, "PLACE", "begin there: a time since the first packet, or '#17'", TEXT,
	 REQUEST_FROM, "", NULL},
	{"until", 0, "PLACE", "end before it", TEXT, REQUEST_UNTIL, "", NULL},
	{"filter", 0, "FILTER", "only packets that it takes, as in tcpdump", TEXT, REQUEST_FILTER,
	 "", NULL},
	{"order", 0, "HOW", "merged or sequential: several captures by their times, or in a row",
	 TEXT, REQUEST_ORDER, "", NULL},
	{"other-links", 0, "HOW", "refuse, skip or convert: records that are not Ethernet", TEXT,
	 REQUEST_OTHER_LINKS, "", NULL},
	{"late", 0, "HOW", "catch-up, shift or drop: what is late", TEXT, REQUEST_LATE, "", NULL},
	{"truncated", 0, "HOW", "drop, send or pad: what the capture cut short", TEXT,
	 REQUEST_TRUNCATED, "", NULL},
	{"tolerance", 0, "TIME", "the error at the 99th percentile that passes", TEXT,
	 REQUEST_TOLERANCE, "", NULL},
	{"at", 0, "TIME", "start then, as in 15:00:00, 2026-11-29T15:00:00.5Z or +5s", TEXT,
	 REQUEST_AT, "", NULL},
	{"clock-error", 0, "TIME", "by how much the clock may be wrong for that; 1ms", TEXT,
	 REQUEST_CLOCK_ERROR, "", NULL},
	{"memory", 0, "SIZE", "for the captures; what is larger streams; 256MiB", TEXT,
	 REQUEST_MEMORY, "", NULL},
	{"worker", 0, "CORE", "the core that sends", TEXT, REQUEST_WORKER, "", NULL},
	{"hugepages", 0, "HOW", "auto, true or false", TEXT, REQUEST_HUGEPAGES, "", NULL},
	{"quiet", 'q', NULL, "no progress, and of the log what is wrong", QUIET, 0, NULL, NULL},
	{"help", 'h', NULL, NULL, HELP, 0, NULL, NULL},

	{"intf1", 'i', "PORT", NULL, TEXT, REQUEST_TO, "", NULL},
	{"multiplier", 'x', "N", NULL, TEXT, REQUEST_PACE, "x", NULL},
	{"pps", 'p', "N", NULL, TEXT, REQUEST_PACE, "pps", NULL},
	{"mbps", 'M', "N", NULL, TEXT, REQUEST_PACE, "Mbps", "top"},
	{"topspeed", 't', NULL, NULL, FIXED, REQUEST_PACE, "top", NULL},
	{"loop", 'l', "N", NULL, TEXT, REQUEST_LOOPS, "", "forever"},
	{"loopdelay-ms", 0, "N", NULL, TEXT, REQUEST_GAP, "ms", NULL},
	{"loopdelay-ns", 0, "N", NULL, TEXT, REQUEST_GAP, "ns", NULL},
	{"maxsleep", 0, "N", NULL, TEXT, REQUEST_MAX_GAP, "ms", ""},
	{"less-help", 'H', NULL, NULL, HELP, 0, NULL, NULL},
	{"preload-pcap", 'K', NULL, NULL, NOTED, 0,
	 "not needed: what fits --memory is read before it starts, and the rest ahead of time",
	 NULL},
	{"preload_pcap", 0, NULL, NULL, NOTED, 0,
	 "not needed: what fits --memory is read before it starts, and the rest ahead of time",
	 NULL},
	{"timer", 'T', "MODE", NULL, NOTED, 0, "not needed: there is one timer, the processor's",
	 NULL},
	{"no-flow-stats", 0, NULL, NULL, NOTED, 0, "not needed: flows are not counted", NULL},
	{"stats", 0, "SECONDS", NULL, NOTED, 0, "not needed: progress is shown by itself", NULL},
	{"intf2", 'I', "PORT", NULL, REFUSED, 0, two_ways, NULL},
	{"cachefile", 'c', "FILE", NULL, REFUSED, 0, two_ways, NULL},
	{"dualfile", '2', NULL, NULL, REFUSED, 0, two_ways, NULL},
	{"oneatatime", 'o', NULL, NULL, REFUSED, 0,
	 "packets leave by their time; --limit 1 with --from '#17' sends one", NULL},
	{"pps-multi", 0, "N", NULL, REFUSED, 0,
	 "at a rate each packet has its own time, and none waits for others", NULL},
	{"unique-ip", 0, NULL, NULL, REFUSED, 0, as_they_are, NULL},
	{"unique-ip-loops", 0, "N", NULL, REFUSED, 0, as_they_are, NULL},
	{"fixcsum", 'C', NULL, NULL, REFUSED, 0, as_they_are, NULL},
	{"pktlen", 0, NULL, NULL, REFUSED, 0,
	 "what a capture cut short is filled up with zeros by --truncated pad", NULL},
	{"verbose", 'v', NULL, NULL, REFUSED, 0, no_print, NULL},
	{"decode", 'A', "WORDS", NULL, REFUSED, 0, no_print, NULL},
	{"netmap", 0, NULL, NULL, REFUSED, 0, no_netmap, NULL},
	{"nm-delay", 0, "N", NULL, REFUSED, 0, no_netmap, NULL},
	{"flow-expiry", 0, "N", NULL, REFUSED, 0, "flows are not counted", NULL},
	{"listnics", 0, NULL, NULL, REFUSED, 0,
	 "`ip link` lists interfaces, `sluice-bind --status` cards", NULL},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

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
	struct option words[ROWS + GENERALS + 1];
	char letters[2 + 2 * ROWS + 1];
};

static void
make_table(struct table *table)
{
	size_t used = 0;

	*table = (struct table){0};
	for (size_t i = 0; i < ROWS; i++) {
		bool argument = rows[i].argument != NULL;

		table->words[i] = (struct option){rows[i].name, argument ? required_argument : 0,
						  NULL, FIRST_OPTION + (int)i};
		if (rows[i].letter) {
			table->letters[used++] = rows[i].letter;
			if (argument)
				table->letters[used++] = ':';
		}
	}
	table->letters[used] = 'V';
	for (size_t i = 0; i < GENERALS; i++)
		table->words[ROWS + i] = general[i];
}

static const struct row *
row_of(int option)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (option == FIRST_OPTION + (int)i ||
		    (option < 256 && rows[i].letter == (char)option))
			return &rows[i];
	}
	return NULL;
}

const char *
request_name(enum request_what what)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].help && rows[i].what == what && rows[i].kind == TEXT)
			return rows[i].name;
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
	for (const struct row *row = rows; row < rows + ROWS; row++) {
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
	       "\nThe same by tcpreplay's names: -i, --intf1 PORT; -l, --loop N; -x, --multiplier "
	       "N;\n"
	       "-p, --pps N; -M, --mbps N; -t, --topspeed; --loopdelay-ms N; --loopdelay-ns N;\n"
	       "--maxsleep N. What else it has is told when it is typed.\n"
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
take_text(const struct row *row, struct request *request)
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
take_row(const struct row *row, struct request *request)
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
	case REFUSED:
		break;
	}
	fprintf(stderr, "sluiced replay: --%s is not done here: %s\n", row->name, row->text);
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
		const struct row *row = row_of(option);

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
