/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorder/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <rte_branch_prediction.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/opener.h"
#include "exit/exit.h"
#include "port/time.h"
#include "recorder/captures.h"

#include "core/banned.h"

static struct store_terms
terms_of(const struct config_capture *capture)
{
	return (struct store_terms){
		.rotate_size = capture->rotate.size,
		.rotate_every_ns = capture->rotate.every_ns,
		.rotate_packets = capture->rotate.packets,
		.keep_files = capture->keep.files,
		.keep_size = capture->keep.size,
		.keep_free = capture->keep.free,
		.snap = capture->snap,
		.triggered = capture->triggered,
		.before_ns = capture->before_ns,
		.after_ns = capture->after_given ? capture->after_ns : STORE_FOR_EVER,
	};
}

static void
name_interfaces(struct captures *captures, const struct stage_env *env)
{
	for (unsigned i = 0; env->ports && i < env->config->port_count; i++) {
		struct store_interface *interface = &captures->interfaces[i];

		interface->slot = env->ports[i]->index;
		snprintf(interface->name, sizeof(interface->name), "%s",
			 env->config->ports[i].name);
		captures->interface_count = i + 1;
	}
}

/* Why no file can be made there, or NULL. What could be, but not by this process, the sandbox
 * forbids, and the opener does. File systems without files that have no name are found out by the
 * first one that has. */
static const char *
lacks(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	if (errno == EOPNOTSUPP || errno == EISDIR)
		return NULL;
	if (errno == EACCES && access(directory, W_OK | X_OK) == 0)
		return opener_is_there() ? NULL
					 : "is outside what the sandbox was given at the start, "
					   "and no opener runs: restart sluiced with this config";
	return strerror(errno);
}

static int
open_one(struct captures *captures, const struct stage_env *env, unsigned index,
	 struct error_list *errors)
{
	const struct config_capture *capture = &env->config->captures[index];
	struct captures_item *item = &captures->items[index];
	char reason[STORE_PATH_MAX];
	const char *why;
	int ret;

	item->recorder = house_find(captures->house, capture);
	if (item->recorder)
		return 0;
	why = lacks(capture->directory);
	if (why) {
		error_add(errors, capture->place.line, capture->place.column, NULL,
			  "captures: %s: %s: %s", capture->name, capture->directory, why);
		return -EINVAL;
	}
	ret = recorder_make(captures->house, capture, &item->terms, captures->interfaces,
			    captures->interface_count, env, &item->recorder, reason,
			    sizeof(reason));
	if (ret < 0)
		error_add(errors, capture->place.line, capture->place.column, NULL,
			  "captures: %s: %s", capture->name, reason);
	return ret;
}

static void
recorder_release(void *state)
{
	struct captures *captures = state;

	for (unsigned i = 0; i < captures->count; i++) {
		if (captures->items[i].recorder)
			recorder_leave(captures->items[i].recorder);
	}
	house_drop(captures->house);
	free(captures);
}

static struct house *
house_of(const struct captures *before)
{
	return before && before->house ? house_hold(before->house) : house_make();
}

static int
recorder_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
	unsigned count = env->config->capture_count;
	struct captures *captures =
		calloc(1, sizeof(*captures) + count * sizeof(captures->items[0]));
	int ret = 0;

	if (captures && env->use != STAGE_LOOKS)
		captures->house = house_of(env->before);
	if (!captures || (env->use != STAGE_LOOKS && !captures->house)) {
		free(captures);
		error_add(errors, 0, 0, NULL, "out of memory for captures");
		return -ENOMEM;
	}
	captures->config = env->config;
	captures->numbered = config_captures_share(env->config);
	captures->count = count;
	name_interfaces(captures, env);
	for (unsigned i = 0; i < count && ret == 0; i++) {
		captures->items[i].terms = terms_of(&env->config->captures[i]);
		if (captures->house)
			ret = open_one(captures, env, i, errors);
	}
	if (ret < 0)
		recorder_release(captures);
	else
		*state = captures;
	return ret;
}

static void
recorder_begin_all(const void *state)
{
	const struct captures *captures = state;

	for (unsigned i = 0; i < captures->count; i++)
		recorder_begin(captures->items[i].recorder, &captures->items[i].terms,
			       captures->interfaces, captures->interface_count);
}

static unsigned
slot_of(const struct burst *burst)
{
	return burst->in - burst->tally->ports;
}

/* The id of a burst's first packet, and room for those of all behind it: for all captures the same,
 * and of no other burst of this run. 0: packets have none. */
static uint64_t
number(const struct captures *captures, struct burst *burst)
{
	if (!captures->numbered)
		return 0;
	if (!burst->numbered) {
		burst->number = ++captures->house->numbers[burst->worker].bursts;
		burst->numbered = true;
		burst->epoch_ns = 0;
	}
	return (burst->number * CONFIG_WORKERS_MAX + burst->worker) * BURST_MAX;
}

