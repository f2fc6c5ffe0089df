/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/brought.h"
#include "control/method_keep.h"
#include "control/report.h"
#include "core/log.h"
#include "core/opener.h"
#include "core/units.h"
#include "host/sandbox.h"

#include "core/banned.h"

/* What it keeps from the daemon fails so; libraries say it in words alone. */
static const char *
sandbox_hint(int error, const char *message)
{
	bool denied = error == -EACCES || strstr(message, strerror(EACCES));
	bool refused = error == -EPERM || strstr(message, strerror(EPERM));

	if (!sandbox_state()->on || !(denied || refused))
		return "";
	if (!opener_is_there())
		return "; the sandbox lets the daemon open what lies beside its first config's "
		       "files or beneath `allow`, and no opener runs: restart it with this "
		       "config, or run it with `sandbox: off`";
	return refused ? "; the sandbox's opener gives to be read what begins as a capture, and "
			 "to be written what is named as captures and their indexes are, is no "
			 "link and has no other name: restart the daemon with this config for all "
			 "else"
		       : "; the sandbox's opener opens the captures of pcap ports, replays and "
			 "rules alone, as this user may: restart the daemon with this config for "
			 "others";
}

/* What engine_prepare has against it. */
static void
fail_prepare(struct call *call, struct error_list *errors, int error)
{
	if (error == -EINVAL || errors->count == 0 || !errors->items[0].message) {
		brought_fail(call, errors);
		return;
	}
	rpc_fail(&call->error, RPC_REFUSED, NULL, "%s%s", errors->items[0].message,
		 sandbox_hint(error, errors->items[0].message));
}

/* Whether a running daemon can take the config over; sets the error if not. */
static bool
applicable(const struct method_daemon *daemon, const struct config *config, struct call *call)
{
	const char *key = config_needs_restart(engine_config(daemon->engine), config);

	if (key) {
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "field", key),
			 "`%s` can't change while sluiced runs; restart it with this config", key);
		return false;
	}
	for (unsigned i = 0; i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		if (sandbox_admits(port))
			continue;
		rpc_fail(&call->error, RPC_REFUSED,
			 json_pack("{s:s, s:s}", "field", "ports", "port", port->name),
			 "port %s: what a port of kind %s needs was given up when the daemon was "
			 "started without one; restart it with this config%s",
			 port->name, config_port_kind(port->kind), sandbox_keeps(port));
		return false;
	}
	return true;
}

static void
prepare(const struct method_daemon *daemon, struct config *config, struct call *call)
{
	struct error_list errors;
	int ret;

	error_list_init(&errors, config->file);
	ret = engine_prepare(daemon->engine, config, &call->change, &errors);
	if (ret < 0) {
		fail_prepare(call, &errors, ret);
		config_free(config);
	}
	error_list_clear(&errors);
}

static void
check(const struct method_daemon *daemon, struct config *config, struct call *call)
{
	struct error_list errors;
	int ret;

	error_list_init(&errors, config->file);
	ret = engine_check(daemon->engine, config, &errors);
	if (ret < 0)
		fail_prepare(call, &errors, ret);
	error_list_clear(&errors);
}

/* Bytes of a diff that are written at once: as many as a rule has, about. */
#define PART_BYTES 512

static void
put_changes(FILE *out, const struct call *call, unsigned index)
{
	report_put_text(out, call->changes + (size_t)index * PART_BYTES, PART_BYTES);
}

/* What changes from the running config to this one; it stands in the answer where REPORT_RULES_HERE
 * does. It may have a hundred megabytes, so no JSON is made of it in memory. */
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
	else if (compared)
		prepare(daemon, config, call);
	else
		check(daemon, config, call);
}

bool
config_goes_on(struct call *call)
{
	if (!call->change)
		return false;
	engine_work(call->change);
	return true;
}

void
work_config_apply(const struct method_daemon *daemon, struct call *call)
{
	struct config *config;

	if (config_goes_on(call))
		return;
	config = brought_read(call, &call->edition);
	if (config)
		config_try(daemon, call, config, true);
	if (call->edition)
		edition_sign(call->edition, call->by_signal ? "reload" : "apply", &call->caller);
}

/* The names of one kind that have one fate. */
static json_t *
names_json(const struct engine_told *told, unsigned count, enum engine_fate fate, const char *kind)
{
	json_t *names = json_array();

	for (unsigned i = 0; i < count; i++) {
		if (told[i].fate == fate && strcmp(told[i].kind, kind) == 0)
			json_array_append_new(names, json_string(told[i].name));
	}
	return names;
}

static void
tell_fates(const struct change *change, json_t *result)
{
	static const char *const words[ENGINE_FATES] = {
		[ENGINE_KEPT] = "kept",
		[ENGINE_CHANGED] = "changed",
		[ENGINE_BEGUN] = "begun",
		[ENGINE_ENDED] = "ended",
	};
	static const char *const kinds[] = {"replays", "policers", "dedups"};
	unsigned count;
	const struct engine_told *told = engine_change_told(change, &count);

	for (unsigned fate = 0; fate < ENGINE_FATES; fate++) {
		json_t *object = json_object();

		for (unsigned kind = 0; kind < CONFIG_TARGET_KINDS; kind++)
			json_object_set_new(
				object, config_target_section(kind),
				names_json(told, count, fate, config_target_section(kind)));
		for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			json_object_set_new(object, kinds[i],
					    names_json(told, count, fate, kinds[i]));
		json_object_set_new(result, words[fate], object);
	}
}

static void
log_applied(const struct call *call, unsigned rules)
{
	const struct edition *edition = call->edition;
	const char *way = edition && strcmp(edition->way, "apply") != 0 ? edition->way : NULL;

	log_info("config applied%s%s: %u rule%s, %s, by %s (process %d)", way ? " by a " : "",
		 way ? way : "", rules, units_plural(rules),
		 edition ? edition_name(edition) : "a text", caller_name(call->caller.uid).text,
		 (int)call->caller.pid);
}

void
answer_config_apply(struct method_daemon *daemon, struct call *call)
{
	int ret = engine_step(daemon->engine, call->change);
	const char *reason = engine_change_reason(call->change);
	unsigned rules;

	call->again = ret > 0;
	if (ret > 0)
		return;
	if (ret < 0) {
		rpc_fail(&call->error, ret == -ENOMEM ? RPC_INTERNAL : RPC_REFUSED, NULL, "%s%s",
			 reason, sandbox_hint(ret, reason));
		return;
	}
	rules = engine_config(daemon->engine)->rule_count;
	call->result = json_pack("{s:b, s:i, s:s}", "applied", 1, "rules", (int)rules, "changes",
				 REPORT_RULES_HERE);
	tell_fates(call->change, call->result);
	log_applied(call, rules);
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
