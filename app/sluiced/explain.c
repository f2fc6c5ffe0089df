/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "capture/nth.h"
#include "compile.h"
#include "core/log.h"
#include "core/text.h"
#include "explain/where.h"
#include "explain/words.h"
#include "port/ports.h"
#include "view/view.h"

#include "core/banned.h"

#define REASON_MAX 512

/* Those that answer, and what they are asked. */
struct sides {
	const struct asked *asked;
	struct explain *here, *with; /* with: NULL */
	bool disagree;
};

/* A packet, and what is said of where it is from. */
struct subject {
	struct explain_question question;
	const struct nth_record *record; /* or NULL */
	const char *open;                /* see struct words_packet */
};

static int
unknown_port(const struct config *config, const char *name)
{
	const char *names[CONFIG_PORTS_MAX], *nearest;
	char all[REASON_MAX];

	for (unsigned i = 0; i < config->port_count; i++)
		names[i] = config->ports[i].name;
	nearest = text_nearest(name, names, config->port_count);
	text_list(all, sizeof(all), names, config->port_count, " and ");
	fprintf(stderr, "sluiced: explain: %s has no port %s; ", config->file ? config->file : "it",
		text_quote(name).text);
	if (nearest)
		fprintf(stderr, "did you mean %s?\n", nearest);
	else
		fprintf(stderr, "it has %s\n", all);
	return EXIT_USAGE;
}

/* Bits of the ports that are supposed to have no link; those that the other config lacks are no
 * mistake there. */
static uint64_t
down_of(const struct config *config, const struct asked *asked)
{
	uint64_t down = 0;

	for (unsigned i = 0; i < asked->down_count; i++) {
		int port = where_named(config, asked->down[i]);

		if (port >= 0)
			down |= UINT64_C(1) << port;
	}
	return down;
}

static int
check_ports(const struct config *config, const struct asked *asked)
{
	if (asked->port && where_named(config, asked->port) < 0)
		return unknown_port(config, asked->port);
	for (unsigned i = 0; i < asked->down_count; i++) {
		if (where_named(config, asked->down[i]) < 0)
			return unknown_port(config, asked->down[i]);
	}
	return EXIT_DONE;
}

/* The question as a config's side is asked it: ports are by name. */
static json_t *
ask(const struct sides *sides, struct explain *explain, const struct subject *subject,
    const char *port)
{
	struct explain_question question = subject->question;
	const struct config *config = explain_config(explain);
	int found = where_named(config, port);
	json_t *answer;

	if (found < 0)
		return NULL;
	question.port = (unsigned)found;
	question.down = down_of(config, sides->asked);
	answer = explain_ask(explain, &question);
	json_object_set_new(
		answer, "config",
		json_string(explain == sides->here ? sides->asked->config : sides->asked->with));
	return answer;
}

static void
say_origin(json_t *answer, const struct subject *subject, const char *file)
{
	json_t *packet = json_object_get(answer, "packet");

	if (subject->record) {
		json_object_set_new(packet, "file", json_string(file));
		json_object_set_new(packet, "record",
				    json_integer((json_int_t)subject->record->number));
		json_object_set_new(packet, "time_ns",
				    json_integer((json_int_t)subject->record->time_ns));
		if (subject->record->converted)
			json_object_set_new(packet, "converted", json_true());
	}
	if (*subject->open)
		json_object_set_new(packet, "open", json_string(subject->open));
}

static int
add_other(const struct sides *sides, const struct subject *subject, const char *port,
	  json_t *answer)
{
	json_t *with;

	if (where_named(explain_config(sides->with), port) < 0) {
		fprintf(stderr, "sluiced: explain: %s has no port %s to be compared with\n",
			sides->asked->with, text_quote(port).text);
		return EXIT_USAGE;
	}
	with = ask(sides, sides->with, subject, port);
	if (!with)
		return EXIT_FAILED;
	json_object_set_new(with, "same", json_boolean(explain_same(answer, with)));
	json_object_set_new(answer, "with", with);
	return EXIT_DONE;
}

static void
print(const struct asked *asked, const json_t *answer)
{
	const struct view view = {.now = answer, .out = stdout};

	if (asked->json)
		json_dumpf(answer, stdout, JSON_COMPACT);
	else
		view_explain(&view);
	printf("\n");
}

