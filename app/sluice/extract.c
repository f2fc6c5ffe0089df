/* SPDX-License-Identifier: BSD-3-Clause */
#include "extract.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "capture/file.h"
#include "capture/guide.h"
#include "core/text.h"

#include "core/banned.h"

/* A block of what sluice writes and more; a longer packet is none of Ethernet. */
#define BUFFER_SIZE (2u << 20)
#define PART ".part"

/* Block types of draft-ietf-opsawg-pcapng, section 4. */
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
#define BLOCK_MIN 12

struct pass {
	struct extract *extract;
	struct capture_file file;
	struct guide guide;
	bool part; /* it is still being written */
	/* The span at hand: what is in memory of it, and where that lies in the file. */
	uint64_t at, end;
	size_t size;
};

static int
fail(struct pass *pass, int error, const char *why)
{
	snprintf(pass->extract->reason, sizeof(pass->extract->reason), "%.120s: %.380s",
		 pass->file.path, why);
	return error;
}

static uint32_t
get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* The blocks that end before a byte, which the format has passed over and found to be whole, for
 * what they say of those behind them. *at is then behind them. Returns 0 or a negative errno. */
static int
walk(struct pass *pass, size_t to, size_t *at)
{
	struct section *section = &pass->extract->section;

	while (*at + BLOCK_MIN <= to && *at + BLOCK_MIN <= pass->size) {
		uint8_t *block = pass->extract->buffer + *at;
		uint32_t type = get32(block), length = get32(block + 4);

		if (length > to - *at)
			break;
		if ((type == BLOCK_SECTION || type == BLOCK_INTERFACE) && length > pass->size - *at)
			return fail(pass, -EBADMSG, "describes itself at greater length than fits");
		if (type == BLOCK_SECTION)
			section_begin(section, block, length);
		else if (type == BLOCK_INTERFACE && !section_interface(section, block, length))
			return fail(pass, -ENOMEM, strerror(ENOMEM));
		*at += length;
	}
	return 0;
}

static bool
is_wanted(const struct extract *extract, const struct format_record *record)
{
	const uint8_t *packet = extract->buffer + record->offset;

	if (record->time_ns < extract->from_ns || record->time_ns >= extract->until_ns)
		return false;
	return !extract->filter || bpf_filter(extract->filter->bf_insns, packet,
					      record->wire_length, record->length) != 0;
}

/* A record, whose block begins there and is whole in memory. */
static int
take(struct pass *pass, size_t begin, const struct format_record *record)
{
	struct extract *extract = pass->extract;
	uint8_t *block = extract->buffer + begin;

	if (get32(block) != BLOCK_PACKET)
		return fail(pass, -EPROTOTYPE,
			    "has packets in blocks of another type than the enhanced one; write it "
			    "anew with editcap");
	if (extract->filter && record->link_type != FORMAT_LINK_ETHERNET)
		return fail(pass, -EPROTOTYPE,
			    "has packets that are no Ethernet, which filters are for");
	if (!is_wanted(extract, record))
		return 0;
	section_packet(&extract->section, block, get32(block + 4));
	extract->packets++;
	extract->bytes += record->length;
	return 0;
}

static int
load(struct pass *pass)
{
	struct extract *extract = pass->extract;
	uint64_t left = pass->end - pass->at;
	size_t wanted = left < BUFFER_SIZE ? left : BUFFER_SIZE;
	bool last;
	ssize_t got = capture_file_read(&pass->file, extract->buffer, wanted, pass->at, &last);

	if (got >= 0 && (size_t)got < wanted)
		got = -ENODATA;
	if (got < 0) {
		int ret = capture_file_unreadable(&pass->file, (int)got);

		snprintf(extract->reason, sizeof(extract->reason), "%s", pass->file.reason);
		return ret;
	}
	pass->size = wanted;
	extract->read_bytes += wanted;
	if (extract->show)
		extract->show(extract);
	return 0;
}

/* Where a file ends that is not whole: of one that is being written more will come. */
static int
end_early(struct pass *pass, int error, size_t at)
{
	char why[FORMAT_REASON_MAX + 32];

	if (pass->part)
		return 0;
	snprintf(why, sizeof(why), "at byte %" PRIu64 ": %s", pass->at + at,
		 pass->file.format.reason);
	fail(pass, error, why);
	return error == -ENODATA ? 1 : error;
}

