/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate/look.h"

#include <rte_common.h>
#include <rte_mbuf.h>

#include "gate/dedup_set.h"
#include "gate/plan.h"

#include "core/banned.h"

#define TRIES 100

struct search {
	const struct gate_plan *plan;
	const char *memory;
	struct burst *burst;
	struct gate_look *looks;
	unsigned room, count;
};

/* It is changed as a whole, but not read so. */
static unsigned __int128
held_by(const struct meter_part *part)
{
	const volatile uint64_t *words = (const volatile uint64_t *)&part->held;
	uint64_t low, high;

	for (unsigned i = 0; i < TRIES; i++) {
		high = words[1];
		low = words[0];
		if (high == words[1] && low == words[0])
			break;
	}
	return (unsigned __int128)high << 64 | low;
}

/* What a bucket has at a time, of that worker's own and, of several, of what they draw from. */
static unsigned __int128
held_at(const struct gate_rate *rate, unsigned worker, uint64_t now)
{
	const struct meter *meter = rate->meter;
	const struct meter_part *part = &meter->parts[worker];
	unsigned __int128 held = held_by(part), pot;
	uint64_t time = tally_look(meter->workers > 1 ? &meter->pot.time : &part->time);
	uint64_t since = now > time ? now - time : 0;

	if (meter->workers == 1)
		return RTE_MIN(held + (unsigned __int128)rate->rate * since, rate->burst);
	pot = ((unsigned __int128)rate->fill * since >> METER_FRACTION) +
	      tally_look(&meter->pot.held);
	return held + RTE_MIN(pot, rate->burst);
}

/* Gates before it that ask the same bucket have taken from it. */
static unsigned __int128
taken_before(const struct search *search, const struct meter *meter, unsigned __int128 takes)
{
	unsigned __int128 taken = 0;

	for (unsigned i = 0; i < RTE_MIN(search->count, search->room); i++) {
		const struct gate_look *look = &search->looks[i];

		if (look->asked && look->kind == GATE_LOOK_RATE && look->of == meter &&
		    look->takes <= look->holds)
			taken += takes;
	}
	return taken;
}

static void
look_at_rate(const struct search *search, const struct gate *gate, struct gate_look *look)
{
	const struct gate_rate *rate = &gate->rate;
	uint64_t unit = rate->byte_units ? rate->byte_units / 8 : rate->packet_units;
	unsigned __int128 takes =
		(unsigned __int128)search->burst->packets[0]->pkt_len * rate->byte_units +
		rate->packet_units;
	unsigned __int128 held, taken = taken_before(search, rate->meter, takes);

	burst_times(search->burst);
	held = held_at(rate, search->burst->worker, search->burst->times[0]);
	held = held > taken ? held - taken : 0;
	look->kind = GATE_LOOK_RATE;
	look->of = rate->meter;
	look->holds = (uint64_t)(held / unit);
	look->takes = (uint64_t)(takes / unit);
	look->most = (uint64_t)(rate->burst / unit);
}

static void
look_at_count(const struct search *search, const struct gate *gate, struct gate_look *look)
{
	look->kind = GATE_LOOK_COUNT;
	look->wait = __atomic_load_n((const uint32_t *)(search->memory + gate->memory),
				     __ATOMIC_RELAXED);
}

static void
look_at_flow(const struct search *search, struct gate_look *look)
{
	burst_hashes(search->burst);
	look->kind = GATE_LOOK_FLOW;
	look->hash = search->burst->hashes[0];
}

/* Where in a line the tag stands, or DEDUP_LINE_SLOTS; *room: there is some for another. */
static unsigned
find_in(const struct dedup_line *line, uint64_t tag, uint64_t now, int64_t window_ns, bool *room)
{
	unsigned found = DEDUP_LINE_SLOTS;

	*room = false;
	for (unsigned i = DEDUP_LINE_SLOTS; i-- > 0;) {
		uint64_t there = dedup_get(&line->tags[i]) & ~(i == 0 ? DEDUP_MARKS : 0);

		if (there == tag)
			found = i;
		*room |= there == 0 || dedup_age(now, dedup_get(&line->whens[i])) >= window_ns;
	}
	return found;
}

