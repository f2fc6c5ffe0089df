/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/report.h"
#include "core/log.h"
#include "core/units.h"

#include "core/banned.h"

/* Findings shown in one answer; a config of a hundred thousand lines can have as many. */
#define FINDINGS_MAX 1000

static json_t *
findings_json(const struct error_list *errors)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < errors->count && i < FINDINGS_MAX; i++) {
		const struct error *error = &errors->items[i];

		json_array_append_new(
			list, json_pack("{s:s?, s:i, s:i, s:s?, s:s}", "file", errors->file, "line",
					(int)error->line, "column", (int)error->column, "field",
					error->field, "message",
					error->message ? error->message : "out of memory"));
	}
	return json_pack("{s:o, s:i}", "errors", list, "count", (int)errors->count);
}

static void
fail_findings(struct call *call, struct error_list *errors)
{
	error_list_sort(errors);
	rpc_fail(&call->error, RPC_INVALID_CONFIG, findings_json(errors),
		 "the config is not valid: %u finding%s", errors->count,
		 errors->count == 1 ? "" : "s");
}

/* A pipe would keep the thread until somebody writes to it. What isn't there config_load says better. */
static bool
is_readable_whole(const char *file, struct call *call)
{
	struct stat stat_buffer;

	if (stat(file, &stat_buffer) < 0 || S_ISREG(stat_buffer.st_mode))
		return true;
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "file"),
		 "%s is no regular file; give what it holds as `text`", file);
	return false;
}

/* Who calls may be able to read what the daemon is not, and can then give the text itself; data says so. */
static bool
is_within_reach(const char *file, struct call *call)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool refused = fd < 0 && errno == EACCES;

	if (fd >= 0)
		close(fd);
	if (refused)
		rpc_fail(&call->error, RPC_REFUSED,
			 json_pack("{s:s, s:b}", "field", "file", "readable", 0),
			 "%s: the daemon may not read it; put it beside the config that it was "
			 "started with, or give what it holds as `text`",
			 file);
	return !refused;
}

/* The config that the call names, or NULL with its error set. */
static struct config *
read_config(struct call *call)
{
	const char *file = json_string_value(json_object_get(call->params, "file"));
	const char *text = json_string_value(json_object_get(call->params, "text"));
	const char *directory = json_string_value(json_object_get(call->params, "directory"));
	struct config *config = NULL;
	struct error_list errors;
	int ret;

	if (!file == !text) {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "file"),
			 "give either `file` or `text`");
		return NULL;
	}
	if (file && *file != '/') {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "file"),
			 "`file` must be an absolute path");
		return NULL;
	}
	if (file && (!is_readable_whole(file, call) || !is_within_reach(file, call)))
		return NULL;
	error_list_init(&errors, file);
	if (file)
		ret = config_load(file, &config, &errors);
	else
		ret = config_parse(text, strlen(text), directory ? directory : "/", &config,
				   &errors);
	if (ret < 0)
		fail_findings(call, &errors);
	error_list_clear(&errors);
	return ret < 0 ? NULL : config;
}

/* Whether a running daemon can take the config over; sets the error if not. */
static bool
applicable(const struct method_daemon *daemon, const struct config *config, struct call *call)
{
	const char *key = config_needs_restart(engine_config(daemon->engine), config);

	if (!key)
		return true;
	rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "field", key),
		 "`%s` can't change while sluiced runs; restart it with this config", key);
	return false;
}

static void
prepare(const struct method_daemon *daemon, struct config *config, struct call *call)
{
	struct error_list errors;

	error_list_init(&errors, config->file);
	if (engine_prepare(daemon->engine, config, &call->program, &errors) < 0) {
		fail_findings(call, &errors);
		config_free(config);
	}
	error_list_clear(&errors);
}

/* Bytes of a diff that are written at once: as many as a rule has, about. */
#define PART_BYTES 512

static void
put_changes(FILE *out, const struct call *call, unsigned index)
{
	report_put_text(out, call->changes + (size_t)index * PART_BYTES, PART_BYTES);
}

/* What changes from the running config to this one; it stands in the answer where REPORT_RULES_HERE does. It may have a hundred
 * megabytes, so no JSON is made of it in memory. */
static void
compare(const struct method_daemon *daemon, const struct config *config, struct call *call)
{
	call->changes = config_diff(engine_config(daemon->engine), config);
	if (!call->changes) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		return;
	}
	call->item = put_changes;
	call->end = (strlen(call->changes) + PART_BYTES - 1) / PART_BYTES;
}

/* No swap can come between: jobs run one at a time, and only a job's end swaps. */
static void
try(const struct method_daemon *daemon, struct call *call, bool compared)
{
	struct config *config = read_config(call);

	if (!config)
		return;
	if (applicable(daemon, config, call) && compared)
		compare(daemon, config, call);
	if (call->error.code)
		config_free(config);
	else
		prepare(daemon, config, call);
}

void
work_config_apply(const struct method_daemon *daemon, struct call *call)
{
	try(daemon, call, true);
}

void
answer_config_apply(struct method_daemon *daemon, struct call *call)
{
	int ret = engine_swap(daemon->engine, call->program);
	unsigned rules;

	if (ret == -ENOMEM) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		return;
	}
	if (ret < 0) {
		rpc_fail(&call->error, RPC_REFUSED, NULL,
			 "a worker has not moved since the last apply, and still has the config "
			 "before it: see `sluice workers`");
		return;
	}
	call->program = NULL;
	rules = engine_config(daemon->engine)->rule_count;
	call->result = json_pack("{s:b, s:i, s:s}", "applied", 1, "rules", (int)rules, "changes",
				 REPORT_RULES_HERE);
	log_info("config applied: %u rule%s", rules, units_plural(rules));
}

void
work_config_check(const struct method_daemon *daemon, struct call *call)
{
	try(daemon, call, false);
}

void
answer_config_check(struct method_daemon *daemon, struct call *call)
{
	call->result = json_pack("{s:b}", "valid", 1);
}

void
work_config_diff(const struct method_daemon *daemon, struct call *call)
{
	struct config *config = read_config(call);

	if (!config)
		return;
	compare(daemon, config, call);
	config_free(config);
}

void
answer_config_diff(struct method_daemon *daemon, struct call *call)
{
	call->result = json_pack("{s:b, s:s}", "equal", !*call->changes, "diff", REPORT_RULES_HERE);
}

/* A rule's text, as it stands within a string in JSON. */
static void
put_rule(FILE *out, const struct call *call, unsigned index)
{
	char *text = NULL;
	size_t size;
	FILE *rule = open_memstream(&text, &size);

	if (!rule)
		return;
	config_emit_rule(rule, call->config, index);
	fclose(rule);
	report_put_string(out, text);
	free(text);
}

void
answer_config_show(struct method_daemon *daemon, struct call *call)
{
	call->config = config_hold(engine_config(daemon->engine));
	call->item = put_rule;
	call->end = call->config->rule_count;
}
