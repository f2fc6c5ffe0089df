/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/input.h"

#include <errno.h>
#include <pthread.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "core/reaper.h"
#include "packet/fill.h"

#include "core/banned.h"

#define BURST 32
/* How long the thread sleeps when the worker has not made room, or the pool has no packets. */
#define NAP_NS 50000
/* How long the end of the thread is waited for, in naps. */
#define PATIENCE (20 * 1000 * 1000 / NAP_NS)
#define THREAD_NAME_MAX 16

struct input {
	char *name; /* of the port; its own: the config that it stood in may be replaced */
	struct reel *reel;
	struct rte_ring *ring;
	struct rte_mempool *pool;
	uint16_t device;
	const struct rte_eth_rxtx_callback *receives; /* by the device */
	pthread_t thread;
	bool begun;        /* there is a thread */
	_Atomic int stop;  /* it is asked to end */
	_Atomic bool left; /* and has nothing in its hands */
};

static void
tell(void *context, bool broken, const char *text)
{
	const struct input *input = context;

	if (broken)
		log_error("port %s: %s", input->name, text);
	else
		log_warning("port %s: %s", input->name, text);
}

int
input_open(const struct config_port *port, bool live, struct input **out, char *reason, size_t size)
{
	struct input *input = calloc(1, sizeof(*input));
	struct capture_options options = {.other_links = port->in.other_links, .live = live};
	int ret;

	if (!input) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	options.stop = &input->stop;
	input->name = strdup(port->name);
	if (!input->name) {
		snprintf(reason, size, "%s", strerror(ENOMEM));
		free(input);
		return -ENOMEM;
	}
	ret = reel_open(&port->in, port->gap_ns, &options, &input->reel, reason, size);
	if (ret < 0) {
		free(input->name);
		free(input);
		return ret;
	}
	reel_listen(input->reel, tell, input);
	*out = input;
	return 0;
}

struct reel *
input_reel(struct input *input)
{
	return input->reel;
}

static int
make_ring(struct input *input)
{
	static _Atomic unsigned made;
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "input%u", atomic_fetch_add(&made, 1));
	input->ring =
		rte_ring_create(name, INPUT_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return input->ring ? 0 : log_fail(rte_errno, "port %s: the ring of its input", input->name);
}

static bool
is_stopped(const struct input *input)
{
	return atomic_load_explicit(&((struct input *)(uintptr_t)input)->stop,
				    memory_order_relaxed);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

/* Others live on the same pool, and a capture can fill any. */
static void
await_room(const struct input *input)
{
	while (rte_mempool_avail_count(input->pool) <= input->pool->size / 2 && !is_stopped(input))
		nap();
}

/* Makes a packet, when there is one to be had. NULL: it is asked to end. */
static struct rte_mbuf *
make(const struct input *input, const struct reel_packet *packet)
{
	struct rte_mbuf *made = NULL;

	while (!made && !is_stopped(input)) {
		made = packet_fill(input->pool, packet->bytes, packet->length);
		if (!made)
			nap();
	}
	return made;
}

static void
hand_over(const struct input *input, struct rte_mbuf **packets, unsigned count)
{
	unsigned done = 0;

	while (done < count && !is_stopped(input)) {
		done += rte_ring_enqueue_burst(input->ring, (void **)(packets + done), count - done,
					       NULL);
		if (done < count)
			nap();
	}
	rte_pktmbuf_free_bulk(packets + done, count - done);
}

static void *
read_ahead(void *argument)
{
	struct input *input = argument;
	struct rte_mbuf *packets[BURST];
	struct reel_packet packet;
	char name[THREAD_NAME_MAX];
	unsigned count = 0;

	snprintf(name, sizeof(name), "input-%.9s", input->name);
	pthread_setname_np(pthread_self(), name);
	while (!is_stopped(input) && reel_next(input->reel, &packet) == 1) {
		if (count == 0)
			await_room(input);
		packets[count] = make(input, &packet);
		if (!packets[count])
			break;
		count++;
		/* What a pipe brings does not wait for more. */
		if (count == BURST || reel_is_slow(input->reel)) {
			hand_over(input, packets, count);
			count = 0;
		}
	}
	hand_over(input, packets, count);
	atomic_store_explicit(&input->left, true, memory_order_release);
	return NULL;
}

/* What the device has received, which is nothing, is what waits in the ring. */
static uint16_t
receive(uint16_t device, uint16_t queue, struct rte_mbuf **packets, uint16_t count, uint16_t room,
	void *user)
{
	const struct input *input = user;

	(void)device, (void)queue, (void)count;
	return rte_ring_dequeue_burst(input->ring, (void **)packets, room, NULL);
}

int
input_start(struct input *input, uint16_t device, struct rte_mempool *pool)
{
	int err;

	if (!input->reel)
		return 0;
	input->pool = pool;
	input->device = device;
	err = make_ring(input);
	if (err < 0)
		return err;
	input->receives = rte_eth_add_rx_callback(device, 0, receive, input);
	if (!input->receives)
		return log_fail(rte_errno, "port %s: its captures", input->name);
	err = pthread_create(&input->thread, NULL, read_ahead, input);
	if (err)
		return log_fail(err, "port %s: the thread that reads its captures", input->name);
	input->begun = true;
	return 0;
}

static void
empty_ring(struct input *input)
{
	struct rte_mbuf *packets[BURST];
	unsigned count;

	while ((count = rte_ring_dequeue_burst(input->ring, (void **)packets, BURST, NULL)) > 0)
		rte_pktmbuf_free_bulk(packets, count);
}

static void
forget_device(struct input *input)
{
	if (!input->receives)
		return;
	rte_eth_remove_rx_callback(input->device, 0, input->receives);
	rte_free((void *)(uintptr_t)input->receives);
	input->receives = NULL;
}

void
input_stop(struct input *input)
{
	forget_device(input);
	atomic_store_explicit(&input->stop, 1, memory_order_relaxed);
	for (unsigned naps = 0; input->begun && naps < PATIENCE; naps++) {
		if (atomic_load_explicit(&input->left, memory_order_acquire))
			break;
		nap();
	}
	if (input->ring)
		empty_ring(input);
}

static void
release(void *what)
{
	struct input *input = what;

	if (input->begun)
		pthread_join(input->thread, NULL);
	if (input->ring)
		empty_ring(input);
	rte_ring_free(input->ring);
	reel_close(input->reel);
	free(input->name);
	free(input);
}

void
input_close(struct input *input)
{
	if (!input)
		return;
	input_stop(input);
	if (input->begun && !atomic_load_explicit(&input->left, memory_order_acquire))
		reaper_take(release, input);
	else
		release(input);
}

void
input_counts(const struct input *input, struct reel_counts *out)
{
	*out = (struct reel_counts){0};
	if (input->reel)
		reel_counts(input->reel, out);
}
