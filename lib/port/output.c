/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rte_mbuf.h>
#include <rte_spinlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "port/records.h"

#include "core/banned.h"

#define LOCK_STEPS 50 /* for which the control thread waits for a worker that writes */
#define LOCK_STEP_NS 20000
#define LAST_MS 100
#define PIPE_BYTES (1 << 20) /* the most that any user may ask for where nobody changed it */

struct output {
	char *port, *path;   /* its own: the config that they stood in may be replaced */
	const char *why;     /* as last found; the control thread's */
	rte_spinlock_t lock; /* of all that follows */
	int fd;              /* -1: nobody reads the FIFO */
	bool fifo, regular;
	bool goes_on;    /* the file's whole records stay */
	bool used;       /* something behind the header was written, to who reads it now */
	bool lacks;      /* packets that it was given */
	bool told;       /* of the error */
	int error;       /* of the last write; 0: none */
	uint64_t length; /* of a file: header and whole records */
	uint8_t *rest;   /* of a record of which a FIFO took a part */
	size_t rest_used, rest_sent;
	struct output_copies *copies;
};

static void
fail(struct output *output, int error)
{
	output->error = error;
	output->lacks = true;
}

/* false: not all of it was written, and the error is kept. A file keeps its whole records. */
static bool
write_whole(struct output *output, struct iovec *pieces, unsigned count)
{
	size_t done = 0;

	while (count) {
		ssize_t written = writev(output->fd, pieces, (int)count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			fail(output, written < 0 ? errno : EIO);
			if (output->regular && ftruncate(output->fd, (off_t)output->length) < 0)
				log_debug("%s: a part of a record is left", output->path);
			return false;
		}
		done += (size_t)written;
		pieces_pass(&pieces, &count, (size_t)written);
	}
	output->length += done;
	return true;
}

static bool
write_header(struct output *output)
{
	struct pcap_header header = records_file_header;
	struct iovec piece = {&header, sizeof(header)};
	bool lacked = output->lacks;
	bool written = write_whole(output, &piece, 1);

	/* A reader that left at once missed nothing yet; a file without a header is no capture. */
	if (output->fifo)
		output->lacks = lacked;
	return written;
}

/* 0, also when a FIFO has no reader yet. */
static int
open_file(struct output *output, unsigned patience_ms)
{
	struct stat status;
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC;

	output->fd =
		opener_open(output->path, flags | (output->goes_on ? 0 : O_TRUNC), patience_ms);
	if (output->fd < 0)
		return errno == ENXIO ? 0 : -errno;
	if (fstat(output->fd, &status) < 0)
		return -errno;
	output->fifo = S_ISFIFO(status.st_mode);
	output->regular = S_ISREG(status.st_mode);
	output->used = false;
	output->length = output->regular ? (uint64_t)status.st_size : 0;
	output->rest_used = output->rest_sent = 0;
	/* As much as the kernel gives: a reader may be late by so many bytes. */
	if (output->fifo)
		fcntl(output->fd, F_SETPIPE_SZ, PIPE_BYTES);
	if (output->length == 0)
		write_header(output);
	return 0;
}

static void
free_output(struct output *output)
{
	free(output->port);
	free(output->path);
	free(output->rest);
	free(output);
}

int
output_open(const char *port, const char *path, bool goes_on, struct output_copies *copies,
	    struct output **out)
{
	struct output *output = calloc(1, sizeof(*output));
	int ret;

	if (!output)
		return -ENOMEM;
	output->copies = copies;
	output->goes_on = goes_on;
	output->port = strdup(port);
	output->path = strdup(path);
	output->rest = malloc(sizeof(struct record_header) + RECORDS_SNAP_LENGTH);
	rte_spinlock_init(&output->lock);
	ret = output->port && output->path && output->rest ? open_file(output, OPENER_PATIENCE_MS)
							   : -ENOMEM;
	if (ret < 0)
		free_output(output);
	else
		*out = output;
	return ret;
}

/* The rest of a record goes before any other. */
static bool
send_rest(struct output *output)
{
	while (output->rest_sent < output->rest_used) {
		ssize_t count = write(output->fd, output->rest + output->rest_sent,
				      output->rest_used - output->rest_sent);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno != EAGAIN)
			fail(output, errno);
		if (count < 0)
			return false;
		output->rest_sent += (size_t)count;
	}
	output->rest_used = output->rest_sent = 0;
	return true;
}

/* Keeps a copy of what a FIFO did not take of a record, as the packet goes back to its pool.
 * `packet_bytes` are not of the record's header. */
static void
keep_rest(struct output *output, const struct iovec *pieces, unsigned count, size_t packet_bytes)
{
	struct output_copies *copies = output->copies;

	for (unsigned i = 0; i < count; i++) {
		memcpy(output->rest + output->rest_used, pieces[i].iov_base, pieces[i].iov_len);
		output->rest_used += pieces[i].iov_len;
	}
	__atomic_store_n(&copies->packets, copies->packets + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&copies->bytes, copies->bytes + RTE_MIN(packet_bytes, output->rest_used),
			 __ATOMIC_RELAXED);
}