/* When a burst came in, since the epoch; for all captures the same, though the clock may be set
 * between two of them. */
static uint64_t
time_of(const struct captures *captures, struct burst *burst)
{
	burst_times(burst);
	if (!captures->numbered)
		return burst->times[0] + clock_epoch(burst->clock);
	if (!burst->epoch_ns)
		burst->epoch_ns = clock_epoch(burst->clock);
	return burst->times[0] + burst->epoch_ns;
}

/* Offline: each packet has its own time. */
static void
take_at_once(const struct recorder *recorder, const struct config_target *target,
	     struct burst *burst, struct rte_mbuf **packets, const uint8_t *from,
	     const struct recorder_head *head)
{
	struct store_packet about = {.slot = head->slot, .direction = STORE_INBOUND};
	uint16_t count = head->count;

	exit_hold(burst, *target, packets, count);
	for (uint16_t i = 0; i < count; i++) {
		about.time_ns = packet_time(packets[i]);
		about.wire_length = packet_wire_length(packets[i]);
		about.id = head->id ? head->id + from[i] : 0;
		if (head->marked >> i & 1)
			store_trigger(recorder->store, about.time_ns);
		store_put(recorder->store, packets[i], &about);
	}
	rte_pktmbuf_free_bulk(packets, count);
}

static void
recorder_take(const void *state, unsigned index, struct burst *burst, struct rte_mbuf **packets,
	      const uint8_t *from, uint16_t count, uint32_t marked)
{
	const struct config_target target = {CONFIG_TARGET_CAPTURE, index};
	const struct captures *captures = state;
	struct recorder *recorder = captures->items[index].recorder;
	struct recorder_head head = {.slot = slot_of(burst), .marked = marked, .count = count};
	struct recorder_ring *ring;
	unsigned room;

	if (unlikely(!recorder)) {
		exit_end(burst, target, packets, count);
		return;
	}
	head.id = number(captures, burst);
	if (recorder->offline) {
		take_at_once(recorder, &target, burst, packets, from, &head);
		return;
	}
	ring = &recorder->rings[burst->worker];
	room = recorder_ring_room(ring, count);
	if (likely(room)) {
		head.time_ns = time_of(captures, burst);
		head.count = room;
		/* Before anybody else may see them. */
		exit_hold(burst, target, packets, room);
		recorder_ring_put(ring, &head, packets, from);
	}
	if (unlikely(room < count)) {
		tally_count(&ring->full, count - room);
		exit_drop(burst, packets + room, count - room, DROP_CAPTURE_FULL);
	}
}

static void
recorder_done(const void *state, struct target_done *sum)
{
	const struct captures *captures = state;

	if (captures->house)
		house_add_done(captures->house, sum);
}

static bool
recorder_drain(void *state, uint64_t until_ns)
{
	const struct captures *captures = state;

	return !captures->house || house_drain(captures->house, until_ns);
}

const struct target recorder_target = {
	.kind = CONFIG_TARGET_CAPTURE,
	.compile = recorder_compile,
	.release = recorder_release,
	.begin = recorder_begin_all,
	.take = recorder_take,
	.marks = config_triggers,
	.sections = recorder_sections,
	.done = recorder_done,
	.drain = recorder_drain,
};

struct recorder *
recorder_find(const void *state, const char *name)
{
	const struct captures *captures = state;

	for (unsigned i = 0; captures && i < captures->count; i++) {
		if (strcmp(captures->config->captures[i].name, name) == 0)
			return captures->items[i].recorder;
	}
	return NULL;
}

void
recorder_rotate(struct recorder *recorder)
{
	recorder_ask(recorder, RECORDER_ROTATE);
}

bool
recorder_trigger(const void *state, struct recorder *recorder)
{
	const struct captures *captures = state;

	for (unsigned i = 0; i < captures->count; i++) {
		if (captures->items[i].recorder == recorder && !captures->items[i].terms.triggered)
			return false;
	}
	recorder_ask(recorder, RECORDER_TRIGGER);
	return true;
}

const char *
recorder_directory(const struct recorder *recorder)
{
	return recorder->directory;
}

void
recorder_writes(const struct recorder *recorder, char path[STORE_PATH_MAX])
{
	struct store_numbers numbers;

	store_numbers(recorder->store, &numbers);
	snprintf(path, STORE_PATH_MAX, "%s", numbers.file);
}

uint64_t
recorder_closed(const struct recorder *recorder)
{
	struct store_numbers numbers;

	store_numbers(recorder->store, &numbers);
	return numbers.closed;
}

unsigned
recorder_files(struct recorder *recorder, struct store_file *files, unsigned room)
{
	return store_files(recorder->store, files, room);
}
