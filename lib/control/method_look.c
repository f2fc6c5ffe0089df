/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/when.h"
#include "look/describe.h"
#include "look/eye.h"

#include "core/banned.h"

#define SNAP_DEFAULT 256
#define RATE_MAX 10000000
#define ONE_IN_MAX 100000000
/* Each worker's ring: some thousand packets of SNAP_DEFAULT, or sixteen of LOOK_SNAP_MAX. */
#define ROOM (UINT64_C(1) << 20)
/* What one answer holds at most, so that no other client waits for it to be written. */
#define RECORDS_MAX 512
#define BYTES_MAX (128 * 1024)

static void
refuse(struct call *call, const char *field, const char *reason)
{
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", field), "%s",
		 reason);
}

/* A number from 1 on; what is left out is otherwise. False: it is refused. */
static bool
take_number(struct call *call, const char *name, uint32_t most, uint32_t otherwise, uint32_t *out)
{
	const json_t *value = json_object_get(call->params, name);
	json_int_t number = value ? json_integer_value(value) : otherwise;
	char reason[80];

	if (number <= most) {
		*out = (uint32_t)number;
		return true;
	}
	snprintf(reason, sizeof(reason), "`%s` is %u at most", name, most);
	refuse(call, name, reason);
	return false;
}

/* Reasons by bit: an empty list stands for all. */
static bool
take_drops(struct call *call, uint32_t *drops)
{
	const json_t *list = json_object_get(call->params, "drops"), *item;
	char reason[160];
	size_t i;

	if (list && json_array_size(list) == 0)
		*drops = UINT32_MAX;
	json_array_foreach (list, i, item) {
		unsigned j = 0;

		while (j < DROP_REASONS &&
		       strcmp(drop_reasons[j].name, json_string_value(item)) != 0)
			j++;
		if (j == DROP_REASONS) {
			snprintf(reason, sizeof(reason),
				 "nothing is dropped as %.40s; `sluice drops` lists the reasons",
				 json_string_value(item));
			refuse(call, "drops", reason);
			return false;
		}
		*drops |= UINT32_C(1) << j;
	}
	return true;
}

static bool
take_terms(struct call *call, struct look_terms *terms)
{
	const char *rule = call_param(call, "rule");

	*terms = (struct look_terms){.room = ROOM};
	if (rule && strlen(rule) > CONFIG_NAME_MAX) {
		refuse(call, "rule", "no rule has so long a name");
		return false;
	}
	if (rule)
		memcpy(terms->rule, rule, strlen(rule) + 1);
	return take_drops(call, &terms->drops) &&
	       take_number(call, "snap", LOOK_SNAP_MAX, SNAP_DEFAULT, &terms->snap) &&
	       take_number(call, "rate", RATE_MAX, 0, &terms->rate) &&
	       take_number(call, "one_in", ONE_IN_MAX, 1, &terms->one_in);
}

void
work_look_begin(const struct method_daemon *daemon, struct call *call)
{
	char reason[256], message[320];
	const char *expression = call_param(call, "filter");
	struct filter *filter = NULL;
	struct look_terms terms;

	if (!take_terms(call, &terms))
		return;
	if (expression &&
	    filter_make(expression, FILTER_BEST, &filter, reason, sizeof(reason)) < 0) {
		snprintf(message, sizeof(message), "filter: %s", reason);
		refuse(call, "filter", message);
		return;
	}
	call->look = look_make(&terms, filter, engine_worker_count(daemon->engine));
	if (!call->look)
		rpc_fail(&call->error, RPC_INTERNAL, NULL, "out of memory");
}

/* Slots by bit of the ports that a parameter names. */
static bool
take_ports(const struct method_daemon *daemon, struct call *call, const char *field,
	   uint64_t *slots)
{
	const json_t *list = json_object_get(call->params, field), *item;
	char reason[160];
	size_t i;

	json_array_foreach (list, i, item) {
		int slot = engine_slot(daemon->engine, json_string_value(item));

		if (slot < 0) {
			snprintf(reason, sizeof(reason),
				 "there is no port %.64s; `sluice ports` lists them",
				 json_string_value(item));
			refuse(call, field, reason);
			return false;
		}
		*slots |= UINT64_C(1) << slot;
	}
	return true;
}

static bool
has_rule(const struct config *config, const char *name)
{
	bool found = *name == '\0' || strcmp(name, "default") == 0;

	for (unsigned i = 0; i < config->rule_count && !found; i++)
		found = strcmp(config->rules[i].name, name) == 0;
	return found;
}

static bool
aim(const struct method_daemon *daemon, struct call *call)
{
	const struct config *config = engine_config(daemon->engine);
	struct look_terms *terms = &call->look->terms;

	if (config->looks == CONFIG_LOOKS_OFF) {
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "config", "looks"),
			 "the config says `looks: off`: nobody may look at packets");
		return false;
	}
	terms->headers = config->looks == CONFIG_LOOKS_HEADERS;
	if (!has_rule(config, terms->rule)) {
		refuse(call, "rule", "there is no rule of that name; `sluice rules` lists them");
		return false;
	}
	if (!take_ports(daemon, call, "in", &terms->in) ||
	    !take_ports(daemon, call, "out", &terms->out))
		return false;
	if (!json_object_get(call->params, "in") && !json_object_get(call->params, "out"))
		terms->in = UINT64_MAX;
	return true;
}

