/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/expect.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/compare.h"

#include "core/units.h"

#include "core/banned.h"

#define SHOWN_MAX 10
#define PATH_TEXT 256 /* of a value's place in the report; longer ones are cut */

struct comparison {
	FILE *out;
	long differences;
};

static bool
varies(const char *key)
{
	return strcmp(key, "elapsed") == 0 || strcmp(key, "cycles") == 0;
}

static bool
is_nothing(const json_t *value)
{
	const char *key;
	json_t *inner;

	if (!json_is_object(value))
		return json_is_integer(value) && json_integer_value(value) == 0;
	json_object_foreach ((json_t *)value, key, inner) {
		if (!is_nothing(inner))
			return false;
	}
	return true;
}

/* A reason, or a number of a replay, that the expectation's version did not know yet, and for which
 * there was nothing. */
static bool
is_new_reason(const char *path, const json_t *value)
{
	static const char replays[] = "replays.";

	return (strcmp(path, "drops") == 0 || strncmp(path, replays, strlen(replays)) == 0) &&
	       is_nothing(value);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void
tell(struct comparison *comparison, const char *path, const json_t *wanted, const json_t *got)
{
	char *wanted_text, *got_text;

	if (comparison->differences++ >= SHOWN_MAX)
		return;
	wanted_text = wanted ? json_dumps(wanted, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	got_text = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	fprintf(comparison->out, "report: %s is %s, expected %s\n", path,
		got_text ? got_text : "missing", wanted_text ? wanted_text : "nothing there");
	free(wanted_text);
	free(got_text);
}

static void
compare_json(struct comparison *comparison, const char *path, const json_t *wanted,
	     const json_t *got)
{
	char inner[PATH_TEXT];
	const char *dot = *path ? "." : "";
	const char *key;
	json_t *value;
	size_t index;

	if (json_is_object(wanted) && json_is_object(got)) {
		json_object_foreach ((json_t *)wanted, key, value) {
			if (varies(key))
				continue;
			snprintf(inner, sizeof(inner), "%s%s%s", path, dot, key);
			compare_json(comparison, inner, value, json_object_get(got, key));
		}
		json_object_foreach ((json_t *)got, key, value) {
			if (varies(key) || json_object_get(wanted, key) ||
			    is_new_reason(path, value))
				continue;
			snprintf(inner, sizeof(inner), "%s%s%s", path, dot, key);
			tell(comparison, inner, NULL, value);
		}
	} else if (json_is_array(wanted) && json_is_array(got) &&
		   json_array_size(wanted) == json_array_size(got)) {
		json_array_foreach (wanted, index, value) {
			snprintf(inner, sizeof(inner), "%s[%zu]", path, index);
			compare_json(comparison, inner, value, json_array_get(got, index));
		}
	} else if (!got || !json_equal(wanted, got)) {
		tell(comparison, path, wanted, got);
	}
}

static void
compare_report(struct comparison *comparison, const char *path, const json_t *report)
{
	json_error_t error;
	json_t *wanted = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!wanted) {
		fprintf(comparison->out, "%s:%d:%d: %s\n", path, error.line, error.column,
			error.text);
		comparison->differences++;
		return;
	}
	compare_json(comparison, "", wanted, report);
	if (comparison->differences > SHOWN_MAX)
		fprintf(comparison->out, "report: and %ld more\n",
			comparison->differences - SHOWN_MAX);
	json_decref(wanted);
}

static void
compare_capture(struct comparison *comparison, const char *wanted, const char *got)
{
	char *words = NULL, *line, *rest;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);
	long differences;

	if (!out) {
		comparison->differences++;
		return;
	}
	differences = capture_compare(wanted, got, out);
	fclose(out);
	rest = words;
	while ((line = strsep(&rest, "\n")) && *line)
		fprintf(comparison->out, "%s: %s\n", base_name(got), line);
	if (differences > 0)
		fprintf(comparison->out, "%s: %ld packet%s differ%s\n", base_name(got), differences,
			units_plural((uint64_t)differences), differences == 1 ? "s" : "");
	comparison->differences += differences < 0 ? 1 : differences;
	free(words);
}

static bool
is_written(char *const *captures, const char *name)
{
	for (; *captures; captures++) {
		if (strcmp(base_name(*captures), name) == 0)
			return true;
	}
	return false;
}

/* Captures that are expected but that no port wrote. */
static int
compare_names(struct comparison *comparison, const char *directory, char *const *captures)
{
	DIR *entries = opendir(directory);
	const struct dirent *entry;

	if (!entries) {
		int err = errno;

		fprintf(comparison->out, "%s: %s\n", directory, strerror(err));
		return -err;
	}
	while ((entry = readdir(entries))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || (strcmp(dot, ".pcap") != 0 && strcmp(dot, ".pcapng") != 0))
			continue;
		if (!is_written(captures, entry->d_name)) {
			fprintf(comparison->out,
				"%s: expected, but no port writes a capture of that name\n",
				entry->d_name);
			comparison->differences++;
		}
	}
	closedir(entries);
	return 0;
}

long
expect_compare(const char *directory, char *const *captures, const json_t *report, FILE *out)
{
	struct comparison comparison = {.out = out};
	char path[PATH_MAX];
	int ret = compare_names(&comparison, directory, captures);

	if (ret < 0)
		return ret;
	snprintf(path, sizeof(path), "%s/report.json", directory);
	if (access(path, F_OK) == 0)
		compare_report(&comparison, path, report);
	for (; *captures; captures++) {
		snprintf(path, sizeof(path), "%s/%s", directory, base_name(*captures));
		compare_capture(&comparison, path, *captures);
	}
	return comparison.differences;
}
