/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "pick.h"
#include "sluice.h"

#include "core/banned.h"

#define SYNOPSIS_WIDTH 23

static void
synopsis(const struct command *command, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", command->words, *command->arguments ? " " : "",
		 command->arguments);
}

void
help_print(FILE *out)
{
	const struct command *command;
	char text[64];

	fprintf(out, "sluice: looks at a running sluiced and steers it\n\nUsage:\n");
	for (unsigned i = 0; (command = command_at(i)); i++) {
		synopsis(command, text, sizeof(text));
		fprintf(out, "  sluice %-*s  %s\n", SYNOPSIS_WIDTH, text, command->text);
	}
	fprintf(out,
		"\nOptions, before or behind the command:\n"
		"  --json           print the daemon's answer as it came, errors too\n"
		"  --watch SECONDS  repeat a reading command, with rates; ctrl-C ends it\n"
		"  --sort COLUMN    of rules, policers, dedups, drops, ports and workers: by name, "
		"packets, now, ...\n"
		"  --top N          of these the first N rows\n"
		"  --nonzero        of these the rows that counted something\n"
		"  --list           with `metrics`: which there are, and what they mean\n"
		"  --rules N, --textfile FILE\n"
		"                   with `metrics`: of so many rules; into a file\n"
		"  --follow         with `replay start`: show progress until it has ended\n"
		"  --pace, --loops, --limit, --duration, --at, --clock-error\n"
		"                   with `replay start`: how this run is to be, and when to begin\n"
		"  --all            with `replay start` and `replay stop`: every replay\n"
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
	char text[64];

	fprintf(out, "Usage:\n");
	for (unsigned i = 0; (command = command_at(i)); i++) {
		if (strncmp(command->words, word, length) != 0 || command->words[length] != ' ')
			continue;
		synopsis(command, text, sizeof(text));
		fprintf(out, "  sluice %-*s  %s\n", SYNOPSIS_WIDTH, text, command->text);
	}
	fprintf(out, "\nEach has more to say with --help; `sluice --help` has the options.\n");
}

void
help_command(const struct command *command, FILE *out)
{
	char text[64];

	synopsis(command, text, sizeof(text));
	fprintf(out, "sluice %s: %s\n", text, command->text);
	if (*command->more)
		fprintf(out, "\n%s", command->more);
	if (command->picks)
		fprintf(out, "\n--sort takes %s.\n", pick_columns(command->method).text);
	if (command->method)
		fprintf(out, "\nOn the socket: %s\n", command->method);
	fprintf(out, "Options: --json%s%s%s%s%s%s%s --socket PATH\n",
		command->picks ? " --sort COLUMN --top N --nonzero" : "",
		command->measures ? " --list --rules N --textfile FILE" : "",
		command->reading ? " --watch SECONDS" : "", command->follows ? " --follow" : "",
		command->starts ? " --pace PACE --loops N --limit N --duration TIME --at TIME "
				  "--clock-error TIME"
				: "",
		command->takes_all ? " --all" : "", command->waits ? " --timeout SECONDS" : "");
}
