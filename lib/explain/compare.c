/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/comparison.h"
#include "explain/moved.h"
#include "explain/where.h"
#include "explain/witness.h"

#include "core/banned.h"

#define EVERY_FLOW 1 /* kinds of flows: these, and behind them a change's */

struct compare *
compare_make(struct explain *old, struct explain *new)
{
	struct compare *compare = calloc(1, sizeof(*compare));

	if (!compare)
		return NULL;
	compare->old = (struct compare_side){.explain = old, .trial = explain_trial(old)};
	compare->new = (struct compare_side){.explain = new, .trial = explain_trial(new)};
	if (deeds_init(&compare->deeds) == 0 && flows_init(&compare->flows) == 0) {
		compare->old.deeds = deeds_of(&compare->deeds, explain_config(old));
		compare->new.deeds = deeds_of(&compare->deeds, explain_config(new));
	}
	if (compare->old.deeds && compare->new.deeds)
		return compare;
	compare_free(compare);
	return NULL;
}

void
compare_free(struct compare *compare)
{
	if (!compare)
		return;
	changes_fini(&compare->changes);
	flows_fini(&compare->flows);
	deeds_fini(&compare->deeds);
	free(compare->old.deeds);
	free(compare->new.deeds);
	free(compare);
}

/* Through one side. */
static int
pass(const struct compare_side *side, const struct compare_packet *packet)
{
	struct explain_question question = {.bytes = packet->bytes,
					    .length = packet->length,
					    .wire_length = packet->wire_length,
					    .time_ns = packet->time_ns};
	int port = where_named(side->trial->config, packet->port);

	if (port < 0)
		return -ENOENT;
	question.port = (unsigned)port;
	return trial_pass(side->trial, &question);
}

static bool
same_deeds(const struct compare *compare, const struct change *kind)
{
	const struct change_side *old = &kind->old, *new = &kind->new;
	bool same = compare->old.deeds[old->rule] == compare->new.deeds[new->rule] &&
		    old->passed_count == new->passed_count;

	for (uint32_t i = 0; i < old->passed_count && same; i++)
		same = compare->old.deeds[old->passed[i]] == compare->new.deeds[new->passed[i]];
	return same;
}

static bool
same_port(const struct compare *compare, const struct trial_sent *old, const struct trial_sent *new)
{
	return strcmp(trial_name(compare->old.trial, old->slot),
		      trial_name(compare->new.trial, new->slot)) == 0;
}

/* Pairs what leaves through the same ports as the same bytes, in whatever order. Whether there is
 * nothing else. */
static bool
same_leaves(const struct compare *compare)
{
	struct trial *old = compare->old.trial, *new = compare->new.trial;
	unsigned pairs = 0;

	for (unsigned i = 0; i < old->sent_count; i++) {
		for (unsigned j = 0; j < new->sent_count && !old->sent[i].claimed; j++) {
			if (new->sent[j].claimed ||
			    !moved_same_bytes(&old->sent[i], &new->sent[j]) ||
			    !same_port(compare, &old->sent[i], &new->sent[j]))
				continue;
			old->sent[i].claimed = new->sent[j].claimed = true;
			pairs++;
		}
	}
	return pairs == old->sent_count && pairs == new->sent_count;
}

static int
note(struct compare *compare, const struct change *kind, const struct compare_packet *packet,
     uint64_t flow)
{
	struct change *change = changes_find(&compare->changes, kind);
	uint8_t *bytes;

	if (!change) {
		compare->changes.left_out++;
		return compare->changes.count < COMPARE_KINDS ? -ENOMEM : 0;
	}
	change->packets++;
	change->flows += flows_add(&compare->flows, EVERY_FLOW + change->number, flow);
	if (change->packets > 1)
		return 0;
	bytes = malloc(packet->length);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, packet->bytes, packet->length);
	change->first = *packet;
	change->first.bytes = bytes;
	return 0;
}

/* Through both; what they came to is to be freed in either case. */
static int
pass_both(struct compare *compare, const struct compare_packet *packet, struct change *kind)
{
	int ret = pass(&compare->old, packet);

	*kind = (struct change){.group = -1};
	if (ret == 0)
		ret = pass(&compare->new, packet);
	if (ret == 0)
		ret = change_side_of(compare->old.trial, &kind->old);
	if (ret == 0)
		ret = change_side_of(compare->new.trial, &kind->new);
	return ret;
}

void
compare_forget(struct change *kind)
{
	free(kind->old.passed);
	free(kind->new.passed);
}

int
compare_decide(struct compare *compare, const struct compare_packet *packet, struct change *kind)
{
	int ret = pass_both(compare, packet, kind);
	bool deeds, drops;

	if (ret < 0)
		return ret;
	deeds = same_deeds(compare, kind);
	drops = kind->old.drops == kind->new.drops;
	kind->same_end = drops && same_leaves(compare);
	if (deeds && kind->same_end)
		return 0;
	kind->group = deeds && drops ? moved_within(compare, kind) : -1;
	return 1;
}

/* What both have come to, and that they treat it otherwise. */
static int
judge(struct compare *compare, const struct change *kind, const struct compare_packet *packet,
      bool otherwise)
{
	uint64_t flow = flows_of(packet->bytes, packet->length);

	compare->packets++;
	compare->cut += packet->length < packet->wire_length;
	if (packet->rule && packet->length >= packet->wire_length)
		compare->strange += strcmp(packet->rule, deeds_name(compare->old.trial->config,
								    kind->old.rule)) != 0;
	compare->flow_count += flows_add(&compare->flows, EVERY_FLOW, flow);
	if (otherwise)
		return note(compare, kind, packet, flow);
	compare->same++;
	return 0;
}

int
compare_add(struct compare *compare, const struct compare_packet *packet)
{
	struct change kind;
	int ret = compare_decide(compare, packet, &kind);

	if (ret >= 0)
		ret = judge(compare, &kind, packet, ret == 1);
	compare_forget(&kind);
	return ret;
}

json_t *
compare_result(struct compare *compare)
{
	json_t *result = comparison_tell(compare);

	if (result)
		witnesses_add(compare, result);
	return result;
}

bool
compare_same(const struct compare *compare)
{
	return compare->same == compare->packets;
}

uint64_t
compare_strange(const struct compare *compare)
{
	return compare->strange;
}
