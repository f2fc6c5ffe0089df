/* SPDX-License-Identifier: BSD-3-Clause */
/* The table as people read it. */
#include "metrics/family.h"
#include "metrics/metrics.h"
#include "metrics/table.h"

#include "core/banned.h"

static const char *
put_labels(FILE *out, const char *names, const char *before)
{
	for (; names; names = family_next(names)) {
		fprintf(out, "%s`%.*s`", before, (int)family_length(names), names);
		before = ", ";
	}
	return before;
}

/* What a row's own label may be. */
static void
put_words(FILE *out, const struct metric *metric)
{
	const char *before = " (";

	if (metric->put != sample_state && metric->put != sample_members)
		return;
	for (const char *words = metric->words; words; words = family_next(words)) {
		fprintf(out, "%s%.*s", before, (int)family_length(words), words);
		before = ", ";
	}
	fputc(')', out);
}

void
metrics_list(FILE *out)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};
	const char *before = "";

	for (const struct metric_group *group = metrics_groups; group->title; group++) {
		fprintf(out,
			"%s### %s\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n",
			before, group->title);
		before = "\n";
		for (const struct metric *metric = group->metrics; metric->name; metric++) {
			fprintf(out, "| `sluice_%s` | %s | ", metric->name, types[metric->type]);
			put_labels(out, metric->label, put_labels(out, group->label, ""));
			put_words(out, metric);
			fprintf(out, " | %s |\n", metric->help);
		}
	}
}
