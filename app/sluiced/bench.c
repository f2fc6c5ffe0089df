/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "core/text.h"
#include "engine/bench.h"

#include "core/banned.h"

#define NAMES_MAX 32

static void
show_row(const struct bench_row *row, void *context)
{
	json_t *rows = context;

	if (rows) {
		json_object_set_new(rows, row->name,
				    json_pack("{s:s, s:{s:f, s:f}}", "text", row->text, "cycles",
					      "median", row->median, "best", row->best));
		return;
	}
	printf("%-14s %8.1f %8.1f   %s\n", row->name, row->median, row->best, row->text);
	fflush(stdout);
}

static int
unknown(const char *name)
{
	const char *names[NAMES_MAX];
	unsigned count = 0;
	const char *nearest;

	while (count < NAMES_MAX && (names[count] = engine_bench_name(count)))
		count++;
	nearest = text_nearest(name, names, count);
	fprintf(stderr, "sluiced: no bench is called `%s`", name);
	if (nearest)
		fprintf(stderr, "; did you mean `%s`?", nearest);
	fprintf(stderr, "\nthere are:");
	for (unsigned i = 0; i < count; i++)
		fprintf(stderr, " %s", names[i]);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

int
command_bench(const struct options *options)
{
	json_t *rows = options->json ? json_object() : NULL;
	int ret;

	if (!rows)
		printf("%-14s %8s %8s   cycles per packet, without the devices' own\n", "",
		       "median", "best");
	ret = engine_bench(options->config, show_row, rows);
	if (ret == 0 && rows) {
		json_dumpf(rows, stdout, JSON_INDENT(2));
		printf("\n");
	}
	json_decref(rows);
	if (ret == -ENOENT)
		return unknown(options->config);
	return ret < 0 ? EXIT_FAILED : EXIT_DONE;
}
