/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/figures.h"

#include <string.h>

#include "stage/reasons.h"
#include "view/value.h"

#include "core/banned.h"

#define BITS 8
#define MILLION 1e6

/* Two moments, and how many seconds of the daemon's clock are between them; 0: there is one. */
struct span {
	const json_t *now, *before;
	double seconds;
};

static double
rate(const struct span *span, const json_t *now, const json_t *before, const char *key)
{
	const struct view view = {.seconds = span->seconds};

	return value_rate(&view, now, before, key);
}

static bool
is_loss(const char *name)
{
	const struct reason *reason = drop_reason_named(name);

	return reason && reason->kind == REASON_LOSS;
}

/* Packets that a port should have taken in or let out, and did not. */
static uint64_t
lost_of(const json_t *port)
{
	uint64_t lost = 0;
	const char *reason;
	json_t *count;

	json_object_foreach (json_object_get((json_t *)port, "before"), reason, count)
		lost += (uint64_t)json_integer_value(count);
	json_object_foreach (json_object_get((json_t *)port, "drops"), reason, count)
		lost += is_loss(reason) ? (uint64_t)json_integer_value(count) : 0;
	return lost;
}

static json_t *
known(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}

/* What the daemon tells of each port that is no rate. */
static void
add_gauges(json_t *result, const json_t *port)
{
	const json_t *backlog = json_object_get(port, "backlog");
	const json_t *latency = json_object_get(port, "latency");
	double peak = value_real(json_object_get(port, "peak_1ms"), "pps");
	double mean = value_real(result, "rx_pps");

	json_object_set_new(result, "backlog", known(backlog, "now"));
	json_object_set_new(result, "backlog_peak", known(backlog, "peak"));
	json_object_set_new(result, "peak_1ms_pps", json_real(peak));
	json_object_set_new(result, "peak_ratio",
			    mean > 0 && peak > 0 ? json_real(peak / mean) : json_null());
	json_object_set_new(result, "lower_ns", known(latency, "lower_ns"));
	json_object_set_new(result, "upper_ns", known(latency, "upper_ns"));
}

static void
add(json_t *object, const char *key, double more)
{
	json_object_set_new(object, key, json_real(value_real(object, key) + more));
}

/* What comes in as if received on a port is nothing that the port received. */
static void
add_replayed(const struct span *span, json_t *ports)
{
	const json_t *before = json_object_get(span->before, "replays");
	const char *name;
	json_t *replay, *port;

	json_object_foreach (ports, name, port)
		json_object_update_new(
			port, json_pack("{s:f, s:f}", "replayed_pps", 0.0, "replayed_bps", 0.0));
	json_object_foreach (json_object_get((json_t *)span->now, "replays"), name, replay) {
		const json_t *was = json_object_get(before, name);

		port = json_object_get(ports, value_text(replay, "port"));
		if (!port || !json_is_true(json_object_get(replay, "as")))
			continue;
		add(port, "replayed_pps", rate(span, replay, was, "sent"));
		add(port, "replayed_bps", BITS * rate(span, replay, was, "bytes"));
	}
}

static json_t *
port_figures(const struct span *span, const json_t *port, const json_t *before)
{
	uint64_t lost = lost_of(port), was = lost_of(before);
	double lost_rate = 0;
	json_t *result;

	if (before && span->seconds > 0 && lost >= was)
		lost_rate = (double)(lost - was) / span->seconds;
	result = json_pack("{s:s, s:b, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:f}", "state",
			   value_text(port, "state"), "up",
			   json_is_true(json_object_get(port, "up")), "rx_pps",
			   rate(span, port, before, "rx_packets"), "rx_bps",
			   BITS * rate(span, port, before, "rx_bytes"), "tx_pps",
			   rate(span, port, before, "tx_packets"), "tx_bps",
			   BITS * rate(span, port, before, "tx_bytes"), "rx_packets",
			   (json_int_t)value_number(port, "rx_packets"), "rx_bytes",
			   (json_int_t)value_number(port, "rx_bytes"), "tx_packets",
			   (json_int_t)value_number(port, "tx_packets"), "tx_bytes",
			   (json_int_t)value_number(port, "tx_bytes"), "lost", (json_int_t)lost,
			   "lost_pps", lost_rate);
	add_gauges(result, port);
	return result;
}

/* A port that writes one holds nothing, and its drops are not told of it alone. */
static json_t *
file_figures(const struct span *span, const char *name, const json_t *port, const json_t *before)
{
	return json_pack("{s:s, s:s, s:s, s:f, s:f, s:I, s:I, s:n, s:n}", "file",
			 value_text(port, "writes"), "port", name, "state",
			 value_text(port, "state"), "pps", rate(span, port, before, "tx_packets"),
			 "bps", BITS * rate(span, port, before, "tx_bytes"), "packets",
			 (json_int_t)value_number(port, "tx_packets"), "bytes",
			 (json_int_t)value_number(port, "tx_bytes"), "held", "lost");
}

