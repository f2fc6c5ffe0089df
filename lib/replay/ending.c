/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/ending.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/log.h"
#include "core/text.h"

#include "core/banned.h"

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
ending_without_packets(struct reader *reader)
{
	/* Not the files' fault, when the config leaves out what is in them, or when they were told of already. */
	if (reader->now.cut || reader->passed_over)
		return 0;
	if (reader->source_count == 1)
		return ending_fail(reader, -ENODATA, "%s: has no packets to replay",
				   reader->sources[0].file.name);
	return ending_fail(reader, -ENODATA, "%s and the files after it: have no packets to replay",
			   reader->sources[0].file.name);
}
