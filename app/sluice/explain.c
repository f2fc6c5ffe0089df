/* SPDX-License-Identifier: BSD-3-Clause */
/* What would happen to a packet. A capture is read here, by the right of who calls: the daemon is
 * given the bytes of one record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/nth.h"
#include "config.h"
#include "core/text.h"

#include "core/banned.h"

#define REASON_MAX 512
/* A request has 64 KiB, of which a byte takes two. */
#define BYTES_MAX 32000

/* The packet as it is asked about, and where it is from. */
struct subject {
	char *text; /* owned: words, or hexadecimal digits */
	char *file; /* owned: of a record; NULL: none */
	struct nth_record record;
};

static char *
join(char *const *words)
{
	char *text = NULL;
	const char *before = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (; *words; words++) {
		fprintf(out, "%s%s", before, *words);
		before = " ";
	}
	return text_close(out, &text);
}

static char *
hex_of(const uint8_t *bytes, uint32_t length)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (uint32_t i = 0; i < length; i++)
		fprintf(out, "%02x", bytes[i]);
	return text_close(out, &text);
}

static int
no_memory(void)
{
	return say_failed(EXIT_FAILED, "out of memory");
}

/* Takes the record's bytes for the text. */
static int
read_record(struct subject *subject, uint64_t number)
{
	char reason[REASON_MAX] = "";
	struct nth *nth = nth_open(subject->file, reason, sizeof(reason));
	int ret = nth ? nth_find(nth, number, &subject->record, reason, sizeof(reason)) : -1;

	if (ret == 1 && subject->record.number == number && subject->record.length > BYTES_MAX)
		snprintf(reason, sizeof(reason),
			 "%s: record %llu has %u bytes, and a request is for %d; `sluiced explain` "
			 "takes any",
			 subject->file, (unsigned long long)number, subject->record.length,
			 BYTES_MAX);
	if (!*reason) {
		free(subject->text);
		subject->text = hex_of(subject->record.bytes, subject->record.length);
	}
	nth_close(nth);
	if (*reason)
		return say_failed(EXIT_FAILED, "%s", reason);
	return subject->text ? EXIT_DONE : no_memory();
}

/* FILE#N is read; all else is for the daemon to understand. */
static int
subject_read(char *const *words, struct subject *subject)
{
	const char *sign;
	uint64_t number;

	*subject = (struct subject){.text = join(words)};
	if (!subject->text)
		return no_memory();
	sign = strrchr(subject->text, '#');
	if (!sign) {
		if (access(subject->text, F_OK) == 0)
			return say_failed(EXIT_USAGE, "say which record of %s, as in %s#1",
					  subject->text, subject->text);
		return EXIT_DONE;
	}
	if (text_number(sign + 1, UINT64_MAX, &number) < 0 || number == 0)
		return say_failed(EXIT_USAGE, "records are numbered from 1, as in FILE#17, not %s",
				  text_quote(subject->text).text);
	subject->file = strndup(subject->text, (size_t)(sign - subject->text));
	return subject->file ? read_record(subject, number) : no_memory();
}

static void
subject_clear(struct subject *subject)
{
	free(subject->text);
	free(subject->file);
}

/* NULL: said on stderr. */
static json_t *
params_of(const struct options *options, const struct subject *subject, const char *port)
{
	json_t *params = json_pack("{s:s}", "packet", subject->text), *down = json_array();

	for (unsigned i = 0; i < options->down_count; i++)
		json_array_append_new(down, json_string(options->down[i]));
	if (port)
		json_object_set_new(params, "port", json_string(port));
	if (options->near_given)
		json_object_set_new(params, "near", json_integer(options->near));
	if (!params || json_array_size(down) != options->down_count ||
	    (port && !json_object_get(params, "port"))) {
		json_decref(params);
		json_decref(down);
		say_failed(EXIT_USAGE, "the arguments are not UTF-8 text");
		return NULL;
	}
	json_object_set_new(params, "down", down);
	return params;
}

static void
show(const struct options *options, const struct subject *subject, json_t *result)
{
	const struct view view = {.now = result, .out = stdout};
	json_t *packet = json_object_get(result, "packet");

	if (subject->file) {
		json_object_set_new(packet, "file", json_string(subject->file));
		json_object_set_new(packet, "record",
				    json_integer((json_int_t)subject->record.number));
	}
	if (subject->record.converted)
		json_object_set_new(packet, "converted", json_true());
	if (options->json)
		daemon_print_result(result);
	else
		view_explain(&view);
}

/* Whether the daemon's ways of reading it come to the same. */
static bool
agrees(const json_t *result)
{
	const json_t *with = json_object_get(result, "with");

	return json_is_true(json_object_get(result, "agrees")) &&
	       (!with || json_is_true(json_object_get(with, "agrees")));
}

static int
ask(struct daemon *daemon, const struct options *options, const struct subject *subject,
    const char *port)
{
	json_t *params = params_of(options, subject, port), *answer = NULL, *result;
	int ret;

	if (!params)
		return EXIT_USAGE;
	if (options->with)
		ret = config_give_more(daemon, "explain", options->with, params, &answer);
	else
		ret = daemon_call(daemon, "explain", params, true, &answer);
	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result) {
		ret = daemon_refused(options, json_object_get(answer, "error"), options->with);
	} else if (ret == EXIT_DONE) {
		show(options, subject, result);
		ret = agrees(result) ? EXIT_DONE : EXIT_FAILED;
	}
	json_decref(answer);
	return ret;
}

/* On each port, in the config's order. */
static int
ask_all(struct daemon *daemon, const struct options *options, const struct subject *subject)
{
	json_t *answer = NULL, *ports, *port;
	const char *name;
	int ret = daemon_call(daemon, "ports", NULL, false, &answer);
	bool first = true;

	ports = json_object_get(json_object_get(answer, "result"), "ports");
	if (ret == EXIT_DONE && !ports)
		ret = daemon_refused(options, json_object_get(answer, "error"), NULL);
	json_object_foreach (ports, name, port) {
		if (ret != EXIT_DONE)
			break;
		if (!first && !options->json)
			putchar('\n');
		first = false;
		ret = ask(daemon, options, subject, name);
	}
	json_decref(answer);
	return ret;
}

int
run_explain(const struct command *command, const struct options *options, char *const *arguments)
{
	struct subject subject;
	struct daemon daemon;
	int ret = subject_read(arguments, &subject);

	if (ret == EXIT_DONE)
		ret = daemon_open(&daemon, options, true);
	if (ret == EXIT_DONE) {
		ret = options->all ? ask_all(&daemon, options, &subject)
				   : ask(&daemon, options, &subject, options->port);
		daemon_close(&daemon);
	}
	subject_clear(&subject);
	return ret;
}
