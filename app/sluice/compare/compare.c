/* SPDX-License-Identifier: BSD-3-Clause */
#include "compare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "changed.h"
#include "config/amount.h"
#include "core/text.h"
#include "sides.h"
#include "sluice.h"
#include "tolerance.h"

#include "core/banned.h"

#define SNAP_MAX 65535

bool
compare_given(const struct compare_options *options)
{
	return options->ignoring || options->within || options->tolerance;
}

static int
wrong_ignoring(const char *word)
{
	const char *words[MATCH_IGNORING_COUNT + 2] = {"auto", "none"}, *nearest;

	for (unsigned i = 0; i < MATCH_IGNORING_COUNT; i++)
		words[2 + i] = match_ignoring_word(i);
	nearest = text_nearest(word, words, MATCH_IGNORING_COUNT + 2);
	return say_failed(EXIT_USAGE,
			  "--ignoring takes mac, vlan, ttl, dscp, checksums and nat, with commas "
			  "between; or auto, or none; not %s%s%s%s",
			  text_quote(word).text, nearest ? "; did you mean `" : "",
			  nearest ? nearest : "", nearest ? "`?" : "");
}

static int
parse_ignoring(const char *text, struct match_manner *manner)
{
	char *copy, *rest, *word;
	int ret = EXIT_DONE;

	manner->automatic = !text || strcmp(text, "auto") == 0;
	if (manner->automatic || strcmp(text, "none") == 0)
		return EXIT_DONE;
	copy = rest = strdup(text);
	if (!copy)
		return say_failed(EXIT_FAILED, "out of memory");
	while (ret == EXIT_DONE && (word = strsep(&rest, ","))) {
		unsigned bit = 0;

		while (match_ignoring_word(bit) && strcmp(match_ignoring_word(bit), word) != 0)
			bit++;
		if (!match_ignoring_word(bit))
			ret = wrong_ignoring(word);
		manner->ignoring |= 1u << bit;
	}
	free(copy);
	return ret;
}

static int
parse_within(const char *text, uint64_t *ns)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];

	*ns = UINT64_MAX;
	if (!text || config_duration_parse(text, ns, reason, sizeof(reason)) == 0)
		return EXIT_DONE;
	return say_failed(EXIT_USAGE, "--within: %s", reason);
}

static int
parse_snap(const char *text, uint32_t *snap)
{
	uint64_t bytes = 0;

	if (text && (text_number(text, SNAP_MAX, &bytes) < 0 || bytes < MATCH_SNAP_MIN))
		return say_failed(EXIT_USAGE,
				  "--snap takes a number of bytes from %d to %d, not %s",
				  MATCH_SNAP_MIN, SNAP_MAX, text_quote(text).text);
	*snap = (uint32_t)bytes;
	return EXIT_DONE;
}

/* That packets are cut short is no difference, but keeps them from being known. */
static void
tell_cut(const struct sides *sides)
{
	if (!sides->manner.snap && !sides->sent.cut != !sides->back.cut)
		fprintf(stderr,
			"sluice: the packets of %s are cut short, those of the other are not; "
			"--snap BYTES compares as much of each as there is\n",
			sides->sent.cut ? sides->sent.path : sides->back.path);
}

static int
tell(const struct sides *sides, const struct options *options, const struct tolerance *tolerance)
{
	json_t *account = account_make(sides);
	bool passed = tolerance_judge(tolerance, account);
	/* Where the capture goes there is no room for it. */
	bool taken = options->into && strcmp(options->into, "-") == 0;

	if (options->json && !taken) {
		json_dumpf(account, stdout, JSON_COMPACT);
		printf("\n");
	} else {
		account_print(account, taken ? stderr : stdout);
	}
	json_decref(account);
	if (options->into && !changed_write(match_changes(sides->match), options->into))
		return EXIT_FAILED;
	return passed ? EXIT_DONE : EXIT_FAILED;
}

int
run_compare(const struct command *command, const struct options *options, char *const *arguments)
{
	struct sides *sides = calloc(1, sizeof(*sides));
	char reason[TOLERANCE_REASON_MAX];
	struct tolerance tolerance;
	int ret;

	if (!sides)
		return say_failed(EXIT_FAILED, "out of memory");
	sides->sent.path = arguments[0];
	sides->back.path = arguments[1];
	sides->progress = isatty(STDERR_FILENO) ? stderr : NULL;
	ret = parse_ignoring(options->comparing.ignoring, &sides->manner);
	if (ret == EXIT_DONE)
		ret = parse_within(options->comparing.within, &sides->within_ns);
	if (ret == EXIT_DONE)
		ret = parse_snap(options->looking.snap, &sides->manner.snap);
	if (ret == EXIT_DONE &&
	    !tolerance_parse(&tolerance, options->comparing.tolerance, reason, sizeof(reason)))
		ret = say_failed(EXIT_USAGE, "--tolerance: %s", reason);
	if (ret == EXIT_DONE && strcmp(arguments[0], "-") == 0 && strcmp(arguments[1], "-") == 0)
		ret = say_failed(EXIT_USAGE, "only one of both can be standard input");
	if (ret == EXIT_DONE && !sides_match(sides)) {
		/* 1 says that they differ. */
		ret = say_failed(EXIT_USAGE, "%s", sides->reason);
	} else if (ret == EXIT_DONE) {
		tell_cut(sides);
		ret = tell(sides, options, &tolerance);
	}
	sides_end(sides);
	free(sides);
	return ret;
}