/* What has reached its disk, what waits for it, and what never will. */
static json_t *
capture_figures(const struct span *span, const json_t *capture, const json_t *before)
{
	const json_t *drops = json_object_get(capture, "drops");
	uint64_t lost = value_number(drops, "capture-full") + value_number(drops, "capture-failed");

	return json_pack("{s:s, s:n, s:s, s:f, s:f, s:I, s:I, s:I, s:I}", "file",
			 value_text(capture, "file"), "port", "state", value_text(capture, "state"),
			 "pps", rate(span, capture, before, "packets"), "bps",
			 BITS * rate(span, capture, before, "bytes"), "packets",
			 (json_int_t)value_number(capture, "packets"), "bytes",
			 (json_int_t)value_number(capture, "bytes"), "held",
			 (json_int_t)value_number(capture, "held"), "lost", (json_int_t)lost);
}

/* Captures, and ports that write one; no two of them have one name. */
static json_t *
captures(const struct span *span)
{
	json_t *result = json_object(), *each;
	const char *name;

	json_object_foreach (json_object_get((json_t *)span->now, "captures"), name, each)
		json_object_set_new(
			result, name,
			capture_figures(span, each, value_in(span->before, "captures", name)));
	json_object_foreach (json_object_get((json_t *)span->now, "ports"), name, each) {
		if (json_is_string(json_object_get(each, "writes")))
			json_object_set_new(result, name,
					    file_figures(span, name, each,
							 value_in(span->before, "ports", name)));
	}
	return result;
}

static json_t *
rule_figures(const struct span *span, const json_t *rule, const json_t *before)
{
	return json_pack("{s:f, s:f, s:I, s:I}", "pps", rate(span, rule, before, "packets"), "bps",
			 BITS * rate(span, rule, before, "bytes"), "packets",
			 (json_int_t)value_number(rule, "packets"), "bytes",
			 (json_int_t)value_number(rule, "bytes"));
}

static json_t *
replay_figures(const struct span *span, const json_t *replay, const json_t *before)
{
	const json_t *verdict = json_object_get(replay, "verdict");
	const json_t *error = json_object_get(verdict, "error_ns");
	const json_t *progress = json_object_get(replay, "progress");

	return json_pack("{s:s, s:s, s:b, s:f, s:I, s:I, s:O?, s:I, s:s, s:b}", "state",
			 value_text(replay, "state"), "port", value_text(replay, "port"), "as",
			 json_is_true(json_object_get(replay, "as")), "pps",
			 rate(span, replay, before, "sent"), "sent",
			 (json_int_t)value_number(replay, "sent"), "late",
			 (json_int_t)value_number(replay, "late"), "progress",
			 json_is_number(progress) ? progress : NULL, "p99_ns",
			 (json_int_t)value_number(error, "p99"), "result",
			 value_text(verdict, "result"), "ended",
			 json_is_true(json_object_get(replay, "ended")));
}

/* A member whose members are things of that kind. */
static json_t *
each(const struct span *span, const char *member,
     json_t *(*make)(const struct span *span, const json_t *now, const json_t *before))
{
	const json_t *before = json_object_get(span->before, member);
	json_t *result = json_object(), *thing;
	const char *name;

	json_object_foreach (json_object_get((json_t *)span->now, member), name, thing)
		json_object_set_new(result, name, make(span, thing, json_object_get(before, name)));
	return result;
}

/* Of all packets that rules and the default took. */
static void
add_shares(const struct span *span, json_t *rules)
{
	const json_t *otherwise = json_object_get(span->now, "default");
	const json_t *was = json_object_get(span->before, "default");
	double all = 0;
	const char *name;
	json_t *rule;

	if (!json_object_get(rules, "default") && otherwise)
		json_object_set_new(rules, "default", rule_figures(span, otherwise, was));
	json_object_foreach (rules, name, rule)
		all += value_real(rule, "pps");
	json_object_foreach (rules, name, rule)
		json_object_set_new(rule, "share",
				    json_real(all > 0 ? value_real(rule, "pps") / all : 0));
}

static double
since(const json_t *now, const json_t *before, const char *key)
{
	uint64_t after = value_number(now, key), was = value_number(before, key);

	return (double)(after >= was ? after - was : after);
}

/* How many times as much it could do. Where its bursts do not tell yet: cycles that are left to
 * what it is busy with; packets get cheaper where more of them come at once, so it is at least
 * that. */
