/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture/nth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/strand.h"
#include "core/units.h"

#include "core/banned.h"

struct nth {
	struct strand strand;
	struct strand_counts counts;
};

struct nth *
nth_open(const char *path, char *reason, size_t size)
{
	const struct capture_options options = {.other_links = CONFIG_LINKS_CONVERT};
	struct nth *nth = calloc(1, sizeof(*nth));

	if (!nth) {
		snprintf(reason, size, "%s: out of memory", path);
		return NULL;
	}
	if (capture_file_open(&nth->strand.file, path, &options, reason, size) == 0)
		return nth;
	free(nth);
	return NULL;
}

void
nth_close(struct nth *nth)
{
	if (!nth)
		return;
	strand_end(&nth->strand);
	free(nth);
}

static int
end(const struct nth *nth, uint64_t number, char *reason, size_t size)
{
	const struct capture_file *file = &nth->strand.file;

	if (file->cut)
		snprintf(reason, size, "%s; there is no record %" PRIu64, file->reason, number);
	else
		snprintf(reason, size, "%s: has %s record%s; there is no record %" PRIu64,
			 file->path, units_count(file->records).text, units_plural(file->records),
			 number);
	return 0;
}

int
nth_find(struct nth *nth, uint64_t number, struct nth_record *out, char *reason, size_t size)
{
	struct strand *strand = &nth->strand;
	const struct capture_file *file = &strand->file;

	do {
		int ret = strand->state == STRAND_ENDED ? 0 : strand_next(strand, &nth->counts);

		if (ret == 0) {
			strand->state = STRAND_ENDED;
			return end(nth, number, reason, size);
		}
		if (ret < 0) {
			snprintf(reason, size, "%s", file->reason);
			return ret;
		}
	} while (file->records < number);
	if (file->records > number)
		snprintf(reason, size,
			 "%s: record %" PRIu64 " gives no packet: it is empty, of more than 65,535 "
			 "bytes, or of another link type and not IP; the next that gives one is "
			 "%" PRIu64,
			 file->path, number, file->records);
	*out = (struct nth_record){.bytes = strand_bytes(strand),
				   .length = file->record.length,
				   .wire_length = file->record.wire_length,
				   .number = file->records,
				   .time_ns = file->raw_ns,
				   .converted = file->converted};
	return 1;
}

bool
nth_is_cut(const struct nth *nth)
{
	return nth->strand.file.cut;
}
