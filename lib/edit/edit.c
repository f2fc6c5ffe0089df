/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit/program.h"
#include "edit/quick.h"

#include "core/banned.h"

/* Whether an op must see what the ones before it made of the packets. */
static bool
begins_pass(const struct edit_op *op, enum edit_phase phase, unsigned front)
{
	if (op->kind->cuts)
		return phase > op->kind->phase;
	return op->kind->phase < phase || op->kind->phase == EDIT_BACKS ||
	       (op->kind->phase == EDIT_FILLS && phase == EDIT_FILLS) ||
	       (op->parses && phase >= EDIT_FRONTS) || (op->anew && phase >= EDIT_WRITES) ||
	       front + op->front > WINDOW_ROOM;
}

static void
divide(struct edit *edit)
{
	enum edit_phase phase = EDIT_STRIPS;
	unsigned front = 0;

	for (unsigned i = 0; i < edit->op_count; i++) {
		const struct edit_op *op = &edit->ops[i];
		struct pass *pass = &edit->passes[edit->pass_count];

		if (i == 0 || begins_pass(op, phase, front)) {
			pass = &edit->passes[edit->pass_count++];
			pass->first = i;
			phase = EDIT_STRIPS;
			front = 0;
		} else {
			pass--;
		}
		pass->count++;
		front += op->front;
		/* What a cut leaves is another frame than the one that was written before, and so
		 * is what has another type. */
		if (op->kind->cuts)
			phase = phase == EDIT_STRIPS ? EDIT_STRIPS : EDIT_FRONTS;
		else if (op->types)
			phase = EDIT_FRONTS;
		else
			phase = op->kind->phase;
	}
}

static int
make_op(const struct config_action *action, struct edit_op *op)
{
	if (!action) {
		edit_make_unique(op);
		return 0;
	}
	op->kind = edit_kind(action->verb);
	op->kind->make(action, op);
	return action->verb == CONFIG_NAT && !op->pairs ? -ENOMEM : 0;
}

/* One op at most reads what views say, and before any writes there, as they are of packets as they
 * came in. */
static bool
is_at_once(const struct edit *edit)
{
	unsigned parse = 0;

	for (unsigned i = 0; i < edit->op_count; i++) {
		if (edit->ops[i].parses && !edit->ops[i].common)
			return false;
		parse += edit->ops[i].parses;
	}
	return edit->quick && parse <= 1;
}

static bool
is_macs(const struct edit *edit)
{
	return edit->op_count == 1 && edit->ops[0].kind == edit_kind(CONFIG_SET) &&
	       edit->ops[0].values.set.given == (CONFIG_SET_SRC_MAC | CONFIG_SET_DST_MAC);
}

int
edit_make(const struct config_action *const *actions, unsigned count, struct edit **out)
{
	struct edit *edit = calloc(1, sizeof(*edit) + count * sizeof(edit->ops[0]));
	uint8_t stamps = 0;

	if (edit)
		edit->passes = calloc(count + 1, sizeof(edit->passes[0]));
	if (!edit || !edit->passes) {
		free(edit);
		return -ENOMEM;
	}
	edit->op_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct edit_op *op = &edit->ops[i];

		if (make_op(actions[i], op) < 0) {
			edit_free(edit);
			return -ENOMEM;
		}
		if (actions[i] && actions[i]->verb == CONFIG_STAMP)
			op->values.stamp.number = ++stamps;
		op->bit = UINT64_C(1) << i;
		edit->reach.front += op->front;
		edit->reach.back += op->back;
		edit->reach.grows += op->front - op->takes;
		edit->reach.writes |= op->writes;
		edit->reach.parses |= op->parses;
		edit->reach.timed |= op->timed;
		edit->reach.cuts |= op->kind->cuts;
	}
	divide(edit);
	edit->quick = edit->pass_count == 1 && edit_is_quick(edit->ops, count);
	edit->quick_apart = edit->quick && edit_is_quick_apart(edit->ops, count);
	edit->at_once = is_at_once(edit);
	edit->macs = is_macs(edit);
	edit->reach.most = edit->quick && count && edit->ops[count - 1].kind->cuts
				   ? edit->ops[count - 1].values.slice.bytes
				   : UINT32_MAX;
	*out = edit;
	return 0;
}

void
edit_tell(struct edit *edit, unsigned i, uint32_t dedups)
{
	edit->ops[i].values.stamp.dedups = dedups;
}

uint8_t
edit_knows(const struct edit *edit, uint32_t stopped)
{
	const struct edit_kind *stamp = edit_kind(CONFIG_STAMP);

	for (unsigned i = 0; i < edit->op_count; i++) {
		const struct edit_op *op = &edit->ops[i];

		if (op->kind == stamp && (op->values.stamp.dedups & stopped))
			return op->values.stamp.number;
	}
	return 0;
}

void
edit_free(struct edit *edit)
{
	if (!edit)
		return;
	for (unsigned i = 0; i < edit->op_count; i++)
		free(edit->ops[i].pairs);
	free(edit->passes);
	free(edit);
}

static bool
same_op(const struct edit_op *a, const struct edit_op *b)
{
	return a->kind == b->kind && a->unique == b->unique &&
	       memcmp(a->values.bytes, b->values.bytes, EDIT_VALUES_MAX) == 0 &&
	       a->pair_count == b->pair_count &&
	       (a->pair_count == 0 ||
		memcmp(a->pairs, b->pairs, a->pair_count * sizeof(a->pairs[0])) == 0);
}

bool
edit_same(const struct edit *a, const struct edit *b)
{
	if (a->op_count != b->op_count)
		return false;
	for (unsigned i = 0; i < a->op_count; i++) {
		if (!same_op(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

/* FNV-1a. */
static uint64_t
hash(uint64_t so_far, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		so_far = (so_far ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	return so_far;
}

uint64_t
edit_hash(const struct edit *edit)
{
	uint64_t result = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < edit->op_count; i++) {
		const struct edit_op *op = &edit->ops[i];
		uintptr_t kind = (uintptr_t)op->kind;

		result = hash(result, &kind, sizeof(kind));
		result = hash(result, op->values.bytes, EDIT_VALUES_MAX);
		result = hash(result, op->pairs, op->pair_count * sizeof(op->pairs[0]));
	}
	return result;
}

const struct edit_reach *
edit_reach(const struct edit *edit)
{
	return &edit->reach;
}
