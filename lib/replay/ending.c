/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/ending.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/log.h"
#include "core/text.h"

#include "core/banned.h"

/* For packets that devices still have. */
#define SPARE_BLOCKS 4

int
ending_fail(struct reader *reader, int error, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(reader->now.reason, sizeof(reader->now.reason), text, arguments);
	va_end(arguments);
	/* Files have names of any bytes. */
	text_clean(reader->now.reason);
	reader->now.error = error;
	return error;
}

int
ending_of_files(struct reader *reader)
{
	const struct merge *merge = &reader->merge;

	if (merge->cut && !reader->now.cut) {
		reader->now.cut = true;
		log_warning("replay %s: %s; what came before is taken", reader->config->name,
			    merge->cut->file.reason);
	}
	return merge->broken ? ending_fail(reader, merge->error, "%s", merge->broken->file.reason)
			     : 0;
}

int
ending_too_far(struct reader *reader)
{
	const struct source *source = reader->merge.taken;

	return ending_fail(
		reader, -ERANGE,
		"%.100s: record %" PRIu64 ": its time lies more than 292 years behind the first "
		"packet's, and no replay spans more; split the file there, or set its times right, "
		"with editcap",
		source->file.name, source->file.records);
}

int
ending_for_blocks(struct reader *reader)
{
	uint64_t files = 0;

	for (unsigned i = 0; i < reader->source_count; i++)
		files += reader->sources[i].state != SOURCE_ENDED;
	return ending_fail(reader, -ENOMEM,
			   "%u captures or more lie in each other in time, and what is next of "
			   "each takes 2 MiB "
			   "of the replay's memory: `memory: %" PRIu64
			   "MiB` is enough for all of them",
			   reader->arena->timeline.block_count + 1,
			   (files + SPARE_BLOCKS) * DISK_BLOCK_SIZE >> 20);
}

int
ending_without_packets(struct reader *reader)
{
	/* Not the files' fault, when the config leaves out what is in them, or when they were told
	 * of already. */
	if (reader->now.cut || reader->passed_over)
		return 0;
	if (reader->source_count == 1)
		return ending_fail(reader, -ENODATA, "%s: has no packets to replay",
				   reader->sources[0].file.name);
	return ending_fail(reader, -ENODATA, "%s and the files after it: have no packets to replay",
			   reader->sources[0].file.name);
}
