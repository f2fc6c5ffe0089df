/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/pick.h"

#include <errno.h>
#include <stdio.h>

#include "core/banned.h"

/* tcpdump's own; no filter reads beyond. */
#define FILTER_SNAP 262144

int
pick_make(struct pick *pick, const struct config_replay *replay, char *reason, size_t size)
{
	pcap_t *pcap;
	int ret = 0;

	*pick = (struct pick){
		.from = replay->from,
		.until = replay->until,
		.truncated = replay->truncated,
		.filtered = replay->filter != NULL,
	};
	if (!pick->filtered)
		return 0;
	pcap = pcap_open_dead(DLT_EN10MB, FILTER_SNAP);
	if (!pcap) {
		snprintf(reason, size, "out of memory");
		pick->filtered = false;
		return -ENOMEM;
	}
	/* Netmask 0, as tcpdump gives it for a file. */
	if (pcap_compile(pcap, &pick->filter, replay->filter, 1, 0) < 0) {
		snprintf(reason, size, "filter: %s", pcap_geterr(pcap));
		pick->filtered = false;
		ret = -EINVAL;
	}
	pcap_close(pcap);
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
pick_record(const struct pick *pick, const struct format_record *record, const uint8_t *packet,
	    uint64_t number, uint64_t since_ns)
{
	if (pick->until.kind != CONFIG_MOMENT_NONE &&
	    !pick_is_before(&pick->until, number, since_ns))
		return PICK_END;
	if (pick_is_before(&pick->from, number, since_ns))
		return PICK_SKIP;
	/* Its bytes may not all be there, so that no filter looks at them. */
	if (record->length > FORMAT_PACKET_MAX)
		return PICK_TOO_LONG;
	if (pick->filtered &&
	    bpf_filter(pick->filter.bf_insns, packet, record->wire_length, record->length) == 0)
		return PICK_SKIP;
	if (record->length == 0)
		return PICK_EMPTY;
	if (record->length < record->wire_length)
		return judge_cut(pick, record);
	return PICK_SEND;
}
