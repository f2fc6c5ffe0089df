/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/others.h"

#include <errno.h>
#include <stdlib.h>

#include "core/banned.h"

static int
add_kind(struct forward_others *others, const struct target_state *kind,
	 const struct stage_env *env, struct error_list *errors)
{
	unsigned count = config_target_count(env->config, kind->kind->kind), first = others->count;
	unsigned numbers = kind->kind->marks ? 2 * count : count;

	if (first + numbers > FORWARD_OTHERS_MAX) {
		error_add(errors, 0, 0, NULL,
			  "there are more than %u targets beside ports and groups, each capture "
			  "counted twice",
			  FORWARD_OTHERS_MAX);
		return -E2BIG;
	}
	for (unsigned i = 0; i < numbers; i++) {
		bool marks = i >= count;
		unsigned index = marks ? i - count : i;

		others->items[others->count++] = (struct forward_other){
			kind->kind, kind->state, index, first + index, marks};
	}
	return 0;
}

int
forward_others_make(struct forward_others *others, const struct stage_env *env,
		    struct error_list *errors)
{
	int ret = 0;

	*others = (struct forward_others){calloc(FORWARD_OTHERS_MAX, sizeof(*others->items))};
	if (!others->items) {
		error_add(errors, 0, 0, NULL, "out of memory for targets");
		return -ENOMEM;
	}
	for (const struct target_state *kind = env->targets; kind && kind->kind && ret == 0; kind++)
		ret = add_kind(others, kind, env, errors);
	if (ret < 0)
		forward_others_free(others);
	return ret;
}

void
forward_others_free(struct forward_others *others)
{
	free(others->items);
	*others = (struct forward_others){0};
}

unsigned
forward_others_first(const struct forward_others *others, const struct config_target *target)
{
	unsigned first = 0;

	while (others->items[first].kind->kind != target->kind)
		first++;
	return first + target->index;
}

unsigned
forward_others_find(const struct forward_others *others, const struct config *config, uint32_t rule,
		    const struct config_target *target)
{
	unsigned first = forward_others_first(others, target);
	const struct target *kind = others->items[first].kind;

	if (!kind->marks || !kind->marks(config, rule, target->index))
		return first;
	return first + config_target_count(config, target->kind);
}

void
forward_others_give(const struct forward_other *other, struct other_parcel *given,
		    struct burst *burst)
{
	struct parcel *parcel = &given->parcel;

	other->kind->take(other->state, other->index, burst, parcel->packets, given->from,
			  parcel->count, given->marked);
	parcel->count = 0;
	given->marked = 0;
}
