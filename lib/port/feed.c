/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_mbuf.h>
#include <stdlib.h>

#include "core/log.h"
#include "packet/fill.h"
#include "port/input.h"
#include "port/time.h"

#include "core/banned.h"

/* The last there is, in 2554: UINT64_MAX says that nothing is left. */
#define TIME_MAX (UINT64_MAX - 1)

struct source {
	struct port *port;
	struct reel *reel;
	struct reel_packet next;
	bool ended;
};

struct feed {
	struct source sources[CONFIG_PORTS_MAX];
	unsigned count;
};

static void
advance(struct source *source)
{
	source->ended = reel_next(source->reel, &source->next) != 1;
	if (source->next.time_ns > TIME_MAX)
		source->next.time_ns = TIME_MAX;
}

int
feed_open(struct ports *ports, struct feed **out)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return log_fail(ENOMEM, "feed");
	for (unsigned i = 0; i < ports->count; i++) {
		struct port *port = ports->items[i];
		struct source *source = &feed->sources[feed->count];

		if (!port->can_receive)
			continue;
		*source = (struct source){.port = port, .reel = input_reel(port->input)};
		advance(source);
		feed->count++;
	}
	*out = feed;
	return 0;
}

/* The source whose next packet is the earliest, or NULL at the end of all. */
static struct source *
earliest(const struct feed *feed)
{
	const struct source *best = NULL;

	for (unsigned i = 0; i < feed->count; i++) {
		const struct source *source = &feed->sources[i];

		if (!source->ended && (!best || source->next.time_ns < best->next.time_ns))
			best = source;
	}
	return (struct source *)(uintptr_t)best;
}

uint64_t
feed_time(const struct feed *feed)
{
	const struct source *source = earliest(feed);

	return source ? source->next.time_ns : UINT64_MAX;
}

static struct rte_mbuf *
take(struct source *source)
{
	struct rte_mbuf *packet =
		packet_fill(source->port->pool->pool, source->next.bytes, source->next.length);

	if (!packet)
		return NULL;
	packet_time_set(packet, source->next.time_ns);
	packet_wire_length_set(packet, source->next.wire_length);
	advance(source);
	return packet;
}

int
feed_next(struct feed *feed, uint64_t until_ns, struct rte_mbuf **packets, uint16_t count,
	  uint16_t *in_port)
{
	struct source *source = earliest(feed);
	uint16_t taken = 0;

	if (!source)
		return 0;
	*in_port = source->port->index;
	while (taken < count && earliest(feed) == source && source->next.time_ns <= until_ns) {
		packets[taken] = take(source);
		if (!packets[taken]) {
			rte_pktmbuf_free_bulk(packets, taken);
			log_error("port %s: no packet buffer was free for a packet of %" PRIu32
				  " bytes; give more memory.packets",
				  source->port->config->name, source->next.length);
			return -ENOBUFS;
		}
		taken++;
	}
	return taken;
}

void
feed_close(struct feed *feed)
{
	free(feed);
}