void
answer_look_begin(struct method_daemon *daemon, struct call *call)
{
	uint32_t id;
	int ret;

	if (call->error.code || !aim(daemon, call))
		return;
	ret = engine_look_begin(daemon->engine, call->look, &id);
	if (ret == 0) {
		call->look = NULL;
		call->result = json_pack("{s:I}", "look", (json_int_t)id);
	} else if (ret == -EBUSY) {
		rpc_fail(&call->error, RPC_LIMIT, NULL,
			 "%u others look at packets already; one of them must end first",
			 LOOKS_MAX);
	} else {
		rpc_fail(&call->error, RPC_REFUSED, NULL,
			 ret == -ESHUTDOWN ? "the daemon is ending" : "out of memory");
	}
}

/* Where it left: ports, and what other targets took it. */
static json_t *
out_json(const struct engine *engine, const struct look_record *record)
{
	const char *end = look_record_names(record) + record->names;
	json_t *list = json_array();

	for (uint64_t slots = record->out; slots; slots &= slots - 1)
		json_array_append_new(
			list, json_string(engine_slot_name(engine, __builtin_ctzll(slots))));
	for (const char *name = end - record->targets; name < end; name += strlen(name) + 1)
		json_array_append_new(list, json_string(name));
	return list;
}

static json_t *
reasons_json(uint32_t reasons)
{
	json_t *list = json_array();

	for (; reasons; reasons &= reasons - 1)
		json_array_append_new(list, json_string(drop_reasons[__builtin_ctz(reasons)].name));
	return list;
}

/* The rule that decided, NULL: none is known; and those that passed it on. */
static const char *
names_json(const struct look_record *record, json_t **passed)
{
	const char *first = look_record_names(record);
	const char *end = first + record->names - record->targets;

	*passed = json_array();
	for (const char *name = first; name < end; name += strlen(name) + 1) {
		if (name != first)
			json_array_append_new(*passed, json_string(name));
	}
	return first < end ? first : NULL;
}

static json_t *
hex_json(const uint8_t *bytes, uint32_t count)
{
	char *text = text_hex(bytes, count);
	json_t *json = text ? json_string_nocheck(text) : NULL;

	free(text);
	return json;
}

static json_t *
record_json(const struct engine *engine, const struct look_record *record)
{
	char text[LOOK_TEXT_MAX], at[WHEN_TEXT_MAX];
	const char *rule;
	json_t *passed;

	rule = names_json(record, &passed);
	look_describe(look_record_bytes(record), record->kept, text);
	when_format(record->ns + engine_epoch(engine), at);
	return json_pack("{s:s, s:s, s:b, s:s, s:I, s:s?, s:o, s:o, s:o, s:i, s:o}", "time", at,
			 "port", engine_slot_name(engine, record->slot), "leaves", record->leaves,
			 "text", text, "length", (json_int_t)record->length, "rule", rule, "passed",
			 passed, "out", out_json(engine, record), "drops",
			 reasons_json(record->drops), "worker", (int)record->worker, "bytes",
			 hex_json(look_record_bytes(record), record->kept));
}

/* The worker whose next record is the oldest; -1: there is none. */
static int
oldest(struct look *look)
{
	uint64_t ns = UINT64_MAX;
	int worker = -1;

	for (unsigned i = 0; i < look->workers; i++) {
		const struct look_record *record = look_next(look, i);

		if (record && record->ns < ns) {
			ns = record->ns;
			worker = (int)i;
		}
	}
	return worker;
}

static json_t *
counts_json(const struct look *look)
{
	uint64_t kept = 0, full = 0, over = 0, unseen = 0;

	for (unsigned i = 0; i < look->workers; i++) {
		const struct look_counts *counts = &look->parts[i].counts;

		kept += atomic_load_explicit(&counts->kept, memory_order_relaxed);
		full += atomic_load_explicit(&counts->full, memory_order_relaxed);
		over += atomic_load_explicit(&counts->over, memory_order_relaxed);
		unseen += atomic_load_explicit(&counts->unseen, memory_order_relaxed);
	}
	return json_pack("{s:I, s:I, s:I, s:I}", "kept", (json_int_t)kept, "full", (json_int_t)full,
			 "over_rate", (json_int_t)over, "not_looked_at", (json_int_t)unseen);
}

/* NULL, and an error: it is over. */
static struct look *
find(const struct method_daemon *daemon, struct call *call)
{
	json_int_t id = json_integer_value(json_object_get(call->params, "look"));
	struct look *look = NULL;

	if (id <= UINT32_MAX)
		look = engine_look_find(daemon->engine, (uint32_t)id);
	if (!look)
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:I}", "look", id),
			 "there is no look %lld: it ended, or was not read for 10 s", id);
	return look;
}

void
answer_look_read(struct method_daemon *daemon, struct call *call)
{
	struct look *look = find(daemon, call);
	unsigned records = 0, bytes = 0;
	json_t *list;
	int worker;

	if (!look)
		return;
	list = json_array();
	while (records < RECORDS_MAX && bytes < BYTES_MAX && (worker = oldest(look)) >= 0) {
		const struct look_record *record = look_next(look, worker);

		json_array_append_new(list, record_json(daemon->engine, record));
		records++;
		bytes += record->kept;
		look_taken(look, worker, record);
	}
	call->result = json_pack("{s:o, s:o, s:b}", "packets", list, "counts", counts_json(look),
				 "more", oldest(look) >= 0);
}

void
answer_look_end(struct method_daemon *daemon, struct call *call)
{
	struct look *look = find(daemon, call);

	if (!look)
		return;
	call->result = json_pack("{s:o}", "counts", counts_json(look));
	engine_look_end(daemon->engine,
			(uint32_t)json_integer_value(json_object_get(call->params, "look")));
}
