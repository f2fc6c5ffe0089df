/* SPDX-License-Identifier: BSD-3-Clause */
/* What another config would do otherwise with the packets of captures: in a process of its own, so
 * that it costs a daemon neither memory nor time, and needs none. */
#include <errno.h>
#include <string.h>

#include "capture/nth.h"
#include "compile.h"
#include "core/log.h"
#include "core/now.h"
#include "core/terminal.h"
#include "core/text.h"
#include "core/units.h"
#include "explain/compare.h"
#include "explain/explain.h"
#include "explain/where.h"
#include "pair.h"
#include "view/view.h"

#include "core/banned.h"

#define REASON_MAX 512
#define LOOK_PACKETS 4096 /* between two looks at the clock */
#define LINE_SECONDS 10.0 /* between lines where none can be rewritten */

struct sides {
	const struct pair *pair;
	struct explain *old, *new;
	struct compare *compare;
	json_t *captures;    /* what was read of each */
	uint64_t packets;    /* so far, of all */
	double shown;        /* when it was said how far it is */
	bool rewrites, line; /* the terminal's line can be written anew; there is one */
};

/* Nothing is shown of what is over at once. */
static void
show_progress(struct sides *sides, const char *capture)
{
	double now = now_seconds();

	if (now - sides->shown < (sides->rewrites ? 1.0 : LINE_SECONDS))
		return;
	sides->shown = now;
	sides->line = sides->rewrites;
	fprintf(stderr, "%s%s packets, %s%s",
		sides->rewrites ? "\r\033[K" : "sluiced: diff: ", units_count(sides->packets).text,
		capture, sides->rewrites ? "" : "\n");
	fflush(stderr);
}

static void
end_progress(const struct sides *sides)
{
	if (sides->line)
		fputs("\r\033[K", stderr);
}

static int
lacks_port(const struct sides *sides, const struct explain *explain, const char *port)
{
	fprintf(stderr, "sluiced: diff: %s has no port %s to compare on; say another with --port\n",
		explain == sides->old ? sides->pair->old_name : sides->pair->new,
		text_quote(port).text);
	return EXIT_USAGE;
}

static int
add(struct sides *sides, const struct nth_record *record, const char *capture, const char *port)
{
	const struct compare_packet packet = {.bytes = record->bytes,
					      .length = record->length,
					      .wire_length = record->wire_length,
					      .time_ns = record->time_ns,
					      .port = port,
					      .capture = capture,
					      .record = record->number};

	if (compare_add(sides->compare, &packet) < 0) {
		log_error("out of memory for a comparison");
		return EXIT_USAGE;
	}
	if (++sides->packets % LOOK_PACKETS == 0)
		show_progress(sides, capture);
	return EXIT_DONE;
}

/* What gives no packet is passed over; a capture that ends in the middle of a record is one that
 * can't be read. */
static int
add_records(struct sides *sides, struct nth *nth, const char *capture, const char *port,
	    uint64_t *count)
{
	struct nth_record record = {.number = 0};
	char reason[REASON_MAX] = "";
	int found, ret = EXIT_DONE;

	while (ret == EXIT_DONE &&
	       (found = nth_find(nth, record.number + 1, &record, reason, sizeof(reason))) > 0) {
		ret = add(sides, &record, capture, port);
		++*count;
		*reason = '\0';
	}
	if (ret == EXIT_DONE && (found < 0 || nth_is_cut(nth))) {
		end_progress(sides);
		fprintf(stderr, "sluiced: diff: %s\n", reason);
		ret = EXIT_USAGE;
	}
	return ret;
}

static int
add_capture(struct sides *sides, const char *capture)
{
	const struct config *old = explain_config(sides->old), *new = explain_config(sides->new);
	const char *port =
		sides->pair->port ? sides->pair->port : old->ports[where_likely(old, capture)].name;
	char reason[REASON_MAX] = "";
	uint64_t count = 0;
	struct nth *nth;
	int ret;

	if (where_named(old, port) < 0)
		return lacks_port(sides, sides->old, port);
	if (where_named(new, port) < 0)
		return lacks_port(sides, sides->new, port);
	nth = nth_open(capture, reason, sizeof(reason));
	if (!nth) {
		fprintf(stderr, "sluiced: diff: %s\n", reason);
		return EXIT_USAGE;
	}
	ret = add_records(sides, nth, capture, port, &count);
	nth_close(nth);
	json_array_append_new(sides->captures, json_pack("{s:s, s:s, s:I}", "file", capture, "port",
							 port, "packets", (json_int_t)count));
	return ret;
}

static int
print(const struct sides *sides)
{
	json_t *result = compare_result(sides->compare);
	const struct view view = {.now = result, .out = stdout};

	if (!result) {
		log_error("out of memory for the result");
		return EXIT_USAGE;
	}
	json_object_set_new(result, "old", json_string(sides->pair->old_name));
	json_object_set_new(result, "new", json_string(sides->pair->new));
	json_object_set(result, "captures", sides->captures);
	if (sides->pair->json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		printf("\n");
	} else {
		view_difference(&view);
	}
	json_decref(result);
	if (fflush(stdout) != 0) {
		log_error("the result could not be written");
		return EXIT_USAGE;
	}
	return compare_same(sides->compare) ? EXIT_DONE : EXIT_FAILED;
}

static int
compare(struct sides *sides)
{
	int ret = EXIT_DONE;

	sides->compare = compare_make(sides->old, sides->new);
	sides->captures = json_array();
	if (!sides->compare || !sides->captures) {
		log_error("out of memory for a comparison");
		return EXIT_USAGE;
	}
	sides->shown = now_seconds();
	sides->rewrites = terminal_of(stderr).columns > 0;
	for (unsigned i = 0; i < sides->pair->capture_count && ret == EXIT_DONE; i++)
		ret = add_capture(sides, sides->pair->captures[i]);
	end_progress(sides);
	return ret == EXIT_DONE ? print(sides) : ret;
}

int
command_diff(const struct options *options)
{
	struct pair pair;
	struct sides sides = {.pair = &pair};
	int ret = pair_read(options, &pair);

	if (ret < 0) {
		ret = compile_config(pair.old, pair.old_name, true, &sides.old);
		if (ret == EXIT_DONE)
			ret = compile_config(pair.new, pair.new, false, &sides.new);
		/* 1 is a difference. */
		ret = ret == EXIT_DONE ? compare(&sides) : EXIT_USAGE;
	}
	compare_free(sides.compare);
	json_decref(sides.captures);
	explain_free(sides.new);
	explain_free(sides.old);
	pair_clear(&pair);
	return ret;
}
