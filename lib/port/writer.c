/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "port/records.h"
#include "port/time.h"

#include "core/banned.h"

#define NS_PER_SECOND 1000000000ull
#define BUFFER_BYTES (2 * RECORDS_SNAP_LENGTH) /* more than the longest record */

struct capture_writer {
	char *path;      /* NULL: discards */
	uint8_t *buffer; /* records of one write */
	uint64_t length; /* of the file: header and whole records */
	int fd;
	int error;                  /* the first one, positive */
	capture_writer_shown *show; /* or NULL; of one that discards */
	void *context;
};

static void
writer_free(struct capture_writer *writer)
{
	free(writer->path);
	free(writer->buffer);
	free(writer);
}

static struct capture_writer *
writer_new(const char *path)
{
	struct capture_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->fd = -1;
	if (!path)
		return writer;
	writer->path = strdup(path);
	writer->buffer = malloc(BUFFER_BYTES);
	if (writer->path && writer->buffer)
		return writer;
	writer_free(writer);
	return NULL;
}

/* Returns how many of the bytes were written: all, or an error is kept. */
static size_t
write_bytes(struct capture_writer *writer, const void *bytes, size_t count)
{
	size_t done = 0;

	while (done < count) {
		ssize_t written = write(writer->fd, (const uint8_t *)bytes + done, count - done);

		if (written > 0) {
			done += (size_t)written;
		} else if (written == 0 || errno != EINTR) {
			writer->error = written < 0 ? errno : EIO;
			break;
		}
	}
	return done;
}

static int
open_file(struct capture_writer *writer)
{
	const struct pcap_header *header = &records_file_header;

	writer->fd = open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (writer->fd < 0)
		return -errno;
	writer->length = write_bytes(writer, header, sizeof(*header));
	return 0;
}

int
capture_writer_open(const char *path, struct capture_writer **out)
{
	struct capture_writer *writer = writer_new(path);
	int ret;

	if (!writer)
		return log_fail(ENOMEM, "%s", path ? path : "output");
	ret = path ? open_file(writer) : 0;
	if (ret < 0) {
		writer_free(writer);
		return log_fail(ret, "%s can't be written", path);
	}
	*out = writer;
	return 0;
}

struct capture_writer *
capture_writer_show(capture_writer_shown *show, void *context)
{
	struct capture_writer *writer = writer_new(NULL);

	if (!writer)
		return NULL;
	writer->show = show;
	writer->context = context;
	return writer;
}

void *
capture_writer_context(const struct capture_writer *writer)
{
	return writer->context;
}

/* draft-ietf-opsawg-pcap, section 5: seconds have 32 bits, which end on 2106-02-07; a time behind
 * that would be another. */
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

/* Puts a packet behind what the buffer holds, `used` bytes. Returns the record's bytes; 0: there is
 * no room, or it can't be written. */
static size_t
add_record(struct capture_writer *writer, size_t used, const struct rte_mbuf *packet)
{
	uint64_t ns = packet_time(packet);
	uint32_t length = RTE_MIN(packet->pkt_len, (uint32_t)RECORDS_SNAP_LENGTH);
	struct record_header header = {.seconds = ns / NS_PER_SECOND,
				       .nanoseconds = ns % NS_PER_SECOND,
				       .captured = length,
				       .length = packet_wire_length(packet)};
	uint8_t *record = writer->buffer + used;
	const void *bytes;

	if (sizeof(header) + length > BUFFER_BYTES - used || !has_room_for(writer, ns))
		return 0;
	memcpy(record, &header, sizeof(header));
	bytes = rte_pktmbuf_read(packet, 0, length, record + sizeof(header));
	if (bytes != record + sizeof(header))
		memcpy(record + sizeof(header), bytes, length);
	return sizeof(header) + length;
}

/* How many whole records lie in the first `written` bytes of the buffer, which are then part of the
 * file's length. */
static uint16_t
count_whole(struct capture_writer *writer, size_t written)
{
	struct record_header header;
	size_t at = 0;
	uint16_t whole = 0;

	while (written - at >= sizeof(header)) {
		memcpy(&header, writer->buffer + at, sizeof(header));
		if (written - at - sizeof(header) < header.captured)
			break;
		at += sizeof(header) + header.captured;
		whole++;
	}
	writer->length += at;
	return whole;
}

/* As many of the packets as one write takes. Returns how many were written. */
static uint16_t
write_some(struct capture_writer *writer, struct rte_mbuf *const *packets, uint16_t count)
{
	size_t used = 0, written;
	uint16_t whole;

	for (uint16_t i = 0; i < count; i++) {
		size_t more = add_record(writer, used, packets[i]);

		if (more == 0)
			break;
		used += more;
	}
	/* What stands before one that can't be written is written. */
	written = write_bytes(writer, writer->buffer, used);
	whole = count_whole(writer, written);
	/* A part of a record is no capture's end; what is no file can't take it back. */
	if (written < used && ftruncate(writer->fd, (off_t)writer->length) < 0)
		log_debug("%s: a part of a record is left", writer->path);
	return whole;
}

uint16_t
capture_writer_send(struct capture_writer *writer, struct rte_mbuf **packets, uint16_t count)
{
	uint16_t sent = writer->path ? 0 : count;

	for (uint16_t i = 0; writer->show && i < count; i++)
		writer->show(writer->context, packets[i]);
	while (sent < count && !writer->error)
		sent += write_some(writer, packets + sent, count - sent);
	rte_pktmbuf_free_bulk(packets, sent);
	return sent;
}

bool
capture_writer_failed(const struct capture_writer *writer)
{
	return writer->error != 0;
}

int
capture_writer_close(struct capture_writer *writer)
{
	int ret = 0;

	/* A file system on a network tells of a full disk only now. */
	if (writer->fd >= 0 && close(writer->fd) < 0 && errno != EINTR && !writer->error)
		writer->error = errno;
	if (writer->error)
		ret = log_fail(writer->error, "%s is incomplete: writing failed", writer->path);
	writer_free(writer);
	return ret;
}
