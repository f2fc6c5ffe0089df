/* SPDX-License-Identifier: BSD-3-Clause */
/* What would happen to a packet. A capture is read here, by the right of who calls: the daemon is
 * given the bytes of one record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/nth.h"
#include "core/text.h"
#include "looking.h"
#include "why.h"

#include "core/banned.h"

#define REASON_MAX 512
#define LIVE_RATE 1000 /* packets a second and worker that are looked at */

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

	if (ret == 1 && subject->record.number == number && subject->record.length > WHY_BYTES_MAX)
		snprintf(reason, sizeof(reason),
			 "%s: record %llu has %u bytes, and a request is for %d; `sluiced explain` "
			 "takes any",
			 subject->file, (unsigned long long)number, subject->record.length,
			 WHY_BYTES_MAX);
	if (!*reason) {
		free(subject->text);
		subject->text = text_hex(subject->record.bytes, subject->record.length);
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

static int
ask(struct daemon *daemon, const struct options *options, const struct subject *subject,
    const char *port)
{
	json_t *answer = NULL, *result;
	int ret = why_ask(daemon, options, subject->text, port, &answer);

	result = json_object_get(answer, "result");
	if (ret == EXIT_DONE && !result) {
		ret = daemon_refused(options, json_object_get(answer, "error"), options->with);
	} else if (ret == EXIT_DONE) {
		show(options, subject, result);
		ret = why_agrees(result) ? EXIT_DONE : EXIT_FAILED;
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

static int
explain_live(const struct options *options, char *const *arguments)
{
	const struct looking_options *asked = &options->looking;
	struct looking looking = {
		.filter = *options->live ? options->live : NULL,
		.in = options->port,
		.count = 1,
		.snap = WHY_BYTES_MAX,
		.rate = LIVE_RATE,
	};
	int ret = looking_take(&looking, asked);

	if (arguments[0])
		return say_failed(EXIT_USAGE,
				  "with --live there is a FILTER alone, as one word "
				  "behind it; leave %s out",
				  text_quote(arguments[0]).text);
	if (options->all || asked->why || asked->paths || asked->in || asked->out || asked->snap)
		return say_failed(EXIT_USAGE, "--live explains packets whole, as they came in; "
					      "leave --all, -v, --paths, --in, --out and --snap "
					      "out");
	return ret == EXIT_DONE ? why_look(&looking, options) : ret;
}

int
run_explain(const struct command *command, const struct options *options, char *const *arguments)
{
	struct subject subject;
	struct daemon daemon;
	int ret;

	if (options->live)
		return explain_live(options, arguments);
	ret = subject_read(arguments, &subject);
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