static int
answer_on(struct sides *sides, const struct subject *subject, const char *port)
{
	json_t *answer = ask(sides, sides->here, subject, port);
	int ret = answer ? EXIT_DONE : EXIT_FAILED;

	if (answer && sides->with)
		ret = add_other(sides, subject, port, answer);
	if (!answer || ret == EXIT_FAILED)
		log_error("out of memory for an explanation");
	if (ret == EXIT_DONE) {
		say_origin(answer, subject, sides->asked->file);
		sides->disagree |=
			!explain_agrees(answer) ||
			(sides->with && !explain_agrees(json_object_get(answer, "with")));
		print(sides->asked, answer);
	}
	json_decref(answer);
	return ret;
}

static int
answer(struct sides *sides, const struct subject *subject)
{
	const struct config *config = explain_config(sides->here);
	const struct asked *asked = sides->asked;
	int ret = EXIT_DONE;

	if (!asked->every_port)
		return answer_on(sides, subject,
				 asked->port
					 ? asked->port
					 : config->ports[where_likely(config, asked->file)].name);
	for (unsigned i = 0; i < config->port_count && ret == EXIT_DONE; i++)
		ret = answer_on(sides, subject, config->ports[i].name);
	return ret;
}

static struct explain_question
question_of(const struct asked *asked, const uint8_t *bytes, uint32_t length)
{
	return (struct explain_question){.bytes = bytes,
					 .length = length,
					 .wire_length = length,
					 .near = asked->near,
					 .every_rule = asked->every_rule,
					 .cost = asked->cost};
}

static int
answer_records(struct sides *sides)
{
	const struct asked *asked = sides->asked;
	char reason[REASON_MAX] = "";
	struct nth *nth = nth_open(asked->file, reason, sizeof(reason));
	int ret = nth ? EXIT_DONE : EXIT_FAILED, found = 1;
	uint64_t number = asked->first;

	while (nth && ret == EXIT_DONE && number <= asked->last && number) {
		struct nth_record record;
		struct subject subject = {.record = &record, .open = ""};

		found = nth_find(nth, number, &record, reason, sizeof(reason));
		if (found <= 0 || record.number > asked->last)
			break;
		subject.question = question_of(asked, record.bytes, record.length);
		subject.question.wire_length = record.wire_length;
		subject.question.time_ns = record.time_ns;
		ret = answer(sides, &subject);
		number = record.number + 1;
	}
	nth_close(nth);
	/* Of several it is no mistake that the capture ends. */
	if (ret == EXIT_DONE && number > asked->first && found >= 0)
		return EXIT_DONE;
	if (*reason)
		fprintf(stderr, "sluiced: explain: %s\n", reason);
	return ret == EXIT_DONE ? EXIT_FAILED : ret;
}

static int
answer_packet(struct sides *sides)
{
	struct words_packet packet;
	char reason[WORDS_REASON_MAX];
	struct subject subject = {.open = packet.open};
	int ret;

	if (words_read(sides->asked->packet, &packet, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "sluiced: explain: %s\n", reason);
		return EXIT_USAGE;
	}
	subject.question = question_of(sides->asked, packet.bytes, packet.length);
	ret = answer(sides, &subject);
	free(packet.bytes);
	return ret;
}

int
command_explain(const struct options *options)
{
	struct asked asked;
	struct sides sides = {.asked = &asked};
	int ret = asked_read(options, &asked);

	if (ret < 0)
		ret = compile_config(asked.config, asked.config, true, &sides.here);
	else
		goto out;
	if (ret == EXIT_DONE && asked.with)
		ret = compile_config(asked.with, asked.with, false, &sides.with);
	if (ret == EXIT_DONE)
		ret = check_ports(explain_config(sides.here), &asked);
	if (ret == EXIT_DONE)
		ret = asked.file ? answer_records(&sides) : answer_packet(&sides);
	explain_free(sides.with);
	explain_free(sides.here);
	if (fflush(stdout) != 0) {
		log_error("the answer could not be written");
		ret = EXIT_FAILED;
	}
out:
	asked_clear(&asked);
	return ret == EXIT_DONE && sides.disagree ? EXIT_FAILED : ret;
}
