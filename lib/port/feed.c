/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#include "core/log.h"
#include "port/capture.h"
#include "port/time.h"

#include "core/banned.h"

#define CHUNK_MAX 256

/*
 * net_pcap gives packets without their times' nanoseconds and without an end, so a second reader goes
 * over the same records just ahead of it and says how many may be taken, and their times.
 */
struct record {
	uint64_t ns;
	uint32_t wire_length;
	bool is_packet; /* else the port's sieve takes it out */
};

struct source {
	struct port *port;
	pcap_t *clock;
	struct record next; /* that net_pcap gives; its time stays, when the record has none */
	uint64_t taken;
	bool ended;
};

struct feed {
	struct source sources[CONFIG_PORTS_MAX];
	unsigned count;
};

static int
source_advance(struct source *source)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int ret = pcap_next_ex(source->clock, &header, &data);

	if (ret == 1) {
		if (capture_has_time(source->clock, header))
			source->next.ns = capture_record_ns(header);
		source->next.wire_length = header->len;
		source->next.is_packet = capture_is_packet(header);
		return 0;
	}
	source->ended = true;
	if (ret == PCAP_ERROR_BREAK)
		return 0;
	log_error("port %s: %s: %s", source->port->config->name, source->port->config->pcap_in,
		  pcap_geterr(source->clock));
	return -EBADMSG;
}

/* What records have that come before the first with a time of its own: that one's. 0 without any. */
static uint64_t
first_time(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t ns = 0;
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);

	while (pcap && pcap_next_ex(pcap, &header, &data) == 1) {
		if (!capture_has_time(pcap, header))
			continue;
		ns = capture_record_ns(header);
		break;
	}
	if (pcap)
		pcap_close(pcap);
	return ns;
}

static int
source_open(struct port *port, struct source *source)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	const char *path = port->config->pcap_in;

	source->port = port;
	source->clock =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	if (!source->clock) {
		log_error("port %s: %s", port->config->name, errbuf);
		return -EINVAL;
	}
	source->next.ns = first_time(path);
	return source_advance(source);
}

int
feed_open(struct ports *ports, struct feed **out)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int ret;

	if (!feed)
		return log_fail(ENOMEM, "feed");
	for (unsigned i = 0; i < ports->count; i++) {
		if (!ports->items[i]->can_receive)
			continue;
		ret = source_open(ports->items[i], &feed->sources[feed->count++]);
		if (ret < 0) {
			feed_close(feed);
			return ret;
		}
	}
	*out = feed;
	return 0;
}

/* The source whose next record is the earliest, or NULL at the end of all. */
static const struct source *
earliest(const struct feed *feed)
{
	const struct source *best = NULL;

	for (unsigned i = 0; i < feed->count; i++) {
		const struct source *source = &feed->sources[i];

		if (!source->ended && (!best || source->next.ns < best->next.ns))
			best = source;
	}
	return best;
}

uint64_t
feed_time(const struct feed *feed)
{
	const struct source *source = earliest(feed);

	return source ? source->next.ns : UINT64_MAX;
}

/* Takes what the reader knows of the source's records that come before any other source's and not after
 * until_ns. Returns how many, or the reader's error if there is none before it; the first *packets of records are
 * those that are packets. */
static int
take_records(struct feed *feed, struct source *source, uint64_t until_ns, struct record *records,
	     uint16_t max, uint16_t *packets)
{
	uint16_t count = 0;

	*packets = 0;
	while (count < max && !source->ended && source->next.ns <= until_ns &&
	       earliest(feed) == source) {
		int ret;

		count++;
		if (source->next.is_packet)
			records[(*packets)++] = source->next;
		ret = source_advance(source);
		if (ret < 0)
			return ret;
	}
	return count;
}

/* As feed_next, of one source; 0 when none of what it took was a packet. */
static int
feed_from(struct feed *feed, struct source *source, uint64_t until_ns, struct rte_mbuf **packets,
	  uint16_t count)
{
	struct record records[CHUNK_MAX];
	uint16_t received, expected;
	int wanted = take_records(feed, source, until_ns, records,
				  count < CHUNK_MAX ? count : CHUNK_MAX, &expected);

	if (wanted < 0)
		return wanted;
	received = port_receive(source->port, 0, packets, wanted);
	if (received != expected) {
		rte_pktmbuf_free_bulk(packets, received);
		log_error("port %s: packet %" PRIu64
			  " of %s could not be read: no packet buffer was "
			  "free, or the file changed meanwhile; give more memory.packets",
			  source->port->config->name, source->taken + received + 1,
			  source->port->config->pcap_in);
		return -ENOBUFS;
	}
	for (uint16_t i = 0; i < received; i++) {
		packet_time_set(packets[i], records[i].ns);
		packet_wire_length_set(packets[i], records[i].wire_length);
	}
	source->taken += wanted;
	return received;
}

int
feed_next(struct feed *feed, uint64_t until_ns, struct rte_mbuf **packets, uint16_t count,
	  uint16_t *in_port)
{
	int received = 0;

	while (received == 0) {
		struct source *source = (struct source *)earliest(feed);

		if (!source || source->next.ns > until_ns)
			return 0;
		received = feed_from(feed, source, until_ns, packets, count);
		*in_port = source->port->index;
	}
	return received;
}

void
feed_close(struct feed *feed)
{
	for (unsigned i = 0; i < feed->count; i++) {
		if (feed->sources[i].clock)
			pcap_close(feed->sources[i].clock);
	}
	free(feed);
}
