/* SPDX-License-Identifier: BSD-3-Clause */
/* What an answer says, as a program or a person is to see it. */
#include <stdlib.h>

#include "core/text.h"
#include "core/units.h"
#include "daemon.h"

#include "core/banned.h"

#define CODE_INVALID_CONFIG (-32002)

static void
print_findings(const json_t *findings, const char *file)
{
	json_t *finding;
	size_t index;

	json_array_foreach (findings, index, finding) {
		const char *own = json_string_value(json_object_get(finding, "file"));
		const char *message = json_string_value(json_object_get(finding, "message"));
		long long line = json_integer_value(json_object_get(finding, "line"));
		char *text;

		own = file ? file : own;
		if (asprintf(&text, "%s", message ? message : "") < 0)
			return;
		text_clean(text);
		if (own)
			fprintf(stderr, "%s:", own);
		if (line > 0)
			fprintf(stderr, "%lld:%lld:", line,
				json_integer_value(json_object_get(finding, "column")));
		fprintf(stderr, "%s%s\n", own || line > 0 ? " " : "", text);
		free(text);
	}
}

int
daemon_refused(const struct options *options, const json_t *error, const char *file)
{
	const json_t *data = json_object_get(error, "data");
	const json_t *findings = json_object_get(data, "errors");
	const char *message = json_string_value(json_object_get(error, "message"));
	bool invalid = json_integer_value(json_object_get(error, "code")) == CODE_INVALID_CONFIG;
	size_t shown = json_array_size(findings);
	long long count = json_integer_value(json_object_get(data, "count"));
	char *text;

	if (options->json) {
		printf("{\"error\":");
		json_dumpf(error, stdout, JSON_COMPACT);
		printf("}\n");
	}
	print_findings(findings, file);
	if (count > (long long)shown)
		fprintf(stderr, "sluice: and %lld finding%s more\n", count - (long long)shown,
			units_plural((uint64_t)(count - (long long)shown)));
	if (shown == 0 && asprintf(&text, "%s", message ? message : "the daemon refused") >= 0) {
		text_clean(text);
		fprintf(stderr, "sluice: %s\n", text);
		free(text);
	}
	return invalid ? EXIT_USAGE : EXIT_FAILED;
}

void
daemon_print_result(const json_t *result)
{
	json_dumpf(result, stdout, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	printf("\n");
}
