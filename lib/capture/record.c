/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of a file: their times, what becomes of them, and how they end. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture/file.h"
#include "capture/link.h"

#include "core/banned.h"

#define NS_MAX UINT64_MAX

/* Why a record can't be read, with its place. */
static int
broken(struct capture_file *file, int error, const char *why)
{
	snprintf(file->reason, sizeof(file->reason),
		 "%.100s: record %" PRIu64 " at byte %" PRIu64 ": %s", file->name,
		 file->records + 1, file->position, why);
	return error;
}

/* What is whole is all there is. */
static int
cut(struct capture_file *file, const char *why)
{
	broken(file, 0, why);
	file->cut = true;
	return 0;
}

int
capture_file_unreadable(struct capture_file *file, int error)
{
	if (error == -ENODATA)
		snprintf(
			file->reason, sizeof(file->reason),
			"%.100s: is shorter than it was when it was opened, or another file; start "
			"again when it no longer changes",
			file->name);
	else if (error == -ESPIPE)
		snprintf(file->reason, sizeof(file->reason),
			 "%.100s: is a pipe, which can be read only once", file->name);
	else
		snprintf(file->reason, sizeof(file->reason), "%.100s: can't be read: %s",
			 file->name, strerror(-error));
	return error == -ENODATA ? -EIO : error;
}

int
capture_file_end(struct capture_file *file)
{
	const char *why = capture_file_cut_off(file);

	if (why && unpack_is_cut(file->unpack))
		return cut(file, why);
	return why ? broken(file, -EBADMSG, why) : 0;
}

/* Goes on behind what was looked at. */
static void
advance(struct capture_file *file, size_t count)
{
	file->position += count;
	if (file->unpack)
		file->passed_bytes = unpack_taken(file->unpack);
	else
		file->passed_bytes += count;
}

static uint64_t
later(uint64_t ns, uint64_t by)
{
	return by > NS_MAX - ns ? NS_MAX : ns + by;
}

/* Its time on the timeline, for the record at hand. */
static void
take_time(struct capture_file *file)
{
	struct format_record *record = &file->record;
	bool first = !file->begun;

	file->begun = true;
	file->stepped = record->timed && !first && record->time_ns < file->raw_ns;
	if (first)
		file->time_ns = record->timed ? record->time_ns : file->lead_ns;
	else if (record->timed && !file->stepped)
		file->time_ns = later(file->time_ns, record->time_ns - file->raw_ns);
	if (record->timed)
		file->raw_ns = record->time_ns;
	else if (first)
		file->raw_ns = file->lead_ns;
	record->time_ns = file->time_ns;
}

/* Puts an Ethernet header before the IP packet, over what stands there, which nobody looks at any
 * more. */
static bool
convert(struct capture_file *file, uint8_t *bytes)
{
	struct format_record *record = &file->record;
	uint16_t ether_type;
	int before = capture_link_find_ip(record->link_type, bytes + record->offset, record->length,
					  &ether_type);

	if (before < 0 || (uint32_t)before >= record->length)
		return false;
	record->offset += (size_t)before - CAPTURE_LINK_ETHERNET;
	record->length += CAPTURE_LINK_ETHERNET - (uint32_t)before;
	record->wire_length += CAPTURE_LINK_ETHERNET - (uint32_t)before;
	record->link_type = FORMAT_LINK_ETHERNET;
	capture_link_write(bytes + record->offset, ether_type);
	return true;
}

static void
judge(struct capture_file *file, uint8_t *bytes)
{
	struct format_record *record = &file->record;
	bool other = record->link_type != FORMAT_LINK_ETHERNET;

	file->converted = false;
	if (other && record->length > 0 && record->length <= FORMAT_PACKET_MAX &&
	    file->options.other_links == CONFIG_LINKS_CONVERT) {
		file->converted = convert(file, bytes);
		other = !file->converted;
	}
	if (other && file->options.other_links == CONFIG_LINKS_SKIP)
		file->fate = CAPTURE_OTHER_LINK;
	else if (record->length > FORMAT_PACKET_MAX)
		file->fate = CAPTURE_TOO_LONG;
	else if (record->length == 0)
		file->fate = CAPTURE_EMPTY;
	else
		file->fate = other ? CAPTURE_OTHER_LINK : CAPTURE_PACKET;
	if (file->fate == CAPTURE_TOO_LONG)
		file->converted = false;
}

int
capture_file_take(struct capture_file *file, uint8_t *bytes, size_t size, bool last, size_t *at)
{
	size_t before = *at;
	/* What breaks off says itself why, at its end. */
	int ret = format_next(&file->format, bytes, size, last && !capture_file_cut_off(file), at,
			      &file->record);

	advance(file, *at - before);
	if (ret == -ENODATA)
		return cut(file, file->format.reason);
	if (ret < 0)
		return broken(file, ret, file->format.reason);
	if (ret == 0)
		return last ? capture_file_end(file) : 0;
	file->records++;
	judge(file, bytes);
	file->stepped = false;
	/* What is passed over has no place in time. */
	if (file->fate != CAPTURE_PACKET)
		file->record.time_ns = file->begun ? file->time_ns : file->lead_ns;
	else
		take_time(file);
	return 1;
}

void
capture_file_lead(struct capture_file *file, int ret)
{
	bool timed = ret == 1 && file->record.timed && file->fate == CAPTURE_PACKET;

	if (timed)
		file->lead_ns = file->raw_ns;
	if (ret != 1 || timed)
		file->lead_known = true;
}
