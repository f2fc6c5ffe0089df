/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluiced.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "core/units.h"
#include "engine/engine.h"
#include "gate/gate.h"
#include "host/preflight.h"
#include "port/memory.h"
#include "port/ports.h"
#include "replay/replay.h"

#include "core/banned.h"

/* What came of a check: of the config and its files, and of the machine. */
struct outcome {
	struct config *config; /* NULL: not a valid one */
	struct error_list errors;
	struct finding_list findings;
	bool runs;
};

/* What is refused is an error too, for programs that look for these alone. */
static void
add_refused(struct error_list *errors, const struct finding_list *findings)
{
	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		char *text;

		if (finding->severity != FINDING_REFUSED)
			continue;
		text = finding_text(finding);
		error_add(errors, finding->line, finding->column, finding->field, "%s",
			  text ? text : finding->code);
		free(text);
	}
	if (findings->no_memory)
		error_add(errors, 0, 0, NULL, "out of memory; not all findings are shown");
	error_list_sort(errors);
}

static json_t *
errors_json(const struct error_list *errors)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < errors->count; i++) {
		const struct error *error = &errors->items[i];

		json_array_append_new(list,
				      json_pack("{s:i, s:i, s:s?, s:s}", "line", (int)error->line,
						"column", (int)error->column, "field", error->field,
						"message", error->message));
	}
	return list;
}

static json_t *
findings_json(const struct finding_list *findings)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:i, s:i}", "severity",
				  finding_severity_name(finding->severity), "code", finding->code,
				  "subject", finding->subject, "what", finding->what, "why",
				  finding->why, "mend", finding->mend, "field", finding->field,
				  "line", (int)finding->line, "column", (int)finding->column));
	}
	return list;
}

/* The first note in one text, "" when there is none. */
static json_t *
notice_json(const struct finding_list *findings)
{
	json_t *result = NULL;

	for (unsigned i = 0; !result && i < findings->count; i++) {
		char *text = NULL;

		if (findings->items[i].severity == FINDING_NOTE)
			text = finding_text(&findings->items[i]);
		if (text)
			result = json_string(text);
		free(text);
	}
	return result ? result : json_string("");
}

static void
print_json(const struct options *options, struct outcome *outcome)
{
	json_t *result;

	add_refused(&outcome->errors, &outcome->findings);
	result = json_pack("{s:s, s:b, s:b, s:o, s:o, s:o, s:b}", "file", options->config, "valid",
			   outcome->config != NULL, "runs_here", (int)outcome->runs, "errors",
			   errors_json(&outcome->errors), "findings",
			   findings_json(&outcome->findings), "notice",
			   notice_json(&outcome->findings), "unsafe", options->unsafe_no_iommu);
	if (outcome->config) {
		unsigned count;

		json_object_set_new(result, "memory_bytes",
				    json_integer((json_int_t)memory_pool_bytes(outcome->config)));
		json_object_set_new(
			result, "headers_bytes",
			json_integer((json_int_t)memory_headers_bytes(outcome->config)));
		json_object_set_new(result, "dedups_bytes",
				    json_integer((json_int_t)gate_bytes(outcome->config, &count)));
	}
	json_dumpf(result, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(result);
}

/* "; 1 dedup takes 38.0 MiB", or nothing. */
static void
print_dedups(const struct config *config)
{
	unsigned count;
	uint64_t bytes = gate_bytes(config, &count);

	if (count)
		printf("; %u dedup%s %.1f MiB", count, count > 1 ? "s take" : " takes",
		       (double)bytes / (1 << 20));
}

static void
print_text(const struct options *options, struct outcome *outcome)
{
	const struct config *config = outcome->config;

	error_list_print(&outcome->errors, stderr);
	for (unsigned i = 0; i < outcome->findings.count; i++) {
		char *line = finding_line(&outcome->findings.items[i], options->config);

		fprintf(stderr, "%s\n", line ? line : outcome->findings.items[i].code);
		free(line);
	}
	if (outcome->findings.no_memory)
		fprintf(stderr, "%s: out of memory; not all findings are shown\n", options->config);
	if (!config)
		return;
	printf("%s: a valid config%s: %u port%s, %u group%s, %u rule%s; %u mbufs of %u bytes, and "
	       "%u for headers, need %.1f MiB",
	       options->config, outcome->runs ? "" : ", which this machine can't run",
	       config->port_count, units_plural(config->port_count), config->group_count,
	       units_plural(config->group_count), config->rule_count,
	       units_plural(config->rule_count), config->packets, config->packet_size,
	       memory_headers(config),
	       (double)(memory_pool_bytes(config) + memory_headers_bytes(config)) / (1 << 20));
	print_dedups(config);
	printf("; %.1f MiB are kept for what comes%s\n", (double)config->reserve / (1 << 20),
	       config->sandbox && config->opener ? ", and an opener for its files" : "");
}

/* Whether the rules can be compiled, by compiling them. */
static int
check_rules(struct outcome *outcome)
{
	struct finding *finding;
	int ret = outcome->config->rule_count ? engine_try(outcome->config, &outcome->errors) : 0;

	if (ret != -EAGAIN)
		return ret;
	finding = finding_add(&outcome->findings, FINDING_WARNING, "rules-untried", "rules");
	finding_what(finding, "the rules could not be compiled to see whether they can be: DPDK "
			      "does not start here");
	finding_why(finding, "`run` compiles them before it takes a packet");
	finding_mend(finding, "sluiced check --log-level debug, which says all that DPDK says");
	return 0;
}

/* Files, host and rules, all, so that all that stands in the way is shown at once. */
static bool
check_here(const struct options *options, struct outcome *outcome)
{
	int captures = ports_check(outcome->config, &outcome->errors);
	int replays = replay_check(outcome->config, &outcome->errors);
	int host = check_host(outcome->config, options, &outcome->findings);
	int rules = check_rules(outcome);

	return captures >= 0 && replays >= 0 && host >= 0 && rules >= 0;
}

int
check_host(const struct config *config, const struct options *options,
	   struct finding_list *findings)
{
	const struct preflight_options how = {
		.unsafe_no_iommu = options->unsafe_no_iommu,
		.plugins = options->plugins,
		.plugin_count = options->plugin_count,
	};
	struct host host;
	int ret = host_open(&host);

	if (ret < 0) {
		fprintf(stderr, "sluiced: the cores of this process can't be read\n");
		return ret;
	}
	return preflight(config, &host, &how, findings);
}

int
command_check(const struct options *options)
{
	struct outcome outcome = {0};
	int exit_code = EXIT_DONE;

	error_list_init(&outcome.errors, options->config);
	finding_list_init(&outcome.findings);
	if (config_load(options->config, &outcome.config, &outcome.errors) < 0)
		exit_code = EXIT_USAGE;
	else
		outcome.runs = check_here(options, &outcome);
	if (outcome.config && !outcome.runs)
		exit_code = EXIT_FAILED;
	if (options->json)
		print_json(options, &outcome);
	else
		print_text(options, &outcome);
	config_free(outcome.config);
	error_list_clear(&outcome.errors);
	finding_list_clear(&outcome.findings);
	return exit_code;
}