static void
look_at_dedup(const struct search *search, const struct gate *gate, struct gate_look *look)
{
	const struct gate_dedup *asked = &gate->dedup;
	const struct dedup *dedup = asked->dedup;
	struct burst *burst = search->burst;
	struct packet_digest digest;
	const struct dedup_set *set;
	const struct dedup_line *line;
	uint64_t tag, now;
	unsigned slot;
	bool room;

	burst_times(burst);
	burst_parse(burst);
	packet_digest(burst->packets[0], &burst->views[0], &asked->mask, &digest);
	set = &dedup->sets[(uint64_t)((unsigned __int128)digest.high * dedup->set_count >> 64)];
	tag = digest.low & ~DEDUP_MARKS;
	tag = tag ? tag : DEDUP_MARKS + 1;
	now = burst->times[0] << DEDUP_PORT_BITS;
	line = &set->lines[(tag & DEDUP_LINE) != 0];
	slot = find_in(line, tag, now, (int64_t)asked->window_ns, &room);
	if (slot == DEDUP_LINE_SLOTS && (!room || (dedup_get(&line->tags[0]) & DEDUP_SPILT))) {
		line = &set->lines[(tag & DEDUP_LINE) == 0];
		slot = find_in(line, tag, now, (int64_t)asked->window_ns, &room);
	}
	look->kind = GATE_LOOK_EQUAL;
	if (slot == DEDUP_LINE_SLOTS)
		return;
	look->lag_ns = dedup_age(now, dedup_get(&line->whens[slot]));
	look->equal = look->lag_ns < (int64_t)asked->window_ns &&
		      !(asked->across_ports && (dedup_get(&line->whens[slot]) & DEDUP_PORT_MASK) ==
						       (uint64_t)(burst->in - burst->tally->ports));
}

static void
look_at_police(const struct search *search, const struct gate *gate,
	       const struct config_action *action, struct gate_look *look)
{
	look_at_rate(search, gate, look);
	look->passes = (look->takes <= look->holds) == (action->verb == CONFIG_POLICE);
}

static void
look_at_sample(const struct search *search, const struct gate *gate,
	       const struct config_action *action, struct gate_look *look)
{
	if (action->sample->by_flow) {
		look_at_flow(search, look);
		look->passes = (uint64_t)look->hash * gate->one_in >> 32 == 0;
	} else {
		look_at_count(search, gate, look);
		look->passes = look->wait == 0;
	}
}

static void
look_at_equal(const struct search *search, const struct gate *gate,
	      const struct config_action *action, struct gate_look *look)
{
	look_at_dedup(search, gate, look);
	look->passes = !look->equal;
}

/* By verb, as they are set in plan.c. */
static void (*const lookers[CONFIG_VERBS])(const struct search *search, const struct gate *gate,
					   const struct config_action *action,
					   struct gate_look *look) = {
	[CONFIG_POLICE] = look_at_police,
	[CONFIG_ABOVE] = look_at_police,
	[CONFIG_SAMPLE] = look_at_sample,
	[CONFIG_DEDUP] = look_at_equal,
};

/* As the stage asks them (ask in gate.c); returns those that the packet did not pass, as bits. */
static uint32_t
look_at_rule(struct search *search, const struct config_rule *rules, uint32_t rule)
{
	const struct gate_list *list = &search->plan->lists[rule];
	struct config_gate gates[CONFIG_GATES_MAX];
	bool here = true;
	unsigned back = 0; /* the gate before which it is asked again */
	uint32_t stopped = 0;

	if (list->count == 0)
		return 0;
	config_gates(&rules[rule].actions, gates);
	for (unsigned g = 0; g < list->count; g++) {
		const struct gate *gate = &search->plan->gates[list->first + g];
		struct gate_look look = {.rule = rule, .gate = g};

		here |= g >= back;
		look.asked = here;
		if (here)
			lookers[gates[g].action->verb](search, gate, gates[g].action, &look);
		if (here && !look.passes) {
			stopped |= 1u << g;
			here = false;
			back = gate->otherwise;
		}
		if (search->count < search->room)
			search->looks[search->count] = look;
		search->count++;
	}
	return stopped;
}

unsigned
gate_look(const void *state, const void *memory, struct burst *burst, struct gate_look *looks,
	  unsigned room)
{
	struct search search = {state, memory, burst, looks, room, 0};
	const struct config_rule *rules = search.plan->rules;

	for (unsigned i = 0; i < burst->passed_count; i++)
		burst->passed[i].stopped = look_at_rule(&search, rules, burst->passed[i].rule);
	burst->stopped[0] = look_at_rule(&search, rules, burst->verdicts[0]);
	burst->gated = BURST_EACH;
	return search.count;
}
