/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "port/time.h"

#include "core/banned.h"

#define NS_PER_SECOND 1000000000ull
#define SNAP_LENGTH 262144 /* libpcap's own maximum for Ethernet */
#define BUFFER_BYTES (256 * 1024)

struct capture_writer {
	char *path;
	pcap_dumper_t *dumper; /* NULL: discards */
	FILE *file;            /* the dumper's */
	char *buffer;          /* the file's */
	uint8_t *scratch;      /* a packet of several segments, in one piece */
	int error;             /* the first one, positive */
};

static void
writer_free(struct capture_writer *writer)
{
	free(writer->path);
	free(writer->buffer);
	free(writer->scratch);
	free(writer);
}

static struct capture_writer *
writer_new(const char *path)
{
	struct capture_writer *writer = calloc(1, sizeof(*writer));

	if (!writer || !path)
		return writer;
	writer->path = strdup(path);
	writer->buffer = malloc(BUFFER_BYTES);
	writer->scratch = malloc(SNAP_LENGTH);
	if (writer->path && writer->buffer && writer->scratch)
		return writer;
	writer_free(writer);
	return NULL;
}

/* Opens the file and gives it to a dumper, which owns it from then on. */
static int
dumper_open(struct capture_writer *writer)
{
	int fd = open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	pcap_t *format;

	if (fd < 0)
		return -errno;
	writer->file = fdopen(fd, "wb");
	if (!writer->file) {
		close(fd);
		return -ENOMEM;
	}
	setvbuf(writer->file, writer->buffer, _IOFBF, BUFFER_BYTES);
	format = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_LENGTH,
						      PCAP_TSTAMP_PRECISION_NANO);
	if (format) {
		writer->dumper = pcap_dump_fopen(format, writer->file);
		pcap_close(format);
	}
	if (!writer->dumper) {
		fclose(writer->file);
		return -ENOMEM;
	}
	return 0;
}

int
capture_writer_open(const char *path, struct capture_writer **out)
{
	struct capture_writer *writer = writer_new(path);
	int ret;

	if (!writer)
		return log_fail(ENOMEM, "%s", path ? path : "output");
	ret = path ? dumper_open(writer) : 0;
	if (ret < 0) {
		writer_free(writer);
		return log_fail(ret, "%s can't be written", path);
	}
	*out = writer;
	return 0;
}

/* draft-ietf-opsawg-pcap, section 5: seconds have 32 bits, which end on 2106-02-07; a time behind that would be another. */
static bool
has_room_for(struct capture_writer *writer, uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_SECOND;

	if (seconds <= UINT32_MAX)
		return true;
	log_error("%s: a packet's time is %" PRIu64 " seconds after 1970, and those of a pcap file "
		  "end in 2106, at %" PRIu32 "; it and what follows are not written",
		  writer->path, seconds, UINT32_MAX);
	writer->error = EOVERFLOW;
	return false;
}

static void
write_packet(struct capture_writer *writer, const struct rte_mbuf *packet)
{
	uint64_t ns = packet_time(packet);
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = ns / NS_PER_SECOND, .tv_usec = ns % NS_PER_SECOND},
		.len = packet_wire_length(packet),
		.caplen = packet->pkt_len,
	};

	if (!has_room_for(writer, ns))
		return;
	if (header.caplen > SNAP_LENGTH)
		header.caplen = SNAP_LENGTH;
	pcap_dump((u_char *)writer->dumper, &header,
		  rte_pktmbuf_read(packet, 0, header.caplen, writer->scratch));
	/* pcap_dump reports nothing; the stream remembers that a write failed, errno tells why. */
	if (ferror(writer->file))
		writer->error = errno ? errno : EIO;
}

uint16_t
capture_writer_send(struct capture_writer *writer, struct rte_mbuf **packets, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		if (writer->dumper && !writer->error)
			write_packet(writer, packets[i]);
	}
	rte_pktmbuf_free_bulk(packets, count);
	return count;
}

int
capture_writer_close(struct capture_writer *writer)
{
	int last, ret = 0;

	if (writer->dumper) {
		/* A file system on a network reports a full disk when the last write is closed, which
		 * pcap_dump_close would not tell: the duplicate's close does. */
		last = dup(fileno(writer->file));
		if (pcap_dump_flush(writer->dumper) < 0 && !writer->error)
			writer->error = errno;
		if (last >= 0 && close(last) < 0 && !writer->error)
			writer->error = errno;
		pcap_dump_close(writer->dumper);
	}
	if (writer->error)
		ret = log_fail(writer->error, "%s is incomplete: writing failed", writer->path);
	writer_free(writer);
	return ret;
}
