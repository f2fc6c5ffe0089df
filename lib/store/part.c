/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/opener.h"
#include "core/units.h"
#include "disk/saver.h"
#include "format/write.h"

#include "core/banned.h"

#define SECOND_NS UINT64_C(1000000000)

_Static_assert(SAVER_ALIGN == STORE_ALIGN, "what is written at one time");

static size_t
aligned(size_t size)
{
	return (size + STORE_ALIGN - 1) / STORE_ALIGN * STORE_ALIGN;
}

/* Fills up to a multiple of STORE_ALIGN; there is room for one more than size needs. */
static size_t
fill_up(uint8_t *bytes, size_t size)
{
	uint32_t padding = format_write_padding_size((uint32_t)size, STORE_ALIGN);

	format_write_padding(bytes + size, padding);
	return size + padding;
}

/* Section and interfaces. */
static bool
write_head(struct store_part *part, const struct store_setup *setup, uint32_t snap)
{
	size_t room =
		FORMAT_WRITE_SECTION_MAX + (size_t)part->ports.count * FORMAT_WRITE_INTERFACE_MAX;
	size_t used;

	part->head = aligned_alloc(STORE_ALIGN, aligned(room) + STORE_ALIGN);
	if (!part->head)
		return false;
	used = format_write_section(part->head, setup->application, setup->comment);
	for (unsigned i = 0; i < part->ports.count; i++)
		used += format_write_interface(part->head + used, part->ports.list[i].name, snap);
	part->head_size = (uint32_t)fill_up(part->head, used);
	part->length = part->head_size;
	return true;
}

/* The index begins with what it says of the head. */
static bool
begin_index(struct store_part *part)
{
	part->rows = malloc(INDEX_HEADER_SIZE);
	if (!part->rows)
		return false;
	part->rows_size = part->rows_room = INDEX_HEADER_SIZE;
	index_begin(&part->index, part->head, part->head_size, part->rows);
	return true;
}

static void
name_it(struct store_part *part, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / SECOND_NS);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(part->name, sizeof(part->name), "%s-%06" PRIu64 "-%s.pcapng", part->capture,
		 part->number, text);
}

struct store_part *
store_part_make(const struct store_setup *setup, const struct store_ports *ports, uint32_t snap,
		uint64_t number, uint64_t time_ns)
{
	struct store_part *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->directory = setup->directory;
	part->capture = setup->name;
	part->number = number;
	part->until_ns = UINT64_MAX;
	part->fd = part->index_fd = -1;
	part->first_ns = UINT64_MAX;
	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		part->counts[slot].first_ns = UINT64_MAX;
	name_it(part, time_ns);
	if (!store_ports_copy(ports, &part->ports) || !write_head(part, setup, snap) ||
	    !begin_index(part)) {
		store_part_free(part);
		return NULL;
	}
	part->tail_room =
		(uint32_t)aligned((size_t)ports->count * FORMAT_WRITE_STATISTICS_MAX) + STORE_ALIGN;
	return part;
}

void
store_part_renumber(struct store_part *part)
{
	char moment[32];

	snprintf(moment, sizeof(moment), "%s", strrchr(part->name, '-'));
	part->number++;
	snprintf(part->name, sizeof(part->name), "%s-%06" PRIu64 "%s", part->capture, part->number,
		 moment);
}

bool
store_part_path(const struct store_part *part, bool whole, char *path, size_t size)
{
	int length = snprintf(path, size, "%s/%s%s", part->directory, part->name,
			      whole ? "" : STORE_PART_SUFFIX);

	return length > 0 && (size_t)length < size;
}

static bool
index_path(const struct store_part *part, char *path, size_t size)
{
	char capture[STORE_PATH_MAX];

	return store_part_path(part, true, capture, sizeof(capture)) &&
	       index_name(capture, path, size);
}

static bool
append(struct store_part *part, const uint8_t *rows, size_t size)
{
	char path[STORE_PATH_MAX];

	if (part->index_fd < 0 && index_path(part, path, sizeof(path)))
		part->index_fd = opener_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
					     OPENER_PATIENCE_MS);
	if (part->index_fd < 0)
		return false;
	while (size > 0) {
		ssize_t count = pwrite(part->index_fd, rows, size, (off_t)part->index_length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		part->index_length += (size_t)count;
		rows += count;
		size -= (size_t)count;
	}
	return true;
}

void
store_part_index(struct store_part *part, const uint8_t *rows, size_t size)
{
	if (part->index_failed || append(part, rows, size))
		return;
	/* Whoever reads the capture looks through what has no rows. */
	log_warning("capture %s: the index of %s ends early: %s", part->capture, part->name,
		    strerror(errno));
	part->index_failed = true;
}