/* What is in memory. Returns 1 to go on with what is behind *at, or as extract_file. */
static int
take_all(struct pass *pass, bool last, size_t *at)
{
	struct format_record record;
	const uint8_t *bytes = pass->extract->buffer;

	while (!extract_is_done(pass->extract)) {
		size_t begin = *at;
		int ret = format_next(&pass->file.format, bytes, pass->size, last, at, &record);
		int walked = walk(pass, ret == 1 ? record.offset : *at, &begin);

		if (walked < 0)
			return walked;
		if (ret < 0)
			return ret;
		if (ret == 0)
			return 1;
		/* A long one may end behind what is in memory. */
		if (*at > pass->size) {
			*at = begin;
			return last || begin == 0 ? -EMSGSIZE : 1;
		}
		ret = take(pass, begin, &record);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* A span of whole blocks. Returns 1 to go on, or as extract_file. */
static int
take_span(struct pass *pass, uint64_t from, uint64_t to)
{
	pass->at = from;
	pass->end = to;
	while (pass->at < pass->end) {
		bool last;
		size_t at = 0;
		int ret = load(pass);

		if (ret < 0)
			return ret;
		last = pass->at + pass->size == pass->end;
		ret = take_all(pass, last, &at);
		if (ret == -ENODATA || ret == -EBADMSG)
			return pass->extract->reason[0] ? ret : end_early(pass, ret, at);
		if (ret == -EMSGSIZE)
			return fail(pass, ret, "has a packet of more than 2 MiB");
		if (ret <= 0)
			return ret;
		if (at == 0 && !last)
			return fail(pass, -EBADMSG, "has a block that does not end");
		pass->at += at;
	}
	return 1;
}

/* The blocks of the index that have packets of the time, those that follow each other at once, and
 * what is behind them. */
static int
take_indexed(struct pass *pass)
{
	const struct index *index = &pass->guide.index;
	uint64_t begin = index->head, end = index->head;
	int ret = take_span(pass, 0, index->head);

	for (uint64_t i = 0; ret == 1 && i < index->count; i++) {
		struct index_row row = index_row(index, i);
		bool wanted = row.latest_ns >= pass->extract->from_ns &&
			      row.earliest_ns < pass->extract->until_ns;

		if (!wanted && begin < end)
			ret = take_span(pass, begin, end);
		end = row.end;
		if (!wanted)
			begin = end;
	}
	if (ret == 1 && begin < end)
		ret = take_span(pass, begin, end);
	if (ret == 1 && !pass->part && end < pass->file.size)
		ret = take_span(pass, end, pass->file.size);
	return ret;
}

static int
check_kind(struct pass *pass)
{
	const struct format *format = &pass->file.format;

	if (pass->file.unpack)
		return fail(pass, -EINVAL, "is compressed; unpack it first");
	if (pass->file.pipe)
		return fail(pass, -EINVAL, "is a pipe, which can't be looked through");
	if (capture_file_begin(&pass->file) < 0)
		return fail(pass, -EINVAL, format->reason);
	if (format->kind != FORMAT_PCAPNG || format->swapped)
		return fail(pass, -EINVAL,
			    "is no pcapng of this machine's byte order, which sluice writes; "
			    "editcap makes one of it");
	return 0;
}

static int
go_through(struct pass *pass)
{
	int ret = check_kind(pass);
	bool guided;

	if (ret < 0)
		return ret;
	guided = guide_find(&pass->guide, &pass->file);
	ret = capture_file_begin(&pass->file);
	if (ret < 0)
		return fail(pass, ret, pass->file.reason);
	/* The format begins with the section, of which the section of what is given is made. */
	pass->extract->files++;
	pass->extract->file_bytes += pass->file.size;
	pass->extract->reason[0] = '\0';
	ret = guided ? take_indexed(pass) : take_span(pass, 0, pass->file.size);
	if (ret == 1 && pass->extract->reason[0])
		return 1;
	return ret < 0 ? ret : 0;
}

static bool
ends_in_part(const char *path)
{
	size_t length = strlen(path), part = sizeof(PART) - 1;

	return length > part && strcmp(path + length - part, PART) == 0;
}

/* One that was written when its name was found may be whole by now. */
static int
open_file(struct pass *pass, const char *path, char **whole)
{
	const struct capture_options options = {.other_links = CONFIG_LINKS_CONVERT};
	struct extract *extract = pass->extract;
	int ret = capture_file_open(&pass->file, path, &options, extract->reason,
				    sizeof(extract->reason));

	pass->part = ends_in_part(path);
	if (ret != -ENOENT || !pass->part)
		return ret;
	pass->part = false;
	*whole = strndup(path, strlen(path) - (sizeof(PART) - 1));
	return *whole ? capture_file_open(&pass->file, *whole, &options, extract->reason,
					  sizeof(extract->reason))
		      : -ENOMEM;
}

int
extract_file(struct extract *extract, const char *path)
{
	struct pass *pass = calloc(1, sizeof(*pass));
	char *whole = NULL;
	int ret = -ENOMEM;

	snprintf(extract->reason, sizeof(extract->reason), "%s", strerror(ENOMEM));
	if (!extract->buffer)
		extract->buffer = malloc(BUFFER_SIZE);
	if (pass && extract->buffer) {
		pass->extract = extract;
		ret = open_file(pass, path, &whole);
		if (ret == 0) {
			ret = go_through(pass);
			guide_free(&pass->guide);
			capture_file_close(&pass->file);
		}
	}
	free(whole);
	free(pass);
	text_clean(extract->reason);
	return ret;
}

void
extract_free(struct extract *extract)
{
	section_free(&extract->section);
	free(extract->buffer);
}
