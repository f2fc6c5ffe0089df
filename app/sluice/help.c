/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "pick.h"
#include "sluice.h"

#include "core/banned.h"

#define SYNOPSIS_WIDTH 23
#define TEXT_COLUMN (2 + (int)sizeof("sluice") + SYNOPSIS_WIDTH + 2)
#define WIDTH 80

static void
synopsis(const struct command *command, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", command->words, *command->arguments ? " " : "",
		 command->arguments);
}

/* Words from this column on, in lines that a terminal shows; the lines behind are indented. */
static void
print_words(FILE *out, int column, int indent, const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (column > indent && column + 1 + length > WIDTH)
			column = fprintf(out, "\n%*s", indent, "") - 1;
		else if (column > indent)
			column += fprintf(out, " ");
		column += fprintf(out, "%.*s", length, text);
		text += length;
		if (*text == '\n')
			column = fprintf(out, "\n%*s", text[1] ? indent : 0, "") - 1;
		text += *text != '\0';
	}
}

static void
print_usage(FILE *out, const struct command *command)
{
	char text[64];
	int column;

	synopsis(command, text, sizeof(text));
	column = fprintf(out, "  sluice %s", text);
	if (column + 2 > TEXT_COLUMN) {
		fprintf(out, "\n");
		column = 0;
	}
	fprintf(out, "%*s", TEXT_COLUMN - column, "");
	print_words(out, TEXT_COLUMN, TEXT_COLUMN, command->text);
	fprintf(out, "\n");
}

void
help_print(FILE *out)
{
	const struct command *command;

	fprintf(out, "sluice: looks at a running sluiced and steers it\n\nUsage:\n");
	for (unsigned i = 0; (command = command_at(i)); i++)
		print_usage(out, command);
	fprintf(out,
		"\nOptions, before or behind the command:\n"
		"  --json           print the daemon's answer as it came, errors too\n"
		"  --watch SECONDS  repeat a reading command, with rates; ctrl-C ends it\n"
		"  --sort COLUMN    of rules, policers, dedups, returns, drops, ports, workers:\n"
		"                   by name, packets, now, ...\n"
		"  --top N          of these the first N rows\n"
		"  --nonzero        of these the rows that counted something\n"
		"  --list           with `metrics`: which there are, and what they mean\n"
		"  --rules N, --textfile FILE\n"
		"                   with `metrics`: of so many rules; into a file\n"
		"  --port PORT, --down PORT, --with FILE, --near N, --cost, --live [FILTER]\n"
		"                   with `explain`: where it comes in, links that are supposed\n"
		"                   down, a second config, what it costs, packets that\n"
		"                   pass\n"
		"  --on CAPTURE, --live SECONDS, --port PORT\n"
		"                   with `config diff`: of packets, captured or passing ones\n"
		"  --follow         with `replay start`: show progress until it has ended\n"
		"  --pace, --loops, --limit, --duration, --at, --clock-error\n"
		"                   with `replay start`: how this run is to be, and when to begin\n"
		"  --all            with `replay start` and `replay stop`: every replay; with\n"
		"                   `explain`: every port\n"
		"  -n N, -v, --port, --rule, --drops, --in, --out, --snap, --rate, --for,\n"
		"  --paths\n"
		"                   with `trace` and `tap`: which packets, and how many\n"
		"  --from TIME, --until TIME, --filter FILTER, -n N, -w FILE, --count\n"
		"                   with `capture read`: which packets, and where to\n"
		"  --by WORD        with `talkers`: flow, source, destination, port or rule\n"
		"  --ignoring WORDS, --within TIME, --tolerance WORDS, --snap BYTES, -w FILE\n"
		"                   with `compare`: what may differ, and where changes go\n"
		"  -w FILE          with `returns`: packets that changed, as a capture\n"
		"  --loss N, --latency WORDS, --duration TIME, -w FILE\n"
		"                   with `ndr`: what may be, how long trials are, a picture\n"
		"  --once           with `top`: one look, and no screen\n"
		"  --timeout SECONDS\n"
		"                   with `wait`: for how long; default: 30\n"
		"  --socket PATH    the daemon's socket or run-dir; default: $SLUICE_SOCKET, or\n"
		"                   /run/sluice/control.sock, for users other than root\n"
		"                   $XDG_RUNTIME_DIR/sluice/control.sock\n"
		"  -h, --help       this help; behind a command, more about it\n"
		"  -V, --version    the client's version\n"
		"\nExit codes: 0 done; 1 refused or failed; 2 wrong usage or invalid config;\n"
		"3 the daemon can't be reached. More: sluice(1), sluiced(8), "
		"sluice.yaml(5).\n");
}