/* The most recent interface of a slot is the one that its packets have. */
static size_t
write_statistics(const struct store_part *part, uint8_t *bytes)
{
	size_t used = 0;

	for (unsigned slot = 0; slot < STORE_SLOTS; slot++) {
		const struct store_part_count *count = &part->counts[slot];
		uint32_t interface = part->ports.of_slot[slot];
		bool any = count->first_ns <= count->last_ns; /* else all were lost */

		for (uint32_t i = 0; interface == STORE_NO_PORT && i < part->ports.count; i++)
			if (part->ports.list[i].slot == slot)
				interface = i;
		if (count->given == 0 || interface == STORE_NO_PORT)
			continue;
		used += format_write_statistics(
			bytes + used, &(struct format_write_statistics){
					      .interface = interface,
					      .time_ns = part->last_ns,
					      .first_ns = any ? count->first_ns : part->first_ns,
					      .last_ns = any ? count->last_ns : part->last_ns,
					      .received = count->given,
					      .lost = count->given - count->stored,
					      .delivered = count->stored});
	}
	return fill_up(bytes, used);
}

static bool
write_tail(struct store_part *part)
{
	uint8_t *bytes = aligned_alloc(STORE_ALIGN, part->tail_room + STORE_ALIGN);
	size_t size = bytes ? write_statistics(part, bytes) : 0;
	bool whole = bytes && pwrite(part->fd, bytes, size, (off_t)part->good) == (ssize_t)size;

	free(bytes);
	if (whole)
		part->good += size;
	return whole;
}

/* The new name is on the disk, too; where its directory can't be opened it will be some time. */
static void
sync_directory(const char *directory)
{
	int fd = opener_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, OPENER_PATIENCE_MS);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* 0, or an errno: what is there then still ends with ".part", and reads as far as it goes. */
static int
make_whole(struct store_part *part, const char *path, const char *final)
{
	if (part->failed && ftruncate(part->fd, (off_t)part->good) < 0)
		return errno;
	/* A full disk may have no room for them; a part of them must not stay. */
	if (!write_tail(part) && ftruncate(part->fd, (off_t)part->good) < 0)
		return errno;
	if (fsync(part->fd) < 0 || opener_complete(path, final, OPENER_PATIENCE_MS) < 0)
		return errno;
	sync_directory(part->directory);
	return 0;
}

static void
remove_it(const struct store_part *part, const char *path)
{
	char index[STORE_PATH_MAX];

	if (part->fd >= 0)
		opener_remove(path, OPENER_PATIENCE_MS);
	if (part->index_fd >= 0 && index_path(part, index, sizeof(index)))
		opener_remove(index, OPENER_PATIENCE_MS);
}

static bool
lacks(const struct store_part *part)
{
	for (unsigned slot = 0; slot < STORE_SLOTS; slot++)
		if (part->counts[slot].given != part->counts[slot].stored)
			return true;
	return false;
}

bool
store_part_close(struct store_part *part, struct store_file *out)
{
	char path[STORE_PATH_MAX], final[STORE_PATH_MAX];
	int error;

	store_part_path(part, false, path, sizeof(path));
	if (part->stored == 0) {
		remove_it(part, path);
		return false;
	}
	error = store_part_path(part, true, final, sizeof(final)) ? make_whole(part, path, final)
								  : ENAMETOOLONG;
	*out = (struct store_file){.number = part->number,
				   .first_ns = part->first_ns,
				   .last_ns = part->last_ns,
				   .packets = part->stored,
				   .bytes = part->good,
				   .known = true,
				   .whole = error == 0,
				   .lacks = lacks(part)};
	snprintf(out->name, sizeof(out->name), "%.249s%s", part->name,
		 error ? STORE_PART_SUFFIX : "");
	if (error)
		log_error("capture %s: %s can't be closed: %s; its %s packet%s can be read",
			  part->capture, path, strerror(error), units_count(part->stored).text,
			  units_plural(part->stored));
	else
		log_info("capture %s: closed %s: %s packet%s, %s%s", part->capture, final,
			 units_count(part->stored).text, units_plural(part->stored),
			 units_bytes(part->good).text, out->lacks ? "; it lacks packets" : "");
	return true;
}

void
store_part_free(struct store_part *part)
{
	if (part->fd >= 0)
		close(part->fd);
	if (part->index_fd >= 0)
		close(part->index_fd);
	store_ports_free(&part->ports);
	free(part->head);
	free(part->rows);
	free(part);
}
