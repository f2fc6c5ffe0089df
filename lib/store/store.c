/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/now.h"
#include "store/fill.h"
#include "store/flow.h"
#include "store/inside.h"
#include "store/intake.h"

#include "core/banned.h"

#define NS_PER_MS UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
static void
take_terms(struct store *store, const struct store_terms *terms)
{
	store->terms = *terms;
	if (terms->snap == 0 || terms->snap > STORE_SNAP_MAX)
		store->terms.snap = STORE_SNAP_MAX;
	store_shelf_keep(&store->shelf, terms);
}

static void
free_texts(struct store_setup *setup)
{
	free((void *)(uintptr_t)setup->name);
	free((void *)(uintptr_t)setup->directory);
	free((void *)(uintptr_t)setup->application);
	free((void *)(uintptr_t)setup->comment);
}

static bool
copy_texts(const struct store_setup *setup, struct store_setup *out)
{
	*out = *setup;
	out->name = strdup(setup->name);
	out->directory = strdup(setup->directory);
	out->application = strdup(setup->application ? setup->application : "");
	out->comment = strdup(setup->comment ? setup->comment : "");
	return out->name && out->directory && out->application && out->comment;
}

static int
fail(char *reason, size_t size, int ret)
{
	snprintf(reason, size, "%s", strerror(-ret));
	return ret;
}

static int
make(struct store *store, const struct store_setup *setup, const struct store_terms *terms,
     const struct store_interface *interfaces, unsigned count, char *reason, size_t size)
{
	int ret;

	if (!copy_texts(setup, &store->setup) ||
	    store_ports_set(&store->ports, interfaces, count) < 0)
		return fail(reason, size, -ENOMEM);
	ret = store_shelf_open(&store->shelf, store->setup.name, store->setup.directory,
			       &store->number);
	store->shelves = true;
	if (ret < 0)
		return fail(reason, size, ret);
	take_terms(store, terms);
	ret = store_ring_make(&store->ring, setup, reason, size);
	if (ret < 0)
		return ret;
	ret = store_closer_open(&store->closer, &store->shelf, &store->board, setup->offline);
	store->closes = true;
	if (ret < 0)
		return fail(reason, size, ret);
	saver_open(&store->saver, store->ring.bytes, (uint64_t)store->ring.count * STORE_BLOCK_SIZE,
		   4, setup->direct && !setup->offline);
	store_board_set(&store->board.numbers.blocks, store->ring.count);
	return 0;
}

int
store_make(const struct store_setup *setup, const struct store_terms *terms,
	   const struct store_interface *interfaces, unsigned count, struct store **out,
	   char *reason, size_t size)
{
	struct store *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return fail(reason, size, -ENOMEM);
	store_board_open(&store->board);
	ret = make(store, setup, terms, interfaces, count, reason, size);
	if (ret < 0)
		store_free(store);
	else
		*out = store;
	return ret;
}

static void
flush(struct store *store)
{
	struct store_block *block = store_ring_open(&store->ring);

	if (block && block->part && store->mono_ns - block->begun_ns >= SECOND_NS)
		store_fill_close(store, block);
}

static void
sweep(struct store *store)
{
	if (!store->terms.keep_free || store->mono_ns - store->swept_ns < SECOND_NS)
		return;
	store->swept_ns = store->mono_ns;
	store_closer_sweep(&store->closer, store->open, store->open ? store->open->good : 0);
}

void
store_tick(struct store *store, uint64_t epoch_ns, uint64_t mono_ns)
{
	store->mono_ns = mono_ns;
	store_flow(store);
	store_flow_retry(store);
	if (store->terms.triggered)
		store_intake_follow(store, epoch_ns);
	store_intake_cut_by_time(store, epoch_ns);
	flush(store);
	store_flow(store);
	sweep(store);
}

/* What waits for a trigger that will not come. */
static void
pass_all(struct store *store)
{
	struct store_block *block = store_ring_open(&store->ring);

	if (block && !block->part)
		store_fill_close(store, block);
	store_fill_pass(store, UINT64_MAX);
}

/* Parts that were neither finished nor forgotten; what is on disk of them stays as it is. */
static void
free_parts(struct store *store)
{
	struct store_part *last = store->open;
	struct store_block *block;

	if (last && last != store->part)
		store_part_free(last);
	for (; (block = store_ring_first(&store->ring)); store->ring.tail++) {
		if (block->part && block->part != last && block->part != store->part)
			store_part_free(block->part);
		last = block->part ? block->part : last;
	}
	if (store->part)
		store_part_free(store->part);
}

void
store_free(struct store *store)
{
	/* The kernel reads what it writes until it has; then it is too late to give memory back. */
	bool busy = store->saving && store->save.state == SAVE_UNDER_WAY;

	if (store->closes)
		store_closer_close(&store->closer);
	if (busy)
		return;
	if (store->ring.blocks) {
		free_parts(store);
		saver_close(&store->saver);
		store_ring_free(&store->ring);
	}
	if (store->shelves)
		store_shelf_close(&store->shelf);
	store_ports_free(&store->ports);
	store_board_close(&store->board);
	free_texts(&store->setup);
	free(store);
}

int
store_change(struct store *store, const struct store_terms *terms,
	     const struct store_interface *interfaces, unsigned count)
{
	bool triggered = store->terms.triggered;
	uint32_t snap = store->terms.snap;
	int grown = store_ports_set(&store->ports, interfaces, count);

	if (grown < 0)
		return grown;
	take_terms(store, terms);
	if (grown > 0 || store->terms.snap != snap || triggered != terms->triggered)
		store_intake_cut(store);
	if (triggered != terms->triggered) {
		store->recording = false;
		pass_all(store);
	}
	return 0;
}

int
store_end(struct store *store, unsigned patience_ms)
{
	uint64_t until = now_ns() + patience_ms * NS_PER_MS;

	store_intake_cut(store);
	for (;;) {
		pass_all(store);
		store_flow(store);
		if (!store->open && !store_ring_first(&store->ring) &&
		    store_closer_is_idle(&store->closer))
			break;
		if (now_ns() >= until)
			return -ETIMEDOUT;
		if (store->saving)
			saver_poll(&store->saver, NS_PER_MS);
		else
			nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
	}
	store->ended = true;
	store_flow_state(store);
	return 0;
}

void
store_numbers(struct store *store, struct store_numbers *out)
{
	store_board_read(&store->board, out);
	out->removed = store_shelf_removed(&store->shelf);
}

unsigned
store_files(struct store *store, struct store_file *files, unsigned room)
{
	return store_shelf_list(&store->shelf, files, room);
}
