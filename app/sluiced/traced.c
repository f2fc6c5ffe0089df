/* SPDX-License-Identifier: BSD-3-Clause */
#include "traced.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/banned.h"

#define LENGTH_MAX 65535

bool
traced_open(struct traced *traced, const char *path)
{
	*traced = (struct traced){.path = path, .bytes = malloc(LENGTH_MAX)};
	traced->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (traced->file && traced->bytes)
		return true;
	fprintf(stderr, "sluiced: diff: %s: %s\n", path, strerror(errno));
	return false;
}

void
traced_close(struct traced *traced)
{
	if (traced->file && traced->file != stdin)
		fclose(traced->file);
	free(traced->line);
	free(traced->bytes);
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
take_bytes(struct traced *traced, const char *hex)
{
	size_t length = hex ? strlen(hex) : 0;

	if (length == 0 || length % 2 || length / 2 > LENGTH_MAX)
		return false;
	for (size_t i = 0; i < length / 2; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		traced->bytes[i] = (uint8_t)(high << 4 | low);
	}
	traced->length = (uint32_t)(length / 2);
	return true;
}

static bool
take_name(char *to, size_t size, const char *name)
{
	return snprintf(to, size, "%s", name ? name : "") < (int)size;
}

static bool
take_packet(struct traced *traced, const json_t *packet)
{
	json_int_t length = json_integer_value(json_object_get(packet, "length"));
	const char *port = json_string_value(json_object_get(packet, "port"));

	if (!take_bytes(traced, json_string_value(json_object_get(packet, "bytes"))) || !port ||
	    length < traced->length || length > LENGTH_MAX ||
	    json_is_true(json_object_get(packet, "leaves")))
		return false;
	traced->wire_length = (uint32_t)length;
	return take_name(traced->port, sizeof(traced->port), port) &&
	       take_name(traced->rule, sizeof(traced->rule),
			 json_string_value(json_object_get(packet, "rule")));
}

static void
take_counts(struct traced *traced, const json_t *counts)
{
	static const char *const missed[] = {"full", "over_rate", "not_looked_at"};

	traced->counted = true;
	for (unsigned i = 0; i < sizeof(missed) / sizeof(missed[0]); i++)
		traced->missed += (uint64_t)json_integer_value(json_object_get(counts, missed[i]));
}

/* As traced_next, and -2 where the line is something else. */
static int
take_line(struct traced *traced)
{
	json_t *json = json_loads(traced->line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *counts = json_object_get(json, "counts");
	int ret = -2;

	if (counts) {
		take_counts(traced, counts);
		ret = 0;
	} else if (take_packet(traced, json)) {
		ret = 1;
	}
	json_decref(json);
	return ret;
}

int
traced_next(struct traced *traced)
{
	int ret;

	if (getline(&traced->line, &traced->line_size, traced->file) < 0) {
		if (!ferror(traced->file))
			return 0;
		fprintf(stderr, "sluiced: diff: %s: %s\n", traced->path, strerror(errno));
		return -1;
	}
	traced->number++;
	ret = take_line(traced);
	if (ret > -2)
		return ret;
	fprintf(stderr,
		"sluiced: diff: %s: line %" PRIu64 " is no packet that came in, as `sluice trace "
		"--json` prints it\n",
		traced->path, traced->number);
	return -1;
}
