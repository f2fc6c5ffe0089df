/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/brought.h"
#include "control/method_keep.h"
#include "control/report.h"
#include "core/log.h"
#include "core/units.h"

#include "core/banned.h"

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
		brought_fail(call, &errors);
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
	config_answer_text(call, config_diff(engine_config(daemon->engine), config));
}

void
config_answer_text(struct call *call, char *text)
{
	call->changes = text;
	if (!text) {
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
		return;
	}
	call->item = put_changes;
	call->end = (strlen(text) + PART_BYTES - 1) / PART_BYTES;
}

void
config_try(const struct method_daemon *daemon, struct call *call, struct config *config,
	   bool compared)
{
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
	struct config *config = brought_read(call, &call->edition);

	if (config)
		config_try(daemon, call, config, true);
	if (call->edition)
		edition_sign(call->edition, call->by_signal ? "reload" : "apply", &call->caller);
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
	log_info("config applied: %u rule%s, %s, by uid %u (process %d)", rules,
		 units_plural(rules), call->edition ? edition_name(call->edition) : "a text",
		 (unsigned)call->caller.uid, (int)call->caller.pid);
	keep_edition(daemon, call);
}

void
work_config_check(const struct method_daemon *daemon, struct call *call)
{
	struct config *config = brought_read(call, NULL);

	if (config)
		config_try(daemon, call, config, false);
}

void
answer_config_check(struct method_daemon *daemon, struct call *call)
{
	call->result = json_pack("{s:b}", "valid", 1);
}

void
work_config_diff(const struct method_daemon *daemon, struct call *call)
{
	struct config *config = brought_read(call, NULL);

	if (!config)
		return;
	compare(daemon, config, call);
	config_free(config);
	if (call->caller.reading_only && call->changes &&
	    strlen(call->changes) > CALLER_GUEST_BYTES)
		rpc_fail(&call->error, RPC_REFUSED, NULL,
			 "the difference is longer than 1 MiB; the daemon's user may ask for it");
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