void
help_group(const char *word, FILE *out)
{
	size_t length = strlen(word);
	const struct command *command;

	fprintf(out, "Usage:\n");
	for (unsigned i = 0; (command = command_at(i)); i++) {
		if (strncmp(command->words, word, length) == 0 && command->words[length] == ' ')
			print_usage(out, command);
	}
	fprintf(out, "\nEach has more to say with --help; `sluice --help` has the options.\n");
}

/* Which options a command takes. */
static void
print_options(FILE *out, const struct command *command)
{
	const struct {
		bool takes;
		const char *options;
	} rows[] = {
		{true, " --json"},
		{command->shows_changed, " -w FILE"},
		{command->extracts,
		 " --from TIME --until TIME --filter FILTER -n N -w FILE --count"},
		{command->explains,
		 " --port PORT --all --down PORT --with FILE --near N --cost --live [FILTER] -n N "
		 "--rule RULE --drops[=REASON] --rate N --for SECONDS"},
		{command->compares, " --on CAPTURE... --live SECONDS --port PORT"},
		{command->picks, " --sort COLUMN --top N --nonzero"},
		{command->measures, " --list --rules N --textfile FILE"},
		{command->reading, " --watch SECONDS"},
		{command->follows, " --follow"},
		{command->takes_all, " --all"},
		{command->starts, " --pace PACE --loops N --limit N --duration TIME --at TIME "
				  "--clock-error TIME"},
		{command->sights, " --once"},
		{command->talks, " --by WORD -n N --for SECONDS"},
		{command->waits, " --timeout SECONDS"},
		{command->looks, " -n N --port PORT --rule RULE --drops[=REASON] --snap BYTES "
				 "--rate N --for SECONDS"},
		{command->looks && command->run == run_trace, " -v --paths"},
		{command->looks && command->run == run_tap, " --in --out"},
		{command->searches, " --loss N --latency WORDS --duration TIME -w FILE"},
		{command->matches, " --ignoring WORDS --within TIME --tolerance WORDS --snap "
				   "BYTES -w FILE"},
		{!command->matches, " --socket PATH"},
	};
	int column = fprintf(out, "Options:"), indent = column + 1;
	char text[512] = "";
	size_t used = 0;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].takes)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
						 rows[i].options);
	}
	fprintf(out, " ");
	print_words(out, indent, indent, text + 1);
	fprintf(out, "\n");
}

void
help_command(const struct command *command, FILE *out)
{
	char text[512];
	int column;

	synopsis(command, text, sizeof(text));
	column = fprintf(out, "sluice %s:", text);
	print_words(out, column, 0, command->text);
	fprintf(out, "\n");
	if (*command->more) {
		fprintf(out, "\n");
		print_words(out, 0, 0, command->more);
	}
	if (command->picks) {
		snprintf(text, sizeof(text), "--sort takes %s.\n",
			 pick_columns(command->method).text);
		fprintf(out, "\n");
		print_words(out, 0, 0, text);
	}
	fprintf(out, "\n");
	if (command->method)
		fprintf(out, "On the socket: %s\n", command->method);
	print_options(out, command);
}
