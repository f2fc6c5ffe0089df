/* SPDX-License-Identifier: BSD-3-Clause */
/* The kind of target that returns are. */
#include <errno.h>
#include <rte_branch_prediction.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/now.h"
#include "exit/exit.h"
#include "returns/returns.h"
#include "returns/tell.h"
#include "stage/target.h"

#include "core/banned.h"

#define STEP_NS 200000

/* A program's. */
struct returns {
	const struct config *config;
	struct back_books *books; /* NULL where nothing is to run, as the items are */
	unsigned count;
	struct back *items[CONFIG_RETURNS_MAX];
};

static void
release(void *state)
{
	struct returns *returns = state;

	for (unsigned i = 0; i < returns->count; i++)
		back_leave(returns->items[i]);
	back_books_leave(returns->books);
	free(returns);
}

/* The one that goes on, or a new one. */
static struct back *
take_over(const struct stage_env *env, const struct returns *before,
	  const struct config_return *wanted, struct back_books *books)
{
	for (unsigned i = 0; before && i < before->count; i++) {
		if (before->items[i] && back_serves(before->items[i], env->config, wanted))
			return back_hold(before->items[i]);
	}
	return back_make(env->config, wanted, books, env->use == STAGE_LIVE, env->workers,
			 env->numa);
}

static int
compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	const struct returns *before = env->before;
	const struct config *config = env->config;
	struct returns *returns = calloc(1, sizeof(*returns));
	bool failed = !returns;

	if (returns) {
		returns->config = config;
		returns->count = config->return_count;
	}
	if (returns && env->use != STAGE_LOOKS) {
		returns->books = before && before->books ? back_books_hold(before->books)
							 : back_books_make();
		failed = !returns->books;
		for (unsigned i = 0; i < config->return_count && !failed; i++) {
			returns->items[i] =
				take_over(env, before, &config->returns[i], returns->books);
			failed = !returns->items[i];
		}
	}
	if (failed) {
		error_add(errors, 0, 0, NULL, "out of memory for returns");
		if (returns)
			release(returns);
		return -ENOMEM;
	}
	*state = returns;
	return 0;
}

static void
take(const void *state, unsigned index, struct burst *burst, struct rte_mbuf **packets,
     const uint8_t *from, uint16_t count, uint32_t marked)
{
	const struct returns *returns = state;
	const struct config_target target = {CONFIG_TARGET_RETURN, index};
	struct back *back = returns->items[index];
	struct taken *taken;
	uint16_t room;

	if (!back || !back->live) {
		if (back)
			back_match(back, packets, count);
		exit_end(burst, target, packets, count);
		return;
	}
	burst_times(burst);
	taken = back->taken[burst->worker];
	room = taken_room(taken, count);
	exit_hold(burst, target, packets, room);
	taken_put(taken, packets, room, burst->times[0], burst->in - burst->tally->ports);
	if (unlikely(room < count))
		exit_drop(burst, packets + room, count - room, DROP_RETURN_FULL);
}

static void
done(const void *state, struct target_done *sum)
{
	const struct returns *returns = state;
	struct back_books *books = returns->books;

	if (!books)
		return;
	for (unsigned i = 0; i < CONFIG_PORTS_MAX; i++)
		sum->ports[i].out += atomic_load_explicit(&books->out[i], memory_order_relaxed);
	sum->copies[COPY_RETURN].packets +=
		atomic_load_explicit(&books->copied, memory_order_relaxed);
	sum->copies[COPY_RETURN].bytes +=
		atomic_load_explicit(&books->copied_bytes, memory_order_relaxed);
}

static bool
drain(void *state, uint64_t until_ns)
{
	struct returns *returns = state;
	bool all = true;

	for (unsigned i = 0; i < returns->count; i++) {
		struct back *back = returns->items[i];

		if (!back->live) {
			match_end(back->match);
			continue;
		}
		atomic_store_explicit(&back->ends, true, memory_order_release);
		while (!atomic_load_explicit(&back->ended, memory_order_acquire) &&
		       now_ns() < until_ns)
			nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
		all &= atomic_load_explicit(&back->ended, memory_order_acquire);
	}
	return all;
}

/* The return of a replay, or NULL. */
static struct back *
of_replay(const struct returns *returns, const char *replay, unsigned *index)
{
	for (*index = 0; *index < returns->count; ++*index) {
		struct back *back = returns->items[*index];

		if (back && strcmp(back->replay, replay) == 0)
			return back;
	}
	return NULL;
}

struct back *
returns_find(const void *state, const char *name)
{
	const struct returns *returns = state;

	for (unsigned i = 0; returns && i < returns->count; i++) {
		if (returns->items[i] && strcmp(returns->items[i]->name, name) == 0)
			return returns->items[i];
	}
	return NULL;
}

static struct handed *
notes(const void *state, const char *replay, unsigned worker)
{
	unsigned index;
	struct back *back = of_replay(state, replay, &index);

	return back ? back->sent[worker] : NULL;
}

/* Those that fit, with "; " between them. */
static void
join_lines(const char *lines, char *text, size_t size)
{
	size_t used = 0;

	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
		size_t length = end - lines;

		if (used + length + 3 > size)
			break;
		used += snprintf(text + used, size - used, "%s%.*s", used ? "; " : "", (int)length,
				 lines);
	}
}

static bool
judges(const void *state, const char *replay, struct target_verdict *verdict)
{
	const struct returns *returns = state;
	unsigned index;
	struct back *back = of_replay(returns, replay, &index);
	struct judge found;

	if (!back)
		return false;
	judge(back, &returns->config->returns[index].tolerance, &found);
	verdict->name = back->name;
	verdict->settled = found.settled;
	verdict->judged = found.verdict != JUDGE_NONE;
	verdict->passes = found.verdict == JUDGE_PASS;
	verdict->lost = found.numbers.lost;
	verdict->changed = found.numbers.changed;
	verdict->latency_p99_ns = found.quantiles[1];
	verdict->why[0] = 0;
	if (found.verdict == JUDGE_FAIL)
		join_lines(found.why, verdict->why, sizeof(verdict->why));
	return true;
}

static unsigned
count(const void *state)
{
	const struct returns *returns = state;

	return returns->books ? returns->count : 0;
}

static const char *
thing(const void *state, unsigned index)
{
	return ((const struct returns *)state)->items[index]->name;
}

static void
look(const void *state, unsigned index, void *numbers)
{
	const struct returns *returns = state;

	tell_return(returns->items[index], &returns->config->returns[index].tolerance, numbers);
}

static const struct stage_section sections[] = {
	{"returns", tell_counts, sizeof(struct tell), count, thing, look},
	{0},
};

const struct target returns_target = {
	.kind = CONFIG_TARGET_RETURN,
	.compile = compile,
	.release = release,
	.take = take,
	.sections = sections,
	.done = done,
	.drain = drain,
	.notes = notes,
	.judges = judges,
};