/* A record of which `taken` bytes were written; what is left of it follows. */
static bool
finish_record(struct output *output, struct iovec *pieces, unsigned count, size_t taken)
{
	const struct record_header *header = pieces->iov_base;
	size_t packet_bytes = header->captured;

	if (output->regular && ftruncate(output->fd, (off_t)output->length) == 0)
		taken = 0;
	pieces_pass(&pieces, &count, taken);
	if (!output->fifo)
		return write_whole(output, pieces, count);
	keep_rest(output, pieces, count, packet_bytes);
	return true;
}

/* How many of the records are written by a write that took so many bytes, or soon will be. */
static uint16_t
account(struct output *output, struct records *records, size_t written)
{
	for (uint16_t i = 0; i < records->count; i++) {
		size_t size = sizeof(struct record_header) + records->headers[i].captured;

		if (written < size) {
			struct iovec *pieces = &records->pieces[records->first[i]];

			if (written == 0)
				return i;
			return i + finish_record(output, pieces,
						 records->first[i + 1] - records->first[i],
						 written);
		}
		output->length += size;
		written -= size;
	}
	return records->count;
}

static uint16_t
send_some(struct output *output, struct rte_mbuf **packets, uint16_t count,
	  const struct timespec *now)
{
	struct records records;
	ssize_t written;

	records_gather(&records, packets, count, now);
	do
		written = writev(output->fd, records.pieces, (int)records.first[records.count]);
	while (written < 0 && errno == EINTR);
	if (written < 0 && errno != EAGAIN)
		fail(output, errno);
	if (written < 0)
		return 0;
	output->used = true;
	return (size_t)written == records.bytes ? (output->length += records.bytes, records.count)
						: account(output, &records, (size_t)written);
}

uint16_t
output_send(struct output *output, struct rte_mbuf **packets, uint16_t count)
{
	struct timespec now;
	uint16_t sent = 0;

	rte_spinlock_lock(&output->lock);
	if (output->fd >= 0 && !output->error && send_rest(output)) {
		clock_gettime(CLOCK_REALTIME, &now);
		while (sent < count && !output->error && output->rest_used == 0) {
			uint16_t more = send_some(output, packets + sent, count - sent, &now);

			if (more == 0)
				break;
			sent += more;
		}
	}
	rte_spinlock_unlock(&output->lock);
	rte_pktmbuf_free_bulk(packets, sent);
	return sent;
}

static void
leave_fifo(struct output *output)
{
	/* What the pipe still held is lost with its reader. */
	output->lacks |= output->used;
	close(output->fd);
	output->fd = -1;
	output->error = 0;
	log_warning("port %s: nobody reads %s any more; from now on the port has no link, until "
		    "somebody does",
		    output->port, output->path);
}

static bool
has_no_reader(const struct output *output)
{
	struct pollfd poll_fd = {.fd = output->fd};

	return output->error == EPIPE || (poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLERR));
}

static const char *
reason(const struct output *output)
{
	if (output->fd < 0)
		return "nobody reads its FIFO";
	switch (output->error) {
	case 0:
		return NULL;
	case ENOSPC:
	case EDQUOT:
		return "its disk is full";
	case EFBIG:
		return "its file is as large as it may be";
	default:
		return "its file can't be written";
	}
}

/* A worker has the lock as long as a write takes, which is for ever on a disk that does not
 * answer. */
static bool
lock_soon(struct output *output)
{
	unsigned step = 0;

	while (!rte_spinlock_trylock(&output->lock) && ++step < LOCK_STEPS)
		nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_NS}, NULL);
	return step < LOCK_STEPS;
}

const char *
output_check(struct output *output)
{
	if (!lock_soon(output))
		return output->why;
	if (output->fd >= 0 && output->fifo && has_no_reader(output))
		leave_fifo(output);
	else if (output->fd < 0 && open_file(output, OPENER_BRIEFLY_MS) == 0 && output->fd >= 0)
		log_info("port %s: %s is read", output->port, output->path);
	output->why = reason(output);
	if (output->error && !output->told)
		log_error("port %s: %s is incomplete: %s%s; from now on the port has no link; once "
			  "it can be written, `sluice port up %s` goes on",
			  output->port, output->path, strerror(output->error),
			  output->error == ENOSPC ? " (is the disk full?)" : "", output->port);
	output->told = output->error != 0;
	rte_spinlock_unlock(&output->lock);
	return output->why;
}

void
output_retry(struct output *output)
{
	if (!lock_soon(output))
		return; /* what is being written has no error yet */
	output->error = 0;
	if (output->fd >= 0 && output->length == 0)
		write_header(output);
	rte_spinlock_unlock(&output->lock);
}

/* What a FIFO's reader does not take in a moment of its last record is cut. */
static bool
send_last(struct output *output)
{
	struct pollfd room = {.fd = output->fd, .events = POLLOUT};
	unsigned step = 0;

	while (!send_rest(output) && !output->error && step++ < LAST_MS)
		poll(&room, 1, 1);
	return output->rest_used == 0;
}

bool
output_close(struct output *output)
{
	bool whole;

	output_check(output);
	if (output->fd >= 0 && !output->error && !send_last(output))
		output->lacks = true;
	/* A file system on a network tells of a full disk only now. */
	if (output->fd >= 0 && close(output->fd) < 0 && errno != EINTR) {
		log_error("port %s: %s is incomplete: %s", output->port, output->path,
			  strerror(errno));
		output->lacks = true;
	}
	whole = !output->lacks;
	free_output(output);
	return whole;
}
