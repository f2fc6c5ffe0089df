/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/method_config.h"
#include "control/method_fault.h"
#include "control/method_port.h"
#include "control/method_replay.h"
#include "control/params.h"
#include "control/report.h"
#include "control/select.h"
#include "core/log.h"
#include "core/reaper.h"
#include "core/text.h"

#include "core/banned.h"

#define API_VERSION 1

static void
answer_hello(struct method_daemon *daemon, struct call *call)
{
	call->result = json_pack("{s:s, s:s, s:i, s:s, s:i, s:s}", "name", "sluiced", "version",
				 SLUICE_VERSION, "api", API_VERSION, "dpdk", engine_dpdk_version(),
				 "pid", (int)getpid(), "config", daemon->config_file);
}

/* Answers with one of the report's views of a snapshot. */
static void
answer_report(struct method_daemon *daemon, struct call *call,
	      json_t *(*view)(const struct snapshot *snapshot))
{
	call->view = view;
	call->snapshot = method_snapshot(daemon);
	if (!call->snapshot)
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
	/* Until it is known which. */
	else if (call->item)
		call->end = call->snapshot->rule_count;
}

bool
method_is_raw(const struct call *call)
{
	return call->snapshot || call->config;
}

static void
put_counts(FILE *out, const struct call *call, unsigned index)
{
	report_put_rule_counts(out, call->snapshot, index);
}

static void
put_rule(FILE *out, const struct call *call, unsigned index)
{
	report_put_rule(out, call->snapshot, index);
}

static void
answer_status(struct method_daemon *daemon, struct call *call)
{
	call->item = put_counts;
	answer_report(daemon, call, report_status);
}

static void
answer_ports(struct method_daemon *daemon, struct call *call)
{
	answer_report(daemon, call, report_ports);
}

static void
answer_rules(struct method_daemon *daemon, struct call *call)
{
	call->item = put_rule;
	answer_report(daemon, call, report_rules);
}

static void
answer_workers(struct method_daemon *daemon, struct call *call)
{
	answer_report(daemon, call, report_workers);
}

static void
answer_drops(struct method_daemon *daemon, struct call *call)
{
	answer_report(daemon, call, report_drops);
}

static void
answer_memory(struct method_daemon *daemon, struct call *call)
{
	answer_report(daemon, call, report_memory);
}

static void
answer_replay_list(struct method_daemon *daemon, struct call *call)
{
	answer_report(daemon, call, report_replays);
}

static void
answer_log_level(struct method_daemon *daemon, struct call *call)
{
	const char *word = json_string_value(json_object_get(call->params, "level"));
	enum log_level level;

	if (!log_level_parse(word, &level)) {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "level"),
			 "`level` is error, warning, info or debug");
		return;
	}
	log_set_level(level);
	call->result = json_pack("{s:s}", "level", word);
}

static void
answer_shutdown(struct method_daemon *daemon, struct call *call)
{
	daemon->stop = true;
	call->result = json_pack("{s:b}", "stopping", 1);
}

static void answer_methods(struct method_daemon *daemon, struct call *call);

#define FILE_OR_TEXT                                                                          \
	{                                                                                     \
		{"file", METHOD_STRING, "absolute path of a config that the daemon can read", \
		 false},                                                                      \
			{"text", METHOD_STRING, "the config itself", false},                  \
		{                                                                             \
			"directory", METHOD_STRING,                                           \
				"what relative file names in text are relative to", false     \
		}                                                                             \
	}

#define PORT_NAME                                              \
	{                                                      \
		"name", METHOD_STRING, "the port's name", true \
	}

#define REPLAY_NAME                                              \
	{                                                        \
		"name", METHOD_STRING, "the replay's name", true \
	}

