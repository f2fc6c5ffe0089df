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
#include "traced.h"
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
	bool sampled;        /* they are some of those that passed, */
	uint64_t missed;     /* and so many others are not here */
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
add(struct sides *sides, const struct compare_packet *packet)
{
	if (compare_add(sides->compare, packet) < 0) {
		log_error("out of memory for a comparison");
		return EXIT_USAGE;
	}
	if (++sides->packets % LOOK_PACKETS == 0)
		show_progress(sides, packet->capture);
	return EXIT_DONE;
}

static int
add_record(struct sides *sides, const struct nth_record *record, const char *capture,
	   const char *port)
{
	return add(sides, &(struct compare_packet){.bytes = record->bytes,
						   .length = record->length,
						   .wire_length = record->wire_length,
						   .time_ns = record->time_ns,
						   .port = port,
						   .capture = capture,
						   .record = record->number});
}

/* The old config's name of a port that both have; NULL, said on stderr. */
static const char *
find_port(const struct sides *sides, const char *port)
{
	const struct config *old = explain_config(sides->old), *new = explain_config(sides->new);
	int found = where_named(old, port);

	if (found < 0)
		lacks_port(sides, sides->old, port);
	else if (where_named(new, port) < 0)
		lacks_port(sides, sides->new, port);
	else
		return old->ports[found].name;
	return NULL;
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
		ret = add_record(sides, &record, capture, port);
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

static void
note_source(struct sides *sides, const char *file, const char *port, uint64_t count)
{
	json_array_append_new(sides->captures, json_pack("{s:s, s:s?, s:I}", "file", file, "port",
							 port, "packets", (json_int_t)count));
}

static int
add_capture(struct sides *sides, const char *capture)
{
	const struct config *old = explain_config(sides->old);
	const char *port =
		find_port(sides, sides->pair->port ? sides->pair->port
						   : old->ports[where_likely(old, capture)].name);
	char reason[REASON_MAX] = "";
	uint64_t count = 0;
	struct nth *nth;
	int ret;

	if (!port)
		return EXIT_USAGE;
	nth = nth_open(capture, reason, sizeof(reason));
	if (!nth) {
		fprintf(stderr, "sluiced: diff: %s\n", reason);
		return EXIT_USAGE;
	}
	ret = add_records(sides, nth, capture, port, &count);
	nth_close(nth);
	note_source(sides, capture, port, count);
	return ret;
}

/* What passes is a sample: that there was none says nothing, and that a daemon has had another rule
 * decide than this config says, that it is not the one that ran. */
static int
judge_traced(struct sides *sides, const struct traced *traced)
{
	uint64_t strange = compare_strange(sides->compare);

	sides->sampled = traced->counted;
	sides->missed = traced->missed;
	note_source(sides, traced->path, NULL, sides->packets);
	if (strange)
		fprintf(stderr,
			"sluiced: diff: of %s packets another rule than %s says has decided: was "
			"another config applied meanwhile?\n",
			units_count(strange).text, sides->pair->old_name);
	else if (sides->packets == 0)
		fprintf(stderr, "sluiced: diff: no packet came in; nothing can be said\n");
	return strange || sides->packets == 0 ? EXIT_USAGE : EXIT_DONE;
}

static int
add_traced(struct sides *sides, const char *path)
{
	struct traced traced;
	int found = 1, ret = traced_open(&traced, path) ? EXIT_DONE : EXIT_USAGE;

	while (ret == EXIT_DONE && (found = traced_next(&traced)) > 0) {
		const char *port =
			find_port(sides, sides->pair->port ? sides->pair->port : traced.port);

		ret = !port ? EXIT_USAGE
			    : add(sides, &(struct compare_packet){.bytes = traced.bytes,
								  .length = traced.length,
								  .wire_length = traced.wire_length,
								  .port = port,
								  .capture = path,
								  .record = traced.number,
								  .rule = *traced.rule ? traced.rule
										       : NULL});
	}
	if (ret == EXIT_DONE)
		ret = found < 0 ? EXIT_USAGE : judge_traced(sides, &traced);
	traced_close(&traced);
	return ret;
}

/* Of n packets none was otherwise: were it one in k, that would be so with a probability of
 * (1 - 1/k)^n, which is 5 % at k = n/3, the rule of three. */
static void
tell_sample(const struct sides *sides, json_t *result)
{
	json_object_set_new(result, "not_looked_at", json_integer((json_int_t)sides->missed));
	if (compare_same(sides->compare) && sides->packets >= 3)
		json_object_set_new(result, "at_most_share",
				    json_real(3.0 / (double)sides->packets));
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
	if (sides->sampled)
		tell_sample(sides, result);
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
	if (sides->pair->traced)
		ret = add_traced(sides, sides->pair->traced);
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
