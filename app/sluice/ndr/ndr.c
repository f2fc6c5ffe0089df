/* SPDX-License-Identifier: BSD-3-Clause */
#include "ndr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/amount.h"
#include "core/table.h"
#include "core/units.h"
#include "graph.h"
#include "search.h"
#include "sluice.h"
#include "trial.h"
#include "watch.h"

#include "core/banned.h"

#define DURATION "2s"
#define TOLERANCE_TEXT_MAX 256

static int
parse(const struct options *options, char *const *arguments, struct trial_terms *terms)
{
	const struct ndr_options *ndr = &options->ndr;
	char text[TOLERANCE_TEXT_MAX], reason[TOLERANCE_REASON_MAX];
	uint64_t ns;

	*terms = (struct trial_terms){.replay = arguments[0],
				      .back = arguments[1],
				      .duration = options->terms.duration ? options->terms.duration
									  : DURATION};
	if (options->terms.pace || options->terms.loops || options->terms.limit ||
	    options->terms.at || options->terms.clock_error)
		return say_failed(EXIT_USAGE, "of how a run is to be `sluice ndr` takes "
					      "--duration alone");
	if (config_duration_parse(terms->duration, &ns, reason, sizeof(reason)) < 0)
		return say_failed(EXIT_USAGE, "--duration: %s", reason);
	terms->duration_s = (double)ns / 1e9;
	snprintf(text, sizeof(text), "lost=%s%s%s", ndr->loss ? ndr->loss : "0",
		 ndr->latency ? "," : "", ndr->latency ? ndr->latency : "");
	if (!tolerance_parse(&terms->tolerance, text, reason, sizeof(reason)))
		return say_failed(EXIT_USAGE, "--loss or --latency: %s", reason);
	return EXIT_DONE;
}

static void
show(const struct options *options, const struct trial *trial)
{
	const json_t *why = json_object_get(trial->told, "why");
	double pace = trial->asked > 0 ? trial->asked : trial->achieved;

	if (options->json)
		return;
	printf("%s: %s", units_rate(pace, "pps").text,
	       trial->holds   ? "holds"
	       : trial->valid ? "does not hold"
			      : "says nothing");
	if (json_array_size(why))
		printf(" (%s)", json_string_value(json_array_get(why, 0)));
	printf("\n");
	fflush(stdout);
}

/* Trials until the search is over; each is added to the list. The first is as fast as it goes, and
 * says how fast that is. */
static int
run_trials(struct daemon *daemon, const struct options *options, const struct trial_terms *terms,
	   struct search *search, json_t *trials)
{
	struct trial trial;
	int ret = trial_run(daemon, options, terms, 0, &trial);

	if (ret != EXIT_DONE)
		return ret;
	json_array_append_new(trials, trial.told);
	show(options, &trial);
	if (!(trial.achieved >= 1))
		return say_failed(EXIT_FAILED, "replay %s sent nothing", terms->replay);
	search_begin(search, floor(trial.achieved));
	search_note(search, !trial.valid  ? SEARCH_INVALID
			    : trial.holds ? SEARCH_HOLDS
					  : SEARCH_FAILS);
	while (!search->done && !watch_ended()) {
		/* What the highest pace is was found at top, and may not be hit again. */
		double pace = search->pace < search->top ? floor(search->pace) : 0;

		ret = trial_run(daemon, options, terms, pace, &trial);
		if (ret != EXIT_DONE)
			return ret;
		json_array_append_new(trials, trial.told);
		show(options, &trial);
		search_note(search, !trial.valid  ? SEARCH_INVALID
				    : trial.holds ? SEARCH_HOLDS
						  : SEARCH_FAILS);
	}
	return watch_ended() ? say_failed(EXIT_FAILED, "interrupted") : EXIT_DONE;
}

/* How many trials said nothing; *why: why the last of them did not. */
static unsigned
count_invalid(const json_t *trials, const char **why)
{
	const json_t *trial;
	unsigned count = 0;
	size_t i;

	*why = "";
	json_array_foreach (trials, i, trial) {
		if (strcmp(json_string_value(json_object_get(trial, "verdict")), "invalid") != 0)
			continue;
		*why = json_string_value(json_array_get(json_object_get(trial, "why"), 0));
		count++;
	}
	return count;
}

static int
tell(const struct options *options, const struct trial_terms *terms, const struct search *search,
     json_t *trials)
{
	const char *bound = search->held >= search->top ? "replay"
			    : search->unsure            ? "bed"
							: "device";
	const char *why;
	unsigned invalid = count_invalid(trials, &why);
	json_t *report =
		json_pack("{s:s, s:s, s:f, s:f, s:f, s:s, s:i, s:O}", "replay", terms->replay,
			  "return", terms->back, "pace_pps", floor(search->held), "fails_pps",
			  search->held < search->lost ? floor(search->lost) : 0.0, "top_pps",
			  search->top, "bound", bound, "invalid", (int)invalid, "trials", trials);
	int ret = search->held > 0 && !search->unsure ? EXIT_DONE : EXIT_FAILED;

	if (options->json)
		daemon_print_result(report);
	else if (search->unsure)
		printf("what is the highest can't be told: it holds at %s, and of %s no two trials "
		       "say anything of the device (%s)\n",
		       search->held > 0 ? units_rate(search->held, "pps").text : "no pace",
		       units_rate(search->lost, "pps").text, why);
	else if (search->held >= search->top)
		printf("it holds at %s, which is as fast as the replay goes\n",
		       units_rate(search->held, "pps").text);
	else if (search->held > 0)
		printf("it holds at %s, and not at %s\n", units_rate(search->held, "pps").text,
		       units_rate(search->lost, "pps").text);
	else
		printf("it holds at no pace\n");
	if (!options->json && invalid)
		printf("%u of %zu trials said nothing of the device, and were repeated\n", invalid,
		       json_array_size(trials));
	if (options->into && !graph_write(report, options->into))
		ret = EXIT_FAILED;
	json_decref(report);
	return ret;
}

int
run_ndr(const struct command *command, const struct options *options, char *const *arguments)
{
	struct trial_terms terms;
	struct search search = {.pace = 0};
	struct daemon daemon;
	json_t *trials;
	int ret = parse(options, arguments, &terms);

	if (ret == EXIT_DONE)
		ret = daemon_open(&daemon, options, false);
	if (ret != EXIT_DONE)
		return ret;
	watch_begin();
	trials = json_array();
	ret = run_trials(&daemon, options, &terms, &search, trials);
	if (ret == EXIT_DONE)
		ret = tell(options, &terms, &search, trials);
	json_decref(trials);
	daemon_close(&daemon);
	return ret;
}