static const struct method table[] = {
	{"hello", "versions, process and config file", false, false, {{0}}, answer_hello, NULL},
	{"methods", "this list", false, false, {{0}}, answer_methods, NULL},
	{"status",
	 "everything at a glance: the report's counters and the daemon's state",
	 false,
	 false,
	 {{0}},
	 answer_status,
	 NULL},
	{"ports",
	 "every port: device, link, queues, counters",
	 false,
	 false,
	 {SELECT_PARAMS},
	 answer_ports,
	 NULL,
	 "ports"},
	{"rules",
	 "every rule: what it took, and how it is carried out",
	 false,
	 false,
	 {SELECT_PARAMS},
	 answer_rules,
	 NULL,
	 "rules"},
	{"workers",
	 "every worker: packets, cycles, bursts",
	 false,
	 false,
	 {{0}},
	 answer_workers,
	 NULL},
	{"drops",
	 "the ledger, every drop under its name, and copied bytes",
	 false,
	 false,
	 {{0}},
	 answer_drops,
	 NULL},
	{"memory", "pools of packet memory", false, false, {{0}}, answer_memory, NULL},
	{"config.show",
	 "the config that runs, as config.apply takes it",
	 false,
	 false,
	 {{0}},
	 answer_config_show,
	 NULL},
	{"config.check", "whether a config could be applied", false, true, FILE_OR_TEXT,
	 answer_config_check, work_config_check},
	{"config.diff", "what a config would change", false, true, FILE_OR_TEXT, answer_config_diff,
	 work_config_diff},
	{"config.apply", "runs a config from now on; no packet is lost", true, true, FILE_OR_TEXT,
	 answer_config_apply, work_config_apply},
	{"port.up",
	 "takes a port up again that was removed, or taken out of service",
	 true,
	 false,
	 {PORT_NAME},
	 answer_port_up,
	 work_port_up,
	 NULL,
	 has_work_port_up},
	{"port.down",
	 "takes a port out of service, and lets go of its device",
	 true,
	 false,
	 {PORT_NAME},
	 answer_port_down,
	 NULL},
	{"replay.list",
	 "every replay: where it is, and how exact it was",
	 false,
	 false,
	 {SELECT_PARAMS},
	 answer_replay_list,
	 NULL,
	 "replays"},
	{"replay.start",
	 "from the beginning",
	 true,
	 false,
	 {REPLAY_NAME},
	 answer_replay_start,
	 NULL},
	{"replay.stop",
	 "for good; its numbers stay",
	 true,
	 false,
	 {REPLAY_NAME},
	 answer_replay_stop,
	 NULL},
	{"replay.pause",
	 "until it is resumed",
	 true,
	 false,
	 {REPLAY_NAME},
	 answer_replay_pause,
	 NULL},
	{"replay.resume",
	 "goes on where it was paused",
	 true,
	 false,
	 {REPLAY_NAME},
	 answer_replay_resume,
	 NULL},
	{"replay.seek",
	 "goes on from another place in its files",
	 true,
	 false,
	 {REPLAY_NAME,
	  {"to", METHOD_STRING, "a time since the first packet, or #N for a packet", true}},
	 answer_replay_seek,
	 NULL},
	{"replay.pace",
	 "goes on at another pace, without a burst or a gap",
	 true,
	 false,
	 {REPLAY_NAME, {"pace", METHOD_STRING, "as in the config: 2x, 1.5Mpps, 10Gbps, top", true}},
	 answer_replay_pace,
	 NULL},
	{"log.level",
	 "sets what is logged",
	 true,
	 false,
	 {{"level", METHOD_STRING, "error, warning, info or debug", true}},
	 answer_log_level,
	 NULL},
#ifdef SLUICE_FAULTS
	{"fault.dma",
	 "tells a port's device to write to a wrong address",
	 true,
	 false,
	 {{"port", METHOD_STRING, "the port's name", true},
	  {"address", METHOD_STRING, "where to, in hexadecimal", true},
	  {"packets", METHOD_INTEGER, "how many receive descriptors get it; 32 if left out",
	   false}},
	 answer_fault_dma,
	 NULL},
#endif
	{"shutdown", "drains and ends the daemon", true, false, {{0}}, answer_shutdown, NULL},
};

#define METHODS (sizeof(table) / sizeof(table[0]))

const struct method *
method_at(unsigned index)
{
	return index < METHODS ? &table[index] : NULL;
}

const struct method *
method_find(const char *name)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

void
method_fail_unknown(const char *method, struct rpc_error *error)
{
	const char *names[64];
	const char *nearest;
	size_t count = 0;

	while (count < 64 && method_at(count)) {
		names[count] = method_at(count)->name;
		count++;
	}
	nearest = text_nearest(method, names, count);
	rpc_fail(error, RPC_UNKNOWN_METHOD, nearest ? json_pack("{s:s}", "nearest", nearest) : NULL,
		 "no method is called %s%s%s%s; `methods` lists them", text_quote(method).text,
		 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static void
answer_methods(struct method_daemon *daemon, struct call *call)
{
	json_t *methods = json_array();

	for (size_t i = 0; i < METHODS; i++) {
		const struct method *method = &table[i];
		bool everywhere = !method->changes && !method->file;

		json_array_append_new(methods,
				      json_pack("{s:s, s:s, s:b, s:b, s:o}", "name", method->name,
						"text", method->text, "changes",
						(int)method->changes, "on_stats_socket",
						(int)everywhere, "params", params_json(method)));
	}
	call->result = json_pack("{s:o}", "methods", methods);
}

bool
method_admit(struct call *call, bool reading_only)
{
	if (reading_only && (call->method->changes || call->method->file)) {
		rpc_fail(&call->error, RPC_FORBIDDEN, NULL,
			 "%s is not given on this socket; use control.sock", call->method->name);
		return false;
	}
	return params_admit(call);
}

void
call_log_refusal(const struct call *call)
{
	json_t *finding;
	size_t i;

	log_error("%s: %s; the running config stays", call->method->name, call->error.message);
	json_array_foreach (json_object_get(call->error.data, "errors"), i, finding) {
		const char *file = json_string_value(json_object_get(finding, "file"));

		log_error("%s:%d:%d: %s", file ? file : "config",
			  (int)json_integer_value(json_object_get(finding, "line")),
			  (int)json_integer_value(json_object_get(finding, "column")),
			  json_string_value(json_object_get(finding, "message")));
	}
}

void
call_clear(struct call *call)
{
	free(call->id);
	json_decref(call->params);
	json_decref(call->result);
	json_decref(call->error.data);
	if (call->changes)
		reaper_take(free, call->changes);
	engine_discard(call->program);
	snapshot_free(call->snapshot);
	config_free(call->config);
	free(call->indices);
	free(call->tail);
	memset(call, 0, sizeof(*call));
}
