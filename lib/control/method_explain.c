/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_explain.h"

#include <stdlib.h>
#include <string.h>

#include "control/brought.h"
#include "control/method_keep.h"
#include "core/log.h"
#include "core/text.h"
#include "explain/explain.h"
#include "explain/where.h"
#include "explain/words.h"

#include "core/banned.h"

static void
no_memory(struct call *call)
{
	rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory for an explanation");
}

static void
unknown_port(struct call *call, const char *field, const struct config *config, const char *name)
{
	const char *names[CONFIG_PORTS_MAX], *nearest;

	for (unsigned i = 0; i < config->port_count; i++)
		names[i] = config->ports[i].name;
	nearest = text_nearest(name, names, config->port_count);
	rpc_fail(&call->error, RPC_INVALID_PARAMS,
		 json_pack("{s:s, s:s?}", "field", field, "nearest", nearest),
		 "there is no port %s%s%s%s", text_quote(name).text,
		 nearest ? "; did you mean \"" : "; `ports` lists them", nearest ? nearest : "",
		 nearest ? "\"?" : "");
}

/* Bits of the ports that are supposed to have no link; false with the call's error set. */
static bool
read_down(struct call *call, const struct config *config, uint64_t *down)
{
	const json_t *name;
	size_t i;

	json_array_foreach (json_object_get(call->params, "down"), i, name) {
		int port = where_named(config, json_string_value(name));

		if (port < 0) {
			unknown_port(call, "down", config, json_string_value(name));
			return false;
		}
		*down |= UINT64_C(1) << port;
	}
	return true;
}

/* Where the packet is taken to come in, and what is supposed; false with the call's error set. */
static bool
read_question(struct call *call, const struct config *config, struct explain_question *question)
{
	const json_t *near = json_object_get(call->params, "near");
	const char *name = call_param(call, "port");
	int port = name ? where_named(config, name) : (int)where_likely(config, NULL);

	if (port < 0) {
		unknown_port(call, "port", config, name);
		return false;
	}
	question->port = (unsigned)port;
	question->cost = json_is_true(json_object_get(call->params, "cost"));
	question->near = near ? (unsigned)json_integer_value(near) : EXPLAIN_NEAR;
	return read_down(call, config, &question->down);
}

/* The same question to a config that does not run; of ports that it lacks nothing is supposed. */
static json_t *
ask_other(struct call *call, const struct config *running, const struct engine_look *look,
	  const struct explain_question *asked)
{
	struct explain_question question = *asked;
	struct config *config = brought_read(call, NULL);
	const char *name = running->ports[asked->port].name;
	struct explain *explain = NULL;
	struct error_list errors;
	json_t *answer = NULL;
	int port;

	if (!config)
		return NULL;
	port = where_named(config, name);
	if (port < 0) {
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "port", name),
			 "the other config has no port %s to compare with", name);
		config_free(config);
		return NULL;
	}
	question.port = (unsigned)port;
	question.down = 0;
	for (unsigned i = 0; i < running->port_count; i++) {
		int other = where_named(config, running->ports[i].name);

		if (other >= 0)
			question.down |= (asked->down >> i & 1) << other;
	}
	error_list_init(&errors, config->file);
	if (explain_compile(config, look->clock, &explain, &errors) < 0) {
		brought_fail(call, &errors);
		config_free(config);
	} else {
		answer = explain_ask(explain, &question);
		if (!answer)
			no_memory(call);
	}
	error_list_clear(&errors);
	explain_free(explain);
	return answer;
}

static bool
brings_another(const struct call *call)
{
	return call->caller.has_descriptor || call_param(call, "file") || call_param(call, "text");
}

static void
ask(const struct method_daemon *daemon, struct call *call, const struct words_packet *packet)
{
	struct explain_question question = {
		.bytes = packet->bytes, .length = packet->length, .wire_length = packet->length};
	struct engine_look look;
	struct explain *explain;
	struct explain_live live;
	struct error_list errors;
	const struct config *config;
	json_t *with;

	engine_look(daemon->engine, &look);
	if (!look.program) {
		rpc_fail(&call->error, RPC_REFUSED, NULL, "no config runs");
		return;
	}
	config = engine_config(daemon->engine);
	if (!read_question(call, config, &question))
		return;
	for (unsigned i = 0; i < config->port_count; i++)
		question.down |= (uint64_t) !(look.up >> i & 1) << i;
	live = (struct explain_live){look.program, look.ports, look.clock,
				     look.workers[question.port]};
	error_list_init(&errors, NULL);
	if (explain_running(&live, &explain, &errors) == 0) {
		call->result = explain_ask(explain, &question);
		explain_free(explain);
	}
	error_list_clear(&errors);
	if (!call->result) {
		no_memory(call);
		return;
	}
	if (!brings_another(call))
		return;
	with = ask_other(call, config, &look, &question);
	if (!with)
		return;
	json_object_set_new(with, "config",
			    call_param(call, "file") ? json_string(call_param(call, "file"))
						     : json_string("a text"));
	json_object_set_new(with, "same", json_boolean(explain_same(call->result, with)));
	json_object_set_new(call->result, "with", with);
}

/* What a member of the group is answered is bounded, whatever lists the config has. */
static void
bound(struct call *call)
{
	if (!call->caller.reading_only || call->error.code ||
	    json_dumpb(call->result, NULL, 0, JSON_COMPACT) <= CALLER_GUEST_BYTES)
		return;
	rpc_fail(&call->error, RPC_REFUSED, NULL,
		 "the answer is longer than 1 MiB; the daemon's user may ask for it");
}

void
work_explain(const struct method_daemon *daemon, struct call *call)
{
	char reason[WORDS_REASON_MAX];
	struct words_packet packet;

	if (words_read(call_param(call, "packet"), &packet, reason, sizeof(reason)) < 0) {
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "packet"),
			 "packet: %s", reason);
		return;
	}
	ask(daemon, call, &packet);
	if (call->result && *packet.open)
		json_object_set_new(json_object_get(call->result, "packet"), "open",
				    json_string(packet.open));
	free(packet.bytes);
	bound(call);
	if (call->error.code) {
		json_decref(call->result);
		call->result = NULL;
	}
}

void
answer_explain(struct method_daemon *daemon, struct call *call)
{
	if (daemon->running) {
		json_object_set_new(call->result, "config",
				    json_string(edition_name(daemon->running)));
		json_object_set_new(call->result, "running", keep_running(daemon));
	}
	if (!explain_agrees(call->result))
		log_error("explain: the tables and the config read rule by rule do not say the "
			  "same of a packet; this is a bug, please report what `sluice --json "
			  "explain` says of it");
}
