/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include "pick.h"

#include "core/banned.h"

/* Of what says which packets to look at, -n alone. */
static bool
arguments_only_count(const struct looking_options *looking)
{
	struct looking_options rest = *looking;

	rest.count = NULL;
	return !looking_given(&rest);
}

int
arguments_check(const struct command *command, const struct options *options, int count)
{
	struct looking_options looking = options->looking;

	if (command->matches)
		looking.snap = NULL;
	if (options->watch > 0 && !command->reading)
		return say_failed(EXIT_USAGE,
				  "--watch repeats what only reads: status, ports, bursts, rules, "
				  "policers, dedups, captures, returns, workers, drops, memory, "
				  "metrics, top, config show, replay list");
	if (pick_check(command, options) != EXIT_DONE)
		return EXIT_USAGE;
	if (options->follow && !command->follows)
		return say_failed(EXIT_USAGE, "--follow is for `sluice replay start NAME`");
	if (terms_given(&options->terms) && !command->starts && !command->searches)
		return say_failed(EXIT_USAGE, "--pace, --loops, --limit, --duration, --at and "
					      "--clock-error are for `sluice replay start`");
	if ((options->list || options->rules_given || options->textfile) && !command->measures)
		return say_failed(EXIT_USAGE,
				  "--list, --rules and --textfile are for `sluice metrics`");
	if (options->by && !command->talks)
		return say_failed(EXIT_USAGE, "--by is for `sluice talkers`");
	if ((options->read.from || options->read.until || options->read.filter ||
	     options->read.count) &&
	    !command->extracts)
		return say_failed(EXIT_USAGE, "--from, --until, --filter and --count are for "
					      "`sluice capture read`");
	if (compare_given(&options->comparing) && !command->matches)
		return say_failed(EXIT_USAGE, "--ignoring, --within and --tolerance are for "
					      "`sluice compare`");
	if ((options->ndr.loss || options->ndr.latency) && !command->searches)
		return say_failed(EXIT_USAGE, "--loss and --latency are for `sluice ndr`");
	if (options->into && !command->extracts && !command->matches && !command->searches &&
	    !command->shows_changed)
		return say_failed(EXIT_USAGE, "-w is for `sluice capture read`, `sluice compare`, "
					      "`sluice returns` and `sluice ndr`");
	if (looking_given(&looking) && !command->looks && !command->talks &&
	    !(command->explains && options->live) &&
	    !(command->extracts && arguments_only_count(&options->looking)))
		return say_failed(EXIT_USAGE,
				  "-n, -v, --rule, --drops, --in, --out, --snap, "
				  "--rate, --for and --paths are for `sluice trace` and "
				  "`sluice tap`");
	if (options->once && !command->sights)
		return say_failed(EXIT_USAGE, "--once is for `sluice top`");
	if (options->timeout > 0 && !command->waits)
		return say_failed(EXIT_USAGE, "--timeout is for `sluice wait`");
	if ((options->with || options->down_count || options->near_given || options->cost) &&
	    !command->explains)
		return say_failed(EXIT_USAGE,
				  "--down, --with, --near and --cost are for `sluice explain`");
	if (options->on_count && !command->compares)
		return say_failed(EXIT_USAGE, "--on is for `sluice config diff`");
	if (options->live && !command->compares && !command->explains)
		return say_failed(EXIT_USAGE,
				  "--live is for `sluice explain` and `sluice config diff`");
	if (options->port && !command->explains && !command->looks && !command->compares)
		return say_failed(EXIT_USAGE,
				  "--port is for `sluice explain`, `sluice trace`, `sluice tap` "
				  "and `sluice config diff`");
	if (options->all && options->port)
		return say_failed(EXIT_USAGE, "--all is every port; leave --port out");
	if (options->all && !command->takes_all && !command->explains)
		return say_failed(EXIT_USAGE,
				  "--all is for `sluice replay start`, `sluice replay stop` and "
				  "`sluice explain`");
	if (options->all && command->takes_all && count > 0)
		return say_failed(EXIT_USAGE, "--all stands in place of a name; leave one out");
	if (options->all && options->follow)
		return say_failed(EXIT_USAGE, "--follow shows one replay; name it, or look with "
					      "`sluice replay list --watch 1`");
	if ((options->all && command->takes_all) || (options->live && command->explains))
		return EXIT_DONE;
	if (count < (int)command->least)
		return say_failed(EXIT_USAGE, "`%s` needs %s; see `sluice %s --help`",
				  command->words, command->arguments, command->words);
	if (count > (int)command->most)
		return say_failed(EXIT_USAGE, "one word too many for `%s`; see `sluice %s --help`",
				  command->words, command->words);
	return EXIT_DONE;
}
