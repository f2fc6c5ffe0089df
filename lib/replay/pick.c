/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/pick.h"

#include <stdio.h>

#include "config/expression.h"

#include "core/banned.h"

int
pick_make(struct pick *pick, const struct config_replay *replay, char *reason, size_t size)
{
	char message[256];
	int ret;

	*pick = (struct pick){
		.from = replay->from,
		.until = replay->until,
		.truncated = replay->truncated,
	};
	if (!replay->filter)
		return 0;
	ret = expression_compile(replay->filter, &pick->filter, message, sizeof(message));
	pick->filtered = ret == 0;
	if (ret < 0)
		snprintf(reason, size, "filter: %s", message);
	return ret;
}

void
pick_free(struct pick *pick)
{
	if (pick->filtered)
		pcap_freecode(&pick->filter);
	pick->filtered = false;
}

static enum pick_verdict
judge_cut(const struct pick *pick, const struct format_record *record)
{
	if (pick->truncated == CONFIG_TRUNCATED_DROP)
		return PICK_DROP;
	if (pick->truncated == CONFIG_TRUNCATED_SEND)
		return PICK_SEND;
	return record->wire_length > FORMAT_PACKET_MAX ? PICK_TOO_LONG : PICK_PAD;
}

enum pick_verdict
pick_record(const struct pick *pick, const struct capture_file *file, const uint8_t *packet,
	    uint64_t number, uint64_t since_ns)
{
	const struct format_record *record = &file->record;

	if (pick->until.kind != CONFIG_MOMENT_NONE &&
	    !pick_is_before(&pick->until, number, since_ns))
		return PICK_END;
	if (pick_is_before(&pick->from, number, since_ns))
		return PICK_SKIP;
	if (file->fate == CAPTURE_OTHER_LINK)
		return PICK_SKIP;
	/* Its bytes may not all be there, so that no filter looks at them. */
	if (file->fate == CAPTURE_TOO_LONG)
		return PICK_TOO_LONG;
	if (pick->filtered &&
	    bpf_filter(pick->filter.bf_insns, packet, record->wire_length, record->length) == 0)
		return PICK_SKIP;
	if (file->fate == CAPTURE_EMPTY)
		return PICK_EMPTY;
	if (record->length < record->wire_length)
		return judge_cut(pick, record);
	return PICK_SEND;
}
