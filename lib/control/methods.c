/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/methods.h"

#include <unistd.h>

#include "control/method_capture.h"
#include "control/method_config.h"
#include "control/method_explain.h"
#include "control/method_fault.h"
#include "control/method_keep.h"
#include "control/method_look.h"
#include "control/method_port.h"
#include "control/method_rehearse.h"
#include "control/method_replay.h"
#include "control/method_report.h"
#include "control/method_return.h"
#include "control/report.h"
#include "control/select.h"
#include "core/log.h"

#include "core/banned.h"

#define API_VERSION 1

static void
answer_hello(struct method_daemon *daemon, struct call *call)
{
	call->result = json_pack("{s:s, s:s, s:i, s:s, s:i, s:s}", "name", "sluiced", "version",
				 SLUICE_VERSION, "api", API_VERSION, "dpdk", engine_dpdk_version(),
				 "pid", (int)getpid(), "config", daemon->config_file);
}

static void
answer_log_level(struct method_daemon *daemon, struct call *call)
{
	const char *word = call_param(call, "level");
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

#define FILE_PARAM                                                                       \
	{                                                                                \
		.name = "file",                                                          \
		.text = "absolute path of a config, of which a descriptor may be passed" \
	}
#define TEXT_PARAM                                          \
	{                                                   \
		.name = "text", .text = "the config itself" \
	}
#define DIRECTORY_PARAM                                                                         \
	{                                                                                       \
		.name = "directory", .text = "what relative file names in text are relative to" \
	}
#define PORT_PARAM(key)                                                  \
	{                                                                \
		.name = key, .text = "the port's name", .required = true \
	}
#define LOOK_PARAM                                                                                 \
	{                                                                                          \
		.name = "look", .text = "which one, as look.begin has it", .type = METHOD_INTEGER, \
		.required = true                                                                   \
	}
#define REPLAY_PARAM                                                          \
	{                                                                     \
		.name = "name", .text = "the replay's name", .required = true \
	}

/* What a section of a snapshot has, by name. */
#define LISTING(section, text_)                                                                \
	{                                                                                      \
		.name = #section, .text = text_, .params = {SELECT_PARAMS}, .lists = #section, \
		.view = report_##section, .answer = answer_report,                             \
	}

const struct method method_table[] = {
	{
		.name = "hello",
		.text = "versions, process and config file",
		.answer = answer_hello,
	},
	{
		.name = "methods",
		.text = "this list",
		.answer = answer_methods,
	},
	{
		.name = "status",
		.text = "everything at a glance: the report's counters and the daemon's state",
		.has_work = has_work_status,
		.work = work_status,
		.view = report_status,
		.answer = answer_status,
	},
	LISTING(ports, "every port: device, link, queues, counters"),
	{
		.name = "rules",
		.text = "every rule: what it took, and how it is carried out",
		.params = {SELECT_PARAMS},
		.lists = "rules",
		.view = report_rules,
		.answer = answer_rules,
	},
	LISTING(policers, "every policer: its rate, what passed and what was over it"),
	CAPTURE_METHODS,
	LISTING(dedups, "every dedup of a rule: duplicates, how far behind they came, its table"),
	RETURN_METHODS,
	LISTING(workers, "every worker: packets, cycles, bursts; names are cores"),
	LISTING(drops, "the ledger, every drop under its name, and copied bytes"),
	{
		.name = "memory",
		.text = "pools of packet memory",
		.view = report_memory,
		.answer = answer_report,
	},
	{
		.name = "snapshot",
		.text = "all that the methods above tell, of one moment; rules with their counters",
		.params = {SELECT_PARAMS},
		.lists = "rules",
		.has_work = has_work_status,
		.work = work_status,
		.view = report_snapshot,
		.answer = answer_status,
	},
	LISTING(bursts,
		"microbursts of every port: the last 64, how long they were, what was lost"),
	{
		.name = "config.show",
		.text = "the config that runs, as config.apply takes it",
		.answer = answer_config_show,
	},
	{
		.name = "config.check",
		.text = "whether a config could be applied",
		.params = {FILE_PARAM, TEXT_PARAM, DIRECTORY_PARAM},
		.work = work_config_check,
		.answer = answer_config_check,
	},
	{
		.name = "config.diff",
		.text = "what a config would change",
		.params = {FILE_PARAM, TEXT_PARAM, DIRECTORY_PARAM},
		.work = work_config_diff,
		.answer = answer_config_diff,
	},
	{
		.name = "explain",
		.text = "what would happen to a packet now, and why, or by another config",
		.params = {EXPLAIN_PARAMS, FILE_PARAM, TEXT_PARAM, DIRECTORY_PARAM},
		.work = work_explain,
		.answer = answer_explain,
	},
	{
		.name = "config.apply",
		.text = "runs a config from now on; no packet is lost",
		.changes = true,
		.params = {FILE_PARAM, TEXT_PARAM, DIRECTORY_PARAM},
		.work = work_config_apply,
		.answer = answer_config_apply,
	},
	{
		.name = "config.rollback",
		.text = "runs the config that ran before the one that runs",
		.changes = true,
		.work = work_config_rollback,
		.answer = answer_config_apply,
	},
	{
		.name = "config.text",
		.text = "the config that runs as it was written, for the file that the daemon was "
			"started with",
		.secret = true,
		.work = work_config_text,
		.answer = answer_config_text,
	},
	{
		.name = "port.up",
		.text = "takes a port up again that was removed, or taken out of service",
		.changes = true,
		.params = {PORT_PARAM("name")},
		.has_work = has_work_port_up,
		.work = work_port_up,
		.answer = answer_port_up,
	},
	{
		.name = "port.down",
		.text = "takes a port out of service, and lets go of its device",
		.changes = true,
		.params = {PORT_PARAM("name")},
		.has_work = has_work_port_down,
		.work = work_port_down,
		.answer = answer_port_down,
	},
	{
		.name = "replay.list",
		.text = "every replay: where it is, and how exact it was",
		.params = {SELECT_PARAMS},
		.lists = "replays",
		.view = report_replays,
		.answer = answer_report,
	},
	{
		.name = "replay.start",
		.text = "from the beginning",
		.changes = true,
		.params = {REPLAY_PARAM,
			   {.name = "pace", .text = "of this run: 2x, 1.5Mpps, 10Gbps, top"},
			   {.name = "loops",
			    .type = METHOD_INTEGER,
			    .text = "of this run; 0 for ever"},
			   {.name = "limit",
			    .type = METHOD_INTEGER,
			    .text = "packets of this run, of all loops together"},
			   {.name = "duration", .text = "of this run at most, as in 60s"},
			   {.name = "at",
			    .text = "when its first packet is due: 2026-11-29T15:00:00.5Z, "
				    "@1795964400.25, 15:00:00, +5s"},
			   {.name = "clock_error",
			    .text = "by how much the clock may be wrong for that; 1ms if left "
				    "out"}},
		.answer = answer_replay_start,
	},
	{
		.name = "replay.stop",
		.text = "for good; its numbers stay",
		.changes = true,
		.params = {REPLAY_PARAM},
		.answer = answer_replay_stop,
	},
	{
		.name = "replay.pause",
		.text = "until it is resumed",
		.changes = true,
		.params = {REPLAY_PARAM},
		.answer = answer_replay_pause,
	},
	{
		.name = "replay.resume",
		.text = "goes on where it was paused",
		.changes = true,
		.params = {REPLAY_PARAM},
		.answer = answer_replay_resume,
	},
	{
		.name = "replay.seek",
		.text = "goes on from another place in its files",
		.changes = true,
		.params = {REPLAY_PARAM,
			   {.name = "to",
			    .text = "a time since the first packet, or #N for a packet",
			    .required = true}},
		.answer = answer_replay_seek,
	},
	{
		.name = "replay.pace",
		.text = "goes on at another pace, without a burst or a gap",
		.changes = true,
		.params = {REPLAY_PARAM,
			   {.name = "pace",
			    .text = "as in the config: 2x, 1.5Mpps, 10Gbps, top",
			    .required = true}},
		.answer = answer_replay_pace,
	},
	{
		.name = "look.begin",
		.text = "looks at packets that pass, until look.end, or nobody reads for 10 s",
		.secret = true,
		.params =
			{{.name = "filter", .text = "only packets that it takes, pcap-filter(7)"},
			 {.name = "in",
			  .type = METHOD_NAMES,
			  .text = "as they come in on these ports; all ports if neither is given"},
			 {.name = "out",
			  .type = METHOD_NAMES,
			  .text = "as they leave through these ports"},
			 {.name = "drops",
			  .type = METHOD_NAMES,
			  .text = "only what is dropped for one of these reasons; [] for any"},
			 {.name = "rule", .text = "only what this rule takes"},
			 {.name = "snap",
			  .type = METHOD_INTEGER,
			  .text = "bytes of each that are kept; 256 if left out"},
			 {.name = "rate",
			  .type = METHOD_INTEGER,
			  .text = "packets a second and worker; 0: what there is room for"},
			 {.name = "one_in",
			  .type = METHOD_INTEGER,
			  .text = "of so many packets one, at random; 1 if left out"}},
		.work = work_look_begin,
		.answer = answer_look_begin,
	},
	{
		.name = "rehearse",
		.text = "finds out what workers could take, by leaving packets waiting",
		.changes = true,
		.params = {{.name = "most_ns",
			    .type = METHOD_INTEGER,
			    .text = "how long at most, each time; 100000 if left out"}},
		.answer = answer_rehearse,
	},
	{
		.name = "look.read",
		.text = "packets since the last time, each with what became of it",
		.secret = true,
		.params = {LOOK_PARAM},
		.answer = answer_look_read,
	},
	{
		.name = "look.end",
		.text = "looks no more",
		.secret = true,
		.params = {LOOK_PARAM},
		.answer = answer_look_end,
	},
	{
		.name = "log.level",
		.text = "sets what is logged",
		.changes = true,
		.params = {{.name = "level",
			    .text = "error, warning, info or debug",
			    .required = true}},
		.answer = answer_log_level,
	},
#ifdef SLUICE_FAULTS
	{
		.name = "fault.dma",
		.text = "tells a port's device to write to a wrong address",
		.changes = true,
		.params = {PORT_PARAM("port"),
			   {.name = "address",
			    .text = "where to, in hexadecimal",
			    .required = true},
			   {.name = "packets",
			    .type = METHOD_INTEGER,
			    .text = "how many receive descriptors get it; 32 if left out"}},
		.answer = answer_fault_dma,
	},
#endif
	{
		.name = "shutdown",
		.text = "drains and ends the daemon",
		.changes = true,
		.answer = answer_shutdown,
	},
};

_Static_assert(sizeof(method_table) / sizeof(method_table[0]) <= METHODS_MAX, "few enough");

const unsigned method_count = sizeof(method_table) / sizeof(method_table[0]);