static void
add_room(json_t *result, const json_t *worker, double busy)
{
	const json_t *headroom = json_object_get(worker, "headroom");
	json_t *room = json_object_get(headroom, "room");
	bool fits = json_is_number(room);

	json_object_set_new(result, "room",
			    fits       ? json_incref(room)
			    : busy > 0 ? json_real(1 / busy)
				       : json_null());
	json_object_set_new(
		result, "room_at_least",
		json_boolean(!fits || json_is_true(json_object_get(headroom, "at_least"))));
}

static json_t *
worker_figures(const struct span *span, const json_t *worker, const json_t *before)
{
	double busy = since(worker, before, "busy_cycles");
	double idle = since(worker, before, "idle_cycles");
	double packets = since(worker, before, "packets");
	double hz = value_real(span->now, "tsc_hz"), all = hz * span->seconds;
	double share;
	json_t *result;

	/* One that sleeps is neither. */
	if (!before || all < busy + idle)
		all = busy + idle;
	share = all > 0 ? busy / all : 0;
	result = json_pack(
		"{s:I, s:f, s:f, s:o, s:b, s:b}", "core", (json_int_t)value_number(worker, "core"),
		"pps", rate(span, worker, before, "packets"), "busy", share, "cycles_per_packet",
		packets > 0 ? json_real(busy / packets) : json_null(), "stalled",
		json_is_true(json_object_get(worker, "stalled")), "fresh",
		!json_is_false(json_object_get(worker, "fresh")));
	add_room(result, worker, share);
	return result;
}

static json_t *
workers(const struct span *span)
{
	const json_t *before = json_object_get(span->before, "workers");
	json_t *result = json_array(), *worker;
	size_t i;

	json_array_foreach (json_object_get(span->now, "workers"), i, worker)
		json_array_append_new(result,
				      worker_figures(span, worker, json_array_get(before, i)));
	return result;
}

/* What a million packets took between both looks, or, of one look, since the start. */
static json_t *
energy(const struct span *span)
{
	const json_t *now = json_object_get(span->now, "energy");
	const json_t *before = json_object_get(span->before, "energy");
	json_t *each = json_object_get(now, "per_million_packets");
	double joules = value_real(now, "joules") - value_real(before, "joules"), packets = 0;
	json_t *worker;
	size_t i;

	json_array_foreach (json_object_get(span->now, "workers"), i, worker)
		packets +=
			since(worker, json_array_get(json_object_get(span->before, "workers"), i),
			      "packets");
	if (before && json_is_number(each))
		each = packets > 0 && joules >= 0 ? json_real(joules / packets * MILLION)
						  : json_null();
	else
		each = each ? json_incref(each) : json_null();
	return json_pack("{s:o, s:O?}", "joules_per_million", each, "why",
			 json_object_get(now, "why"));
}

/* kind: of all of them, or NULL. */
static void
add_drops(const struct span *span, const char *member, const char *kind, json_t *result)
{
	const json_t *drops = json_object_get(span->now, member);
	const json_t *before = json_object_get(span->before, member);
	const char *reason;
	json_t *count;

	json_object_foreach ((json_t *)drops, reason, count) {
		const char *own = is_loss(reason) ? "loss" : "policy";

		json_object_set_new(result, reason,
				    json_pack("{s:s, s:I, s:f}", "kind", kind ? kind : own,
					      "packets", json_integer_value(count), "pps",
					      rate(span, drops, before, reason)));
	}
}

bool
figures_follow(const json_t *now, const json_t *before)
{
	return before && value_real(now, "uptime") > value_real(before, "uptime");
}

json_t *
figures_make(const json_t *now, const json_t *before)
{
	struct span span = {.now = now};
	json_t *rules, *ports, *drops = json_object();
	uint64_t rule_count = value_number(now, "rule_count");

	if (figures_follow(now, before)) {
		span.before = before;
		span.seconds = value_real(now, "uptime") - value_real(before, "uptime");
	}
	rules = each(&span, "rules", rule_figures);
	add_shares(&span, rules);
	add_drops(&span, "drops", NULL, drops);
	/* Of the card, which the ledger never saw. */
	add_drops(&span, "before", "card", drops);
	ports = each(&span, "ports", port_figures);
	add_replayed(&span, ports);
	return json_pack(
		"{s:f, s:s, s:f, s:I, s:I, s:I, s:O?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"seconds", span.seconds, "state", value_text(now, "state"), "uptime",
		value_real(now, "uptime"), "applied", (json_int_t)value_number(now, "applied"),
		"rule_count", (json_int_t)rule_count, "rules_omitted",
		(json_int_t)(rule_count > json_object_size(rules)
				     ? rule_count - json_object_size(rules)
				     : 0),
		"ledger", json_object_get(now, "ledger"), "ports", ports, "rules", rules, "workers",
		workers(&span), "drops", drops, "replays", each(&span, "replays", replay_figures),
		"captures", captures(&span), "energy", energy(&span));
}
