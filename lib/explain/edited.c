/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain/edited.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "edit/edit.h"
#include "explain/phrase.h"
#include "port/time.h"

#include "core/banned.h"

json_t *
edited_hex(const uint8_t *bytes, uint32_t length)
{
	char *text = text_hex(bytes, length);
	json_t *json = text ? json_string_nocheck(text) : json_null();

	free(text);
	return json;
}

/* The packet behind the first so many edits. *idle: the last of them found nothing to do. */
static int
run(const struct trial *trial, const struct explain_question *question,
    const struct reading *reading, const struct config_action *const *edits, unsigned count,
    bool duplicate, unsigned manner, struct edited *out, bool *idle)
{
	struct edit_local *local = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*local), 64));
	struct rte_mbuf *packet = trial_packet(trial, question);
	uint64_t time = trial_time(trial);
	struct edit_idle edit_idle = {0};
	struct edit *edit = NULL;
	const void *bytes;
	uint8_t from = 0;
	int ret = -ENOMEM;

	if (!local || !packet || edit_make(edits, count, &edit) < 0)
		goto out;
	memset(local, 0, sizeof(*local));
	local->own.packets = trial->pool.pool;
	local->own.headers = trial->pool.headers;
	local->own.copy_break = trial->pool.copy_break;
	local->moment.in_port = question->port;
	local->moment.duplicate = duplicate;
	local->moment.times = packet_time_offset >= 0 ? NULL : &time;
	if (edit_run(edit, local, &packet, &from, &reading->view, 1, manner, &edit_idle) != 1)
		goto out;
	out->length = packet->pkt_len;
	out->segments = packet->nb_segs;
	out->bytes = malloc(out->length + 1);
	if (!out->bytes)
		goto out;
	bytes = rte_pktmbuf_read(packet, 0, out->length, out->bytes);
	if (bytes != out->bytes)
		memcpy(out->bytes, bytes, out->length);
	*idle = edit_idle.packets & 1 && edit_idle.ops[0] >> (count - 1) & 1;
	ret = 0;
out:
	edit_free(edit);
	rte_pktmbuf_free(packet);
	free(local);
	return ret;
}

int
edited_make(const struct trial *trial, const struct explain_question *question,
	    const struct reading *reading, const struct config_action *const *edits, unsigned count,
	    bool duplicate, unsigned manner, struct edited *out)
{
	*out = (struct edited){.length = question->length,
			       .steps = json_array(),
			       .segments = reading->packet->nb_segs};
	out->bytes = malloc(out->length + 1);
	if (!out->bytes)
		return -ENOMEM;
	memcpy(out->bytes, question->bytes, out->length);
	for (unsigned i = 0; i < count; i++) {
		struct edited next = {0};
		bool idle = false;

		if (run(trial, question, reading, edits, i + 1, duplicate, manner, &next, &idle) <
		    0)
			return -ENOMEM;
		json_array_append_new(out->steps,
				      json_pack("{s:o, s:b, s:o, s:o}", "edit",
						phrase_action(trial->config, edits[i]), "does",
						(int)!idle, "before",
						edited_hex(out->bytes, out->length), "after",
						edited_hex(next.bytes, next.length)));
		out->sequenced |=
			edits[i]->verb == CONFIG_PUSH && edits[i]->push->kind == CONFIG_PUSH_ERSPAN;
		free(out->bytes);
		out->bytes = next.bytes;
		out->length = next.length;
		out->segments = next.segments;
	}
	return 0;
}
